/**
 * Barlow Twins must bring images of one class together by components that agree between views and do not repeat each other.
 * Without the redundancy term all components become the same few. The features below the projector hardly suffer in so short a
 * training of so small a network: their k-NN is measured, and nothing is claimed of it.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { noGrad, ops, scope } from '../../src/engine/index.js';
import { threeSigma } from '../../src/evaluate/gates.js';
import { rankMe } from '../../src/evaluate/scores.js';
import type { BarlowTwins } from '../../src/methods/image/contrastive/barlow-twins.js';
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
let redundant: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  sets = await openSets('synthetic:objects?count=2000&test=1000&size=32');
  whole = await learn('barlow-twins', sets.train, TRAINING, OPTIONS);
  redundant = await learn('barlow-twins', sets.train, TRAINING, { ...OPTIONS, redundancyWeight: 0 });
});

afterAll(() => keepResult('barlow-twins', figures));

/** Effective rank of the embeddings of the test images. */
function rank({ run }: Learned): number {
  const method = run.method as BarlowTwins;
  method.eval();
  return scope(() =>
    noGrad(() => {
      const parts = Array.from({ length: 5 }, (_, i) => {
        const images = sets.test.batch(Array.from({ length: 200 }, (_, k) => 200 * i + k));
        return method.projection.forward(method.backbone.features(method.encoder.prepare(images)));
      });
      return rankMe(ops.cat(parts, 0));
    }),
  );
}

it('brings the classes together: k-NN rises above the random network, by three standard deviations', async () => {
  figures['k-NN, pretrained'] = await knnScore(whole.run.encoder, sets);
  figures['k-NN, random initialization'] = await randomKnnScore(whole, sets);
  claim(figures['k-NN, pretrained']).isAbove(threeSigma(figures['k-NN, random initialization']!, 1000));
});

it('control: without the redundancy term components repeat each other', async () => {
  figures['effective rank of embeddings'] = rank(whole);
  figures['control: effective rank without the redundancy term'] = rank(redundant);
  figures['control: k-NN without the redundancy term'] = await knnScore(redundant.run.encoder, sets);
  claim(figures['effective rank of embeddings']).isAbove(
    2 * figures['control: effective rank without the redundancy term']!,
  );
  figures['redundancy on held-out images'] = heldOut(whole.run.method, sets.test, 'redundancy', 250);
  figures['control: redundancy without its term'] = heldOut(redundant.run.method, sets.test, 'redundancy', 250);
  claim(figures['redundancy on held-out images']).isBelow(figures['control: redundancy without its term']! / 2);
});
