/**
 * CPC must find the patches further down an image among those of a hundred images, and its features must tell the classes apart better
 * than the random network's. Control: batch norm in the encoder lets the batch give the answer away, so that the loss falls further
 * without better features.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { threeSigma } from '../../src/evaluate/gates.js';
import { heldOut, keepResult, knnScore, type Learned, learn, openSets, randomKnnScore, type Sets } from './support.js';

const TRAINING = { backbone: 'resnet18', width: 8, epochs: 12, batchSize: 50, learningRate: 3e-3 };
const BATCH = 50;

let sets: Sets;
let learned: Learned;
let leaking: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  sets = await openSets('synthetic:objects?count=1500&test=1000&size=32');
  learned = await learn('cpc', sets.train, TRAINING);
  leaking = await learn('cpc', sets.train, TRAINING, { norm: 'batch' });
});

afterAll(() => keepResult('cpc', figures));

/** The last epoch's loss in training mode, where batch norm takes the statistics of the batch. */
const lastLoss = ({ losses }: Learned): number => losses.at(-1)!;

it('finds patches far above chance', () => {
  figures['held-out accuracy among 50 x 49 patches'] = heldOut(learned.run.method, sets.test, 'accuracy', BATCH);
  const chance = 1 / (BATCH * 49);
  expect(figures['held-out accuracy among 50 x 49 patches']).toBeGreaterThan(threeSigma(20 * chance, sets.test.count));
});

it('tells the classes apart better than the random network', async () => {
  figures['k-NN, pretrained'] = await knnScore(learned.run.method, sets);
  figures['k-NN, random initialisation'] = await randomKnnScore(learned, sets);
  expect(figures['k-NN, pretrained']).toBeGreaterThan(
    threeSigma(figures['k-NN, random initialisation'], sets.test.count),
  );
});

it('control: with batch norm the loss falls further and the features are no better', async () => {
  figures['training loss'] = lastLoss(learned);
  figures['control: training loss with batch norm'] = lastLoss(leaking);
  figures['control: k-NN with batch norm'] = await knnScore(leaking.run.method, sets);
  const pretrained = figures['k-NN, pretrained']!;
  expect(figures['control: training loss with batch norm']).toBeLessThan(figures['training loss'] - 0.2);
  expect(figures['control: k-NN with batch norm']).toBeLessThan(threeSigma(pretrained, sets.test.count));
});
