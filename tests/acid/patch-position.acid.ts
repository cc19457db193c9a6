/**
 * The relative position of patches must be told from objects, and from nothing else: noise seen through a lens with colour
 * fringes gives it away as long as all colours are kept, and patches that touch give it away by the lines that run on.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { threeSigma } from '../../src/evaluate/gates.js';
import { heldOut, keepResult, knnScore, type Learned, learn, openSets, type Sets } from './support.js';

const TRAINING = { backbone: 'resnet18', width: 8, epochs: 10, batchSize: 64, learningRate: 0.002 };
const NOISE = { ...TRAINING, epochs: 4 };
const CHANCE = 1 / 8;

let objects: Sets;
let noise: Sets;
let learned: Learned;
let touching: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  objects = await openSets('synthetic:objects?count=2000&test=1000&size=64&hue=random');
  noise = await openSets('synthetic:objects?shapes=noise&count=2000&test=1000&size=64&chromaticAberration=0.05');
  learned = await learn('patch-position', objects.train, TRAINING);
  touching = await learn('patch-position', objects.train, TRAINING, { gap: 0, jitter: 0 });
});

afterAll(() => keepResult('patch-position', figures));

it('tells where the second patch of held-out objects lies', () => {
  figures['held-out accuracy'] = heldOut(learned.run.method, objects.test, 'accuracy');
  // The eight pairs of an image are not independent: the images are what counts.
  expect(figures['held-out accuracy']).toBeGreaterThan(threeSigma(CHANCE, objects.test.count) + 0.1);
});

it('control: on noise with colour fringes the full pipeline stays at chance', async () => {
  const { run } = await learn('patch-position', noise.train, NOISE);
  figures['control: accuracy on noise with colour fringes'] = heldOut(run.method, noise.test, 'accuracy');
  const bound = threeSigma(CHANCE, noise.test.count) - CHANCE;
  expect(Math.abs(figures['control: accuracy on noise with colour fringes'] - CHANCE)).toBeLessThanOrEqual(bound);
});

it('control: with all colours kept the fringes of the same noise are enough', async () => {
  const { run } = await learn('patch-position', noise.train, NOISE, { color: 'none' });
  figures['control: accuracy on the same noise with all colours'] = heldOut(run.method, noise.test, 'accuracy');
  expect(figures['control: accuracy on the same noise with all colours']).toBeGreaterThan(0.3);
});

it('control: without gap and jitter the task is easier and the features are no better', async () => {
  figures['control: accuracy without gap and jitter'] = heldOut(touching.run.method, objects.test, 'accuracy');
  figures['k-NN'] = await knnScore(learned.run.method, objects);
  figures['k-NN, random initialisation'] = await knnScore(learned.run.makeFresh(7), objects);
  figures['control: k-NN without gap and jitter'] = await knnScore(touching.run.method, objects);
  expect(figures['control: accuracy without gap and jitter']).toBeGreaterThan(figures['held-out accuracy']! + 0.05);
  // 1,000 test images: the difference of two shares has a standard deviation of at most 2.2 points.
  expect(figures['control: k-NN without gap and jitter']).toBeLessThan(figures['k-NN']! + 0.022);
});
