/**
 * BYOL must not collapse although nothing pushes images apart, and must bring the classes together. Controls: without the
 * predictor, and with gradients into the target, all images get the same representation.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { heldOut, keepResult, knnScore, type Learned, learn, openSets, type Sets } from './support.js';

const TRAINING = { backbone: 'resnet18', width: 8, epochs: 15, batchSize: 64, learningRate: 0.1 };
// The decay fits a run of some hundred steps.
const OPTIONS = { projectionSize: 64, hiddenSize: 256, decay: 0.97 };

let sets: Sets;
let whole: Learned;
let withoutPredictor: Learned;
let withGradient: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  sets = await openSets('synthetic:objects?count=2000&test=1000&size=32&hue=random');
  whole = await learn('byol', sets.train, TRAINING, OPTIONS);
  withoutPredictor = await learn('byol', sets.train, { ...TRAINING, epochs: 5 }, { ...OPTIONS, usePredictor: false });
  withGradient = await learn('byol', sets.train, { ...TRAINING, epochs: 5 }, { ...OPTIONS, useStopGradient: false });
});

afterAll(() => keepResult('byol', figures));

it('brings the classes together: k-NN rises at least 8 points above the random network', async () => {
  figures['k-NN, pretrained'] = await knnScore(whole.run.method, sets);
  figures['k-NN, random initialisation'] = await knnScore(whole.run.makeFresh(7), sets);
  expect(figures['k-NN, pretrained']! - figures['k-NN, random initialisation']!).toBeGreaterThanOrEqual(0.08);
});

it('keeps the projections apart', () => {
  figures['spread of directions (1 on the whole sphere)'] = heldOut(whole.run.method, sets.test, 'spread', 250);
  expect(figures['spread of directions (1 on the whole sphere)']).toBeGreaterThan(0.5);
});

it.each([
  ['without the predictor', () => withoutPredictor],
  ['with gradients into the target', () => withGradient],
] as const)('control: %s everything becomes the same', async (name, learned) => {
  figures[`control: spread ${name}`] = heldOut(learned().run.method, sets.test, 'spread', 250);
  figures[`control: k-NN ${name}`] = await knnScore(learned().run.method, sets);
  expect(figures[`control: spread ${name}`]).toBeLessThan(0.2);
  expect(figures[`control: k-NN ${name}`]).toBeLessThan(figures['k-NN, pretrained']! - 0.08);
});
