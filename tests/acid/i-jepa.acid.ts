/**
 * I-JEPA must not collapse, and its features must tell the classes apart better than the random network's. Control: with gradients into
 * the targets everything gets the same representation.
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

const TRAINING = { backbone: 'vit-micro', width: 48, epochs: 25, batchSize: 100, learningRate: 1e-3, warmupEpochs: 2 };
const OPTIONS = { decay: 0.98 };

let sets: Sets;
let learned: Learned;
let withGradient: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  sets = await openSets('synthetic:objects?count=2000&test=1000&size=32');
  learned = await learn('i-jepa', sets.train, TRAINING, OPTIONS);
  withGradient = await learn('i-jepa', sets.train, { ...TRAINING, epochs: 10 }, { ...OPTIONS, useStopGradient: false });
});

afterAll(() => keepResult('i-jepa', figures));

it('keeps the representations of patches apart; with gradients into the targets they become the same', () => {
  figures['spread of the targets (1 on the whole sphere)'] = heldOut(learned.run.method, sets.test, 'spread');
  figures['control: spread with gradients into the targets'] = heldOut(withGradient.run.method, sets.test, 'spread');
  claim(figures['spread of the targets (1 on the whole sphere)']).isAbove(0.3);
  claim(figures['control: spread with gradients into the targets']).isBelow(0.15);
});

it('tells the classes apart better than the random network', async () => {
  figures['k-NN, pretrained'] = await knnScore(learned.run.encoder, sets);
  figures['k-NN, random initialization'] = await randomKnnScore(learned, sets);
  figures['control: k-NN with gradients into the targets'] = await knnScore(withGradient.run.encoder, sets);
  const random = figures['k-NN, random initialization'];
  claim(figures['k-NN, pretrained']).isAbove(threeSigma(random, sets.test.count));
  claim(figures['control: k-NN with gradients into the targets']).isBelow(figures['k-NN, pretrained']);
});
