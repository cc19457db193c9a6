import { describe, expect, it } from 'vitest';
import { AB_SCALE, labOf, rgbToLab, splitLab } from '../../../augment/index.js';
import { Generator, gradientsOf, ops, type Tensor, tensor } from '../../../engine/index.js';
import { imageSpec, makeMethod } from '../../make.test-util.js';
import { AB_BINS, nearestBins } from '../../targets/color-bins.js';
import { type Colorization, colorization } from './colorization.js';

const make = (options: Record<string, unknown> = {}, channels = 3): Colorization =>
  makeMethod(
    colorization,
    { decoderWidth: 8, ...options },
    { spec: imageSpec(16, channels), architecture: 'alexnet', batchSize: 4 },
  );

const samples = (seed = 1): Tensor =>
  ops.randint(0, 256, [4, 3, 16, 16], { dtype: 'uint8', generator: new Generator(seed) });
const batch = (images: Tensor) => ({ samples: images, indices: [0, 1, 2, 3] });
const progress = { step: 0, totalSteps: 1, epoch: 0, totalEpochs: 1, stage: 0 };
const prior = (images: Tensor) => ({
  progress,
  random: new Generator(0),
  count: 6,
  batchSize: 4,
  samples: (indices: readonly number[]) => images.narrow(0, 0, indices.length),
});

/** Lets the last layer say the same of every pixel. */
function silence(method: Colorization): void {
  method.decoder.output.weight.detach().zero_();
  method.decoder.output.bias!.detach().zero_();
}

describe('loss', () => {
  it('is ln 313 while the network says nothing, rebalanced or not', () => {
    const method = make();
    silence(method);
    method.onEpochStart(prior(samples()));
    expect(method.loss(method.views(batch(samples()), new Generator(0))).loss!.item()).toBeCloseTo(Math.log(313), 4);
  });

  it('weighs the gradient of each pixel by its nearest bin, and not the value', () => {
    const method = make({ neighbors: 5 });
    const views = method.views(batch(samples()), new Generator(0));
    const at = (weight: number): { value: number; gradient: Tensor } => {
      method.weights.fill_(weight);
      const { loss } = method.loss(views);
      const [gradient] = gradientsOf([loss!], [method.decoder.output.weight]);
      return { value: loss!.item(), gradient: gradient! };
    };
    method.eval();
    const [plain, heavy, none] = [at(1), at(3), at(0)];
    expect(heavy.value).toBeCloseTo(plain.value, 4);
    expect(heavy.gradient.sub(plain.gradient.mul(3)).abs().amax().item()).toBeLessThan(1e-5);
    expect(none.gradient.abs().amax().item()).toBe(0);
  });

  it('leaves gray images out', () => {
    const method = make();
    method.eval();
    const colored = samples();
    const gray = colored.narrow(1, 0, 1).expand([4, 3, 16, 16]).contiguous();
    const value = (images: Tensor): number => method.loss(method.views(batch(images), new Generator(0))).loss!.item();
    const views = method.views(batch(ops.cat([colored.narrow(0, 0, 2), gray.narrow(0, 0, 2)], 0)), new Generator(0));
    expect(views.isColored.toNumbers()).toEqual([1, 1, 0, 0]);
    expect(value(gray)).toBe(0);
    expect(value(colored)).toBeGreaterThan(1);
  });

  it('is half the squared distance in l2 mode', () => {
    const method = make({ loss: 'l2', useFlip: false });
    silence(method);
    const views = method.views(batch(samples()), new Generator(0));
    const pixels = views.ab.permute([0, 2, 3, 1]).reshape([-1, 2]).toList() as number[][];
    const literal = pixels.reduce((sum, [a, b]) => sum + (a! ** 2 + b! ** 2) / 2, 0) / pixels.length / AB_SCALE ** 2;
    expect(method.loss(views).loss!.item()).toBeCloseTo(literal, 5);
  });
});

it('sees lightness alone: other colors of the same lightness change nothing', () => {
  const method = make();
  const gray = ops.full([1, 3, 16, 16], 0.5, { dtype: 'float32' });
  const prepared = method.encoder.prepare(gray);
  expect(prepared.shape).toEqual([1, 1, 16, 16]);
  expect(prepared.amax().item()).toBeCloseTo((rgbToLab(gray).select(1, 0).amax().item() - 50) / 100, 5);
  const one = ops.full([1, 1, 16, 16], 0.5, { dtype: 'float32' });
  expect(method.encoder.prepare(one).equal(prepared)).toBeTruthy();
});

it('takes its targets at every stride-th pixel', () => {
  const method = make({ targetStride: 4, useFlip: false });
  const { ab } = method.views(batch(samples()), new Generator(0));
  expect(ab.shape).toEqual([4, 2, 4, 4]);
  const full = rgbToLab(samples().to('float32').div(255)).narrow(1, 1, 2);
  expect(ab.select(2, 1).select(2, 2).sub(full.select(2, 4).select(2, 8)).abs().amax().item()).toBeLessThan(1e-4);
});

describe('onEpochStart', () => {
  it('gives frequent colors less weight than rare ones, with an expected weight near 1', () => {
    const method = make();
    method.onEpochStart(prior(ops.full([4, 3, 16, 16], 128, { dtype: 'uint8' })));
    const weights = method.weights.toNumbers();
    const gray = weights[AB_BINS.findIndex(([a, b]) => a === 0 && b === 0)]!;
    expect(gray).toBe(Math.min(...weights));
    expect(gray).toBeLessThan(1.2);
    expect(Math.max(...weights)).toBeGreaterThan(10);
  });

  it('weighs colors alike that are equally frequent, also where their images take turns', () => {
    const method = make();
    const colors = [
      [200, 40, 40],
      [40, 160, 40],
    ].map((color) =>
      tensor(color, { shape: [3, 1, 1] })
        .to('uint8')
        .expand([3, 8, 8]),
    );
    const samples = (indices: readonly number[]) => ops.stack(indices.map((i) => colors[i % 2]!));
    method.onEpochStart({ ...prior(samples([0])), count: 10_000, batchSize: 1000, samples });
    const bins = ops.stack(colors).to('float32').div(255);
    const nearest = nearestBins(splitLab(rgbToLab(bins)).ab.select(3, 0).select(2, 0).view([2, 2, 1, 1])).flatten();
    const [red, green] = method.weights.indexSelect(0, nearest).toNumbers() as [number, number];
    expect(red / green).toBeGreaterThan(0.8);
    expect(red / green).toBeLessThan(1.25);
  });

  it('leaves the weights alone later, and where nothing is to be rebalanced', () => {
    for (const [method, epoch] of [
      [make(), 1],
      [make({ uniformShare: 1 }), 0],
    ] as const) {
      method.onEpochStart({ ...prior(samples()), progress: { ...progress, epoch } });
      expect(method.weights.amin().item()).toBe(1);
    }
  });
});

it('generate colors gray images and keeps the lightness', () => {
  const method = make();
  method.eval();
  const gray = ops.randint(60, 200, [2, 1, 16, 16], { dtype: 'uint8', generator: new Generator(2) });
  expect(method.generate(gray).shape).toEqual([2, 3, 16, 16]);
  const silent = make({ loss: 'l2' });
  silence(silent);
  const colorless = silent.generate(gray).sub(gray.to('float32').div(255));
  expect(colorless.abs().amax().item()).toBeLessThan(1e-3);
  const { lightness } = splitLab(rgbToLab(method.generate(gray)));
  expect(
    lightness
      .sub(splitLab(labOf(gray)).lightness)
      .abs()
      .mean()
      .item(),
  ).toBeLessThan(1);
});

it('refuses gray data in one sentence', () => {
  expect(() => make({}, 1)).toThrow('Colorization predicts the colors of images, but these images are gray');
});
