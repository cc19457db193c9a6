import { describe, expect, it } from 'vitest';
import { PixelBackbone } from '../../../../tests/support/pixel-backbone.js';
import type { Backbone } from '../../../backbones/backbone.js';
import { createBackbone } from '../../../backbones/registry.js';
import { Generator, gradientsOf, ops, scope, type Tensor } from '../../../engine/index.js';
import type { Linear, Sequential } from '../../../engine/nn/index.js';
import { Adam } from '../../../engine/optim/index.js';
import { imageSpec, makeMethod } from '../../make.test-util.js';
import { type Autoencoder, autoencoder } from './autoencoder.js';

const SIDE = 6;
const CODE = 4;

function make(options: Record<string, unknown>, backbone: Backbone, side: number): Autoencoder {
  return makeMethod(autoencoder, { useFlip: false, ...options }, { spec: imageSpec(side), count: 200, backbone });
}

const linear = (): Autoencoder => make({ decoder: 'linear', codeSize: CODE }, new PixelBackbone(3, SIDE), SIDE);

/** 200 images with a few strong directions. */
function images(): Tensor {
  const random = new Generator(1);
  const strong = ops.randn([200, 6], { generator: random }).matmul(ops.randn([6, 108], { generator: random }));
  const noise = ops.randn([200, 108], { generator: random });
  return strong.mul(0.08).add(noise.mul(0.05)).add(0.5).clamp(0, 1).reshape([200, 3, SIDE, SIDE]);
}

/** Principal components of prepared images: mean (P), directions (CODE, P), and the error that they leave per pixel. */
function principal(x: Tensor): { mean: Tensor; directions: Tensor; error: number } {
  const flat = x.flatten(1);
  const mean = flat.mean(0);
  const [, values, vectors] = ops.linalgSvd(flat.sub(mean), false);
  const left = values.square().toNumbers().slice(CODE);
  return { mean, directions: vectors.narrow(0, 0, CODE), error: left.reduce((sum, v) => sum + v, 0) / flat.numel };
}

const batch = (samples: Tensor) => ({ samples, indices: [...Array(samples.size(0)).keys()] });

describe('with linear layers', () => {
  it('has exactly the error of principal components where its weights are these, and no gradient', () => {
    const method = linear();
    const views = method.views(batch(images()), new Generator(0));
    const { mean, directions, error } = principal(views.images);
    const output = (method.decoder as Sequential).layers[0] as Linear;
    method.bottleneck.weight.detach().copy_(directions);
    method.bottleneck.bias!.detach().copy_(directions.mv(mean).neg());
    output.weight.detach().copy_(directions.t());
    output.bias!.detach().copy_(mean);
    const { loss } = method.loss(views);
    expect(loss!.item()).toBeCloseTo(error, 5);
    for (const gradient of gradientsOf([loss!], method.parameters()))
      expect(gradient!.abs().amax().item()).toBeLessThan(1e-4);
  });

  it('learns that error from random weights and never falls below it', () => {
    const method = linear();
    const views = method.views(batch(images()), new Generator(0));
    const { error } = principal(views.images);
    const optimizer = new Adam(method.parameters(), { learningRate: 0.01 });
    let value = Number.POSITIVE_INFINITY;
    for (let step = 0; step < 1500; step++)
      scope(() => {
        if (step === 1000) optimizer.scaleLearningRate(0.1);
        const { loss } = method.loss(views);
        value = loss!.item();
        expect(value).toBeGreaterThan(error * 0.9999);
        method.zeroGrad();
        loss!.backward();
        optimizer.step();
      });
    expect(value).toBeLessThan(error * 1.01);
  });
});

it('loses 1 for the mean color of normalized pixels', () => {
  const method = linear();
  for (const parameter of method.parameters()) parameter.detach().zero_();
  const random = ops.rand([50, 3, SIDE, SIDE], { generator: new Generator(2) }); // variance 1/12, and the scale 1/4
  const { loss, metrics } = method.loss(method.views(batch(random), new Generator(0)));
  expect(loss!.item()).toBeCloseTo(16 / 12, 1);
  expect((metrics!.explained as Tensor).item()).toBeCloseTo(1 - loss!.item(), 5);
});

it('lets nothing through but the code: one number leaves one direction', () => {
  const backbone = createBackbone('alexnet', { inputChannels: 3, imageSize: 16, width: 4 });
  const method = make({ codeSize: 1, decoderWidth: 4, decoder: 'linear' }, backbone, 16).eval();
  const restored = method
    .generate(ops.rand([6, 3, 16, 16], { generator: new Generator(3) }))
    .sub(0.5)
    .flatten(1);
  const [, values] = ops.linalgSvd(restored.sub(restored.mean(0)), false);
  const [first, second] = values.toNumbers() as [number, number];
  expect(second).toBeLessThan(first * 1e-3 + 1e-5);
});

it('restores images in [0, 1]', () => {
  const backbone = createBackbone('nin', { inputChannels: 3, imageSize: 16, width: 6 });
  const method = make({ codeSize: 8, decoderWidth: 4 }, backbone, 16).eval();
  const restored = method.generate(ops.randint(0, 256, [3, 3, 16, 16], { dtype: 'uint8' }));
  expect(restored.shape).toEqual([3, 3, 16, 16]);
  expect(restored.amin().item()).toBeGreaterThanOrEqual(0);
  expect(restored.amax().item()).toBeLessThanOrEqual(1);
});

it('prepares pixels by the mean and deviation of each channel and gives them back', () => {
  const method = linear();
  const x = ops.rand([4, 3, SIDE, SIDE], { generator: new Generator(4) });
  expect(method.encoder.prepare(x).sub(x.sub(0.5).div(0.25)).abs().amax().item()).toBeLessThan(1e-5);
  // With zero weights and the pixels as its bias the decoder answers with these pixels.
  for (const parameter of method.parameters()) parameter.detach().zero_();
  const output = (method.decoder as Sequential).layers[0] as Linear;
  output.bias!.detach().copy_(method.encoder.prepare(x).select(0, 0).flatten());
  expect(method.generate(x).select(0, 3).sub(x.select(0, 0)).abs().amax().item()).toBeLessThan(1e-5);
});

it('flips images only when asked to', () => {
  const x = ops.rand([16, 3, SIDE, SIDE], { generator: new Generator(5) });
  const seen = (useFlip: boolean): Tensor =>
    make({ useFlip, decoder: 'linear' }, new PixelBackbone(3, SIDE), SIDE).views(batch(x), new Generator(0)).images;
  const method = linear();
  expect(seen(false).equal(method.encoder.prepare(x))).toBeTruthy();
  const flipped = seen(true);
  expect(flipped.equal(method.encoder.prepare(x))).toBeFalsy();
  // Every image is itself or its mirror image.
  const [itself, mirrored] = [x, x.flip([3])].map((images) =>
    flipped.sub(method.encoder.prepare(images)).abs().amax([1, 2, 3]),
  ) as [Tensor, Tensor];
  expect(itself.minimum(mirrored).amax().item()).toBeLessThan(1e-5);
});

it.each([
  [{ codeSize: 0 }, 'Expected a value of at least 1 for `codeSize`, received 0'],
  [{ decoder: 'none' }, 'Expected one of convolutional, linear for `decoder`, received "none"'],
])('refuses %j', (options, message) => {
  expect(() => make(options, new PixelBackbone(3, SIDE), SIDE)).toThrow(message);
});
