import { expect, test } from 'vitest';
import { tQuantile, twoSidedP } from './student-t.js';

// scipy 1.17.1: stats.t.ppf((1 + level) / 2, df).
test.each([
  [0.95, 1, 12.706204736174694],
  [0.95, 2, 4.302652729749462],
  [0.95, 2.5, 3.5746548420036817],
  [0.95, 4, 2.7764451051977934],
  [0.95, 17.3, 2.1070320037534676],
  [0.95, 1000, 1.9623390808264083],
  [0.975, 2, 6.205346816570706],
  [0.99, 7, 3.4994832973504924],
])('the quantile at %s with %s degrees of freedom', (level, df, quantile) => {
  expect(tQuantile(level, df)).toBeCloseTo(quantile, 11);
});

test('the probability of larger values, in closed form for 1 and 2 degrees of freedom', () => {
  for (const t of [0, 0.1, 1, 2.5, 30]) {
    expect(twoSidedP(t, 1)).toBeCloseTo(1 - (2 / Math.PI) * Math.atan(t), 12);
    expect(twoSidedP(t, 2)).toBeCloseTo(1 - t / Math.sqrt(2 + t * t), 12);
    expect(twoSidedP(-t, 2)).toBe(twoSidedP(t, 2));
  }
});

test('quantile and probability agree, for broken degrees of freedom too', () => {
  for (const df of [1, 1.7, 3.3, 12.5, 400])
    for (const level of [0.5, 0.95, 0.999]) expect(1 - twoSidedP(tQuantile(level, df), df)).toBeCloseTo(level, 10);
});
