/**
 * BYOL must not collapse although nothing pushes images apart, and must bring the classes together. Controls: without the
 * predictor, and with gradients into the target, all images get the same representation.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { threeSigma, threeSigmaOfDifference } from '../../src/evaluate/gates.js';
import {
  claim,
  heldOut,
  keepResult,
  knnScore,
  type Learned,
  learn,
  openSets,
  randomKnnScore,
  type Sets,
} from './support.js';

const TRAINING = {
  backbone: 'resnet18',
  width: 8,
  epochs: 40,
  batchSize: 64,
  optimizer: 'adam',
  learningRate: 2e-3,
  weightDecay: 1e-5,
} as const;
// The objects fill half of the image or more: smaller crops than a quarter often miss them. In a run of some hundred steps the
// target must follow within tens of them.
const OPTIONS = { minimumScale: 0.25, projectionSize: 64, hiddenSize: 256, decay: 0.98 };

let sets: Sets;
let whole: Learned;
let withoutPredictor: Learned;
let withGradient: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  sets = await openSets('synthetic:objects?count=2000&test=1000&size=32');
  whole = await learn('byol', sets.train, TRAINING, OPTIONS);
  withoutPredictor = await learn('byol', sets.train, TRAINING, { ...OPTIONS, usePredictor: false });
  withGradient = await learn('byol', sets.train, TRAINING, { ...OPTIONS, useStopGradient: false });
});

afterAll(() => keepResult('byol', figures));

it('brings the classes together: k-NN rises above the random network, by three standard deviations', async () => {
  figures['k-NN, pretrained'] = await knnScore(whole.run.encoder, sets);
  figures['k-NN, random initialization'] = await randomKnnScore(whole, sets);
  claim(figures['k-NN, pretrained']).isAbove(threeSigma(figures['k-NN, random initialization']!, 1000));
});

it('keeps the projections apart', () => {
  figures['spread of directions (1 on the whole sphere)'] = heldOut(whole.run.method, sets.test, 'spread', 250);
  claim(figures['spread of directions (1 on the whole sphere)']).isAbove(0.5);
});

it.each([
  ['without the predictor', () => withoutPredictor],
  ['with gradients into the target', () => withGradient],
] as const)('control: %s everything becomes the same', async (name, learned) => {
  figures[`control: spread ${name}`] = heldOut(learned().run.method, sets.test, 'spread', 250);
  figures[`control: k-NN ${name}`] = await knnScore(learned().run.encoder, sets);
  const [pretrained, control] = [figures['k-NN, pretrained']!, figures[`control: k-NN ${name}`]!];
  claim(figures[`control: spread ${name}`]).isBelow(0.2);
  claim(pretrained - control).isAbove(threeSigmaOfDifference(pretrained, control, 1000));
});
