/**
 * NNCLR must bring images of one class together, with neighbors as the only positives. Control: where any earlier image stands in
 * for a view, not its nearest neighbor, the other view has nothing to find.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { Generator, ops, type Tensor } from '../../src/engine/index.js';
import { threeSigma } from '../../src/evaluate/gates.js';
import type { NNCLR } from '../../src/methods/image/contrastive/nnclr.js';
import type { MethodDefinition } from '../../src/methods/method.js';
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

const TRAINING = {
  backbone: 'resnet18',
  width: 8,
  epochs: 40,
  batchSize: 64,
  optimizer: 'adam',
  learningRate: 2e-3,
} as const;
// The objects fill half of the image or more: smaller crops than a quarter often miss them. The queue holds about half of the images.
const OPTIONS = {
  minimumScale: 0.25,
  queueSize: 1024,
  hiddenSize: 256,
  projectionSize: 64,
  predictorSize: 256,
  temperature: 0.2,
};

let sets: Sets;
let near: Learned;
let random: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  sets = await openSets('synthetic:objects?count=2000&test=1000&size=32');
  near = await learn('nnclr', sets.train, TRAINING, OPTIONS);
  random = await learn(withRandomNeighbors(), sets.train, TRAINING, OPTIONS);
});

afterAll(() => keepResult('nnclr', figures));

it('brings the classes together: k-NN rises above the random network, by three standard deviations', async () => {
  figures['k-NN, pretrained'] = await knnScore(near.run.encoder, sets);
  figures['k-NN, random initialization'] = await randomKnnScore(near, sets);
  claim(figures['k-NN, pretrained']).isAbove(threeSigma(figures['k-NN, random initialization']!, 1000));
});

it('finds the views of held-out images from their neighbors', () => {
  figures['held-out contrastive accuracy'] = heldOut(near.run.method, sets.test, 'accuracy');
  claim(figures['held-out contrastive accuracy']).isAbove(threeSigma(1 / 100, 1000));
});

it('control: from neighbors at random nothing is learnt', async () => {
  figures['control: contrastive accuracy, neighbors at random'] = random.epochs.at(-1)!.accuracy!;
  figures['control: k-NN, neighbors at random'] = await knnScore(random.run.encoder, sets);
  claim(figures['control: contrastive accuracy, neighbors at random']).isBelow(threeSigma(1 / 64, 1984));
  claim(figures['control: k-NN, neighbors at random']).isBelow(
    threeSigma(figures['k-NN, random initialization']!, 1000),
  );
  claim(figures['k-NN, pretrained']).isAbove(threeSigma(figures['control: k-NN, neighbors at random']!, 1000));
});

/** Any rows of the queue stand in for the views. */
function withRandomNeighbors(): MethodDefinition {
  const definition = findMethod('nnclr');
  return {
    ...definition,
    create(context) {
      const method = definition.create(context) as NNCLR;
      const generator = new Generator(3);
      const friend = (unit: Tensor): Tensor => {
        const rows = ops.randint(0, method.queue.features.size(0), [unit.size(0)], { dtype: 'int64', generator });
        return method.queue.features.indexSelect(0, rows);
      };
      return Object.assign(method, { friend });
    },
  };
}
