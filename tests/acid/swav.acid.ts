/**
 * SwAV must use all its prototypes and bring images of one class together. Control: without Sinkhorn's balancing a few prototypes
 * take all images, and the representation loses what tells them apart.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { threeSigma } from '../../src/evaluate/gates.js';
import { heldOut, keepResult, knnScore, type Learned, learn, openSets, randomKnnScore, type Sets } from './support.js';

const TRAINING = {
  backbone: 'resnet18',
  width: 8,
  epochs: 10,
  batchSize: 64,
  optimizer: 'sgd',
  learningRate: 0.1,
  warmupEpochs: 0,
} as const;
const OPTIONS = {
  prototypes: 32,
  projectionSize: 64,
  hiddenSize: 128,
  queueSize: 0,
  frozenSteps: 31,
  smallCrops: 2,
  // The objects fill half of the image or more: smaller crops than a quarter often miss them.
  minimumScale: 0.25,
  boundaryScale: 0.5,
  // With jitter so few steps do not leave the uniform assignment, from which all crops look alike.
  colorStrength: 0,
};

let sets: Sets;
let balanced: Learned;
let control: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  sets = await openSets('synthetic:objects?count=2000&test=1000&size=32');
  balanced = await learn('swav', sets.train, TRAINING, OPTIONS);
  control = await learn('swav', sets.train, { ...TRAINING, epochs: 5 }, { ...OPTIONS, sinkhornRounds: 0 });
});

afterAll(() => keepResult('swav', figures));

it('brings the classes together: k-NN rises above the random network, by three standard deviations', async () => {
  figures['k-NN, pretrained'] = await knnScore(balanced.run.method, sets);
  figures['k-NN, random initialisation'] = await randomKnnScore(balanced, sets);
  expect(figures['k-NN, pretrained']).toBeGreaterThan(threeSigma(figures['k-NN, random initialisation']!, 1000));
});

it('predicts from one crop to which prototypes another is assigned, and uses all of them', () => {
  const { method } = balanced.run;
  figures['swapped cross-entropy in nats (ln 32 = 3.466)'] = heldOut(method, sets.test, 'loss', 250);
  figures['large crops that prefer the same prototype'] = heldOut(method, sets.test, 'agreement', 250);
  figures['entropy of the mean assignment / ln K'] = heldOut(method, sets.test, 'assignmentEntropy', 250);
  expect(figures['swapped cross-entropy in nats (ln 32 = 3.466)']).toBeLessThan(0.9 * Math.log(32));
  expect(figures['large crops that prefer the same prototype']).toBeGreaterThan(threeSigma(1 / 32, 1000));
  expect(figures['entropy of the mean assignment / ln K']).toBeGreaterThan(0.8);
});

it('control: without balancing few prototypes take everything, and the features say less of the class', async () => {
  figures['control: entropy without balancing'] = heldOut(control.run.method, sets.test, 'assignmentEntropy', 250);
  figures['control: k-NN without balancing'] = await knnScore(control.run.method, sets);
  expect(figures['control: entropy without balancing']).toBeLessThan(0.5);
  expect(figures['k-NN, pretrained']).toBeGreaterThan(threeSigma(figures['control: k-NN without balancing']!, 1000));
});
