/**
 * VICReg must bring images of one class together. Without the variance term nothing forbids one embedding for all images, and that
 * is what the network learns (the paper's table of ablations).
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

const TRAINING = { backbone: 'resnet18', width: 8, epochs: 40, batchSize: 64, learningRate: 2e-3 };
// The objects fill half of the image or more: smaller crops than a quarter often miss them.
const OPTIONS = { minimumScale: 0.25, projectionSize: 256, hiddenSize: 256 };

let sets: Sets;
let whole: Learned;
let collapsed: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  sets = await openSets('synthetic:objects?count=2000&test=1000&size=32');
  whole = await learn('vicreg', sets.train, TRAINING, OPTIONS);
  collapsed = await learn('vicreg', sets.train, TRAINING, { ...OPTIONS, varianceWeight: 0 });
});

afterAll(() => keepResult('vicreg', figures));

it('brings the classes together: k-NN rises above the random network, by three standard deviations', async () => {
  figures['k-NN, pretrained'] = await knnScore(whole.run.encoder, sets);
  figures['k-NN, random initialization'] = await randomKnnScore(whole, sets);
  claim(figures['k-NN, pretrained']).isAbove(threeSigma(figures['k-NN, random initialization']!, 1000));
});

it('control: without the variance term all embeddings become one', async () => {
  figures['deviation of components'] = heldOut(whole.run.method, sets.test, 'deviation');
  figures['control: deviation without the variance term'] = heldOut(collapsed.run.method, sets.test, 'deviation');
  figures['control: k-NN without the variance term'] = await knnScore(collapsed.run.encoder, sets);
  claim(figures['deviation of components']).isAbove(3 * figures['control: deviation without the variance term']!);
  claim(figures['control: deviation without the variance term']).isBelow(0.1);
  claim(figures['k-NN, pretrained']).isAbove(threeSigma(figures['control: k-NN without the variance term']!, 1000));
});
