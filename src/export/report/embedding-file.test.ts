import { readFileSync, writeFileSync } from 'node:fs';
import { beforeEach, expect, it } from 'vitest';
import { put, temporaryFolder } from '../../../tests/data-files.js';
import { MemoryDataset } from '../../../tests/support/memory-dataset.js';
import { createBackbone } from '../../backbones/registry.js';
import type { ImageSpec } from '../../data/index.js';
import { manualSeed, ops } from '../../engine/index.js';
import { imageSpec } from '../../methods/make.test-util.js';
import type { Encoder } from '../../methods/method.js';
import { RunFolder } from '../../train/run-folder.js';
import { readEmbedding, refreshEmbedding } from './embedding-file.js';

const at = temporaryFolder();
const spec = imageSpec(16);

let folder: RunFolder;
let runs = 0;
beforeEach(() => {
  const path = at(`run-${runs++}`);
  put(`${path}/config.json`, '{}');
  folder = RunFolder.open(path);
});

function encoderOf(seed: number): Encoder<ImageSpec> {
  manualSeed(seed);
  const backbone = createBackbone('resnet18', { inputChannels: 3, imageSize: 16, width: 4 });
  return { spec, backbone, preparation: {}, prepare: (samples) => samples.to('float32').div(255) };
}

const images = (name: string, count: number, hasLabels = true) =>
  new MemoryDataset<ImageSpec>({
    ...{ spec, name, count, classes: ['a', 'b'] },
    labels: hasLabels ? Array.from({ length: count }, (_, i) => i % 2) : null,
    make: (positions) => ops.full([positions.length, 3, 16, 16], 90, { dtype: 'uint8' }),
  });

const encoder = encoderOf(0);
const refresh = (dataset: MemoryDataset<ImageSpec>, limit = 20, step = 5, of = encoder) =>
  refreshEmbedding(folder, of, dataset, { limit, step });
const shown = () => readEmbedding(folder)!.data.name;

it('keeps what was gathered from the training data when a smaller set comes', async () => {
  expect(await refresh(images('training', 30))).toBe(true);
  const before = readFileSync(folder.file('embedding.json'));
  expect(await refresh(images('test', 10))).toBe(false);
  expect(await refresh(images('test, as many points on the map', 25))).toBe(false);
  expect(await refresh(images('test', 10, false))).toBe(false);
  expect(await refresh(images('training', 30))).toBe(false);
  expect(readFileSync(folder.file('embedding.json')).equals(before)).toBe(true);
  // The controls: more samples, and another encoder, whose features those are not.
  expect([await refresh(images('more', 40)), shown()]).toEqual([true, 'more']);
  expect([await refresh(images('test', 10), 20, 9, encoderOf(1)), shown()]).toEqual([true, 'test']);
  expect(readEmbedding(folder)!.step).toBe(9);
});

it('takes labels, which color the map, in exchange for samples that it does not show', async () => {
  await refresh(images('unlabeled', 60, false));
  expect(await refresh(images('few with labels', 10))).toBe(false);
  expect([await refresh(images('labeled', 30)), shown()]).toEqual([true, 'labeled']);
  expect(await refresh(images('unlabeled', 60, false))).toBe(false);
});

it('makes anew what counts neighbors that are parts of one', async () => {
  await refresh(images('training', 30));
  const path = folder.file('embedding.json');
  const { hasParts, ...earlier } = readEmbedding(folder)!;
  expect(hasParts).toBe(false);
  writeFileSync(path, JSON.stringify(earlier));
  expect(shown()).toBe('training');
  expect(await refresh(images('training', 30))).toBe(true);
  expect(readEmbedding(folder)).toMatchObject({ hasParts });
});

it('reads nothing that is damaged, or that an earlier version wrote', async () => {
  expect(readEmbedding(folder)).toBeNull();
  await refresh(images('training', 4));
  const path = folder.file('embedding.json');
  const text = readFileSync(path, 'utf8');
  const shownUri = JSON.parse(text).sprite.image as string;
  for (const damaged of [
    text.slice(0, 100),
    text.replace('"format":2', '"format":1'),
    text.replace(shownUri, 'data:image/svg+xml;base64,AA'),
    text.replace(shownUri, 'data:image/png;base64,AA) ; } <script>'),
  ]) {
    expect(damaged).not.toBe(text);
    writeFileSync(path, damaged);
    expect(readEmbedding(folder)).toBeNull();
  }
  expect(await refresh(images('test', 2))).toBe(true);
});
