/** Small networks and data for tests: a method in milliseconds per step. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { cachePath } from '../../src/data/cache.js';
import {
  CameraDataset,
  type ClipDataset,
  type Dataset,
  ImageDataset,
  openClips,
  openImages,
  openTexts,
  PatchesDataset,
  samplesTo,
  type TokensDataset,
} from '../../src/data/index.js';
import { PackWriter, recordsOf } from '../../src/data/pack-file.js';
import { PairDataset } from '../../src/data/pair-dataset.js';
import { Generator, ops, selectDevice, type Tensor } from '../../src/engine/index.js';
import type { Batch, Method, MethodDefinition } from '../../src/methods/method.js';
import { parseMethodOptions } from '../../src/methods/registry.js';
import type { Needs } from '../../src/modalities/modality.js';
import { buildMethod } from '../../src/train/build.js';
import type { TrainingState } from '../../src/train/checkpoint.js';
import { fromRecipe, type TrainingOptions } from '../../src/train/config.js';
import { beginEpoch } from '../../src/train/epoch.js';
import { EpochMeter } from '../../src/train/epoch-meter.js';
import { makeOptimizers } from '../../src/train/optimizers.js';
import { type StepResult, trainStep } from '../../src/train/step.js';

/** Where the contract is tested: `AUTODIDACT_TEST_DEVICE=cuda npm test` asks it of a GPU. */
export const testDevice = selectDevice(process.env.AUTODIDACT_TEST_DEVICE || 'cpu');

/** A folder that is gone when the test file ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'autodidact-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Generated objects, packed into a temporary cache. */
export function tinyImages(cacheFolder: string, options = 'count=60&test=20&size=16'): Promise<ImageDataset> {
  return openImages(`synthetic:objects?${options}`, { cacheFolder, split: 'train' });
}

/** Generated sprites in clips that suit these needs, packed into a temporary cache; videos are half as long again. */
export function tinyClips(cacheFolder: string, needs: Needs = {}, count = 24): Promise<ClipDataset> {
  const { frames = 4, fps = 5, side = 16 } = needs;
  const length = Math.ceil(1.5 * frames) + 1;
  const spec = `synthetic:sprites?count=${count}&test=0&size=${Math.max(16, side)}&frames=${length}&fps=${fps}&speed=0.5`;
  return openClips(spec, { cacheFolder, frames, fps });
}

/** Pairs of patches that look as if they were mined: generated objects and the same moved on by 3 pixels, two pairs of each video. */
export async function tinyPatches(cacheFolder: string, count = 24, side = 16): Promise<PatchesDataset> {
  const objects = await tinyImages(cacheFolder, `count=${count}&test=0&size=${side}`);
  const pixels = objects.pixels().permute([0, 2, 3, 1]); // (N, H, W, C)
  const layout = { dtype: 'uint8' as const, shape: [2, side, side, 3], isVarying: false };
  const key = `patches-${count}-${side}`;
  const writer = await PackWriter.create(cachePath('packs', cacheFolder), key, layout, 1);
  await writer.append(
    ops
      .stack([pixels, pixels.roll([3], [2])], 1)
      .contiguous()
      .toBytes(),
  );
  const videos = Int32Array.from({ length: count }, (_, i) => i >> 1);
  const ids = objects.ids.map((id) => `${id}@0.000`);
  const rest = { labels: null, classes: null, masks: null, skipped: [], splits: [...objects.splits] };
  const pack = await writer.commit({ ...{ kind: 'patches', count, details: {}, ids }, ...rest });
  const { fingerprint } = pack.index;
  const info = { name: 'tiny patches', note: null, ids, splits: objects.splits, skipped: [], fingerprint, targets: [] };
  return new PatchesDataset(info, recordsOf(pack), videos);
}

/**
 * Pairs of frames that look as if they were mined: generated objects, and the same moved on by whole pixels. That they were turned and
 * came nearer is only said.
 */
export async function tinyCamera(cacheFolder: string, count = 24, side = 32): Promise<CameraDataset> {
  const objects = await tinyImages(cacheFolder, `count=${count}&test=0&size=${side}`);
  const pixels = objects.pixels().permute([0, 2, 3, 1]); // (N, H, W, C)
  const layout = { dtype: 'uint8' as const, shape: [2, side, side, 3], isVarying: false };
  const writer = await PackWriter.create(cachePath('packs', cacheFolder), `camera-${count}-${side}`, layout, 1);
  const motions = Array.from({ length: count }, (_, i) => ({
    ...{ x: (i % 7) - 3, y: (i % 5) - 2, rotation: 0.1 * ((i % 9) - 4), zoom: 1.05 ** ((i % 11) - 5) },
  }));
  for (const [i, { x, y }] of motions.entries()) {
    const first = pixels.select(0, i);
    await writer.append(
      ops
        .stack([first, first.roll([-y, -x], [0, 1])], 0)
        .contiguous()
        .toBytes(),
    );
  }
  const ids = objects.ids.map((id) => `${id}@0.000`);
  const rest = { labels: null, classes: null, masks: null, skipped: [], splits: [...objects.splits] };
  const pack = await writer.commit({ ...{ kind: 'camera', count, details: {}, ids }, ...rest });
  const { fingerprint } = pack.index;
  const info = { name: 'tiny pairs', note: null, ids, splits: objects.splits, skipped: [], fingerprint, targets: [] };
  return new CameraDataset(info, recordsOf(pack), motions);
}

/** Generated narratives in windows of 64 tokens that suit these needs, with a small tokenizer of the kind that is asked for. */
export function tinyTexts(
  cacheFolder: string,
  { form, tokenizer = 'words', room = 0 }: NonNullable<Needs['tokens']> = {},
  count = 60,
): Promise<TokensDataset> {
  return openTexts(`synthetic:narratives?count=${count}&test=0&sentences=3`, {
    ...{ cacheFolder, tokenizer, room, ...(form && { form }) },
    ...{
      context: tokenizer === 'characters' ? 128 : TINY_CONTEXT,
      vocabulary: tokenizer === 'bpe' ? 600 : 300,
      split: 'train',
    },
  });
}

const TINY_CONTEXT = 64;

/** Pairs of a mask and its frame that look as if they were found by motion: generated objects, and where they are brighter than usual. */
export async function tinyMasks(cacheFolder: string, count = 24, side = 16): Promise<PairDataset> {
  const frames = await tinyImages(cacheFolder, `count=${count}&test=0&size=${side}`);
  const layout = { dtype: 'uint8' as const, shape: [side, side, 1], isVarying: false };
  const key = `moving-${count}-${side}`;
  const writer = await PackWriter.create(cachePath('packs', cacheFolder), key, layout, 1);
  const gray = frames.pixels().to('float32').mean([1]); // (N, H, W)
  const votes = gray
    .sub(gray.mean([1, 2], true))
    .mul(4)
    .add(128)
    .clamp(0, 255);
  await writer.append(votes.to('uint8').contiguous().toBytes());
  const ids = [...frames.ids];
  const rest = { labels: null, classes: null, masks: null, skipped: [], splits: [...frames.splits] };
  const pack = await writer.commit({ ...{ kind: 'moving', count, details: {}, ids }, ...rest });
  return PairDataset.aligned(ImageDataset.fromPack(pack, 'tiny masks'), frames);
}

/**
 * For each method that learns from videos or texts first of all: data of the form that it asks for with its small options, such as clips,
 * patches, masks, or windows of tokens.
 */
export async function tinyClipsOfMethods(
  definitions: readonly MethodDefinition[],
  cacheFolder: string,
  count?: number,
): Promise<ReadonlyMap<string, Dataset>> {
  const found = new Map<string, Dataset>();
  for (const definition of definitions) {
    if (definition.modalities[0] === 'patches') found.set(definition.name, await tinyPatches(cacheFolder, count));
    if (definition.modalities[0] === 'tokens') {
      const { tokens } = definition.needs?.(parseMethodOptions(definition, {}, true)) ?? {};
      found.set(definition.name, await tinyTexts(cacheFolder, tokens, count));
    }
    if (definition.modalities[0] === 'pair') found.set(definition.name, await tinyMasks(cacheFolder, count));
    if (definition.modalities[0] !== 'clip') continue;
    const needs = definition.needs?.(parseMethodOptions(definition, {}, true));
    found.set(definition.name, await tinyClips(cacheFolder, needs, count));
  }
  return found;
}

export function tinyTraining(definition: MethodDefinition, changes: Partial<TrainingOptions> = {}): TrainingOptions {
  return {
    ...fromRecipe(definition.recipes.small),
    backbone: definition.architectures?.[0] ?? 'resnet18',
    width: definition.architectures === undefined ? 4 : 8,
    epochs: 2,
    batchSize: 8,
    warmupEpochs: 0,
    precision: 'fp32',
    device: testDevice,
    ...changes,
  };
}

const LENGTH = { totalSteps: 100, totalEpochs: 2 };

/** A method with its optimizers on tiny data, at the start of its first epoch, stepped by hand. */
export class Bench {
  readonly method: Method;
  readonly state: TrainingState;

  constructor(
    readonly definition: MethodDefinition,
    readonly dataset: Dataset,
    readonly training: TrainingOptions = tinyTraining(definition),
    options: Record<string, unknown> = {},
    seed = 1,
  ) {
    const parsed = parseMethodOptions(definition, options, true);
    this.method = buildMethod(definition, parsed, training, dataset, {
      seed,
      device: testDevice,
      assets: dataset.assets,
    });
    this.state = {
      method: this.method,
      optimizers: makeOptimizers(this.method, 0, training),
      random: new Generator(seed, testDevice),
      position: { step: 0, epoch: 0, batch: 0, stage: 0 },
      order: null,
      meter: new EpochMeter(),
    };
    beginEpoch(this.state, { ...this.state.position, ...LENGTH }, training, dataset, testDevice);
  }

  batch(indices: readonly number[]): Batch {
    return { samples: samplesTo(this.dataset.collate(indices), testDevice), indices } as Batch;
  }

  /** The indices of the next full batch, in the method's own order or in a fixed one. */
  nextIndices(): number[] {
    const { batchSize } = this.training;
    const start = this.state.position.step * batchSize;
    const { order } = this.state;
    if (order !== null) return Array.from({ length: batchSize }, (_, i) => order[(start + i) % order.length]!);
    return Array.from({ length: batchSize }, (_, i) => (start + i * 7) % this.dataset.count);
  }

  /** @param parts the micro-batches; by default one */
  step(indices = this.nextIndices(), parts: readonly (readonly number[])[] = [indices]): StepResult {
    const { step, epoch, stage } = this.state.position;
    const result = trainStep(
      this.state,
      parts.map((part) => this.batch(part)),
      { step, epoch, stage, ...LENGTH },
      {
        device: testDevice,
        autocast: null,
        clipNorm: null,
        learningRateFactor: 1,
        learningRate: this.training.learningRate,
        nextLearningRate: this.training.learningRate,
        watchFeatures: true,
      },
    );
    this.state.position = { ...this.state.position, step: step + 1 };
    return result;
  }

  dispose(): void {
    for (const optimizer of this.state.optimizers.values()) optimizer.dispose();
    this.method.dispose();
  }
}

/** All elements of a module's state, for comparing it bit by bit. */
export function bits(values: ReadonlyMap<string, Tensor>): string {
  return [...values].map(([key, value]) => `${key}:${Buffer.from(value.toBytes()).toString('base64')}`).join('\n');
}
