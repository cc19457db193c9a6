/**
 * SimCLR must bring images of one class together without having seen a label. Each image has a palette of its own (the tint of
 * its ground, hue and brightness of its object): without color distortion the palettes solve the task and the features suffer.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { threeSigma } from '../../src/evaluate/gates.js';
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

const TRAINING = { backbone: 'resnet18', width: 16, epochs: 8, batchSize: 256, learningRate: 0.3 };
// The objects fill half of the image or more: smaller crops than a quarter often miss them.
const OPTIONS = { projectionSize: 64, temperature: 0.2, minimumScale: 0.25 };

let sets: Sets;
let distorted: Learned;
let plain: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  sets = await openSets('synthetic:objects?count=4000&test=1000&size=32');
  distorted = await learn('simclr', sets.train, TRAINING, OPTIONS);
  plain = await learn('simclr', sets.train, TRAINING, { ...OPTIONS, colorStrength: 0, grayProbability: 0 });
});

afterAll(() => keepResult('simclr', figures));

it('brings the classes together: k-NN rises at least 8 points above the random network', async () => {
  figures['k-NN, pretrained'] = await knnScore(distorted.run.encoder, sets);
  figures['k-NN, random initialization'] = await randomKnnScore(distorted, sets);
  claim(figures['k-NN, pretrained']! - figures['k-NN, random initialization']!).isAbove(0.08);
});

it('control: without color distortion the task is solved by palettes and the features are worse', async () => {
  figures['held-out contrastive accuracy'] = heldOut(distorted.run.method, sets.test, 'accuracy', 250);
  figures['control: contrastive accuracy without color distortion'] = heldOut(
    plain.run.method,
    sets.test,
    'accuracy',
    250,
  );
  figures['control: k-NN without color distortion'] = await knnScore(plain.run.encoder, sets);
  claim(figures['control: contrastive accuracy without color distortion']).isAbove(0.9);
  claim(figures['held-out contrastive accuracy']).isBelow(0.5);
  // Worse by more than chance: three standard deviations of a share of so many test images.
  const pretrained = figures['k-NN, pretrained']!;
  const chance = threeSigma(pretrained, sets.test.count) - pretrained;
  claim(figures['control: k-NN without color distortion']).isBelow(pretrained - chance);
});
