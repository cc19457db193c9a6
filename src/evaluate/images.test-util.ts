import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createBackbone } from '../backbones/registry.js';
import { ImageDataset } from '../data/dataset.js';
import { PACK_VERSION, type PackIndex } from '../data/pack-file.js';
import { Prng } from '../data/prng.js';
import { manualSeed, type Tensor } from '../engine/index.js';
import type { Encoder } from '../methods/method.js';

export const SIDE = 16;
export const CLASSES = ['across', 'along', 'checked'];

/** A data set over these gray pixels (N x SIDE x SIDE), in a temporary file that goes when the test ends. */
export function datasetOf(
  pixels: Uint8Array,
  labels: number[] | null,
  classes: string[] | null,
  side = SIDE,
): ImageDataset {
  const folder = mkdtempSync(join(tmpdir(), 'autodidact-evaluate-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const pixelPath = join(folder, 'pixels');
  writeFileSync(pixelPath, pixels);
  const count = pixels.length / side ** 2;
  const index: PackIndex = {
    ...{ version: PACK_VERSION, fingerprint: 'made up', kind: 'test', count, height: side, width: side },
    ...{ channels: 1, labels, classes, splits: Array(count).fill(null), skipped: [] },
    ids: Array.from({ length: count }, (_, i) => String(i)),
  };
  return ImageDataset.fromPack({ index, pixelPath }, 'stripes');
}

/** Gray images of stripes across, stripes along, and checks, at a random phase under noise; image i is of class i % 3. */
export function stripes(count: number, seed: number, options: { noise?: number; side?: number } = {}): ImageDataset {
  const { noise = 60, side = SIDE } = options;
  const prng = new Prng(seed);
  const pixels = new Uint8Array(count * side ** 2);
  const labels = Array.from({ length: count }, (_, i) => i % 3);
  for (const [i, label] of labels.entries()) {
    const [phaseY, phaseX] = [prng.below(4), prng.below(4)];
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) {
        const row = (y + phaseY) % 4 < 2;
        const column = (x + phaseX) % 4 < 2;
        const isLight = label === 0 ? row : label === 1 ? column : row !== column;
        const value = (isLight ? 160 : 90) + noise * prng.normal();
        pixels[(i * side + y) * side + x] = Math.min(255, Math.max(0, value));
      }
  }
  return datasetOf(pixels, labels, CLASSES, side);
}

export const prepare = (samples: Tensor): Tensor => samples.to('float32').div(255).sub(0.5).mul(4);

/** A ResNet-18 of width 4 for gray images. */
export function makeFresh(seed: number): Encoder {
  manualSeed(seed);
  const backbone = createBackbone('resnet18', { inputChannels: 1, imageSize: SIDE, width: 4 });
  return { backbone, prepare };
}
