/**
 * Puzzles of objects must be solved, and those of noise not. A ramp from one colour to another gives the order of its tiles away
 * by their brightness; normalised by themselves its tiles all look the same.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { threeSigma } from '../../src/evaluate/gates.js';
import { heldOut, keepResult, type Learned, learn, openSets, type Sets } from './support.js';

const TRAINING = { backbone: 'resnet18', width: 8, epochs: 8, batchSize: 64, learningRate: 0.002 };
const CONTROL = { ...TRAINING, epochs: 5 };
const CHANCE = 1 / 64;

let objects: Sets;
let learned: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  objects = await openSets('synthetic:objects?count=2000&test=1000&size=48&hue=random');
  learned = await learn('jigsaw', objects.train, TRAINING);
});

afterAll(() => keepResult('jigsaw', figures));

it('solves puzzles of held-out objects', () => {
  figures['held-out accuracy, 64 permutations'] = heldOut(learned.run.method, objects.test, 'accuracy');
  expect(figures['held-out accuracy, 64 permutations']).toBeGreaterThan(0.2);
});

it('control: cannot order tiles of noise', async () => {
  const noise = await openSets('synthetic:objects?shapes=noise&grain=0&count=2000&test=1000&size=48');
  const { run } = await learn('jigsaw', noise.train, CONTROL);
  figures['control: accuracy on noise'] = heldOut(run.method, noise.test, 'accuracy');
  expect(figures['control: accuracy on noise']).toBeLessThanOrEqual(threeSigma(CHANCE, noise.test.count));
});

it('control: ramps are solved by brightness without gap and normalisation, and not at all with them', async () => {
  const ramps = await openSets('synthetic:objects?shapes=gradients&count=2000&test=1000&size=48');
  const open = { tileSize: 16, channelJitter: 0, useTileNorm: false };
  const shortcut = await learn('jigsaw', ramps.train, CONTROL, open);
  const closed = await learn('jigsaw', ramps.train, CONTROL);
  figures['control: accuracy on ramps without gap and normalisation'] = heldOut(
    shortcut.run.method,
    ramps.test,
    'accuracy',
  );
  figures['control: accuracy on ramps'] = heldOut(closed.run.method, ramps.test, 'accuracy');
  expect(figures['control: accuracy on ramps without gap and normalisation']).toBeGreaterThan(0.2);
  expect(figures['control: accuracy on ramps']).toBeLessThanOrEqual(threeSigma(CHANCE, ramps.test.count));
});
