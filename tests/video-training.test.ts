/** A run on videos: what a method asks of clips, how they are drawn, resumed and measured. The method is a toy of this file. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { normalize, toFloat } from '../src/augment/index.js';
import { type ClipDataset, type ClipSpec, type ImageSpec, openClips, openImages } from '../src/data/index.js';
import { type Generator, ops, type Tensor } from '../src/engine/index.js';
import { Linear } from '../src/engine/nn/index.js';
import { extractFeatures } from '../src/evaluate/features.js';
import { type Batch, defineMethod, Method, type MethodContext, type Outcome } from '../src/methods/method.js';
import { registerMethod } from '../src/methods/registry.js';
import { pretrain, resumeRun } from '../src/pretrain.js';
import { loadRun } from '../src/train/load.js';
import { openRunData } from '../src/train/run-data.js';
import { temporaryFolder } from './support/tiny.js';

const folder = temporaryFolder();
// A run that goes on looks for its pack there.
vi.stubEnv('AUTODIDACT_CACHE', folder);
const SPEC = 'synthetic:sprites?count=16&test=8&size=16&frames=24&fps=10&speed=0.5';

/** The first frames that `views` was given, one list per step. */
let seen: string[] = [];

type Views = { frames: Tensor; isForward: Tensor };

/** Says whether three frames run forwards. */
class FrameOrder extends Method<{ gap: number }, Views, never, ClipSpec, ImageSpec> {
  readonly head: Linear;

  constructor(context: MethodContext<{ gap: number }, ClipSpec, ImageSpec>) {
    super(context);
    this.head = new Linear(3 * this.backbone.featureSize, 2);
  }

  override views({ samples, indices }: Batch<ClipSpec>, random: Generator): Views {
    const { gap } = this.options;
    seen.push(`${indices} ${Buffer.from(samples.narrow(1, 0, 1).contiguous().toBytes()).toString('base64')}`);
    const isForward = ops.rand([samples.size(0)], { generator: random }).lt(0.5);
    const forward = ops.stack([samples.select(1, 0), samples.select(1, gap), samples.select(1, 2 * gap)], 1);
    const frames = ops.where(isForward.view([-1, 1, 1, 1, 1]), forward, forward.flip([1]));
    return { frames, isForward: isForward.to('int64') };
  }

  override loss({ frames, isForward }: Views): Outcome<never> {
    const features = this.backbone.features(this.prepare(frames.flatten(0, 1)));
    const scores = this.head.forward(features.view([frames.size(0), -1]));
    return { loss: ops.crossEntropy(scores, isForward), features };
  }

  override preview() {
    return [];
  }
}

const recipe = {
  ...{ backbone: 'resnet18', width: 4, epochs: 4, batchSize: 8, optimizer: 'sgd' as const, learningRate: 0.01 },
  ...{ weightDecay: 0, schedule: 'constant' as const },
};

const frameOrder = defineMethod<z.ZodObject, ClipSpec, ImageSpec>({
  name: 'frame-order',
  title: 'Frame order',
  family: 'toys',
  summary: 'Say whether frames run forwards.',
  paper: { title: 'None', authors: 'Nobody', year: 2026, url: 'https://example.org' },
  score: { metric: 'loss', name: 'cross-entropy', better: 'lower' },
  recipes: { paper: recipe, small: recipe },
  modalities: ['clip'],
  options: z.object({ gap: z.number().default(4).describe('Frames between two') }),
  smallOptions: { gap: 2 },
  needs: ({ gap }) => ({ frames: 2 * Number(gap) + 1, fps: 5, leastFrames: 2 * Number(gap) + 1 }),
  // Frame by frame, so that it is measured on the middle of each video, or on images.
  encoder({ spec: { channels, height, width, mean, std }, makeBackbone }) {
    const spec: ImageSpec = { modality: 'image', channels, height, width, mean, std };
    const normalized = normalize(mean, std);
    return { spec, backbone: makeBackbone(), preparation: { mean, std }, prepare: (x) => normalized(toFloat(x)) };
  },
  create: (context) => new FrameOrder(context as never) as never,
});

function registered(): void {
  const undo = registerMethod(frameOrder as never);
  onTestFinished(undo);
}

const training = {
  epochs: 4,
  batchSize: 8,
  width: 4,
  device: 'cpu',
  checkpointEvery: 1,
  monitorEvery: 2,
  previewEvery: 0,
};
const run = (name: string, more: object = {}) =>
  pretrain({
    ...{ method: frameOrder as never, data: SPEC, training, out: join(folder, name) },
    open: { cacheFolder: folder },
    ...more,
  });

describe('training on videos', () => {
  it('opens the clips that the method asks for, unless a person asks for others', async () => {
    registered();
    const specs: ClipSpec[] = [];
    const onData = (data: unknown) => void specs.push((data as ClipDataset).spec);
    await run('asked', { onData, training: { ...training, epochs: 0.5 } });
    await run('given', {
      onData,
      training: { ...training, epochs: 0.5 },
      open: { cacheFolder: folder, frames: 7, fps: 10 },
    });
    await run('paper', { onData, training: { ...training, epochs: 0.5 }, recipe: 'paper', options: {} });
    // Large frames take the paper's options, which only shows when they are open.
    await run('large', { onData, training: { ...training, epochs: 0.5 }, open: { cacheFolder: folder, size: 72 } });
    expect(specs.map(({ frames, fps }) => [frames, fps])).toEqual([
      [5, 5],
      [7, 10],
      [9, 5],
      [9, 5],
    ]);
    await expect(run('few', { open: { cacheFolder: folder, frames: 4 } })).rejects.toThrow(
      /Frame order needs clips of at least 5 frames, received 4. Raise --frames/,
    );
    await expect(run('images', { data: 'synthetic:objects?count=8&test=0' })).rejects.toThrow(
      /Frame order learns from videos, received images/,
    );
    await expect(run('other', { method: 'rotation' })).rejects.toThrow(/RotNet learns from images, received videos/);
  });

  it('draws other clips in each epoch, and the same ones after a stop', async () => {
    registered();
    seen = [];
    const whole = await run('whole');
    const all = seen;
    expect([whole.step, all.length]).toEqual([8, 8]);
    const clips = all.flatMap((line) => {
      const [indices = '', bytes = ''] = line.split(' ');
      const pixels = Buffer.from(bytes, 'base64');
      const size = pixels.length / 8;
      return indices
        .split(',')
        .map((index, i) => `${index} ${pixels.subarray(i * size, (i + 1) * size).toString('base64')}`);
    });
    // 64 clips of 16 videos: four epochs show a video from several places.
    expect(new Set(clips.map((line) => line.split(' ')[0])).size).toBe(16);
    expect(new Set(clips).size).toBeGreaterThan(40);

    seen = [];
    const stop = new AbortController();
    const onEvent = (event: { type: string; step: number }) => {
      if (event.type === 'step' && event.step === 3) stop.abort();
    };
    const first = await run('stopped', { signal: stop.signal, onEvent });
    expect(first).toMatchObject({ reason: 'stopped', step: 3 });
    const second = await resumeRun(join(folder, 'stopped'));
    expect(second).toMatchObject({ reason: 'finished', step: 8 });
    expect(seen).toEqual(all);
    const [one, two] = ['whole', 'stopped'].map((name) => loadRun(join(folder, name)));
    expect(one!.config.data).toMatchObject({
      samples: { modality: 'clip', frames: 5, fps: 5 },
      asked: { frames: 5, fps: 5 },
    });
    for (const [key, value] of one!.method.stateDict())
      expect(two!.method.stateDict().get(key)!.equal(value), key).toBe(true);
    for (const { method } of [one!, two!]) method.dispose();
  });

  it('is refused before training where nothing moves', async () => {
    const out = join(folder, 'still');
    const data = 'synthetic:sprites?count=8&test=0&size=16&frames=24&fps=10&speed=0';
    const open = { cacheFolder: folder };
    const still = pretrain({ method: 'crw', data, open, out, training: { ...training, batchSize: 4 } });
    await expect(still).rejects.toThrow('none of the 8 videos of synthetic sprites that were looked at is one');
    expect(existsSync(out)).toBe(false);
  });

  it('gives an encoder of frames, which is measured on videos and on images', async () => {
    registered();
    await run('measured', { training: { ...training, epochs: 1 } });
    const { config, encoder, method } = loadRun(join(folder, 'measured'));
    expect(encoder.spec).toMatchObject({ modality: 'image', height: 16, width: 16 });
    const test = await openRunData(config, { split: 'test', cacheFolder: folder });
    expect([test.count, (test.spec as ClipSpec).frames]).toEqual([8, 5]);
    const features = await extractFeatures(encoder, test);
    expect(features.shape).toEqual([8, encoder.backbone.featureSize]);
    const frames = await openRunData(config, {
      spec: 'synthetic:objects?count=6&test=0',
      split: 'all',
      cacheFolder: folder,
    });
    expect([frames.count, frames.spec.modality]).toEqual([6, 'image']);
    expect((await extractFeatures(encoder, frames)).shape).toEqual([6, encoder.backbone.featureSize]);
    const middle = await extractFeatures(
      encoder,
      (await openClips(SPEC, { cacheFolder: folder, split: 'test' })).seenBy(encoder.spec)!,
    );
    expect(middle.equal(features)).toBe(true);
    const larger = await openImages('synthetic:objects?count=6&test=0&size=24', { cacheFolder: folder });
    await expect(extractFeatures(encoder, larger)).rejects.toThrow(/as in pretraining/);
    method.dispose();
  });
});
