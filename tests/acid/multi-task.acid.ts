/**
 * Three tasks on one trunk, each of which must be solved on held-out images about as well as a network solves it that has this task alone
 * for as many steps. The control is the same trunk whose tasks have the answers of other pairs and images: it solves none of them.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { ops, type Tensor } from '../../src/engine/index.js';
import { threeSigma, threeSigmaOfDifference } from '../../src/evaluate/gates.js';
import { withViews } from './changed-views.js';
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

const TRAINING = { backbone: 'dcgan', width: 16, epochs: 8, batchSize: 40, learningRate: 2e-3 };
const OPTIONS = { towerSize: 128, headSize: 128, decoderWidth: 32, embeddingSize: 64, grids: 4, strength: 0.5 };
const TASKS = ['position', 'color', 'exemplar'] as const;

let sets: Sets;
let learned: Learned;
let shuffled: Learned;
const singles = {} as Record<(typeof TASKS)[number], Learned>;
const figures: Record<string, number> = {};

const scoresOf = ({ run }: Learned, tasks: readonly string[] = TASKS): Record<string, number> =>
  Object.fromEntries(tasks.map((task) => [task, heldOut(run.method, sets.test, task)]));

beforeAll(async () => {
  sets = await openSets('synthetic:objects?count=1200&test=600&size=32');
  learned = await learn('multi-task', sets.train, TRAINING, OPTIONS);
  for (const task of TASKS)
    singles[task] = await learn('multi-task', sets.train, TRAINING, { ...OPTIONS, tasks: [task] });
  const strangers = withViews<Record<string, Tensor>>('multi-task', (views, random) => ({
    ...views,
    // Directions in any order, since pairs come in a fixed one, and the colors and distortions of other images.
    labels: views.labels!.indexSelect(0, ops.randperm(views.labels!.size(0), { generator: random, dtype: 'int64' })),
    ab: views.ab!.roll([1], [0]),
    positives: views.positives!.roll([2], [0]),
  }));
  shuffled = await learn(strangers, sets.train, TRAINING, OPTIONS);
});

afterAll(() => keepResult('multi-task', figures));

it('solves every task on held-out images, about as well as alone', () => {
  const together = scoresOf(learned);
  for (const task of TASKS) {
    figures[`${task}, with the others`] = together[task]!;
    figures[`${task}, alone`] = scoresOf(singles[task], [task])[task]!;
  }
  // The eight pairs of an image are not independent: the images are what counts.
  claim(together.position).isAbove(threeSigma(1 / 8, sets.test.count) + 0.1);
  claim(together.exemplar).isAbove(threeSigma(1 / 2, sets.test.count) + 0.1);
  for (const task of TASKS) claim(together[task]).isAbove(0.85 * figures[`${task}, alone`]!);
});

it('control: with the answers of others it solves none', () => {
  const control = scoresOf(shuffled);
  for (const task of TASKS) figures[`control: ${task}, answers of others`] = control[task]!;
  claim(control.position).isBelow(threeSigma(1 / 8, sets.test.count));
  claim(control.exemplar).isBelow(threeSigma(1 / 2, sets.test.count) + 0.1);
  claim(figures['color, with the others']).isAbove(1.2 * control.color!);
});

it('gives better features than a random network', async () => {
  const [together, random] = [await knnScore(learned.run.encoder, sets), await randomKnnScore(learned, sets)];
  figures['k-NN, all tasks'] = together;
  for (const task of TASKS) figures[`k-NN, ${task} alone`] = await knnScore(singles[task].run.encoder, sets);
  figures['k-NN, random initialization'] = random;
  figures['control: k-NN, answers of others'] = await knnScore(shuffled.run.encoder, sets);
  claim(together - random).isAbove(threeSigmaOfDifference(together, random, sets.test.count));
});
