import { describe, expect, it } from 'vitest';
import { Generator, ops, type Tensor } from '../../../engine/index.js';
import { init, type Module } from '../../../engine/nn/index.js';
import { imageSpec, makeMethod, statisticsTaken } from '../../make.test-util.js';
import { type BiGan, biGan } from './bigan.js';

const make = (side = 16): BiGan =>
  makeMethod(
    biGan,
    { codeSize: 6, generatorWidth: 4, discriminatorWidth: 4, useFlip: false },
    { spec: imageSpec(side), seed: 3 },
  );

const images = (count: number, side = 16): Tensor =>
  ops.randint(0, 256, [count, 3, side, side], { dtype: 'int64', generator: new Generator(1) }).to('uint8');

const viewsOf = (method: BiGan, count = 4, seed = 2) =>
  method.views({ samples: images(count), indices: [...Array(count).keys()] }, new Generator(seed));

const gradientOf = (module: Module): number =>
  module.parameters().reduce((sum, { grad }) => sum + (grad?.abs().sum().item() ?? 0), 0);

describe('loss', () => {
  it('is ln 2 for both groups while the discriminator says nothing', () => {
    const method = make();
    for (const group of ['discriminator', 'generator'])
      expect(method.loss(viewsOf(method), group).loss!.item()).toBeCloseTo(Math.LN2, 6);
  });

  it('asks the discriminator for the right answers and the others for their inverse', () => {
    const method = make();
    init.normal_(method.discriminator.logit.weight, 0, 1);
    method.eval();
    const views = viewsOf(method);
    const read = method.projection.forward(method.backbone.maps(views.images).flatten(1)).div(2).tanh();
    const painted = method.generator.forward(views.codes).tanh();
    const encoded = method.discriminator.forward(views.images, read).toNumbers();
    const generated = method.discriminator.forward(painted, views.codes).toNumbers();
    const softplus = (x: number): number => Math.log(1 + Math.exp(x));
    const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const right = (mean(encoded.map((x) => softplus(-x))) + mean(generated.map(softplus))) / 2;
    const inverse = (mean(encoded.map(softplus)) + mean(generated.map((x) => softplus(-x)))) / 2;
    expect(method.loss(views, 'discriminator').loss!.item()).toBeCloseTo(right, 4);
    expect(method.loss(views, 'generator').loss!.item()).toBeCloseTo(inverse, 4);
  });

  it('moves the discriminator alone in its group, and encoder and generator in theirs', () => {
    const method = make();
    init.normal_(method.discriminator.logit.weight, 0, 1);
    method.loss(viewsOf(method), 'discriminator').loss!.backward();
    expect(gradientOf(method.discriminator)).toBeGreaterThan(0);
    for (const module of [method.backbone, method.projection, method.generator]) expect(gradientOf(module)).toBe(0);
    method.zeroGrad();
    method.loss(viewsOf(method), 'generator').loss!.backward();
    for (const module of [method.backbone, method.projection, method.generator])
      expect(gradientOf(module)).toBeGreaterThan(0);
    const [discriminator, generator] = method.optimizerGroups();
    expect(discriminator!.modules).toEqual([method.discriminator]);
    expect(generator!.modules).not.toContain(method.discriminator);
  });
});

it.each([16, 28, 32, 48, 50])('paints images of %i pixels a side', (side) => {
  const method = make(side);
  method.eval();
  const painted = method.sample(2, new Generator(4));
  expect(painted.shape).toEqual([2, 3, side, side]);
  expect(painted.amin().item()).toBeGreaterThanOrEqual(0);
  expect(painted.amax().item()).toBeLessThanOrEqual(1);
  expect(method.generate(images(2, side)).shape).toEqual([2, 3, side, side]);
});

it('draws codes evenly from -1 to 1, new ones for every batch', () => {
  const method = make();
  const codes = viewsOf(method, 400).codes;
  expect(codes.shape).toEqual([400, 6]);
  expect(Math.abs(codes.mean().item())).toBeLessThan(0.05);
  expect(codes.square().mean().item()).toBeCloseTo(1 / 3, 1);
  expect(codes.abs().amax().item()).toBeLessThanOrEqual(1);
  expect(viewsOf(method, 400, 3).codes.sub(codes).abs().amax().item()).toBeGreaterThan(0);
});

it('moves the statistics of the generator by what trains it, not by what is only measured', () => {
  const method = make();
  const { metrics } = method.loss(viewsOf(method), 'generator');
  expect((metrics!.reconstruction as Tensor).item()).toBeTypeOf('number');
  expect(statisticsTaken(method.generator)).toEqual(new Set([1]));
});
