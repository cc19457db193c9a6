/**
 * AMDIM must learn to know the places of another view of an image, and from that to tell the classes apart. Control: the same with
 * the second view taken from another image, where there is nothing to know.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { threeSigma } from '../../src/evaluate/gates.js';
import { withStrangers } from './strangers.js';
import { heldOut, keepResult, knnScore, type Learned, learn, openSets, randomKnnScore, type Sets } from './support.js';

const TRAINING = { backbone: 'amdim', width: 8, epochs: 12, batchSize: 100, learningRate: 2e-3 };

let sets: Sets;
let learned: Learned;
let strangers: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  sets = await openSets('synthetic:objects?count=2000&test=1000&size=32');
  learned = await learn('amdim', sets.train, TRAINING);
  strangers = await learn(withStrangers('amdim'), sets.train, TRAINING);
});

afterAll(() => keepResult('amdim', figures));

it('knows places of the other view among those of a hundred images', () => {
  figures['held-out accuracy of places'] = heldOut(learned.run.method, sets.test, 'accuracy');
  figures['control: the same, learnt from pairs of strangers'] = heldOut(strangers.run.method, sets.test, 'accuracy');
  // The control knows what chance gives, and what places have in common.
  expect(figures['held-out accuracy of places']).toBeGreaterThan(
    2 * figures['control: the same, learnt from pairs of strangers'],
  );
});

it('tells the classes apart better than the random network; the control does not', async () => {
  figures['k-NN, pretrained'] = await knnScore(learned.run.method, sets);
  figures['k-NN, random initialisation'] = await randomKnnScore(learned, sets);
  figures['control: k-NN, learnt from pairs of strangers'] = await knnScore(strangers.run.method, sets);
  const random = figures['k-NN, random initialisation'];
  expect(figures['k-NN, pretrained']).toBeGreaterThan(threeSigma(random, sets.test.count));
  expect(figures['control: k-NN, learnt from pairs of strangers']).toBeLessThan(figures['k-NN, pretrained'] - 0.05);
});
