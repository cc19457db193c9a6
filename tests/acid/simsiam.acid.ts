/**
 * SimSiam must bring images of one class together although nothing pushes images apart. Its control is the paper's own (section
 * 4.1): without the stop-gradient the loss nears its minimum while the embeddings collapse, and the features get worse.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { threeSigma } from '../../src/evaluate/gates.js';
import { featureSpread } from '../../src/train/collapse.js';
import {
  claim,
  featuresOf,
  heldOut,
  keepResult,
  knnScore,
  type Learned,
  learn,
  openSets,
  randomKnnScore,
  type Sets,
} from './support.js';

const TRAINING = {
  backbone: 'resnet18',
  width: 8,
  epochs: 40,
  batchSize: 64,
  optimizer: 'adam',
  learningRate: 2e-3,
  weightDecay: 1e-5,
} as const;
// The objects fill half of the image or more: smaller crops than a quarter often miss them.
const OPTIONS = { minimumScale: 0.25, projectionSize: 512, predictorSize: 128 };

let sets: Sets;
let stopped: Learned;
let open: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  sets = await openSets('synthetic:objects?count=2000&test=1000&size=32');
  stopped = await learn('simsiam', sets.train, TRAINING, OPTIONS);
  open = await learn('simsiam', sets.train, TRAINING, { ...OPTIONS, useStopGradient: false });
});

afterAll(() => keepResult('simsiam', figures));

it('brings the classes together: k-NN rises above the random network, by three standard deviations', async () => {
  figures['k-NN, pretrained'] = await knnScore(stopped.run.encoder, sets);
  figures['k-NN, random initialization'] = await randomKnnScore(stopped, sets);
  claim(figures['k-NN, pretrained']).isAbove(threeSigma(figures['k-NN, random initialization']!, 1000));
});

it('keeps the embeddings apart', async () => {
  figures['spread of embeddings'] = heldOut(stopped.run.method, sets.test, 'spread');
  figures['spread of features'] = featureSpread((await featuresOf(stopped.run.encoder, sets.test)).features).item();
  claim(figures['spread of embeddings']).isAbove(0.5);
});

it('control: without the stop-gradient the embeddings collapse and the features say less of the class', async () => {
  figures['control: spread of embeddings'] = heldOut(open.run.method, sets.test, 'spread');
  figures['control: spread of features'] = featureSpread(
    (await featuresOf(open.run.encoder, sets.test)).features,
  ).item();
  figures['control: k-NN without stop-gradient'] = await knnScore(open.run.encoder, sets);
  claim(figures['k-NN, pretrained']).isAbove(threeSigma(figures['control: k-NN without stop-gradient']!, 1000));
  claim(figures['control: spread of embeddings']).isBelow(0.7 * figures['spread of embeddings']!);
});
