/**
 * RotNet must tell rotations of upright objects apart and must not be able to for discs, which look the same from every side.
 * As in the paper, a convolutional classifier on the frozen maps of block 2 beats one on a random network's and on block 4's.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { threeSigma } from '../../src/evaluate/gates.js';
import { convolutionalProbe } from './conv-probe.js';
import { claim, heldOut, keepResult, type Learned, learn, openSets, RANDOM_SEED, type Sets } from './support.js';

// NIN at a quarter of the paper's width; hues are random, so that color says nothing about the class.
const TRAINING = { backbone: 'nin', width: 48, epochs: 8, batchSize: 64, learningRate: 0.1 };

let objects: Sets;
let discs: Sets;
let onObjects: Learned;
let onDiscs: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  objects = await openSets('synthetic:objects?count=2000&test=1000&size=32&hue=random');
  discs = await openSets('synthetic:objects?count=2000&test=1000&size=32&shapes=discs');
  onObjects = await learn('rotation', objects.train, TRAINING);
  onDiscs = await learn('rotation', discs.train, { ...TRAINING, epochs: 4 });
});

afterAll(() => keepResult('rotation', figures));

it('tells how held-out objects are turned', () => {
  figures['held-out rotation accuracy'] = heldOut(onObjects.run.method, objects.test, 'accuracy');
  claim(figures['held-out rotation accuracy']).isAbove(0.6);
});

it('control: cannot tell how discs are turned', () => {
  const accuracy = heldOut(onDiscs.run.method, discs.test, 'accuracy');
  figures['control: rotation accuracy on discs'] = accuracy;
  // The four copies of an image are not independent: the images are what counts.
  const bound = threeSigma(0.25, discs.test.count) - 0.25;
  claim(Math.abs(accuracy - 0.25)).isBelow(bound);
});

it('gives better maps in block 2 than a random network and than block 4', async () => {
  const { run } = onObjects;
  const score = (encoder: typeof run.encoder, layer: string) =>
    convolutionalProbe(encoder, layer, objects, { perClass: 20 });
  figures['convolutional probe, block 2'] = await score(run.encoder, 'block2');
  figures['convolutional probe, block 4'] = await score(run.encoder, 'block4');
  figures['convolutional probe, block 2, random'] = await score(run.makeFresh(RANDOM_SEED), 'block2');
  claim(figures['convolutional probe, block 2']).isAbove(figures['convolutional probe, block 2, random']!);
  claim(figures['convolutional probe, block 2']).isAbove(figures['convolutional probe, block 4']!);
});
