/**
 * Images trade random points until similar images have points near each other. The points know nothing by themselves, so that the
 * nearest points belong to the same class by chance at first, and for ever when nothing is traded: the control.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { threeSigma } from '../../src/evaluate/gates.js';
import { knn } from '../../src/evaluate/knn.js';
import type { NoiseAsTargets } from '../../src/methods/image/automatic-labels/noise-as-targets.js';
import { claim, keepResult, knnScore, type Learned, learn, openSets, randomKnnScore, type Sets } from './support.js';

const TRAINING = { backbone: 'resnet18', width: 8, epochs: 8, batchSize: 256, learningRate: 2e-3 };
const OPTIONS = { targetSize: 16, assignEvery: 1 };
const CHANCE = 1 / 10;

let sets: Sets;
let trading: Learned;
let fixed: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  sets = await openSets('fashion-mnist:mini');
  trading = await learn('noise-as-targets', sets.train, TRAINING, OPTIONS);
  fixed = await learn('noise-as-targets', sets.train, TRAINING, { ...OPTIONS, assignEvery: 0 });
});

afterAll(() => keepResult('noise-as-targets', figures));

/** How well the points of one half of the training images tell the classes of the other half: 20 nearest neighbors. */
function targetScore({ run }: Learned): number {
  const method = run.method as NoiseAsTargets;
  const targets = method.targets.indexSelect(0, method.assignment);
  const labels = sets.train.labels!;
  const half = Math.floor(sets.train.count / 2);
  const part = (start: number) => ({
    features: targets.narrow(0, start, half),
    labels: labels.slice(start, start + half),
  });
  return knn(part(0), part(half), { k: 20 }).accuracy;
}

it('arranges the noise by what the images show', () => {
  figures['classes told by the nearest noise'] = targetScore(trading);
  claim(figures['classes told by the nearest noise']).isAbove(threeSigma(CHANCE, Math.floor(sets.train.count / 2)));
});

it('control: noise that is never traded says nothing of the images', () => {
  figures['control: classes told by noise that is not traded'] = targetScore(fixed);
  claim(figures['control: classes told by noise that is not traded']).isBelow(
    threeSigma(CHANCE, Math.floor(sets.train.count / 2)),
  );
});

it('stands beside the random network in k-NN', async () => {
  figures['k-NN, pretrained'] = await knnScore(trading.run.encoder, sets);
  figures['control: k-NN without trading'] = await knnScore(fixed.run.encoder, sets);
  figures['k-NN, random initialization'] = await randomKnnScore(trading, sets);
});
