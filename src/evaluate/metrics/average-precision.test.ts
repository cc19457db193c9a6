import { expect, test } from 'vitest';
import { averagePrecision, meanAveragePrecision, UNDECIDED, vocAveragePrecision } from './average-precision.js';

const ranks = (text: string) => [...text].map((letter) => letter === 'T');

test.each([
  ['TFTTF', 4, 0.625, 0.6136363636],
  ['TTT', 10, 0.3, 4 / 11],
  ['', 3, 0, 0],
  ['FFF', 3, 0, 0],
  ['T', 1, 1, 1],
  ['FT', 1, 0.5, 0.5],
])('%s of %i objects', (text, positives, area, points) => {
  expect(vocAveragePrecision(ranks(text), positives, 'area')).toBeCloseTo(area, 10);
  expect(vocAveragePrecision(ranks(text), positives, '11-points')).toBeCloseTo(points, 10);
});

test('a recall of exactly some tenths reaches them, for all tenths', () => {
  for (let tenths = 0; tenths <= 10; tenths++)
    for (const each of [1, 3, 7]) {
      const hits = Array.from({ length: tenths * each }, () => true);
      const expected = hits.length === 0 ? 0 : (tenths + 1) / 11;
      expect(vocAveragePrecision(hits, 10 * each, '11-points')).toBeCloseTo(expected, 12);
    }
});

test('no objects, or more hits than objects, is a mistake', () => {
  expect(() => vocAveragePrecision([], 0, 'area')).toThrow(/whole number from 1/);
  expect(() => vocAveragePrecision([true, true], 1, 'area')).toThrow(/whole number from 2/);
});

// scikit-learn 1.9.1: average_precision_score.
test.each<[number[], number[], number]>([
  [[0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], 0.8333333333333333],
  [[1, 0, 1, 0, 1], [0.5, 0.5, 0.5, 0.5, 0.5], 0.6],
  [[1, 0, 0, 1], [0.9, 0.9, 0.2, 0.2], 0.5],
])('labels %j with scores %j', (labels, scores, expected) => {
  expect(averagePrecision(scores, labels)).toBeCloseTo(expected, 12);
});

test('what is undecided counts neither way; a label that holds nowhere has no figure', () => {
  expect(averagePrecision([0.9, 0.8, 0.7], [UNDECIDED, 1, 0])).toBe(1);
  expect(averagePrecision([0.9, 0.8], [0, 0])).toBeNaN();
  expect(() => averagePrecision([0.9], [1, 0])).toThrow(/Expected 1 labels/);
  const { mean, perLabel } = meanAveragePrecision(
    [
      [0.9, 0.1, 0.3],
      [0.2, 0.8, 0.4],
    ],
    [
      [1, 1, 0],
      [0, 0, 0],
    ],
  );
  expect(perLabel).toEqual([1, 0.5, Number.NaN]);
  expect(mean).toBe(0.75);
});
