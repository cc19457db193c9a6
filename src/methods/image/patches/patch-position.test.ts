import { afterAll, describe, expect, it } from 'vitest';
import { toUnitPower } from '../../../augment/index.js';
import { Generator, gradientsOf, noGrad, ops, type Tensor, tensor } from '../../../engine/index.js';
import { BatchNorm, type Linear } from '../../../engine/nn/index.js';
import { imageSpec, makeMethod } from '../../make.test-util.js';
import { type PatchPosition, patchPosition } from './patch-position.js';

const made: PatchPosition[] = [];
afterAll(() => {
  for (const method of made) method.dispose();
});

function make(options: Record<string, unknown> = {}, side = 64, channels = 3): PatchPosition {
  const spec = imageSpec(side, channels, { mean: [0.5], std: [0.2] });
  const small = { towerSize: 16, headSize: 16, ...options };
  const method = makeMethod<PatchPosition>(patchPosition, small, { spec, batchSize: 4, seed: 1 });
  made.push(method);
  return method;
}

function batch(count = 5, size = 64, channels = 3) {
  const samples = ops.randint(0, 256, [count, channels, size, size], { generator: new Generator(4), dtype: 'uint8' });
  return { samples: samples.to({ memoryFormat: 'channelsLast' }), indices: [...Array(count).keys()] };
}

const largest = (x: Tensor): number => x.abs().amax().item();

describe('views', () => {
  it.each(['drop', 'project', 'none'])('have mean 0 and power 1 with color rule %s', (color) => {
    const { patches } = make({ color, pixelateProbability: 0 }).views(batch(), new Generator(1)) as { patches: Tensor };
    expect(patches.shape).toEqual([20, 3, 16, 16]);
    expect(largest(patches.square().mean([1, 2, 3]).sub(1))).toBeLessThan(1e-4);
    // The noise in dropped channels has a mean of its own, about 1/100 / 16.
    expect(largest(patches.mean([2, 3]))).toBeLessThan(color === 'drop' ? 0.01 : 1e-5);
  });

  it('hold several blocks for each image and pairs within blocks', () => {
    const views = make({ grids: 3, smallestScale: 0.8 }).views(batch(2), new Generator(1)) as Record<string, Tensor>;
    expect(views.patches!.size(0)).toBe(2 * 3 * 4);
    for (const name of ['first', 'second', 'labels']) expect(views[name]!.shape).toEqual([2 * 3 * 8]);
  });

  it('have no color to hide in gray images', () => {
    const method = make({ color: 'drop', pixelateProbability: 0 }, 64, 1);
    const plain = make({ color: 'none', pixelateProbability: 0 }, 64, 1);
    const [a, b] = [method, plain].map((m) => m.views(batch(3, 64, 1), new Generator(1)).patches as Tensor);
    expect(a!.equal(b!)).toBe(true);
  });
});

it('prepares whole images as the mean over the channels that could have been kept', () => {
  const { samples } = batch(3);
  const images = samples.to('float32').div(255);
  const centered = images.sub(images.mean([2, 3], true));
  const choices = [0, 1, 2].map((c) =>
    toUnitPower(centered.mul(tensor([0, 1, 2].map((i) => (i === c ? 1 : 0))).view([1, 3, 1, 1]))),
  );
  const mean = ops.stack(choices).mean(0);
  expect(largest(make().prepare(samples).sub(mean))).toBeLessThan(1e-5);
});

describe('the network', () => {
  it('has batch norms without scale and shift, which stay in its state dict as ones and zeros', () => {
    const method = make();
    const norms = method.backbone.modules().flatMap(([, module]) => (module instanceof BatchNorm ? [module] : []));
    expect(norms.length).toBeGreaterThan(10);
    for (const { weight, bias } of norms) {
      expect([weight!.requiresGrad, bias!.requiresGrad]).toEqual([false, false]);
      expect(new Set(weight!.toNumbers())).toEqual(new Set([1]));
      expect(new Set(bias!.toNumbers())).toEqual(new Set([0]));
    }
    const free = make({ useNormScale: true });
    expect(free.backbone.parameters().every(({ requiresGrad }) => requiresGrad)).toBe(true);
  });

  it('has the loss ln 8 when all answers are alike', () => {
    const method = make();
    const last = method.head.layers.at(-1) as Linear;
    noGrad(() => {
      last.weight.zero_();
      last.bias!.zero_();
    });
    const outcome = method.loss(method.views(batch(), new Generator(1)));
    expect(outcome.loss!.item()).toBeCloseTo(Math.log(8), 5);
  });

  it('answers from the two patches of a pair alone, and tells first from second', () => {
    const method = make().eval() as PatchPosition;
    const views = method.views(batch(2), new Generator(1)) as Record<string, Tensor>;
    const patches = views.patches!.detach();
    patches.requiresGrad = true;
    const one = {
      ...views,
      patches,
      first: tensor([0], { dtype: 'int64' }),
      second: tensor([3], { dtype: 'int64' }),
      labels: tensor([7], { dtype: 'int64' }),
    };
    const [gradient] = gradientsOf([method.loss(one).loss!], [patches]);
    const reached = gradient!.abs().sum([1, 2, 3]).toNumbers();
    expect(reached.map((value) => value > 0)).toEqual([true, false, false, true, false, false, false, false]);
    const swapped = { ...one, first: one.second, second: one.first };
    expect(method.loss(swapped).loss!.item()).not.toBe(method.loss(one).loss!.item());
  });

  it('is not called on images that are smaller than its patches', () => {
    expect(() => make({}, 24)).toThrow(
      'Relative patch position needs images of at least 32 pixels a side, received 24. Raise --size.',
    );
    expect(() => make({ patchSize: 30 })).toThrow(/^Expected images of at least 81 pixels a side/);
    expect(() => make({ patchSize: 4 })).toThrow(
      /^Expected images of at least 8 pixels a side, as layer4 of resnet18 needs/,
    );
  });
});
