import { expect, test } from 'vitest';
import { isAboveChance, threeSigma, threeSigmaOfDifference } from './gates.js';

test('the gates for a thousand items are the known ones', () => {
  expect(threeSigma(0.25, 1000)).toBeCloseTo(0.291, 3);
  expect(threeSigma(0.125, 1000)).toBeCloseTo(0.1564, 3);
  expect(threeSigma(0.5, 1000)).toBeCloseTo(0.5474, 3);
});

test('the difference of two accuracies varies by the root of both variances', () => {
  expect(threeSigmaOfDifference(0.5, 0.5, 1000)).toBeCloseTo(3 * Math.sqrt(2 * (0.25 / 1000)), 10);
  expect(threeSigmaOfDifference(0.2, 0, 400)).toBeCloseTo(3 * Math.sqrt(0.16 / 400), 10);
});

test('the gate is open above the threshold only', () => {
  expect(isAboveChance(0.292, 0.25, 1000)).toBe(true);
  expect(isAboveChance(0.291, 0.25, 1000)).toBe(false);
});

test('a chance or a count out of range is refused', () => {
  expect(() => threeSigma(1.5, 10)).toThrow(/`chance`/);
  expect(() => threeSigma(0.5, 0)).toThrow(/`count`/);
});
