/**
 * SwAV must use all its prototypes and bring the classes together. Control: without Sinkhorn's balancing, images flow into few
 * prototypes and the representation loses what tells them apart.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { heldOut, keepResult, knnScore, type Learned, learn, openSets, type Sets } from './support.js';

const TRAINING = { backbone: 'resnet18', width: 8, epochs: 20, batchSize: 64, learningRate: 1e-3 };
const OPTIONS = { prototypes: 32, projectionSize: 64, hiddenSize: 128, queueSize: 0, frozenSteps: 31, smallCrops: 2 };

let sets: Sets;
let balanced: Learned;
let control: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  sets = await openSets('synthetic:objects?count=2000&test=1000&size=32&hue=random');
  balanced = await learn('swav', sets.train, TRAINING, OPTIONS);
  control = await learn('swav', sets.train, { ...TRAINING, epochs: 6 }, { ...OPTIONS, sinkhornRounds: 0 });
});

afterAll(() => keepResult('swav', figures));

it('brings the classes together: k-NN rises at least 8 points above the random network', async () => {
  figures['k-NN, pretrained'] = await knnScore(balanced.run.method, sets);
  figures['k-NN, random initialisation'] = await knnScore(balanced.run.makeFresh(7), sets);
  expect(figures['k-NN, pretrained']! - figures['k-NN, random initialisation']!).toBeGreaterThanOrEqual(0.08);
});

it('uses its prototypes: the entropy of the mean assignment stays above 0.8 ln K', () => {
  figures['entropy of the mean assignment / ln K'] = heldOut(balanced.run.method, sets.test, 'assignmentEntropy', 250);
  expect(figures['entropy of the mean assignment / ln K']).toBeGreaterThan(0.8);
});

it('control: without balancing few prototypes take everything and the features are worse', async () => {
  figures['control: entropy without balancing'] = heldOut(control.run.method, sets.test, 'assignmentEntropy', 250);
  figures['control: k-NN without balancing'] = await knnScore(control.run.method, sets);
  expect(figures['control: entropy without balancing']).toBeLessThan(0.5);
  expect(figures['control: k-NN without balancing']).toBeLessThan(figures['k-NN, pretrained']! - 0.08);
});
