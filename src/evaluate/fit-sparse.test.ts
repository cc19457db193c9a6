import { expect, test } from 'vitest';
import { ClassTargets, MultiLabelTargets, type Targets } from '../data/index.js';
import { Prng } from '../data/prng.js';
import { tensor } from '../engine/index.js';
import { Conv2d, Linear, Sequential } from '../engine/nn/index.js';
import { headModel } from './fit-head.js';
import { columnsFor, sparseModel } from './fit-sparse.js';
import { probingSparse } from './linear.js';
import { SparseRows } from './sparse-rows.js';
import { finish } from './steps.js';
import type { LinearModel, Task } from './task.js';
import { classification } from './tasks/classification.js';
import { multiLabel } from './tasks/multi-label.js';

const [COUNT, SIZE, CLASSES] = [60, 12, 3];
const prng = new Prng(3);
const entries = Array.from({ length: COUNT }, () =>
  Array.from({ length: SIZE }, (_, column) => [column, prng.uniform() < 0.3 ? prng.uniform() : 0] as const).filter(
    ([, value]) => value > 0,
  ),
);
const rows = SparseRows.of(entries, SIZE);
const whole = new Float64Array(COUNT * SIZE);
for (const [row, own] of entries.entries()) for (const [column, value] of own) whole[row * SIZE + column] = value;
const features = tensor(whole, { shape: [COUNT, SIZE] });
const names = Array.from({ length: CLASSES }, (_, i) => String(i));
const classes = new ClassTargets(
  names,
  Int32Array.from({ length: COUNT }, () => Math.floor(prng.uniform() * CLASSES)),
);

/** The outputs of a fit to the sparse rows, and to the whole vectors. */
function outputsOf<T extends Targets>(task: Task<T, never>, targets: T, other: LinearModel<T>): number[][] {
  const model = sparseModel(task, targets);
  const [fit, expected] = [
    finish(model.problem(rows, targets)({ l2: 1e-3, tolerance: 1e-7 })),
    finish(other.problem(features, targets)({ l2: 1e-3, tolerance: 1e-7 })),
  ];
  expect(fit.isConverged).toBe(true);
  expect(fit.loss).toBeCloseTo(expected.loss, 10);
  return [model.outputs(fit, rows).toNumbers(), other.outputs(expected, features).toNumbers()];
}

const distance = ([own, others]: number[][]) => Math.max(...own!.map((value, i) => Math.abs(value - others![i]!)));

test('the minimum is that of logistic regression on the whole vectors', () => {
  const task = classification as Task<ClassTargets, never>;
  expect(distance(outputsOf(task, classes, classification.linear!(classes)))).toBeLessThan(2e-4);
});

test('several labels for each sample are learnt with their own loss', () => {
  const truth = Int8Array.from({ length: COUNT * CLASSES }, () => Math.floor(prng.uniform() * 3) - 1);
  const targets = new MultiLabelTargets(names, truth);
  const task = multiLabel as Task<MultiLabelTargets, never>;
  expect(distance(outputsOf(task, targets, headModel(task, SIZE, targets)))).toBeLessThan(2e-4);
});

test('a fit goes on from another one', () => {
  const { problem } = sparseModel(classification, classes);
  const solve = problem(rows, classes);
  const found = finish(solve({ l2: 1e-2 }));
  expect(found.iterations).toBeGreaterThan(3);
  expect(finish(solve({ l2: 1e-2, start: found.x })).iterations).toBe(0);
});

test('scores that do not fit into one tensor are taken in parts, whose losses make the mean of all', () => {
  const [many, kinds] = [1100, 1000];
  const words = SparseRows.of(
    Array.from({ length: many }, (_, i) => [[i % SIZE, 1] as const]),
    SIZE,
  );
  const labels = Int32Array.from({ length: many }, (_, i) => (7 * i) % kinds);
  const targets = new ClassTargets(
    Array.from({ length: kinds }, (_, i) => String(i)),
    labels,
  );
  const model = sparseModel(classification as Task<ClassTargets, never>, targets);
  const fit = finish(model.problem(words, targets)({ l2: 1e-2, maxIterations: 2 }));
  const scores = model.outputs(fit, words).toList() as number[][];
  const losses = scores.map((own, i) => {
    const most = Math.max(...own);
    return most + Math.log(own.reduce((sum, score) => sum + Math.exp(score - most), 0)) - own[labels[i]!]!;
  });
  const penalty = fit.x.subarray(0, SIZE * kinds).reduce((sum, weight) => sum + weight ** 2, 0) / 2;
  expect(fit.loss).toBeCloseTo(losses.reduce((sum, loss) => sum + loss, 0) / many + 1e-2 * penalty, 6);
});

test('samples are answered in their order, without words by the biases alone', () => {
  const learnt = (own: SparseRows, targets: ClassTargets) =>
    finish(probingSparse(classification, { features: own, targets }, { features: own, targets }));
  const alone = Array.from({ length: 5000 }, (_, i) => [[i % CLASSES, 1] as const]);
  const labels = Int32Array.from(alone, (_, i) => (i % CLASSES) % 2);
  const targets = new ClassTargets(names, labels);
  const { answers, validation } = learnt(SparseRows.of(alone, CLASSES), targets);
  expect(answers).toEqual(Array.from(labels, (label) => ({ answer: label, truth: label })));
  expect(validation.length).toBe(9);
  const empty = learnt(
    SparseRows.of(
      alone.map(() => []),
      0,
    ),
    targets,
  );
  expect(empty.answers.every(({ answer }) => answer === 0)).toBe(true);
});

test('there is room for fewer columns with more classes, and only for linear heads', () => {
  const many = new ClassTargets(
    Array.from({ length: 30 }, (_, i) => String(i)),
    classes.labels,
  );
  expect([columnsFor(classification, classes, 15_000), columnsFor(classification, many, 15_000)]).toEqual([100, 10]);
  const places = { ...classification, head: () => new Conv2d(1, 3, 1) };
  expect(() => sparseModel(places, classes)).toThrow('The head of classification is not linear');
  const deep = { ...classification, head: () => new Sequential(new Linear(1, 2), new Linear(2, 3)) };
  expect(() => sparseModel(deep, classes)).toThrow('The head of classification is not linear');
});
