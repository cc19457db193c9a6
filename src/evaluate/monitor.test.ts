import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { MemoryDataset } from '../../tests/support/memory-dataset.js';
import { PixelBackbone } from '../../tests/support/pixel-backbone.js';
import { createBackbone } from '../backbones/registry.js';
import { ClassTargets, countSamples, type ImageSpec, openImages, type Samples } from '../data/index.js';
import { PairDataset } from '../data/pair-dataset.js';
import { ops, randomState, type Tensor } from '../engine/index.js';
import type { Encoder } from '../methods/method.js';
import { findMethod, parseMethodOptions } from '../methods/registry.js';
import { image } from '../modalities/image.js';
import { registerModality } from '../modalities/registry.js';
import { fromRecipe } from '../train/config.js';
import { train } from '../train/loop.js';
import { fingerprint } from './features.js';
import { datasetOf, encoderOf, SIDE, SPEC } from './images.test-util.js';
import { monitor } from './monitor.js';

const cacheFolder = mkdtempSync(join(tmpdir(), 'autodidact-monitor-'));
afterAll(() => rmSync(cacheFolder, { recursive: true, force: true }));
const images = await openImages('synthetic:objects?count=90&test=0&size=16', { cacheFolder });
const backbone = createBackbone('resnet18', { inputChannels: 3, imageSize: 16, width: 4 });
const encoder: Encoder = {
  ...{ spec: images.spec, backbone, preparation: {} },
  prepare: (samples) => (samples as Tensor).to('float32').div(255),
};

/** The means of the rows of an image as its features. */
class PixelRows extends PixelBackbone {
  constructor() {
    super(1, SIDE);
  }

  override features(x: Tensor): Tensor {
    return x.mean([1, 3]);
  }
}

it('gives the scores within their ranges, the same each time, and leaves the random numbers alone', async () => {
  const measure = monitor(images);
  const before = randomState('cpu').toBytes();
  const scores = await measure(encoder);
  expect(await measure(encoder)).toEqual(scores);
  expect(randomState('cpu').toBytes()).toEqual(before);
  expect(Object.keys(scores)).toEqual(['spread', 'uniformity', 'rankMe', 'alignment', 'viewRetrieval', 'knnAccuracy']);
  expect(scores.rankMe).toBeGreaterThanOrEqual(1);
  expect(scores.rankMe).toBeLessThanOrEqual(30); // of 30 images in 32 dimensions
  expect(scores.uniformity).toBeLessThan(0);
  expect(scores.alignment).toBeGreaterThan(0);
  expect(scores.knnAccuracy).toBeGreaterThanOrEqual(0);
  expect(scores.knnAccuracy).toBeLessThanOrEqual(1);
});

it('has no k-NN score without labels', async () => {
  const unlabeled = images.withLabels(images.classes!, new Int32Array(images.count).fill(-1));
  expect(await monitor(unlabeled)(encoder)).not.toHaveProperty('knnAccuracy');
});

it('looks for no neighbors among the parts of what is scored', async () => {
  const [owners, each] = [6, 10];
  const labels = Array.from({ length: owners * each }, (_, i) => Math.floor(i / each));
  const make = (positions: readonly number[]) =>
    ops.stack(
      positions.map((i) =>
        ops.eye(SIDE).select(0, labels[i]!).mul(255).to('uint8').view([1, SIDE, 1]).expand([1, SIDE, SIDE]),
      ),
    );
  const options = { spec: SPEC, count: labels.length, make, labels, classes: labels.map(String).slice(0, owners) };
  const ids = labels.map((_, i) => String(i));
  const data = (info: object) => {
    const splits = ids.map(() => null);
    const targets = [new ClassTargets(options.classes, Int32Array.from(labels))];
    const about = { name: 'parts', note: null, skipped: [], fingerprint: 'made up', ids, splits, targets, ...info };
    return new MemoryDataset<ImageSpec>(options, about);
  };
  const rows = encoderOf(new PixelRows());
  // The samples of an owner are alike: their neighbors would be right by themselves.
  expect((await monitor(data({}))(rows)).knnAccuracy).toBe(1);
  expect((await monitor(data({ owners: labels.map((owner) => `video ${owner}`) }))(rows)).knnAccuracy).toBe(0);
});

it('sees a collapse: all features alike', async () => {
  const constant = { ...encoder, prepare: (samples: Samples) => ops.ones([countSamples(samples), 3, 16, 16]) };
  const scores = await monitor(images)(constant);
  expect(scores.spread).toBeCloseTo(0, 4);
  expect(scores.uniformity).toBeCloseTo(0, 4);
  expect(scores.alignment).toBeCloseTo(0, 4);
  expect(scores.rankMe).toBeLessThan(1.1);
});

it('works on a single image', async () => {
  expect((await monitor(images.subset([3]))(encoder)).rankMe).toBe(1);
});

it.each([
  ['take turns', (i: number) => i % 3],
  ['come one after the other', (i: number) => Math.floor(i / 30)],
])('is not misled by classes that %s', async (_, classOf) => {
  const pixels = new Uint8Array(90 * SIDE ** 2);
  // A stripe at the row of the class: k-NN names every image rightly, if its class is among the others.
  const labels = Array.from({ length: 90 }, (_, i) => classOf(i));
  for (const [i, label] of labels.entries())
    pixels.fill(255, i * SIDE ** 2 + 64 * label, i * SIDE ** 2 + 64 * label + 32);
  const data = datasetOf(pixels, labels, ['a', 'b', 'c']);
  expect((await monitor(data)(encoderOf(new PixelRows()))).knnAccuracy).toBe(1);
});

it('watches samples whose choice does not fall together with the order of the data', async () => {
  // 1,536 of 3,072 images are watched: evenly spaced ones would have even numbers only.
  const seen: number[] = [];
  const make = (positions: readonly number[]) => {
    seen.push(...positions);
    return ops.full([positions.length, 1, SIDE, SIDE], 128).to('uint8');
  };
  await monitor(new MemoryDataset({ spec: SPEC, count: 3072, make }))(encoderOf(new PixelRows()));
  const odd = seen.filter((position) => position % 2 === 1).length / seen.length;
  expect(odd).toBeGreaterThan(0.4);
  expect(odd).toBeLessThan(0.6);
});

it('leaves out what samples without other views cannot give', async () => {
  const scores = await monitor(images)(encoder);
  const restore = registerModality({ ...image, name: 'image', views: () => null });
  try {
    const without = await monitor(images)(encoder);
    expect(Object.keys(without)).toEqual(['spread', 'uniformity', 'rankMe', 'knnAccuracy']);
    expect(scores).toMatchObject(without);
  } finally {
    restore();
  }
});

it('reads the side of a pair that the encoder takes, with its labels', async () => {
  const pair = PairDataset.of(images.subset([4, 2, 7]), images);
  expect(pair.labels).toBeNull();
  expect(await monitor(pair)(encoder)).toEqual(await monitor(images)(encoder));
});

it('measures before the first step by the same formulas, and changes nothing', async () => {
  const before = fingerprint(backbone);
  const measure = monitor(images);
  const first = await measure(encoder);
  expect(fingerprint(backbone)).toBe(before);
  expect(await measure(encoder)).toEqual(first);
});

it('stops on a signal', async () => {
  const stop = new AbortController();
  const measure = monitor(images, { signal: stop.signal });
  await measure(encoder);
  stop.abort();
  await expect(measure(encoder)).rejects.toMatchObject({ code: 'INTERRUPTED' });
});

it('gives a row before the first step of a run', async () => {
  const definition = findMethod('rotation');
  const training = {
    ...fromRecipe(definition.recipes.small),
    backbone: 'resnet18',
    width: 4,
    epochs: 1,
    batchSize: 30,
  };
  const job = train(
    {
      definition,
      options: parseMethodOptions(definition, {}, true),
      training: { ...training, device: 'cpu' },
      dataset: images,
      source: { spec: 'generated', split: 'all', limit: null, asked: { size: null, channels: 'auto', length: null } },
      out: join(cacheFolder, 'run'),
    },
    { monitor: monitor(images) },
  );
  const steps: number[] = [];
  for await (const event of job) if (event.type === 'scores') steps.push(event.step);
  expect(steps).toEqual([0, 3]);
});
