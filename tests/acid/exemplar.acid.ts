/**
 * Seeds must be recognized after transformations that the network has not seen. Without transformations in training it learns
 * each image by heart and knows it no more once it is changed: the control.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { threeSigma } from '../../src/evaluate/gates.js';
import {
  claim,
  freshMethod,
  heldOut,
  keepResult,
  knnScore,
  type Learned,
  learn,
  openSets,
  randomKnnScore,
  type Sets,
} from './support.js';

const SEEDS = 300;
const CHANCE = 1 / SEEDS;
const TRAINING = { backbone: 'resnet18', width: 8, epochs: 25, batchSize: 64, learningRate: 2e-3 };

let sets: Sets;
let learned: Learned;
let byHeart: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  sets = await openSets('synthetic:objects?count=2000&test=1000&size=32&hue=random');
  learned = await learn('exemplar', sets.train, TRAINING, { seedPatches: SEEDS });
  byHeart = await learn('exemplar', sets.train, { ...TRAINING, epochs: 8 }, { seedPatches: SEEDS, strength: 0 });
});

afterAll(() => keepResult('exemplar', figures));

it('recognizes seeds after new transformations', () => {
  figures[`accuracy on new transformations of ${SEEDS} seeds`] = heldOut(learned.run.method, sets.train, 'accuracy');
  claim(figures[`accuracy on new transformations of ${SEEDS} seeds`]).isAbove(threeSigma(CHANCE, SEEDS));
});

it('control: seeds learnt by heart are not recognized once they are transformed', () => {
  figures['control: accuracy on the seeds as they are'] = heldOut(byHeart.run.method, sets.train, 'accuracy');
  const method = freshMethod(learned, 7);
  method.loadStateDict(byHeart.run.method.stateDict());
  figures['control: accuracy on transformed seeds'] = heldOut(method, sets.train, 'accuracy');
  claim(figures['control: accuracy on the seeds as they are']).isAbove(0.9);
  const recognized = figures[`accuracy on new transformations of ${SEEDS} seeds`]!;
  claim(threeSigma(figures['control: accuracy on transformed seeds']!, SEEDS)).isBelow(recognized / 2);
});

it('makes features that tell the classes apart better than the random network', async () => {
  figures['k-NN, pretrained'] = await knnScore(learned.run.encoder, sets);
  figures['control: k-NN, learnt by heart'] = await knnScore(byHeart.run.encoder, sets);
  figures['k-NN, random initialization'] = await randomKnnScore(learned, sets);
  claim(figures['k-NN, pretrained']).isAbove(threeSigma(figures['k-NN, random initialization']!, sets.test.count));
});
