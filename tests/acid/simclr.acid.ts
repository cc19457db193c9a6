/**
 * SimCLR must bring images of one class together without having seen a label. Colours are random here, so that the class can
 * be read from shapes alone: without colour distortion the palette of an image solves the task and the features suffer.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { heldOut, keepResult, knnScore, type Learned, learn, openSets, type Sets } from './support.js';

const TRAINING = { backbone: 'resnet18', width: 16, epochs: 12, batchSize: 256, learningRate: 0.12 };
const OPTIONS = { projectionSize: 64 };

let sets: Sets;
let distorted: Learned;
let plain: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  sets = await openSets('synthetic:objects?count=4000&test=1000&size=32&hue=random');
  distorted = await learn('simclr', sets.train, TRAINING, OPTIONS);
  plain = await learn('simclr', sets.train, TRAINING, { ...OPTIONS, colorStrength: 0, grayProbability: 0 });
});

afterAll(() => keepResult('simclr', figures));

it('brings the classes together: k-NN rises at least 8 points above the random network', async () => {
  figures['k-NN, pretrained'] = await knnScore(distorted.run.method, sets);
  figures['k-NN, random initialisation'] = await knnScore(distorted.run.makeFresh(7), sets);
  expect(figures['k-NN, pretrained']! - figures['k-NN, random initialisation']!).toBeGreaterThanOrEqual(0.08);
});

it('control: without colour distortion the task is solved by palettes and the features are worse', async () => {
  figures['held-out contrastive accuracy'] = heldOut(distorted.run.method, sets.test, 'accuracy', 250);
  figures['control: contrastive accuracy without colour distortion'] = heldOut(
    plain.run.method,
    sets.test,
    'accuracy',
    250,
  );
  figures['control: k-NN without colour distortion'] = await knnScore(plain.run.method, sets);
  expect(figures['control: contrastive accuracy without colour distortion']).toBeGreaterThan(
    figures['held-out contrastive accuracy']!,
  );
  expect(figures['control: k-NN without colour distortion']).toBeLessThan(figures['k-NN, pretrained']! - 0.08);
});
