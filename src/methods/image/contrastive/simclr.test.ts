import { expect, it } from 'vitest';
import { createBackbone } from '../../../backbones/registry.js';
import { Generator, manualSeed, ops, type Tensor } from '../../../engine/index.js';
import { parseOptions } from '../../registry.js';
import { type SimCLR, simclr } from './simclr.js';

function make(options: Record<string, unknown> = {}, channels = 3): SimCLR {
  manualSeed(0);
  const backbone = createBackbone('resnet18', { inputChannels: channels, imageSize: 16, width: 4 });
  const data = { count: 10, channels, imageSize: 16, mean: [0, 0, 0], std: [1, 1, 1] };
  return simclr.create({ options: parseOptions(simclr, options, true), backbone, data, batchSize: 6 }) as SimCLR;
}

const samples = (channels = 3): Tensor =>
  ops.randint(0, 256, [6, channels, 16, 16], { dtype: 'uint8', generator: new Generator(1) });
const batch = (images: Tensor) => ({ samples: images, indices: [0, 1, 2, 3, 4, 5], domains: {} });

it('makes two different views of every image, the same again from the same seed', () => {
  const method = make();
  const views = (seed: number): Tensor => method.views(batch(samples()), new Generator(seed)).images as Tensor;
  const images = views(5);
  expect(images.shape).toEqual([12, 3, 16, 16]);
  expect(images.dtype).toBe('float32');
  const [first, second] = images.chunk(2, 0) as [Tensor, Tensor];
  expect(first.sub(second).abs().amax([1, 2, 3]).amin().item()).toBeGreaterThan(0);
  expect(images.sub(views(5)).abs().amax().item()).toBe(0);
  expect(images.sub(views(6)).abs().amax().item()).toBeGreaterThan(0);
});

it('leaves images alone when every distortion is off', () => {
  const method = make({ colorStrength: 0, grayProbability: 0, blurProbability: 0, minimumScale: 1, useFlip: false });
  const images = samples();
  const views = method.views(batch(images), new Generator(0)).images as Tensor;
  const whole = method.prepare(images);
  // A crop of the whole area may still change the ratio of the sides; most rows keep it and must be exact.
  const differences = views.narrow(0, 0, 6).sub(whole).abs().amax([1, 2, 3]).toNumbers();
  expect(Math.min(...differences)).toBeLessThan(1e-5);
});

it('has the projection head of the paper: two linear layers without bias, each with batch norm', () => {
  const keys = [...make().projection.stateDict().keys()].filter(
    (key) => key.endsWith('weight') || key.endsWith('bias'),
  );
  expect(keys).toEqual(['0.weight', '1.weight', '1.bias', '3.weight', '4.weight', '4.bias']);
  expect(
    make({ projectionLayers: 3 }).projection.layers.filter((layer) => layer.constructor.name === 'Linear'),
  ).toHaveLength(3);
});

it('feeds [0, 1] without mean and standard deviation, as the official code', () => {
  const prepared = make().prepare(ops.full([1, 3, 16, 16], 255, { dtype: 'uint8' }));
  expect(prepared.amin().item()).toBe(1);
});

it('starts every residual block as the identity', () => {
  expect(
    simclr.backboneOptions?.(parseOptions(simclr, {}, true), {
      count: 1,
      channels: 3,
      imageSize: 32,
      mean: [],
      std: [],
    }),
  ).toEqual({
    zeroInitResidual: true,
  });
});

it('takes grey images', () => {
  const method = make({}, 1);
  const { loss } = method.loss(method.views(batch(samples(1)), new Generator(0)));
  expect(Number.isFinite(loss!.item())).toBe(true);
});
