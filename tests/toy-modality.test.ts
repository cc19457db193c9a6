/** A kind of data and a method for it that the library does not know: everything about them is in this file. */
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { Backbone, type BackboneOptions } from '../src/backbones/backbone.js';
import { ClassTargets, Dataset, type DatasetInfo, type SampleSpec } from '../src/data/index.js';
import { type Generator, ops, scope, type Tensor, tensor } from '../src/engine/index.js';
import { Linear } from '../src/engine/nn/index.js';
import { type Batch, defineMethod, Method, type Outcome, type Preview } from '../src/methods/method.js';
import { registerMethod } from '../src/methods/registry.js';
import type { Modality } from '../src/modalities/modality.js';
import { openData, registerModality } from '../src/modalities/registry.js';
import { pretrain, resumeRun } from '../src/pretrain.js';
import { loadRun } from '../src/train/load.js';
import { temporaryFolder } from './support/tiny.js';

/** Points of a plane, float32 (N, D). */
interface PointSpec extends SampleSpec<Tensor> {
  readonly modality: 'points';
  readonly dimensions: number;
}

class PointDataset extends Dataset<PointSpec> {
  readonly plural = 'points';
  readonly spec: PointSpec;

  constructor(
    info: DatasetInfo,
    private readonly points: readonly (readonly number[])[],
  ) {
    super(info);
    this.spec = { modality: 'points', dimensions: points[0]!.length };
  }

  override collate(indices: ArrayLike<number>): Tensor {
    return tensor(Array.from(this.checked(indices), (i) => [...this.points[i]!]));
  }

  protected override form = () => `${this.spec.dimensions} dimensions`;

  protected override derive(info: DatasetInfo, positions: Int32Array | null): PointDataset {
    return new PointDataset(info, positions === null ? this.points : Array.from(positions, (i) => this.points[i]!));
  }
}

const points: Modality<PointSpec> = {
  name: 'points',
  schema: z.object({ modality: z.literal('points'), dimensions: z.int() }),
  plural: 'points',
  claims: async (spec) => spec.startsWith('points:'),
  async open(spec) {
    const count = Number(spec.slice('points:'.length));
    const labels = Int32Array.from({ length: count }, (_, i) => i % 2);
    const all = Array.from(labels, (label, i) => [label * 4 + Math.sin(i), Math.cos(3 * i), Math.sin(7 * i)]);
    const ids = all.map((_, i) => `point ${i}`);
    const targets = [new ClassTargets(['left', 'right'], labels)];
    return new PointDataset(
      { name: 'points', note: null, ids, splits: ids.map(() => null), skipped: [], fingerprint: spec, targets },
      all,
    );
  },
  hasSplit: async () => false,
  resolve: (spec) => spec,
  formOf: () => ({}),
  isSmall: () => true,
  weight: ({ dimensions }) => dimensions,
  input: ({ dimensions }) => ({ inputChannels: dimensions, imageSize: 1 }),
  check() {},
  checkSame() {},
  preserve: () => null,
  views: () => (samples, random) => samples.add(ops.randn(samples.shape, { generator: random }).mul(0.1)),
  show: (samples, index) => ({ kind: 'text', text: (samples as Tensor).select(0, index).toNumbers().join(', ') }),
  describe: ({ dimensions }) => `${dimensions} dimensions`,
};

class PointEncoder extends Backbone {
  override readonly architecture = 'points';
  override readonly options: BackboneOptions;
  override readonly featureSize = 4;
  override readonly layers = ['linear'];
  readonly linear: Linear;

  constructor(dimensions: number) {
    super();
    this.options = { inputChannels: dimensions, imageSize: 1 };
    this.linear = new Linear(dimensions, 4);
  }

  override maps(x: Tensor): Tensor {
    return this.linear.forward(x).tanh().unsqueeze(2).unsqueeze(3);
  }

  override layerSize = () => 4;
}

/** Rebuilds points from four numbers. */
class PointAutoencoder extends Method<object, { points: Tensor }, never, PointSpec> {
  readonly decoder = new Linear(4, 3);

  override views({ samples }: Batch<PointSpec>, _random: Generator): { points: Tensor } {
    return { points: samples };
  }

  override loss({ points: x }: { points: Tensor }): Outcome<never> {
    const features = this.backbone.features(this.prepare(x));
    return { loss: ops.mseLoss(this.decoder.forward(features), x), features };
  }

  override preview({ samples }: Batch<PointSpec>): Preview[] {
    const rebuilt = this.decoder.forward(this.backbone.features(this.prepare(samples))).toList() as number[][];
    const rows = rebuilt.map((row) => [{ text: row.map((value) => value.toFixed(2)).join(', '), caption: 'rebuilt' }]);
    return [{ title: 'Points', explanation: 'Each point is rebuilt.', rows }];
  }
}

const recipe = {
  ...{ backbone: 'points', epochs: 3, batchSize: 8, optimizer: 'adam' as const, learningRate: 0.01 },
  ...{ weightDecay: 0, schedule: 'constant' as const },
};

const pointAutoencoder = defineMethod<z.ZodObject, PointSpec>({
  name: 'point-autoencoder',
  title: 'Point autoencoder',
  family: 'toys',
  summary: 'Rebuild points.',
  paper: { title: 'None', authors: 'Nobody', year: 2026, url: 'https://example.org' },
  score: { metric: 'loss', name: 'squared error', better: 'lower' },
  recipes: { paper: recipe, small: recipe },
  modalities: ['points'],
  options: z.object({}),
  encoder: ({ spec }) => ({
    spec,
    backbone: new PointEncoder(spec.dimensions),
    preparation: { note: 'none' },
    prepare: (samples) => scope(() => samples.mul(1)),
  }),
  create: (context) => new PointAutoencoder(context as never) as never,
});

function registered(): void {
  const remove = [registerModality(points), registerMethod(pointAutoencoder)];
  onTestFinished(() => {
    for (const undo of remove) undo();
  });
}

describe('a kind of data of a program', () => {
  it('is opened, trained on, watched, previewed, saved, loaded and continued like those of the library', async () => {
    registered();
    const out = join(temporaryFolder(), 'run');
    const stop = new AbortController();
    const training = { epochs: 3, batchSize: 8, width: null, device: 'cpu', monitorEvery: 1, checkpointEvery: 1 };
    const types: string[] = [];
    const first = await pretrain({
      ...{ method: pointAutoencoder as never, data: 'points:24', training, out, signal: stop.signal },
      onEvent(event) {
        types.push(event.type);
        if (event.type === 'epoch') stop.abort();
      },
    });
    expect(first.reason).toBe('stopped');
    expect(types).toEqual(expect.arrayContaining(['start', 'preview', 'step', 'epoch']));
    const second = await resumeRun(out);
    expect(second).toMatchObject({ reason: 'finished', step: 9 });
    const run = loadRun(out);
    expect(run.config.data.samples).toEqual({ modality: 'points', dimensions: 3 });
    expect(run.encoder.backbone.stateDict().get('linear.weight')!.shape).toEqual([4, 3]);
    run.method.dispose();
  });

  it('is told apart from the others by its spec, in one sentence', async () => {
    registered();
    expect((await openData('points:5')).describe()).toBe('points: 5 points of 3 dimensions, 2 classes');
    await expect(pretrain({ method: 'rotation', data: 'points:5' })).rejects.toThrow(
      /RotNet learns from images, received points/,
    );
    await expect(
      pretrain({ method: pointAutoencoder as never, data: 'synthetic:objects?count=8&test=0' }),
    ).rejects.toThrow(/Point autoencoder learns from points, received images/);
  });
});
