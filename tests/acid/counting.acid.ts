/**
 * What is counted in the quarters of a held-out image must be nearer to what is counted in its own small version than to that of
 * another image. The control leaves the second term of the loss out: the network then learns to count nothing at all.
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

const TRAINING = { backbone: 'resnet18', width: 8, epochs: 10, batchSize: 64, learningRate: 2e-3 };

let sets: Sets;
let learned: Learned;
let withoutMargin: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  sets = await openSets('synthetic:objects?count=2000&test=1000&size=48&hue=random');
  learned = await learn('counting', sets.train, TRAINING);
  withoutMargin = await learn('counting', sets.train, { ...TRAINING, epochs: 4 }, { margin: 0 });
});

afterAll(() => keepResult('counting', figures));

it('makes the quarters of held-out images add up to their own whole', () => {
  figures['quarters nearer to their own image than to another'] = heldOut(learned.run.method, sets.test, 'accuracy');
  figures['counted in a held-out image'] = heldOut(learned.run.method, sets.test, 'count');
  claim(figures['quarters nearer to their own image than to another']).isAbove(threeSigma(0.5, sets.test.count));
});

it('control: without the second term nothing is counted', () => {
  figures['control: counted without the second term'] = heldOut(withoutMargin.run.method, sets.test, 'count');
  claim(figures['control: counted without the second term']).isBelow(0.01 * figures['counted in a held-out image']!);
});

it('makes features that tell the classes apart better than the random network', async () => {
  figures['k-NN, pretrained'] = await knnScore(learned.run.encoder, sets);
  figures['k-NN, random initialization'] = await randomKnnScore(learned, sets);
  claim(figures['k-NN, pretrained']).isAbove(threeSigma(figures['k-NN, random initialization']!, sets.test.count));
});
