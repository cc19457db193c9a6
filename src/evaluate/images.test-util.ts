import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createBackbone } from '../backbones/registry.js';
import { type ClassTargets, ImageDataset, type ImageSpec } from '../data/index.js';
import { PACK_VERSION, type PackIndex } from '../data/pack-file.js';
import { Prng } from '../data/prng.js';
import { manualSeed, type Tensor } from '../engine/index.js';
import type { Encoder } from '../methods/method.js';
import type { Labeled } from './task.js';

export const SIDE = 16;
export const CLASSES = ['across', 'along', 'checked'];

/** Masks for `datasetOf`: one byte per pixel, and the classes of these. */
export interface Masks {
  classes: string[];
  pixels: Uint8Array;
}

/** A data set over these gray pixels (N x SIDE x SIDE), in a temporary file that goes when the test ends. */
export function datasetOf(
  pixels: Uint8Array,
  labels: number[] | null,
  classes: string[] | null,
  { side = SIDE, masks }: { side?: number; masks?: Masks } = {},
): ImageDataset {
  const folder = mkdtempSync(join(tmpdir(), 'autodidact-evaluate-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'pixels');
  writeFileSync(path, pixels);
  if (masks !== undefined) writeFileSync(`${path}.masks`, masks.pixels);
  const count = pixels.length / side ** 2;
  const index: PackIndex = {
    ...{ version: PACK_VERSION, fingerprint: 'made up', checksums: {}, kind: 'test', count, details: {} },
    layout: { dtype: 'uint8', shape: [side, side, 1], isVarying: false },
    ...{ labels, classes, splits: Array(count).fill(null), skipped: [] },
    masks: masks === undefined ? null : { classes: masks.classes, shape: [side, side] },
    ids: Array.from({ length: count }, (_, i) => String(i)),
  };
  return ImageDataset.fromPack({ index, path }, 'stripes');
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
  return datasetOf(pixels, labels, CLASSES, { side });
}

export const prepare = (samples: Tensor): Tensor => samples.to('float32').div(255).sub(0.5).mul(4);

export const SPEC: ImageSpec = { modality: 'image', channels: 1, height: SIDE, width: SIDE, mean: [0.5], std: [0.25] };

/** An encoder of gray images around a backbone. */
export function encoderOf(backbone: Encoder['backbone'], changes: Partial<Encoder> = {}): Encoder {
  return { spec: SPEC, backbone, preparation: {}, prepare: (samples) => prepare(samples as Tensor), ...changes };
}

/** A ResNet-18 of width 4 for gray images. */
export function makeFresh(seed: number): Encoder {
  manualSeed(seed);
  return encoderOf(createBackbone('resnet18', { inputChannels: 1, imageSize: SIDE, width: 4 }));
}

/** The same where the method starts residual blocks as the identity. */
export function makeZeroed(seed: number, isOrdinary = false): Encoder {
  manualSeed(seed);
  const options = { inputChannels: 1, imageSize: SIDE, width: 4, zeroInitResidual: !isOrdinary };
  return encoderOf(createBackbone('resnet18', options));
}

/** The targets of a set with labels. */
export function labeled(data: ImageDataset): Labeled<ClassTargets> {
  return { data, targets: data.target<ClassTargets>('classes')! };
}
