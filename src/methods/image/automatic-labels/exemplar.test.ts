import { describe, expect, it } from 'vitest';
import { Generator, noGrad, ops, type Tensor } from '../../../engine/index.js';
import { indexTensor } from '../../index-tensor.js';
import { imageSpec, makeMethod } from '../../make.test-util.js';
import type { EpochContext } from '../../method.js';
import { type Exemplar, exemplar } from './exemplar.js';

const make = (given: Record<string, unknown> = {}, side = 16): Exemplar =>
  makeMethod(exemplar, given, { spec: imageSpec(side), count: 30, seed: 3 });

const images = (count: number, side: number, channels = 3): Tensor =>
  ops.randint(0, 256, [count, channels, side, side], { dtype: 'int64', generator: new Generator(1) }).to('uint8');

const epochOf = (epoch: number, pictures: Tensor): EpochContext => ({
  progress: { step: 0, totalSteps: 10, epoch, totalEpochs: 10, stage: 0 },
  random: new Generator(7),
  count: pictures.size(0),
  batchSize: 8,
  samples: (indices) => pictures.indexSelect(0, indexTensor(indices, pictures)),
});

describe('seeds', () => {
  it('are as many as the classes, each of one image, chosen at random', () => {
    const method = make({ seedPatches: 12 });
    const classes = method.classes.toNumbers();
    expect(classes.filter((label) => label >= 0).sort((a, b) => a - b)).toEqual([...Array(12).keys()]);
    expect(classes.filter((label) => label < 0)).toHaveLength(18);
    expect(method.head.layers.at(-1)).toMatchObject({ outFeatures: 12 });
    expect(classes.slice(0, 12).every((label) => label >= 0)).toBe(false);
  });

  it('are all images where there are no more than asked for', () => {
    const method = make();
    expect(method.seedCount).toBe(30);
    expect(method.onEpochStart(epochOf(0, images(30, 16)))).toEqual({});
  });

  it('are visited equally often, and nothing else is', () => {
    const method = make({ seedPatches: 12 });
    const { order } = method.onEpochStart(epochOf(0, images(30, 16)));
    expect(order).toHaveLength(30);
    const classes = method.classes.toNumbers();
    const visits = Array<number>(12).fill(0);
    for (const image of order!) visits[classes[image]!]!++;
    expect(Math.min(...visits)).toBe(2);
    expect(Math.max(...visits)).toBe(3);
  });

  it('keep their patches after the first epoch', () => {
    const method = make({ patchSize: 8, seedPatches: 12 });
    const before = method.corners.toList() as number[][];
    method.onEpochStart(epochOf(0, images(30, 16)));
    const chosen = method.corners.toList() as number[][];
    const classes = method.classes.toNumbers();
    for (const [i, corner] of chosen.entries()) {
      if (classes[i]! < 0) expect(corner).toEqual(before[i]);
      for (const edge of corner) expect(edge >= 0 && edge <= 8).toBe(true);
    }
    expect(chosen).not.toEqual(before);
    method.onEpochStart(epochOf(1, images(30, 16)));
    expect(method.corners.toList()).toEqual(chosen);
  });
});

describe('loss', () => {
  it('is the cross-entropy over the classes of the images', () => {
    const method = make();
    method.eval();
    const views = method.views({ samples: images(4, 16), indices: [3, 9, 0, 20] }, new Generator(1));
    const classes = method.classes.toNumbers();
    expect(views.labels.toNumbers()).toEqual([3, 9, 0, 20].map((i) => classes[i]));
    const logits = method.head.forward(method.tower.forward(method.backbone.maps(views.patches)));
    const rows = logits.toList() as number[][];
    const expected = [3, 9, 0, 20].map((image, i) => {
      const sum = rows[i]!.reduce((total, value) => total + Math.exp(value), 0);
      return Math.log(sum) - rows[i]![classes[image]!]!;
    });
    expect(method.loss(views).loss!.item()).toBeCloseTo(expected.reduce((a, b) => a + b, 0) / 4, 4);
  });

  it('leaves images without a seed out', () => {
    const method = make({ seedPatches: 12, strength: 0 });
    method.eval();
    const classes = method.classes.toNumbers();
    const seeds = [...classes.keys()].filter((i) => classes[i]! >= 0).slice(0, 3);
    const other = classes.findIndex((label) => label < 0);
    const samples = images(4, 16);
    const of = (indices: number[]) =>
      method.loss(method.views({ samples: samples.narrow(0, 0, indices.length), indices }, new Generator(1)));
    const [some, all] = [of(seeds), of([...seeds, other])];
    expect(some.loss!.sub(all.loss!).abs().item()).toBeLessThan(1e-4);
    expect((all.metrics!.accuracy as Tensor).mul(3).item() % 1).toBeCloseTo(0, 5);
  });

  it('is 0 where no image has a seed', () => {
    const method = make({ seedPatches: 12 });
    const classes = method.classes.toNumbers();
    const others = [...classes.keys()].filter((i) => classes[i]! < 0).slice(0, 4);
    const views = method.views({ samples: images(4, 16), indices: others }, new Generator(1));
    expect(method.loss(views).loss!.item()).toBe(0);
  });

  it('takes patches of 32 pixels, a third of large images, or what is asked for and fits', () => {
    expect([16, 48, 96, 225].map((imageSize) => make({}, imageSize).side)).toEqual([16, 32, 32, 75]);
    expect(() => make({ patchSize: 17 })).toThrow(/a patch of at most the image of 16 pixels for `patchSize`/);
  });
});

it('previews the seeds under new transformations, with the chance of a guess', () => {
  const method = make({ seedPatches: 12, patchSize: 8 }).eval();
  const [preview] = noGrad(() =>
    method.preview({ samples: images(30, 16), indices: [...Array(30).keys()] }, new Generator(2)),
  );
  expect(preview!.chance).toBe(1 / 12);
  expect(preview!.rows).toHaveLength(6);
  for (const [seed, ...patches] of preview!.rows) {
    expect(seed!.caption).toMatch(/^seed of class \d+$/);
    expect(patches.map(({ image }) => image!.size(1))).toEqual(Array(5).fill(8));
    const label = seed!.caption!.split(' ').at(-1);
    for (const { caption, isCorrect } of patches) expect(isCorrect).toBe(caption === `says class ${label}`);
  }
});
