import { describe, expect, it } from 'vitest';
import { Generator, gradientsOf, manualSeed, ops, type Tensor, tensor } from '../../../engine/index.js';
import { l2Normalize } from '../../losses/nt-xent.js';
import { imageBatch, imageSpec, makeMethod } from '../../make.test-util.js';
import { both } from '../../views/two-views.js';
import { contrast, type NNCLR, nearest, nnclr } from './nnclr.js';

const rows = (x: Tensor): number[][] => x.toList() as number[][];
const dot = (a: number[], b: number[]): number => a.reduce((sum, value, k) => sum + value * b[k]!, 0);

describe('nearest', () => {
  it('finds the row of the largest cosine, as a search through all', () => {
    manualSeed(0);
    const [unit, known] = [l2Normalize(ops.randn([6, 5])), l2Normalize(ops.randn([40, 5]))];
    const found = rows(nearest(unit, known, ops.zeros([6, 40], { dtype: 'bool' })));
    for (const [i, row] of rows(unit).entries()) {
      const best = rows(known).reduce((a, b) => (dot(row, b) > dot(row, a) ? b : a));
      expect(found[i]).toEqual(best);
    }
  });

  it('is a constant', () => {
    const unit = l2Normalize(ops.randn([2, 3]));
    unit.requiresGrad = true;
    expect(nearest(unit, l2Normalize(ops.randn([4, 3])), ops.zeros([2, 4], { dtype: 'bool' })).requiresGrad).toBe(
      false,
    );
  });

  it('is another row where the best is left out, and the row itself where all are', () => {
    manualSeed(2);
    const [unit, known] = [l2Normalize(ops.randn([2, 5])), l2Normalize(ops.randn([9, 5]))];
    const [first] = rows(unit);
    const order = rows(known).map((row) => dot(row, first!));
    const best = order.indexOf(Math.max(...order));
    const isLeftOut = tensor([order.map((_, i) => Number(i === best)), Array<number>(9).fill(1)]).gt(0);
    const found = rows(nearest(unit, known, isLeftOut));
    const second = Math.max(...order.filter((_, i) => i !== best));
    expect(found[0]).toEqual(rows(known)[order.indexOf(second)]);
    expect(found[1]).toEqual(rows(unit)[1]);
  });
});

describe('contrast', () => {
  it.each([0.1, 0.5])('equals equation 3 at temperature %f', (temperature) => {
    manualSeed(1);
    const friends = l2Normalize(ops.randn([5, 4]));
    const predictions = ops.randn([5, 4]).mul(3);
    const units = rows(l2Normalize(predictions));
    let sum = 0;
    for (const [i, friend] of rows(friends).entries()) {
      const all = units.map((unit) => Math.exp(dot(friend, unit) / temperature));
      sum -= Math.log(all[i]! / all.reduce((a, b) => a + b));
    }
    expect(contrast(friends, predictions, temperature).loss.item()).toBeCloseTo(sum / 5, 4);
  });

  it('is ln N when all predictions are the same', () => {
    const friends = l2Normalize(ops.randn([7, 4]));
    expect(contrast(friends, ops.ones([7, 4]), 0.1).loss.item()).toBeCloseTo(Math.log(7), 5);
  });

  it('has the gradient of a softmax: it sums to zero over the logits, so along equal predictions nothing moves', () => {
    const predictions = ops.ones([3, 4]);
    predictions.requiresGrad = true;
    const same = l2Normalize(ops.ones([3, 4]));
    const [gradient] = gradientsOf([contrast(same, predictions, 0.1).loss], [predictions]) as [Tensor];
    expect(gradient.abs().amax().item()).toBeLessThan(1e-6);
  });
});

const spec = imageSpec(16, 3, { mean: [0, 0, 0], std: [1, 1, 1] });
const make = (options: Record<string, unknown> = {}): NNCLR => {
  const sizes = { queueSize: 9, projectionSize: 8, hiddenSize: 8, predictorSize: 8 };
  return makeMethod(nnclr, { ...sizes, ...options }, { spec, batchSize: 6 });
};
const batch = imageBatch(6, spec);

/** Puts random vectors of images into the queue that are in no batch of these tests. */
function fill({ queue }: NNCLR): void {
  queue.pushOf(l2Normalize(ops.randn([9, 8])), ops.arange(50, 59, 1, { dtype: 'int64' }));
}

it('lets an earlier embedding of another image stand in for a view, never one of its own', () => {
  const method = make().eval();
  const views = method.views(batch, new Generator(0));
  const similarity = () => (method.loss(views).metrics!.similarity as Tensor).item();
  // There is nothing in the queue: the views stand for themselves.
  expect(similarity()).toBeCloseTo(1, 5);
  method.afterStep([method.loss(views).carry!]);
  const embedded = l2Normalize(method.projection.forward(method.backbone.features(views.images[0])));
  const self = ops.eye(6, { dtype: 'bool' });
  const best = embedded.matmul(embedded.t()).maskedFill(self, -Infinity).amax([1]).mean().item();
  expect(similarity()).toBeCloseTo(best, 5);
});

it('asks the queue before it fills it: no view is its own neighbor', () => {
  const method = make();
  const before = method.queue.features.clone();
  const { carry } = method.loss(method.views(batch, new Generator(0)));
  expect(method.queue.features.sub(before).abs().amax().item()).toBe(0);
  method.afterStep([carry!]);
  const held = rows(method.queue.features).filter((row) => !rows(before).some((old) => old.join() === row.join()));
  expect(held).toHaveLength(6);
  for (const row of held) expect(Math.hypot(...row)).toBeCloseTo(1, 5);
});

it('takes the embeddings of the first views into the queue', () => {
  const method = make().eval();
  const { images, indices } = method.views(batch, new Generator(0));
  method.afterStep([method.loss({ images, indices }).carry!]);
  const embedded = l2Normalize(method.projection.forward(method.backbone.features(images[0])));
  expect(method.queue.features.narrow(0, 0, 6).sub(embedded).abs().amax().item()).toBeLessThan(1e-6);
});

it('takes the embeddings of all micro-batches into the queue, as those of the joint batch', () => {
  const [whole, parts] = [make().eval(), make().eval()];
  const { images, indices } = whole.views(batch, new Generator(0));
  whole.afterStep([whole.loss({ images, indices }).carry!]);
  const part = (start: number, count: number) =>
    parts.loss({
      images: both(images, (view) => view.narrow(0, start, count)),
      indices: indices.narrow(0, start, count),
    }).carry!;
  parts.afterStep([part(0, 4), part(4, 2)]);
  expect(parts.queue.features.sub(whole.queue.features).abs().amax().item()).toBeLessThan(1e-6);
  expect(parts.queue.features.equal(make().queue.features)).toBeFalsy();
});

it('averages both directions: the prediction from each view against the neighbor of the other', () => {
  // With the statistics that batch norm begins with, all images are embedded nearly alike.
  const method = make().train();
  fill(method);
  const views = method.views(batch, new Generator(0));
  const all = ops.zeros([6, 9], { dtype: 'bool' });
  const [one, two] = both(views.images, (images) => {
    const z = method.projection.forward(method.backbone.features(images));
    return { friend: nearest(l2Normalize(z), method.queue.features, all), p: method.predictor.forward(z) };
  });
  const mean = (first: Tensor, second: Tensor): number =>
    contrast(one.friend, first, 0.1)
      .loss.add(contrast(two.friend, second, 0.1).loss)
      .item() / 2;
  const measured = method.loss(views).loss!.item();
  expect(measured).toBeCloseTo(mean(two.p, one.p), 5);
  expect(Math.abs(measured - mean(one.p, two.p))).toBeGreaterThan(1e-3);
});

it('becomes SimCLR with a predictor when the views stand for themselves', () => {
  const method = make({ useNeighbors: false });
  const { metrics } = method.loss(method.views(batch, new Generator(0)));
  expect((metrics!.similarity as Tensor).item()).toBeCloseTo(1, 5);
  const other = make();
  fill(other);
  const control = other.loss(other.views(batch, new Generator(0)));
  expect((control.metrics!.similarity as Tensor).item()).toBeLessThan(0.99);
});

it("has the paper's heads: norms after all layers of the projector, none after the predictor's last", () => {
  const keys = (state: Map<string, Tensor>) => [...state.keys()].filter((key) => /weight|bias/.test(key));
  expect(keys(make().projection.stateDict())).toEqual([
    ...['0.weight', '1.weight', '1.bias', '3.weight', '4.weight', '4.bias', '6.weight', '7.weight', '7.bias'],
  ]);
  expect(keys(make().predictor.stateDict())).toEqual(['0.weight', '1.weight', '1.bias', '3.weight', '3.bias']);
});

it('refuses bad options in one sentence', () => {
  expect(() => make({ queueSize: 5 })).toThrow(
    /room for at least the 6 vectors of one batch for `queueSize`, received 5/,
  );
  expect(() => make({ temperature: 0 })).toThrow(/a value above 0 for `temperature`, received 0/);
});
