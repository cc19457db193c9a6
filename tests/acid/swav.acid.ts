/**
 * SwAV must use all its prototypes and bring images of one class together. Control: without Sinkhorn's balancing a few prototypes
 * take all images, and the representation loses what tells them apart.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { threeSigma } from '../../src/evaluate/gates.js';
import {
  claim,
  heldOut,
  keepResult,
  knnBesideRandom,
  knnScore,
  type Learned,
  learn,
  openSets,
  type Sets,
} from './support.js';

const TRAINING = {
  backbone: 'resnet18',
  width: 8,
  epochs: 40,
  batchSize: 64,
  optimizer: 'adam',
  learningRate: 1e-3,
  warmupEpochs: 0,
} as const;
const OPTIONS = {
  prototypes: 64,
  projectionSize: 64,
  hiddenSize: 128,
  // With 0.05 so small a network is slow to leave the uniform assignment.
  epsilon: 0.03,
  frozenSteps: 31,
  queueSize: 512,
  queueStartEpoch: 1,
  smallCrops: 2,
  smallCropSize: 24,
  // The objects fill half of the image or more: smaller crops than a quarter often miss them.
  minimumScale: 0.25,
  boundaryScale: 0.5,
  // Each image has a tint of its own, by which its crops are told with less jitter; with the full jitter the loss rests near ln K.
  colorStrength: 0.3,
};

let sets: Sets;
let balanced: Learned;
let control: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  sets = await openSets('synthetic:objects?count=2000&test=1000&size=32');
  balanced = await learn('swav', sets.train, TRAINING, OPTIONS);
  control = await learn('swav', sets.train, TRAINING, { ...OPTIONS, sinkhornRounds: 0 });
});

afterAll(() => keepResult('swav', figures));

it('brings the classes together: k-NN rises above the random network, by three standard deviations', async () => {
  const { pretrained, random } = await knnBesideRandom(balanced, sets, 'layer4');
  figures['k-NN, pretrained'] = pretrained;
  figures['k-NN, random initialization'] = random;
  claim(figures['k-NN, pretrained']).isAbove(threeSigma(figures['k-NN, random initialization']!, 1000));
});

it('predicts from one crop to which prototypes another is assigned, and uses all of them', () => {
  const { method } = balanced.run;
  figures['swapped cross-entropy in nats (ln 64 = 4.159)'] = heldOut(method, sets.test, 'loss', 250);
  figures['large crops that prefer the same prototype'] = heldOut(method, sets.test, 'agreement', 250);
  figures['entropy of the mean assignment / ln K'] = heldOut(method, sets.test, 'assignmentEntropy', 250);
  // Whoever answers alike for all images pays ln K, and a run that never leaves the uniform assignment ends within 0.01 of it.
  claim(figures['swapped cross-entropy in nats (ln 64 = 4.159)']).isBelow(Math.log(64) - 0.1);
  claim(figures['large crops that prefer the same prototype']).isAbove(threeSigma(1 / 64, 1000));
  claim(figures['entropy of the mean assignment / ln K']).isAbove(0.8);
});

it('control: without balancing few prototypes take everything, and the features say less of the class', async () => {
  figures['control: entropy without balancing'] = heldOut(control.run.method, sets.test, 'assignmentEntropy', 250);
  figures['control: k-NN without balancing'] = await knnScore(control.run.encoder, sets);
  claim(figures['control: entropy without balancing']).isBelow(0.5);
  claim(figures['k-NN, pretrained']).isAbove(threeSigma(figures['control: k-NN without balancing']!, 1000));
});
