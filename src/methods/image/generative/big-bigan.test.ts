import { describe, expect, it } from 'vitest';
import { Generator, ops, type Tensor } from '../../../engine/index.js';
import type { Module } from '../../../engine/nn/index.js';
import { imageBatch, imageSpec, makeMethod, statisticsTaken } from '../../make.test-util.js';
import { type BigBiGan, bigBiGan } from './big-bigan.js';

const SMALL = { codeSize: 6, generatorWidth: 4, discriminatorWidth: 4, hiddenSize: 8, blocks: 1, useFlip: false };
const make = (options: Record<string, unknown> = {}, side = 16): BigBiGan =>
  makeMethod(bigBiGan, { ...SMALL, ...options }, { spec: imageSpec(side), seed: 3 });
const viewsOf = (method: BigBiGan, count = 4, seed = 2) =>
  method.views(imageBatch(count, method.spec), new Generator(seed));
const gradientOf = (module: Module): number =>
  module.parameters().reduce((sum, { grad }) => sum + (grad?.abs().sum().item() ?? 0), 0);
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The scores of the encoder's pairs and of the generator's, from the networks alone. */
function scoresOf(method: BigBiGan, { images, codes, noise }: ReturnType<typeof viewsOf>, shrink = 1) {
  const moments = method.moments.forward(method.top.forward(method.backbone.maps(images).flatten(1)));
  const [center, raw] = moments.chunk(2, 1) as [Tensor, Tensor];
  const drawn = center.add(raw.exp().add(1).log().mul(noise));
  const small = shrink === 1 ? images : ops.avgPool2d(images, shrink);
  const painted = method.generator.forward(codes).tanh();
  const judged = [method.discriminator.forward(small, drawn), method.discriminator.forward(painted, codes)] as const;
  return judged.map((scores) =>
    Object.fromEntries(Object.entries(scores).map(([key, value]) => [key, value.toNumbers()])),
  );
}

describe('loss', () => {
  it.each([
    [{}, ['image', 'code', 'joint'], 1],
    [{ scores: 'joint' }, ['joint'], 1],
    [{ scores: 'unary' }, ['image', 'code'], 1],
    [{ shrink: 2 }, ['image', 'code', 'joint'], 2],
  ] as const)(
    'with %o is a hinge for D and the difference of the scores for the others, over %o',
    (options, keys, shrink) => {
      const method = make(options, 32);
      method.eval();
      const views = viewsOf(method);
      const [encoded, generated] = scoresOf(method, views, shrink) as [
        Record<string, number[]>,
        Record<string, number[]>,
      ];
      const sum = (of: (key: string) => number): number => keys.reduce((total, key) => total + of(key), 0);
      const hinge = sum(
        (key) =>
          mean(encoded[key]!.map((s) => Math.max(0, 1 - s))) + mean(generated[key]!.map((s) => Math.max(0, 1 + s))),
      );
      expect(method.loss(views, 'discriminator').loss!.item()).toBeCloseTo(hinge, 4);
      const linear = sum((key) => mean(encoded[key]!) - mean(generated[key]!));
      expect(method.loss(views, 'generator').loss!.item()).toBeCloseTo(linear, 4);
    },
  );

  it('moves the discriminator alone in its group, and encoder and generator in theirs', () => {
    const method = make();
    const others = [method.backbone, method.top, method.moments, method.generator];
    method.loss(viewsOf(method), 'discriminator').loss!.backward();
    expect(gradientOf(method.discriminator)).toBeGreaterThan(0);
    for (const module of others) expect(gradientOf(module)).toBe(0);
    method.zeroGrad();
    method.loss(viewsOf(method), 'generator').loss!.backward();
    for (const module of others) expect(gradientOf(module)).toBeGreaterThan(0);
    const [discriminator, generator] = method.optimizerGroups();
    expect(discriminator!.modules).toEqual([method.discriminator]);
    expect(generator!.modules).toEqual(others);
  });
});

it('draws codes around the mean, and at it when deterministic', () => {
  const noise = (method: BigBiGan): number => {
    method.eval();
    const views = viewsOf(method);
    const { loss } = method.loss(views, 'generator');
    return Math.abs(loss!.item() - method.loss({ ...views, noise: views.noise.mul(2) }, 'generator').loss!.item());
  };
  expect(noise(make())).toBeGreaterThan(1e-5);
  expect(noise(make({ encoding: 'deterministic' }))).toBe(0);
});

it('draws normal codes and normal noise, independent of each other', () => {
  const { codes, noise } = viewsOf(make(), 600);
  for (const values of [codes, noise]) {
    expect(Math.abs(values.mean().item())).toBeLessThan(0.05);
    expect(values.square().mean().item()).toBeCloseTo(1, 1);
  }
  expect(Math.abs(codes.mul(noise).mean().item())).toBeLessThan(0.05);
});

it.each([
  [16, 1],
  [28, 1],
  [32, 2],
  [48, 2],
])('encodes images of %i pixels and paints them %i times smaller', (side, shrink) => {
  const method = make({ shrink }, side);
  method.eval();
  const { codes, images } = method.sample(2, new Generator(4));
  expect([codes.shape, images.shape]).toEqual([
    [2, 6],
    [2, 3, side / shrink, side / shrink],
  ]);
  expect([images.amin().item() >= 0, images.amax().item() <= 1]).toEqual([true, true]);
  expect(method.generate(imageBatch(2, method.spec).samples).shape).toEqual(images.shape);
});

it('refuses images that cannot be made smaller by the factor', () => {
  expect(() => make({ shrink: 3 })).toThrow(/multiple of 3 pixels/);
});

it('moves the statistics of the generator by what trains it, not by what is only measured', () => {
  const method = make();
  const { metrics } = method.loss(viewsOf(method), 'generator');
  expect((metrics!.reconstruction as Tensor).item()).toBeTypeOf('number');
  expect(statisticsTaken(method.generator)).toEqual(new Set([1]));
});
