/**
 * From a quarter of its patches MAE must explain part of the hidden rest, and the encoder must tell the classes apart better than a
 * random one. Control: of noise, where no patch tells of another, nothing can be explained.
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

const TRAINING = { backbone: 'vit-micro', width: 48, epochs: 30, batchSize: 100, learningRate: 2e-3, warmupEpochs: 2 };

let sets: Sets;
let learned: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  sets = await openSets('synthetic:objects?count=2000&test=1000&size=32');
  learned = await learn('mae', sets.train, TRAINING);
});

afterAll(() => keepResult('mae', figures));

it('explains part of the hidden pixels of held-out objects', () => {
  figures['explained share of the hidden pixels'] = heldOut(learned.run.method, sets.test, 'explained');
  claim(figures['explained share of the hidden pixels']).isAbove(0.15);
});

it('control: explains nothing of noise', async () => {
  const noise = await openSets('synthetic:objects?shapes=noise&grain=0&count=1000&test=500&size=32');
  const { run } = await learn('mae', noise.train, { ...TRAINING, epochs: 6 });
  figures['control: explained share of noise'] = heldOut(run.method, noise.test, 'explained');
  claim(figures['control: explained share of noise']).isBelow(0.02);
});

it('tells the classes apart better than the random network', async () => {
  figures['k-NN, pretrained'] = await knnScore(learned.run.encoder, sets);
  figures['k-NN, random initialization'] = await randomKnnScore(learned, sets);
  claim(figures['k-NN, pretrained']).isAbove(threeSigma(figures['k-NN, random initialization'], sets.test.count));
});
