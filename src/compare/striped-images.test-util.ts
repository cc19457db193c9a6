import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { CompareOptions } from './compare.js';
import type { CompareResult } from './result.js';

/** Stripes of two directions, 16 x 16, as an .npy file. */
export function stripes(count: number): Buffer {
  const header = `{'descr': '|u1', 'fortran_order': False, 'shape': (${count}, 16, 16), }`;
  const padded = `${header.padEnd(117)}\n`;
  const start = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, padded.length & 255, padded.length >> 8]);
  const pixels = Buffer.alloc(count * 256);
  for (let i = 0; i < pixels.length; i++) {
    const [image, y, x] = [Math.floor(i / 256), Math.floor(i / 16) % 16, i % 16];
    const isLight = ((image % 2 === 0 ? x : y) + (image % 5)) % 4 < 2;
    pixels[i] = (isLight ? 150 : 70) + ((i * 7919 + image * 104729) % 61);
  }
  return Buffer.concat([start, Buffer.from(padded), pixels]);
}

/** Sixty images with labels, in a folder that goes when the tests of a file are done, and small comparisons of them. */
export function stripedImages() {
  const folder = mkdtempSync(join(tmpdir(), 'autodidact-compare-'));
  const cacheFolder = join(folder, 'cache');
  const images = join(folder, 'stripes.npy');
  writeFileSync(images, stripes(60));
  afterAll(() => rmSync(folder, { recursive: true, force: true }), 60_000);

  let number = 0;
  const labels = (): string => {
    const path = join(folder, `labels-${number++}.csv`);
    const ids = Array.from({ length: 60 }, (_, i) => `${i},${i % 2 === 0 ? 'across' : 'along'}`);
    writeFileSync(path, `id,label\n${ids.join('\n')}\n`);
    return path;
  };
  const optionsOf = (changes: Partial<CompareOptions> = {}): CompareOptions => ({
    ...{ data: images, methods: ['rotation', 'autoencoder'], baselines: ['random'], protocol: 'knn' },
    ...{ budget: '2steps', blocks: 2, freshBlocks: 1, backbone: 'resnet18', width: 4, device: 'cpu' },
    ...{ open: { labels: labels(), cacheFolder }, out: join(folder, `compare-${number++}`) },
    ...changes,
  });
  return { folder, images, cacheFolder, labels, optionsOf };
}

/** All but times, memory and places. */
export function comparable({ rows, ranking, fresh, score, conclusion }: CompareResult): unknown {
  const figures = rows.map(({ seconds, evaluationSeconds, peakBytes, ...row }) => row);
  return JSON.parse(JSON.stringify({ rows: figures, ranking, fresh, score, conclusion }));
}
