/**
 * Instance discrimination must bring images of one class together, although its labels tell every image from every other. Control:
 * where the images of a batch exchange their labels, the same run has nothing to learn.
 */
import { afterAll, beforeAll, it } from 'vitest';
import type { Generator, Tensor } from '../../src/engine/index.js';
import { threeSigma } from '../../src/evaluate/gates.js';
import type { Batch, MethodDefinition } from '../../src/methods/method.js';
import { findMethod } from '../../src/methods/registry.js';
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

// Until the random memories have been replaced there is nothing to learn from them: the rate rises slowly. Without batch norm in
// the head all embeddings point the same way at first, and only a high rate parts them within some hundred steps.
const TRAINING = {
  backbone: 'resnet18',
  width: 8,
  epochs: 60,
  batchSize: 64,
  optimizer: 'adam',
  learningRate: 2e-3,
  schedule: 'cosine',
  warmupEpochs: 2,
} as const;
// The objects fill half of the image or more: smaller crops than a quarter often miss them.
const OPTIONS = { minimumScale: 0.25, projectionSize: 64, colorStrength: 0.1 };

let sets: Sets;
let whole: Learned;
let exchanged: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  sets = await openSets('synthetic:objects?count=2000&test=1000&size=32');
  whole = await learn('instance-discrimination', sets.train, TRAINING, OPTIONS);
  exchanged = await learn(withExchangedLabels(), sets.train, TRAINING, OPTIONS);
});

afterAll(() => keepResult('instance-discrimination', figures));

it('brings the classes together: k-NN rises above the random network, by three standard deviations', async () => {
  figures['k-NN, pretrained'] = await knnScore(whole.run.encoder, sets);
  figures['k-NN, random initialization'] = await randomKnnScore(whole, sets);
  claim(figures['k-NN, pretrained']).isAbove(threeSigma(figures['k-NN, random initialization']!, 1000));
});

it('recognizes new views of the images that it remembers', () => {
  figures['instance accuracy on new views'] = heldOut(whole.run.method, sets.train, 'accuracy');
  claim(figures['instance accuracy on new views']).isAbove(threeSigma(1 / 2000, 2000));
});

it('control: from labels exchanged within the batch nothing is learnt', async () => {
  figures['control: instance accuracy, exchanged labels'] = heldOut(exchanged.run.method, sets.train, 'accuracy');
  figures['control: k-NN, exchanged labels'] = await knnScore(exchanged.run.encoder, sets);
  claim(figures['control: instance accuracy, exchanged labels']).isBelow(threeSigma(1 / 2000, 2000));
  claim(figures['control: k-NN, exchanged labels']).isBelow(threeSigma(figures['k-NN, random initialization']!, 1000));
  claim(figures['k-NN, pretrained']).isAbove(threeSigma(figures['control: k-NN, exchanged labels']!, 1000));
});

/** Every image gets the label, and with it the memory, of another image of its batch. */
function withExchangedLabels(): MethodDefinition {
  const definition = findMethod('instance-discrimination');
  return {
    ...definition,
    create(context) {
      const method = definition.create(context);
      const views = method.views.bind(method);
      method.views = (batch: Batch, random: Generator) => {
        const made = views(batch, random);
        return { ...made, labels: (made.labels as Tensor).roll([1], [0]) };
      };
      return method;
    },
  };
}
