import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { createBackbone } from '../backbones/registry.js';
import { openImages } from '../data/index.js';
import { ops, randomState, type Tensor } from '../engine/index.js';
import { monitor } from './monitor.js';

const cacheFolder = mkdtempSync(join(tmpdir(), 'autodidact-monitor-'));
afterAll(() => rmSync(cacheFolder, { recursive: true, force: true }));
const images = await openImages('synthetic:objects?count=90&test=0&size=16', { cacheFolder });
const backbone = createBackbone('resnet18', { inputChannels: 3, imageSize: 16, width: 4 });
const encoder = { backbone, prepare: (samples: Tensor) => samples.to('float32').div(255) };

it('gives the scores within their ranges, the same each time, and leaves the random numbers alone', async () => {
  const measure = monitor(images);
  const before = randomState('cpu').toBytes();
  const scores = await measure(encoder);
  expect(await measure(encoder)).toEqual(scores);
  expect(randomState('cpu').toBytes()).toEqual(before);
  expect(Object.keys(scores)).toEqual(['spread', 'uniformity', 'rankMe', 'alignment', 'knnAccuracy']);
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

it('sees a collapse: all features alike', async () => {
  const constant = { backbone, prepare: (samples: Tensor) => ops.ones([samples.size(0), 3, 16, 16]) };
  const scores = await monitor(images)(constant);
  expect(scores.spread).toBeCloseTo(0, 4);
  expect(scores.uniformity).toBeCloseTo(0, 4);
  expect(scores.alignment).toBeCloseTo(0, 4);
  expect(scores.rankMe).toBeLessThan(1.1);
});

it('works on a single image', async () => {
  expect((await monitor(images.subset([3]))(encoder)).rankMe).toBe(1);
});
