import { describe, expect, it } from 'vitest';
import { Generator, ops, type Tensor } from '../../../engine/index.js';
import { ntXent } from '../../losses/nt-xent.js';
import { imageBatch, imageSpec, makeMethod } from '../../make.test-util.js';
import { type SimCLR, simclr } from './simclr.js';

const make = (options: Record<string, unknown> = {}, channels = 3): SimCLR =>
  makeMethod(simclr, options, { spec: imageSpec(16, channels), batchSize: 6 });
const batch = imageBatch(6, imageSpec(16));

it('makes two different views of every image, the same again from the same seed', () => {
  const method = make();
  const views = (seed: number): Tensor => method.views(batch, new Generator(seed)).images;
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
  const views = method.views(batch, new Generator(0)).images;
  const whole = method.encoder.prepare(batch.samples);
  // A crop of the whole area may still change the ratio of the sides; most rows keep it and must be exact.
  const differences = views.narrow(0, 0, 6).sub(whole).abs().amax([1, 2, 3]).toNumbers();
  expect(Math.min(...differences)).toBeLessThan(1e-5);
});

it('has the projection head of the paper: two linear layers without bias, each with batch norm, the last without shift', () => {
  const keys = [...make().projection.stateDict().keys()].filter(
    (key) => key.endsWith('weight') || key.endsWith('bias'),
  );
  expect(keys).toEqual(['0.weight', '1.weight', '1.bias', '3.weight', '4.weight', '4.bias']);
  const learnt = [...make().projection.parameters()].filter(({ requiresGrad }) => requiresGrad);
  expect(learnt).toHaveLength(5);
  expect(
    make({ projectionLayers: 3 }).projection.layers.filter((layer) => layer.constructor.name === 'Linear'),
  ).toHaveLength(3);
});

it('feeds [0, 1] without mean and standard deviation, as the official code', () => {
  const prepared = make().encoder.prepare(ops.full([1, 3, 16, 16], 255, { dtype: 'uint8' }));
  expect(prepared.amin().item()).toBe(1);
});

it('starts every residual block as the identity', () => {
  const { backbone } = make();
  expect(backbone.options.zeroInitResidual).toBe(true);
  const last = backbone.namedParameters().filter(([name]) => name.endsWith('bn2.weight'));
  expect(last.length).toBeGreaterThan(0);
  for (const [name, weight] of last) expect(weight.abs().amax().item(), name).toBe(0);
});

it('takes gray images', () => {
  const method = make({}, 1);
  const { loss } = method.loss(method.views(imageBatch(6, imageSpec(16, 1)), new Generator(0)));
  expect(Number.isFinite(loss!.item())).toBe(true);
});

describe('normGroups', () => {
  /** Views that change the features of the first view of image 0 when they change; views are 0-5 and 6-11. */
  const influences = (normGroups: number, isTraining = true): number[] => {
    const method = make({ normGroups }).train(isTraining);
    const images = method.views(batch, new Generator(0)).images;
    const featureOf = (changed: Tensor) => method.loss({ images: changed }).features!.select(0, 0);
    const before = featureOf(images);
    return [...Array(12).keys()].filter((i) => {
      const changed = images.clone();
      changed.select(0, i).mul_(0.3);
      return featureOf(changed).sub(before).abs().amax().item() > 1e-6;
    });
  };

  it('takes batch statistics of parts that hold both views of their images', () => {
    expect(influences(3)).toEqual([0, 1, 6, 7]);
    expect(influences(2)).toEqual([0, 1, 2, 6, 7, 8]);
  });

  it('takes them of the whole batch by default, and of no batch in eval mode', () => {
    expect(make().options.normGroups).toBe(1);
    expect(influences(1)).toHaveLength(12);
    expect(influences(3, false)).toEqual([0]);
  });

  it('compares all views with each other nevertheless, each with its own partner', () => {
    const method = make({ normGroups: 3 });
    const images = method.views(batch, new Generator(0)).images;
    const outcome = method.loss({ images });
    const [first, second] = images.chunk(2, 0) as [Tensor, Tensor];
    // By hand: three parts of two images, then one loss over all of them.
    const parts = [0, 2, 4].map((start) => {
      const part = ops.cat([first.narrow(0, start, 2), second.narrow(0, start, 2)], 0);
      return method.projection.forward(method.backbone.features(part)).chunk(2, 0) as [Tensor, Tensor];
    });
    const side = (i: 0 | 1) =>
      ops.cat(
        parts.map((part) => part[i]),
        0,
      );
    expect(outcome.loss!.item()).toBeCloseTo(ntXent(side(0), side(1), 0.5).loss.item(), 4);
  });
});

it('refuses bad options in one sentence', () => {
  expect(() => make({ temperature: 0 })).toThrow(/a value above 0 for `temperature`, received 0/);
  expect(() => make({ normGroups: 0 })).toThrow(/`normGroups`, received 0/);
  expect(() => make({ minimumScale: 0 })).toThrow(/`minimumScale`, received 0/);
});
