import { expect, it } from 'vitest';
import { duration, rounded, size } from './format.js';

it.each([
  [0.44, '0.4 s'],
  [9.94, '9.9 s'],
  [9.96, '10 s'],
  [59.4, '59 s'],
  [59.6, '1 min 0 s'],
  [200, '3 min 20 s'],
  [3599.6, '1 h 0 min'],
  [7169, '1 h 59 min'],
  [7170, '2 h 0 min'],
  [7199, '2 h 0 min'],
  [86_399, '24 h 0 min'],
  [Number.NaN, 'unknown'],
])('writes %d seconds as %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

it.each([
  [0, '0 B'],
  [0.4, '0 B'],
  [999, '999 B'],
  [999.6, '1.0 kB'],
  [1000, '1.0 kB'],
  [999_949, '999.9 kB'],
  [999_950, '1.0 MB'],
  [3.44e6, '3.4 MB'],
  [2e15, '2000.0 TB'],
])('writes %d bytes as %s', (bytes, text) => {
  expect(size(bytes)).toBe(text);
});

it.each([
  [9.94, '9.9'],
  [9.96, '10'],
  [1234.4, '1,234'],
])('writes a rate of %d as %s', (rate, text) => {
  expect(rounded(rate)).toBe(text);
});
