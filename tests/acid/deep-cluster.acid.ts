/**
 * DeepCluster starts from clusters of random features and must find better ones from epoch to epoch: they become more stable and
 * agree better with classes that it never saw. It sees gradients only, so that the colors of the objects do not help.
 * Control: a cluster with 80 % of the images, of which images are drawn as they come, swallows everything.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { Prng } from '../../src/data/prng.js';
import { noGrad, scope, tensor } from '../../src/engine/index.js';
import { threeSigma } from '../../src/evaluate/gates.js';
import { normalizedMutualInformation } from '../../src/methods/clusters/nmi.js';
import type { DeepCluster } from '../../src/methods/image/automatic-labels/deep-cluster.js';
import { findMethod } from '../../src/methods/registry.js';
import { Bench, tinyTraining } from '../support/tiny.js';
import { bestRandom, nmiWithClasses } from './clusters.js';
import { claim, keepResult, knnScore, type Learned, learn, openSets, randomKnnScore, type Sets } from './support.js';

const NETWORK = { backbone: 'resnet18', width: 8, batchSize: 64, learningRate: 0.1 };
// Ten times as many clusters as classes.
const OPTIONS = { clusters: 100 };

let sets: Sets;
let learned: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  sets = await openSets('synthetic:objects?count=2000&test=1000&size=32');
  learned = await learn('deep-cluster', sets.train, { ...NETWORK, epochs: 30 }, OPTIONS);
});

afterAll(() => keepResult('deep-cluster', figures));

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

it('clusters more and more alike from epoch to epoch', () => {
  // The first epoch has no clustering before it.
  const nmi = learned.epochs.slice(1).map((metrics) => metrics.nmi!);
  figures['NMI of successive clusterings, epochs 2 to 6'] = mean(nmi.slice(0, 5));
  figures['NMI of successive clusterings, last 5 epochs'] = mean(nmi.slice(-5));
  const gain =
    figures['NMI of successive clusterings, last 5 epochs'] - figures['NMI of successive clusterings, epochs 2 to 6'];
  claim(gain).isAbove(0.05);
});

it('agrees better with the classes than clusters of random features do', () => {
  const method = learned.run.method as DeepCluster;
  figures['NMI of the last labels with the classes'] = normalizedMutualInformation(
    method.clusters.labels.toNumbers(),
    sets.train.labels!,
  );
  const trained = nmiWithClasses(method, sets.train);
  const random = bestRandom(learned, sets.train);
  figures['NMI with the classes, pretrained'] = trained.mean;
  figures['NMI with the classes, random initialization'] = random.mean;
  claim(trained.mean - random.mean).isAbove(3 * Math.hypot(trained.deviation, random.deviation));
});

it('brings the classes together: k-NN rises above the random network', async () => {
  figures['k-NN, pretrained'] = await knnScore(learned.run.encoder, sets);
  figures['k-NN, random initialization'] = await randomKnnScore(learned, sets);
  const bound = threeSigma(figures['k-NN, random initialization'], sets.test.count);
  claim(figures['k-NN, pretrained']).isAbove(bound);
});

it('control: a cluster of 80 % swallows everything unless all clusters are drawn alike', () => {
  const even = shareOfLargest('clusters');
  const plain = shareOfLargest('images');
  figures['images that are put into the cluster of about 80 %, clusters drawn alike'] = even;
  figures['control: the same, images drawn alike'] = plain;
  claim(plain).isAbove(0.99);
  claim(even).isBelow(0.8);
});

/** Trains on clusters of random features, of which one holds about 80 % of the images, and counts who ends up in it. */
function shareOfLargest(drawn: 'clusters' | 'images'): number {
  const definition = findMethod('deep-cluster');
  const bench = new Bench(definition, sets.train, tinyTraining(definition, NETWORK), OPTIONS);
  const method = bench.method as DeepCluster;
  const { count } = sets.train;
  // Four of five clusters become one, with label 0.
  const labels = method.clusters.labels.toNumbers().map((label) => Math.max(0, label - 0.8 * OPTIONS.clusters));
  method.clusters.replace(tensor(labels, { dtype: 'int64' }));
  figures['share of the images in the cluster of about 80 %'] = method.clusters.largestShare.item();
  for (let epoch = 0; epoch < 4; epoch++) {
    const order =
      drawn === 'images'
        ? [...new Prng(1, epoch).permutation(count)]
        : method.clusters.uniformOrder(bench.state.random, NETWORK.batchSize);
    for (let i = 0; i + NETWORK.batchSize <= count; i += NETWORK.batchSize)
      scope(() => bench.step(order.slice(i, i + NETWORK.batchSize)));
  }
  const share = answers(method).filter((answer) => answer === 0).length / count;
  bench.dispose();
  return share;
}

/** The cluster that the network names for each training image. */
function answers(method: DeepCluster): number[] {
  method.eval();
  return Array.from({ length: sets.train.count / 200 }, (_, i) => {
    const indices = Array.from({ length: 200 }, (_, k) => 200 * i + k);
    return scope(() => noGrad(() => [...method.predict(method.encoder.prepare(sets.train.collate(indices)))]));
  }).flat();
}
