/**
 * MoCo must bring images of one class together although its loss rises at first: the queue begins as noise, which is easily
 * told from a key, and fills with keys of real images. Control: a key encoder without inertia (decay 0) makes keys that no
 * longer fit each other, and everything collapses to one point, where the loss is ln(1 + K).
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { heldOut, keepResult, knnScore, type Learned, learn, openSets, type Sets } from './support.js';

const TRAINING = { backbone: 'resnet18', width: 8, epochs: 20, batchSize: 64, learningRate: 0.03 };
// A queue of four batches: its keys are hardly older than the newest ones, so that age gives nothing away.
const OPTIONS = { queueSize: 256, projectionSize: 64, temperature: 0.2, normGroups: 4 };

let sets: Sets;
let slow: Learned;
let control: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  sets = await openSets('synthetic:objects?count=2000&test=1000&size=32&hue=random');
  slow = await learn('moco', sets.train, TRAINING, OPTIONS);
  control = await learn('moco', sets.train, { ...TRAINING, epochs: 6 }, { ...OPTIONS, decay: 0 });
});

afterAll(() => keepResult('moco', figures));

it('brings the classes together: k-NN rises at least 8 points above the random network', async () => {
  figures['k-NN, pretrained'] = await knnScore(slow.run.method, sets);
  figures['k-NN, random initialisation'] = await knnScore(slow.run.makeFresh(7), sets);
  expect(figures['k-NN, pretrained']! - figures['k-NN, random initialisation']!).toBeGreaterThanOrEqual(0.08);
});

it('control: a key encoder that jumps to the query encoder at every step collapses', async () => {
  figures['held-out contrastive accuracy'] = heldOut(slow.run.method, sets.test, 'accuracy', 250);
  figures['control: contrastive accuracy with decay 0'] = heldOut(control.run.method, sets.test, 'accuracy', 250);
  figures['control: k-NN with decay 0'] = await knnScore(control.run.method, sets);
  expect(figures['control: contrastive accuracy with decay 0']).toBeLessThan(figures['held-out contrastive accuracy']!);
  expect(figures['control: k-NN with decay 0']).toBeLessThan(figures['k-NN, pretrained']! - 0.05);
});
