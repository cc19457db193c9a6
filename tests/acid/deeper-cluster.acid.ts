/**
 * DeeperCluster must tell how an object that it never saw is turned, and its clusters must agree better with the classes than
 * those of random features. It sees gradients only. Control: discs look the same from every side, and nobody can tell.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { rotate90 } from '../../src/augment/index.js';
import type { ImageDataset } from '../../src/data/index.js';
import { noGrad, scope } from '../../src/engine/index.js';
import { threeSigma } from '../../src/evaluate/gates.js';
import type { DeeperCluster } from '../../src/methods/image/automatic-labels/deeper-cluster.js';
import { bestRandom, nmiWithClasses } from './clusters.js';
import { claim, keepResult, knnScore, type Learned, learn, openSets, randomKnnScore, type Sets } from './support.js';

const TRAINING = { backbone: 'resnet18', width: 8, epochs: 36, batchSize: 32, learningRate: 0.1 };
// Four large clusters of 25 small ones each: ten times as many as classes.
const OPTIONS = { clusters: 100 };

let objects: Sets;
let discs: Sets;
let onObjects: Learned;
let onDiscs: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  objects = await openSets('synthetic:objects?count=2000&test=1000&size=32');
  discs = await openSets('synthetic:objects?count=2000&test=1000&size=32&shapes=discs');
  onObjects = await learn('deeper-cluster', objects.train, TRAINING, OPTIONS);
  onDiscs = await learn('deeper-cluster', discs.train, { ...TRAINING, epochs: 6 }, OPTIONS);
});

afterAll(() => keepResult('deeper-cluster', figures));

it('tells how held-out objects are turned', () => {
  figures['held-out rotation accuracy'] = rotationAccuracy(onObjects.run.method as DeeperCluster, objects.test);
  claim(figures['held-out rotation accuracy']).isAbove(0.6);
});

it('control: cannot tell how discs are turned', () => {
  const accuracy = rotationAccuracy(onDiscs.run.method as DeeperCluster, discs.test);
  figures['control: rotation accuracy on discs'] = accuracy;
  // The four copies of an image are not independent: the images are what counts.
  claim(Math.abs(accuracy - 0.25)).isBelow(threeSigma(0.25, discs.test.count) - 0.25);
});

it('agrees better with the classes than clusters of random features do', () => {
  const trained = nmiWithClasses(onObjects.run.method as DeeperCluster, objects.train);
  const random = bestRandom(onObjects, objects.train);
  figures['NMI with the classes, pretrained'] = trained.mean;
  figures['NMI with the classes, random initialization'] = random.mean;
  claim(trained.mean - random.mean).isAbove(3 * Math.hypot(trained.deviation, random.deviation));
});

it('brings the classes together: k-NN rises above the random network', async () => {
  figures['k-NN, pretrained'] = await knnScore(onObjects.run.encoder, objects);
  figures['k-NN, random initialization'] = await randomKnnScore(onObjects, objects);
  const bound = threeSigma(figures['k-NN, random initialization'], objects.test.count);
  claim(figures['k-NN, pretrained']).isAbove(bound);
});

/** How often the likeliest super-class has the right quarter turns, over all turns of all images. */
function rotationAccuracy(method: DeeperCluster, dataset: ImageDataset): number {
  method.eval();
  let right = 0;
  for (let from = 0; from < dataset.count; from += 200) {
    const indices = Array.from({ length: Math.min(200, dataset.count - from) }, (_, i) => from + i);
    for (let turns = 0; turns < 4; turns++)
      right += scope(() =>
        noGrad(() => {
          const answers = method.superClasses(method.encoder.prepare(rotate90(dataset.collate(indices), turns)));
          return answers.filter((answer) => answer % 4 === turns).length;
        }),
      );
  }
  return right / (4 * dataset.count);
}
