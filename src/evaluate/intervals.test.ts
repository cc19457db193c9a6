import { expect, test } from 'vitest';
import type { ClassTargets, Targets } from '../data/index.js';
import { Prng } from '../data/prng.js';
import { figuresOf } from './intervals.js';
import { tQuantile } from './student-t.js';
import type { Task } from './task.js';
import { type ClassAnswer, classification } from './tasks/classification.js';

const answers = (right: number, n: number): ClassAnswer[] =>
  Array.from({ length: n }, (_, i) => ({ truth: 0, answer: i < right ? 0 : 1 }));

test('an accuracy has the interval of Wilson, and a value for every sample', () => {
  const { measures, intervals, values } = figuresOf(classification, answers(15, 50));
  expect(measures).toEqual({ accuracy: 0.3 });
  // scipy 1.17.1: stats.binomtest(k, n).proportion_ci(method='wilson').
  expect(intervals.accuracy![0]).toBeCloseTo(0.1910355350088095, 12);
  expect(intervals.accuracy![1]).toBeCloseTo(0.4375035046445341, 12);
  expect([...values].slice(13, 17)).toEqual([1, 1, 0, 0]);
  const [low, high] = figuresOf(classification, answers(15, 148)).intervals.accuracy!;
  expect([low, high]).toEqual([expect.closeTo(0.06238639953073629, 12), expect.closeTo(0.16048724172330803, 12)]);
});

test('where all are right the interval still says how many there were', () => {
  const [low, high] = figuresOf(classification, answers(20, 20)).intervals.accuracy!;
  expect(high).toBe(1);
  expect(low).toBeCloseTo(0.8388748419471808, 12);
});

/** A figure of numbers that is no mean over samples, and one that is. */
function numbers(measure: (values: readonly number[]) => Record<string, number>): Task<Targets, number> {
  return { ...classification, score: 'figure', measure, contribution: undefined } as unknown as Task<Targets, number>;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

test('a mean has the interval of Student, whatever it is called', () => {
  const values = [3, 1, 4, 1, 5, 9, 2, 6];
  const { intervals, values: pseudo } = figuresOf(
    numbers((all) => ({ figure: mean(all) })),
    values,
  );
  expect([...pseudo].sort()).toEqual([...values].sort().map((value) => expect.closeTo(value, 10)));
  const variance = mean(values.map((value) => (value - mean(values)) ** 2)) * (8 / 7);
  const half = tQuantile(0.95, 7) * Math.sqrt(variance / 8);
  expect(intervals.figure![1] - mean(values)).toBeCloseTo(half, 10);
});

test('the interval of a ratio of sums covers in nineteen of twenty draws', () => {
  const prng = new Prng(3);
  const ratio = numbers((all) => ({ figure: mean(all.map((x) => x * x)) / mean(all) }));
  // x uniform in [0, 1]: E x^2 / E x = 2/3. 500 samples are left out in 200 groups.
  let covered = 0;
  const draws = 200;
  for (let draw = 0; draw < draws; draw++) {
    const [low, high] = figuresOf(
      ratio,
      Array.from({ length: 500 }, () => prng.uniform()),
    ).intervals.figure!;
    if (low < 2 / 3 && 2 / 3 < high) covered += 1;
  }
  expect(covered / draws).toBeGreaterThan(0.95 - 3 * Math.sqrt((0.95 * 0.05) / draws));
  expect(covered / draws).toBeLessThan(1);
});

test('a single sample has no interval', () => {
  expect(
    figuresOf(
      numbers((all) => ({ figure: mean(all), other: 2 })),
      [5],
    ).intervals,
  ).toEqual({ figure: null, other: null });
  const one: Task<ClassTargets, ClassAnswer> = classification;
  expect(figuresOf(one, answers(1, 1)).intervals.accuracy![0]).toBeLessThan(0.5);
});
