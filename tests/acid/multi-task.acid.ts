/**
 * Three tasks on one trunk, each of which must be solved on held-out images about as well as a network solves it that has this task alone
 * for as many steps. The control is the same trunk whose tasks have the answers of other pairs and images: it solves none of them.
 *
 * A task is measured with the trunk's batch statistics of its own inputs, as in training, where every task has batches of its own: patches
 * of 8 pixels and whole images have other statistics, and the running ones are a mean of both. Colors are measured at the pixels of
 * objects, since the hues of backgrounds follow from nothing.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { reestimateBatchNorm } from '../../src/backbones/statistics.js';
import { noGrad, ops, Generator as Random, scope, type Tensor, tensor } from '../../src/engine/index.js';
import { threeSigma, threeSigmaOfDifference } from '../../src/evaluate/gates.js';
import type { ColorTask, ColorViews } from '../../src/methods/image/multi-task/color-task.js';
import type { MultiTask } from '../../src/methods/image/multi-task/multi-task.js';
import { AB_BINS, nearestBins } from '../../src/methods/targets/color-bins.js';
import { withViews } from './changed-views.js';
import {
  claim,
  estimateStatistics,
  heldOut,
  keepResult,
  knnScore,
  type Learned,
  learn,
  openSets,
  randomKnnScore,
  type Sets,
} from './support.js';

const TRAINING = { backbone: 'dcgan', width: 16, epochs: 16, batchSize: 40, learningRate: 2e-3 };
const OPTIONS = { towerSize: 128, headSize: 128, decoderWidth: 32, embeddingSize: 64, grids: 4, strength: 0.5 };
const TASKS = ['position', 'color', 'exemplar'] as const;
/** Chroma of pixels of objects, which are far more colorful than the background. */
const COLORFUL = 25;
/** 0 for the bins in reach of such colors, whose centers are at most half a diagonal nearer to gray, else minus infinity: (1, 313, 1, 1). */
const BINS_OF_OBJECTS = Float32Array.from(AB_BINS, ([a, b]) =>
  Math.hypot(a, b) > COLORFUL - 5 * Math.SQRT2 ? 0 : Number.NEGATIVE_INFINITY,
);

let sets: Sets;
let learned: Learned;
let shuffled: Learned;
const singles = {} as Record<(typeof TASKS)[number], Learned>;
const figures: Record<string, number> = {};

/** The views of a task, a hundred images at a time, one after the other. */
function* viewsOf(method: MultiTask, name: string, images: Sets['test']): Generator<Record<string, Tensor>> {
  const task = method.tasks.find((one) => one.name === name)!;
  const random = new Random(99);
  for (let from = 0; from + 100 <= images.count; from += 100)
    yield task.views(images.batch(Array.from({ length: 100 }, (_, i) => from + i)), random) as Record<string, Tensor>;
}

/** What `measure` says while the trunk has the batch statistics of a task's inputs on the training images. */
function withStatistics(method: MultiTask, name: string, measure: () => number): number {
  const task = method.tasks.find((one) => one.name === name)!;
  const { backbone } = method;
  return scope(() => {
    const before = new Map([...backbone.stateDict()].map(([key, value]) => [key, noGrad(() => value.clone())]));
    const inputs = function* () {
      for (const views of viewsOf(method, name, sets.train)) yield task.seen(views);
    };
    reestimateBatchNorm(backbone, inputs());
    const score = measure();
    backbone.loadStateDict(before);
    return score;
  });
}

/**
 * How often the likeliest of the colorful bins is the true one of an object's pixel, and how often the most frequent of these bins would be.
 * Whether a pixel is one of an object is not asked: many bins share a hue, a few the grays of backgrounds, which win where either may be.
 */
function objectColors(method: MultiTask): { accuracy: number; mode: number } {
  const task = method.tasks.find(({ name }) => name === 'color') as unknown as ColorTask;
  method.eval();
  const counts = new Float64Array(AB_BINS.length);
  let right = 0;
  for (const views of viewsOf(method, 'color', sets.test))
    scope(() =>
      noGrad(() => {
        const { lightness, ab } = views as ColorViews;
        const isObject = ab.square().sum(1).sqrt().gt(COLORFUL); // (N, h, w)
        const truth = nearestBins(ab).maskedSelect(isObject);
        const allowed = tensor(BINS_OF_OBJECTS, { shape: [1, AB_BINS.length, 1, 1] });
        const answers = task.decoder.forward(method.backbone.maps(lightness)).add(allowed).argmax(1);
        right += answers.maskedSelect(isObject).eq(truth).to('float32').sum().item();
        truth
          .bincount(null, AB_BINS.length)
          .toNumbers()
          .forEach((count, bin) => {
            counts[bin]! += count;
          });
      }),
    );
  const total = counts.reduce((sum, count) => sum + count);
  return { accuracy: right / total, mode: Math.max(...counts) / total };
}

function scoresOf({ run }: Learned, tasks: readonly string[] = TASKS): Record<string, number> {
  const method = run.method as MultiTask;
  const score = (name: string) => (name === 'color' ? objectColors(method).accuracy : heldOut(method, sets.test, name));
  return Object.fromEntries(tasks.map((name) => [name, withStatistics(method, name, () => score(name))]));
}

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
  figures['position, with the others, running statistics of all tasks'] = heldOut(
    learned.run.method,
    sets.test,
    'position',
  );
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
  const { mode } = objectColors(learned.run.method as MultiTask);
  figures['color, the most frequent bin of objects'] = mode;
  claim(figures['color, with the others']).isAbove(1.2 * Math.max(control.color!, mode));
});

it('gives better features than a random network', async () => {
  const [together, random] = [await knnScore(learned.run.encoder, sets), await randomKnnScore(learned, sets)];
  figures['k-NN, all tasks'] = together;
  for (const task of TASKS) figures[`k-NN, ${task} alone`] = await knnScore(singles[task].run.encoder, sets);
  figures['k-NN, random initialization'] = random;
  figures['control: k-NN, answers of others'] = await knnScore(shuffled.run.encoder, sets);
  claim(together - random).isAbove(threeSigmaOfDifference(together, random, sets.test.count));
  estimateStatistics(learned.run.encoder, sets.train);
  figures['k-NN, all tasks, statistics of whole images'] = await knnScore(learned.run.encoder, sets);
});
