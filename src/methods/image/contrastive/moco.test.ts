import { describe, expect, it } from 'vitest';
import { Generator, gradientsOf, manualSeed, noGrad, ops, type Tensor, tensor } from '../../../engine/index.js';
import { AutodidactError } from '../../../errors.js';
import { infoNce } from '../../losses/info-nce.js';
import { l2Normalize } from '../../losses/nt-xent.js';
import { imageBatch, imageSpec, makeMethod } from '../../make.test-util.js';
import { both } from '../../views/two-views.js';
import { type MoCo, moco } from './moco.js';

const BATCH = 8;

const SPEC = imageSpec(16);
const make = (options: Record<string, unknown> = {}, isSmall = true): MoCo =>
  makeMethod(
    moco,
    { queueSize: 32, projectionSize: 16, ...options },
    { spec: SPEC, count: 100, batchSize: BATCH, isSmall },
  );

const viewsOf = (method: MoCo, seed = 5) =>
  noGrad(() => method.views(imageBatch(BATCH, SPEC, seed), new Generator(seed)));
const carryOf = (method: MoCo, views = viewsOf(method)) => method.loss(views).carry!;
const keysOf = (method: MoCo, views = viewsOf(method)) => carryOf(method, views).keys;
const values = (tensors: readonly Tensor[]): number[] => tensors.flatMap((value) => value.detach().toNumbers());

/** Equation 1, one exponential after the other. */
function literal(q: number[][], k: number[][], queue: number[][], temperature: number): number {
  const dot = (a: number[], b: number[]) => Math.exp(a.reduce((sum, value, i) => sum + value * b[i]!, 0) / temperature);
  const unit = (row: number[]) => row.map((value) => value / Math.hypot(...row));
  const losses = q.map(unit).map((query, i) => {
    const positive = dot(query, k[i]!);
    return -Math.log(positive / (positive + queue.reduce((sum, negative) => sum + dot(query, negative), 0)));
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

describe('infoNce', () => {
  const unit = (count: number, size: number) => l2Normalize(ops.randn([count, size]));
  const grid = [1, 6].flatMap((n) => [1, 40].flatMap((k) => [0.07, 0.2, 1].map((t) => [n, k, t] as const)));

  it.each(grid)('equals the formula for N = %i, K = %i, temperature %f', (count, negatives, temperature) => {
    manualSeed(count + negatives);
    const [q, k, queue] = [ops.randn([count, 8]), unit(count, 8), unit(negatives, 8)];
    const expected = literal(
      ...([q, k, queue].map((x) => x.toList()) as [number[][], number[][], number[][]]),
      temperature,
    );
    expect(infoNce(q, k, queue, temperature).loss.item()).toBeCloseTo(expected, 4);
  });

  it('is ln(1 + K) when everything has collapsed to one point', () => {
    const one = tensor([[0.6, 0.8]]);
    const { loss } = infoNce(one.expand([4, 2]), one.expand([4, 2]), one.expand([99, 2]), 0.07);
    expect(loss.item()).toBeCloseTo(Math.log(100), 4);
  });

  it('is near ln K + 1 / (2 d t^2) for random unit vectors', () => {
    manualSeed(0);
    const { loss, accuracy } = infoNce(unit(2000, 128), unit(2000, 128), unit(1000, 128), 0.1);
    expect(loss.item()).toBeCloseTo(Math.log(1001) + 1 / (2 * 128 * 0.1 ** 2), 1);
    expect(accuracy.item()).toBeLessThan(0.02);
  });
});

describe('the presets', () => {
  it('set temperature, head and views, and options come before them', () => {
    const keys = (method: MoCo) => [...method.projection.stateDict().keys()];
    const first = make({ preset: 'v1' }, false);
    expect([first.temperature, keys(first)]).toEqual([0.07, ['0.weight', '0.bias']]);
    const second = make({}, false);
    expect([second.temperature, keys(second)]).toEqual([0.2, ['0.weight', '0.bias', '2.weight', '2.bias']]);
    expect(make({ temperature: 0.5 }).temperature).toBe(0.5);
    const images = (method: MoCo) => values(viewsOf(method).images);
    expect(images(first)).not.toEqual(images(second));
    for (const preset of ['v1', 'v2'])
      expect(images(make({ preset, minimumScale: 0.9 }))).not.toEqual(images(make({ preset })));
  });
});

describe('one step', () => {
  it('gives gradients to the query encoder, none to the key encoder or the queue', () => {
    const method = make();
    method.loss(viewsOf(method)).loss!.backward();
    for (const module of [method.backbone, method.projection])
      for (const [key, value] of module.namedParameters()) expect(value.grad, key).not.toBeNull();
    for (const module of [method.keyBackbone, method.keyProjection])
      for (const parameter of module.parameters())
        expect([parameter.grad, parameter.requiresGrad]).toEqual([null, false]);
    expect(method.queue.parameters()).toEqual([]);
    const trained = method.optimizerGroups()[0]!.modules.flatMap((module) => module.parameters());
    expect(trained.every((parameter) => parameter.requiresGrad)).toBe(true);
  });

  it('moves the key encoder before the forward pass, by the closed form over several steps', () => {
    const method = make({ decay: 0.9 });
    const pick = (from: 'backbone' | 'keyBackbone') => values(method[from].parameters());
    let expected = pick('keyBackbone');
    for (let step = 0; step < 5; step++) {
      noGrad(() =>
        method.backbone.parameters().forEach((parameter) => {
          parameter.mul_(1.05);
        }),
      );
      const query = pick('backbone');
      expected = expected.map((value, i) => 0.9 * value + 0.1 * query[i]!);
      method.beforeStep();
      method.afterStep([carryOf(method)]);
    }
    pick('keyBackbone').forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 5);
    });
  });

  it('never compares with its own keys: they enter the queue after the loss', () => {
    const method = make();
    const before = method.queue.features.toNumbers();
    const carry = carryOf(method);
    const keys = carry.keys[0]!;
    expect(method.queue.features.toNumbers()).toEqual(before);
    expect(keys.requiresGrad).toBe(false);
    method.afterStep([carry]);
    expect(method.queue.features.narrow(0, 0, BATCH).toNumbers()).toEqual(keys.toNumbers());
    expect(method.queue.features.narrow(0, BATCH, 32 - BATCH).toNumbers()).toEqual(before.slice(BATCH * 16));
    keys
      .vectorNorm(2, [1])
      .toNumbers()
      .forEach((norm) => {
        expect(norm).toBeCloseTo(1, 5);
      });
  });

  it('takes the keys of all micro-batches into the queue, as those of the joint batch', () => {
    const [whole, parts] = [make().eval(), make().eval()];
    const { images, indices, order } = viewsOf(whole);
    whole.afterStep([carryOf(whole, { images, indices, order })]);
    const part = (start: number, count: number) =>
      carryOf(parts, {
        images: both(images, (view) => view.narrow(0, start, count)),
        indices: indices.narrow(0, start, count),
        order,
      });
    parts.afterStep([part(0, 5), part(5, 3)]);
    expect(parts.queue.features.sub(whole.queue.features).abs().amax().item()).toBeLessThan(1e-6);
    expect(parts.queue.images.equal(whole.queue.images)).toBe(true);
    expect(parts.queue.features.equal(make().queue.features)).toBeFalsy();
  });

  it('adds both directions in the symmetric loss and enqueues both keys', () => {
    const method = make({ useSymmetricLoss: true, normGroups: 1 });
    const views = viewsOf(method);
    const [a, b] = views.images;
    const single = make({ normGroups: 1 });
    const one = single.loss(viewsOf(single)).loss!.item();
    const swapped = make({ normGroups: 1 });
    const two = swapped.loss({ ...views, images: [b, a] }).loss!.item();
    const { loss, carry } = method.loss(views);
    expect(loss!.item()).toBeCloseTo(one + two, 4);
    expect(carry!.keys).toHaveLength(2);
    method.afterStep([carry!]);
    expect(method.queue.features.narrow(0, BATCH, BATCH).toNumbers()).toEqual(carry!.keys[1]!.toNumbers());
  });

  it('leaves out the earlier keys of the same image, and has no other left-out ones', () => {
    const method = make({ normGroups: 1 }).eval();
    const views = viewsOf(method);
    method.afterStep([carryOf(method, views)]); // slots 0 to 7 hold the keys of images 0 to 7
    const [first, second] = views.images;
    const queries = method.projection.forward(method.backbone.features(first)).toList() as number[][];
    const keys = l2Normalize(method.keyProjection.forward(method.keyBackbone.features(second))).toList() as number[][];
    const queue = method.queue.features.toList() as number[][];
    const others = queries.map((query, i) =>
      literal(
        [query],
        [keys[i]!],
        queue.filter((_, slot) => slot !== i),
        method.temperature,
      ),
    );
    expect(method.loss(views).loss!.item()).toBeCloseTo(others.reduce((sum, value) => sum + value) / BATCH, 4);
    const elsewhere = tensor(
      [...Array(BATCH).keys()].map((i) => i + 50),
      { dtype: 'int64' },
    );
    const all = literal(queries, keys, queue, method.temperature);
    expect(method.loss({ ...views, indices: elsewhere }).loss!.item()).toBeCloseTo(all, 4);
  });

  it('brings shuffled keys back to their images', () => {
    const plain = make({ normGroups: 4 }).eval();
    const views = viewsOf(plain);
    const [, keyImages] = views.images;
    // In eval mode nothing depends on the batch, so every key must be that of its own image.
    const key = (images: Tensor) => l2Normalize(plain.keyProjection.forward(plain.keyBackbone.features(images)));
    expect(keysOf(plain, views)[0]!.sub(key(keyImages)).abs().amax().item()).toBeLessThan(1e-6);
    // Training with one part: the whole batch is normalized together, and its order does not matter.
    const [together, shuffled] = [make({ normGroups: 1 }), make({ normGroups: 1, useShuffle: false })].map(
      (method) => keysOf(method)[0]!,
    );
    expect(together!.toNumbers()).toEqual(shuffled!.toNumbers());
  });

  it('takes batch statistics from parts that query and key do not share', () => {
    // Which key images can change the key of image 0: those of its own part.
    const influences = (useShuffle: boolean): number[] => {
      const method = make({ normGroups: 4, useShuffle });
      const views = viewsOf(method);
      const [queries, keyImages] = views.images;
      const keyOf = (images: Tensor): Tensor =>
        keysOf(method, { ...views, images: [queries, images] })[0]!.select(0, 0);
      const before = keyOf(keyImages);
      return [...Array(BATCH).keys()].filter((i) => {
        const changed = keyImages.clone();
        changed.select(0, i).mul_(0.3);
        return keyOf(changed).sub(before).abs().amax().item() > 1e-6;
      });
    };
    const { order } = viewsOf(make());
    const places = order.toNumbers();
    const part = Math.floor(places.indexOf(0) / 2);
    expect(influences(true)).toEqual(places.slice(2 * part, 2 * part + 2).sort((a, b) => a - b));
    expect(influences(false)).toEqual([0, 1]);
  });

  it("gathers the key encoder's batch statistics in its own forward pass only", () => {
    const method = make();
    const mean = () => method.keyBackbone.stateDict().get('bn1.running_mean')!.toNumbers();
    const before = mean();
    method.beforeStep();
    expect(mean()).toEqual(before);
    keysOf(method);
    expect(mean()).not.toEqual(before);
  });
});

describe('bad input', () => {
  it('is refused in one sentence', () => {
    expect(() => make({ queueSize: 4 })).toThrow(
      /room for at least the 8 vectors of one batch for `queueSize`, received 4/,
    );
    expect(() => make({ queueSize: 12, useSymmetricLoss: true })).toThrow(/at least the 16 vectors/);
    expect(() => make({ temperature: 0 })).toThrow(AutodidactError);
    expect(() => make({ temperature: 0 })).toThrow(/a value above 0 for `temperature`, received 0/);
    expect(() => make({ decay: 1.5 })).toThrow(/at most 1 for `decay`/);
  });

  it('but a queue that is no multiple of the batch wraps', () => {
    const method = make({ queueSize: 12 });
    for (let i = 0; i < 3; i++) method.afterStep([carryOf(method, viewsOf(method, i))]);
    expect(method.queue.isFull).toBe(true);
  });
});

it('has a gradient that finite differences confirm', () => {
  const queries = tensor([
    [0.3, -0.5],
    [0.8, 0.1],
  ]);
  queries.requiresGrad = true;
  const [keys, queue] = [
    l2Normalize(
      tensor([
        [1, 2],
        [2, -1],
      ]),
    ),
    l2Normalize(
      tensor([
        [1, 1],
        [-1, 2],
        [0, 1],
      ]),
    ),
  ];
  const [gradient] = gradientsOf([infoNce(queries, keys, queue, 0.5).loss], [queries]) as [Tensor];
  const base = queries.detach().toList() as number[][];
  const at = (i: number, k: number, by: number) =>
    literal(
      base.map((row, r) => row.map((v, c) => (r === i && c === k ? v + by : v))),
      keys.toList() as number[][],
      queue.toList() as number[][],
      0.5,
    );
  for (const [i, k] of [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ] as const)
    expect((gradient.toList() as number[][])[i]![k]!).toBeCloseTo((at(i, k, 1e-4) - at(i, k, -1e-4)) / 2e-4, 4);
});
