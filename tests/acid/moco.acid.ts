/**
 * MoCo must bring images of one class together, although its loss rises at first: the queue begins as noise, which is easily told
 * from a key, and fills with keys of real images. Controls: a key encoder that is the query encoder of the moment (decay 0, with which
 * the paper's section 4.1 saw training fail), and views of two different images, which have nothing in common.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { threeSigma } from '../../src/evaluate/gates.js';
import { withStrangers } from './strangers.js';
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
  warmupEpochs: 1,
} as const;
// The objects fill half of the image or more: smaller crops than a quarter often miss them. In a run of some hundred steps the key
// encoder must follow within tens of them, and the queue must hold keys of the last few only.
const OPTIONS = {
  minimumScale: 0.25,
  projectionSize: 64,
  temperature: 0.2,
  queueSize: 512,
  decay: 0.98,
  normGroups: 4,
};

let sets: Sets;
let slow: Learned;
let restless: Learned;
let strangers: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  sets = await openSets('synthetic:objects?count=2000&test=1000&size=32');
  slow = await learn('moco', sets.train, TRAINING, OPTIONS);
  restless = await learn('moco', sets.train, TRAINING, { ...OPTIONS, decay: 0 });
  strangers = await learn(withStrangers('moco'), sets.train, TRAINING, OPTIONS);
});

afterAll(() => keepResult('moco', figures));

it('brings the classes together: k-NN rises above the random network, by three standard deviations', async () => {
  figures['k-NN, pretrained'] = await knnScore(slow.run.encoder, sets);
  figures['k-NN, random initialization'] = await randomKnnScore(slow, sets);
  claim(figures['k-NN, pretrained']).isAbove(threeSigma(figures['k-NN, random initialization']!, 1000));
});

it('finds the keys of held-out images', () => {
  figures['held-out contrastive accuracy'] = heldOut(slow.run.method, sets.test, 'accuracy', 250);
  claim(figures['held-out contrastive accuracy']).isAbove(threeSigma(1 / (1 + OPTIONS.queueSize), 1000));
});

it('control: with the query encoder of the moment as key encoder hardly anything is learnt', async () => {
  figures['loss of the last epoch'] = slow.losses.at(-1)!;
  figures['control: loss of the last epoch with decay 0'] = restless.losses.at(-1)!;
  figures['control: k-NN with decay 0'] = await knnScore(restless.run.encoder, sets);
  claim(figures['loss of the last epoch']).isBelow(Math.log(1 + OPTIONS.queueSize) - 0.2);
  claim(figures['control: loss of the last epoch with decay 0']).isAbove(figures['loss of the last epoch']! + 0.5);
  claim(figures['control: k-NN with decay 0']).isBelow(threeSigma(figures['k-NN, random initialization']!, 1000));
  claim(figures['k-NN, pretrained']).isAbove(threeSigma(figures['control: k-NN with decay 0']!, 1000));
});

it('control: from the views of two different images nothing is learnt', async () => {
  figures['control: loss of the last epoch, views of two images'] = strangers.losses.at(-1)!;
  figures['control: k-NN, views of two images'] = await knnScore(strangers.run.encoder, sets);
  claim(figures['control: loss of the last epoch, views of two images']).isAbove(
    Math.log(1 + OPTIONS.queueSize) - 0.01,
  );
  claim(figures['k-NN, pretrained']).isAbove(threeSigma(figures['control: k-NN, views of two images']!, 1000));
});
