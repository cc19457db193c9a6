import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { normalize, toFloat } from '../../augment/index.js';
import { createBackbone } from '../../backbones/registry.js';
import { type ClipDataset, openClips } from '../../data/index.js';
import { manualSeed, type Tensor } from '../../engine/index.js';
import type { Encoder } from '../../methods/method.js';

/** Opens generated videos in a cache that goes when the tests of the file end. */
export function spriteOpener(): (query: string, split?: 'train' | 'test') => Promise<ClipDataset> {
  const cacheFolder = mkdtempSync(join(tmpdir(), 'autodidact-propagation-'));
  afterAll(() => rmSync(cacheFolder, { recursive: true, force: true }));
  return (query, split = 'test') => openClips(`synthetic:sprites?${query}`, { split, cacheFolder });
}

const STATISTICS = { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] };

/** A ResNet-18 of width 4 for color images of 16 pixels. */
export function imageEncoder(seed: number): Encoder {
  manualSeed(seed);
  const spec = { modality: 'image', channels: 3, height: 16, width: 16, ...STATISTICS };
  const change = normalize(STATISTICS.mean, STATISTICS.std);
  return {
    spec,
    backbone: createBackbone('resnet18', { inputChannels: 3, imageSize: 16, width: 4 }),
    preparation: STATISTICS,
    prepare: (samples) => change(toFloat(samples as Tensor)),
  };
}

/** An encoder of clips of 4 frames of 16 pixels. */
export function clipEncoder(seed: number, architecture: string): Encoder {
  manualSeed(seed);
  const spec = { modality: 'clip', frames: 4, fps: 10, channels: 3, height: 16, width: 16, ...STATISTICS };
  const change = normalize(STATISTICS.mean, STATISTICS.std);
  return {
    spec,
    backbone: createBackbone(architecture, { inputChannels: 3, imageSize: 16, width: 4 }),
    preparation: STATISTICS,
    prepare: (samples) => {
      const clips = samples as Tensor;
      return change(toFloat(clips.flatten(0, 1))).unflatten(0, [-1, clips.size(1)]);
    },
  };
}
