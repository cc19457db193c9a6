/**
 * Local aggregation must bring images of one class together, whatever their colors, by drawing each towards those of its
 * clusters. Control: with two clusters nearly all neighbors are close, so that there is next to nothing to tell apart. The same
 * run without aggregation, instance discrimination throughout, is measured beside it.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { Generator, scope } from '../../src/engine/index.js';
import { threeSigma } from '../../src/evaluate/gates.js';
import { kMeans } from '../../src/methods/clusters/k-means.js';
import { normalizedMutualInformation } from '../../src/methods/clusters/nmi.js';
import type { LocalAggregation } from '../../src/methods/image/automatic-labels/local-aggregation.js';
import { claim, keepResult, knnScore, type Learned, learn, openSets, randomKnnScore, type Sets } from './support.js';

// Few images, so that the memory of each is renewed often.
const TRAINING = {
  backbone: 'resnet18',
  width: 8,
  epochs: 40,
  batchSize: 32,
  optimizer: 'adam',
  learningRate: 0.003,
  schedule: 'constant',
} as const;
const OPTIONS = { clusters: 50, warmStart: 0.5, minimumScale: 0.25, projectionSize: 64 };

let sets: Sets;
let learned: Learned;
let control: Learned;
let apart: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  sets = await openSets('synthetic:objects?count=1000&test=1000&size=32&hue=random');
  learned = await learn('local-aggregation', sets.train, TRAINING, OPTIONS);
  control = await learn('local-aggregation', sets.train, TRAINING, { ...OPTIONS, clusters: 2 });
  apart = await learn('local-aggregation', sets.train, TRAINING, { ...OPTIONS, warmStart: 1 });
});

afterAll(() => keepResult('local-aggregation', figures));

it('draws the close neighbors nearer than the other background and settles its clusters', () => {
  const epochs = learned.epochs.filter(({ closeShare }) => closeShare !== undefined);
  const [first, last] = [epochs[1]!, epochs.at(-1)!];
  figures['share of the close neighbors, second epoch of aggregation'] = first.closeShare!;
  figures['share of the close neighbors, last epoch'] = last.closeShare!;
  figures['NMI of successive clusterings, second epoch of aggregation'] = first.nmi!;
  figures['NMI of successive clusterings, last epoch'] = last.nmi!;
  claim(last.closeShare).isAbove(1.5 * first.closeShare!);
  claim(last.nmi).isAbove(first.nmi! + 0.05);
});

it('brings the classes together: k-NN rises far above the random network', async () => {
  figures['k-NN, pretrained'] = await knnScore(learned.run.encoder, sets);
  figures['k-NN, random initialization'] = await randomKnnScore(learned, sets);
  claim(figures['k-NN, pretrained'] - figures['k-NN, random initialization']).isAbove(0.2);
});

it('control: with two clusters nearly everything is close and little is learnt', async () => {
  figures['control: k-NN with two clusters'] = await knnScore(control.run.encoder, sets);
  figures['NMI of the memories with the classes'] = memoryNmi(learned);
  figures['control: NMI of the memories with two clusters'] = memoryNmi(control);
  const pretrained = figures['k-NN, pretrained']!;
  const chance = threeSigma(pretrained, sets.test.count) - pretrained;
  claim(figures['control: k-NN with two clusters']).isBelow(pretrained - 2 * chance);
  claim(figures['control: NMI of the memories with two clusters']).isBelow(
    figures['NMI of the memories with the classes'],
  );
});

it('is measured beside instance discrimination alone', async () => {
  figures['instance discrimination alone: k-NN'] = await knnScore(apart.run.encoder, sets);
  figures['instance discrimination alone: NMI of the memories'] = memoryNmi(apart);
  claim(figures['NMI of the memories with the classes']).isAbove(
    figures['instance discrimination alone: NMI of the memories'],
  );
});

/** How far 50 clusters of the memories agree with the classes, the mean over five clusterings. */
function memoryNmi({ run }: Learned): number {
  const { features } = (run.method as LocalAggregation).memory;
  const scores = [0, 1, 2, 3, 4].map((seed) =>
    scope(() => {
      const { assignments } = kMeans(features, { clusters: 50, random: new Generator(seed) });
      return normalizedMutualInformation(assignments.toNumbers(), sets.train.labels!);
    }),
  );
  return scores.reduce((sum, score) => sum + score, 0) / scores.length;
}
