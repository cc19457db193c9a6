/** What the learning runs share: a run from options, held-out pretext accuracy and k-NN scores. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reestimateBatchNorm } from '../../src/backbones/statistics.js';
import { type Dataset, type ImageDataset, openImages } from '../../src/data/index.js';
import { scope } from '../../src/engine/index.js';
import { strongerRandomEncoder } from '../../src/evaluate/baselines.js';
import { extractFeatures, type LabeledFeatures } from '../../src/evaluate/features.js';
import { knn } from '../../src/evaluate/knn.js';
import { linearProbe } from '../../src/evaluate/linear.js';
import { pretextScore } from '../../src/evaluate/pretext.js';
import type { Encoder, Method, MethodDefinition } from '../../src/methods/method.js';
import { findMethod, parseMethodOptions } from '../../src/methods/registry.js';
import { buildMethod } from '../../src/train/build.js';
import { fromRecipe, type TrainingOptions } from '../../src/train/config.js';
import { type LoadedRun, loadRun } from '../../src/train/load.js';
import { train as startTraining } from '../../src/train/loop.js';
import { SEED } from './claims.js';

export { claim, keepResult, SEED } from './claims.js';

/** Seed of the random networks that results stand beside. */
export const RANDOM_SEED = 7 + 100 * SEED;

export interface Sets<D extends Dataset = ImageDataset> {
  train: D;
  test: D;
}

/** Training and test images of one spec; generated ones are drawn anew for each seed. */
export async function openSets(named: string): Promise<Sets> {
  const spec = SEED > 0 && named.startsWith('synthetic:') ? `${named}&seed=${SEED}` : named;
  return { train: await openImages(spec, { split: 'train' }), test: await openImages(spec, { split: 'test' }) };
}

export interface Learned {
  run: LoadedRun;
  seconds: number;
  /** Means of the metrics over each epoch. */
  epochs: readonly Readonly<Record<string, number>>[];
  /** Mean loss of each epoch. */
  losses: readonly number[];
}

/**
 * Pretrains on the images and loads the result. Epochs are printed, since a run takes minutes. A control may hand in a changed
 * definition, whose networks have to be those of the registered one.
 */
export async function learn(
  method: string | MethodDefinition,
  dataset: Dataset,
  training: Partial<TrainingOptions>,
  options: Record<string, unknown> = {},
): Promise<Learned> {
  const definition = typeof method === 'string' ? findMethod(method) : method;
  const folder = mkdtempSync(join(tmpdir(), 'autodidact-acid-'));
  const epochs: Record<string, number>[] = [];
  const losses: number[] = [];
  try {
    const result = await startTraining(
      {
        definition,
        options: parseMethodOptions(definition, options, true),
        training: {
          ...fromRecipe(definition.recipes.small),
          checkpointEvery: 1000,
          device: 'cpu',
          seed: SEED,
          ...training,
        },
        dataset,
        source: {
          spec: 'generated',
          split: 'train',
          limit: null,
          asked: { size: null, channels: 'auto', length: null },
        },
        out: join(folder, 'run'),
      },
      {
        onEvent: (event) => {
          if (event.type !== 'epoch') return;
          epochs.push(event.metrics);
          losses.push(event.loss);
          const metrics = Object.entries(event.metrics).map(([key, value]) => `${key} ${value.toFixed(3)}`);
          process.stdout.write(`  epoch ${event.epoch + 1}: loss ${event.loss.toFixed(4)}, ${metrics.join(', ')}\n`);
        },
      },
    );
    return { run: loadRun(join(folder, 'run'), { device: 'cpu' }), seconds: result.seconds, epochs, losses };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The run's method untrained, with the initialization of this seed. */
export function freshMethod({ run }: Learned, seed: number): Method {
  const { definition, config, device } = run;
  const { samples: spec, count } = config.data;
  return buildMethod(
    definition,
    config.options,
    config.training,
    { spec, count },
    { seed, device, assets: run.assets },
  );
}

/** Mean of a metric, or of the `loss`, over held-out images, in eval mode: of the first optimizer group of the last stage. */
export function heldOut(method: Method, dataset: Dataset, metric: string, batchSize = 100): number {
  return pretextScore(method, dataset, { metric }, { batchSize });
}

/** Features of labeled images. */
export async function featuresOf(encoder: Encoder, dataset: Dataset, layer?: string): Promise<LabeledFeatures> {
  return {
    features: await extractFeatures(encoder, dataset, layer === undefined ? {} : { layer }),
    labels: dataset.labels!,
  };
}

/** Weighted 20-nearest-neighbor accuracy on the test images. */
export async function knnScore(encoder: Encoder, { train, test }: Sets<Dataset>, layer?: string): Promise<number> {
  return knn(await featuresOf(encoder, train, layer), await featuresOf(encoder, test, layer), { k: 20 }).accuracy;
}

/** The same for the strongest of the run's random networks, as the evaluation chooses it. */
export async function randomKnnScore({ run }: Learned, sets: Sets<Dataset>): Promise<number> {
  return knnScore(await strongerRandomEncoder(run.makeFresh, RANDOM_SEED, sets.train), sets);
}

/** Estimates the batch statistics of an encoder anew, on these images. */
export function estimateStatistics(encoder: Encoder, dataset: Dataset): void {
  scope(() =>
    reestimateBatchNorm(
      encoder.backbone,
      Array.from({ length: Math.ceil(dataset.count / 200) }, (_, i) => {
        const indices = Array.from({ length: Math.min(200, dataset.count - 200 * i) }, (_, k) => 200 * i + k);
        return encoder.prepare(dataset.collate(indices));
      }),
    ),
  );
}

/** Linear-probe accuracy on the test images. */
export async function linearScore(encoder: Encoder, { train, test }: Sets, layer?: string): Promise<number> {
  const [features, held] = [await featuresOf(encoder, train, layer), await featuresOf(encoder, test, layer)];
  return linearProbe(features, held, { l2: [1e-2, 1e-3, 1e-4], tolerance: 1e-4 }).accuracy;
}

/** The same for each of these layers, beside the strongest of the random networks. */
export async function linearScores({ run }: Learned, sets: Sets, layers: readonly string[]): Promise<LinearScores[]> {
  const scores: LinearScores[] = [];
  for (const layer of layers) {
    const random = await strongerRandomEncoder(run.makeFresh, RANDOM_SEED, sets.train, { layer });
    const pretrained = await linearScore(run.encoder, sets, layer);
    scores.push({ layer, pretrained, random: await linearScore(random, sets, layer) });
  }
  return scores;
}

export interface LinearScores {
  layer: string;
  pretrained: number;
  random: number;
}

/** k-NN accuracy of a layer on the test images, beside that of the strongest of the random networks. */
export async function knnBesideRandom(
  { run }: Learned,
  sets: Sets,
  layer: string,
): Promise<{ pretrained: number; random: number }> {
  const random = await strongerRandomEncoder(run.makeFresh, RANDOM_SEED, sets.train, { layer });
  return { pretrained: await knnScore(run.encoder, sets, layer), random: await knnScore(random, sets, layer) };
}
