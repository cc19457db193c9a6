import { expect, it } from 'vitest';
import { Prng } from '../../data/prng.js';
import { normalizedMutualInformation } from './nmi.js';

/** sum p(a, b) ln(p(a, b) / (p(a) p(b))) / sqrt(H(a) H(b)), from the table of all pairs. */
function literal(first: number[], second: number[]): number {
  const p = (test: (i: number) => boolean): number => first.filter((_, i) => test(i)).length / first.length;
  const values = (labels: number[]): number[] => [...new Set(labels)];
  const entropy = (labels: number[]): number =>
    -values(labels).reduce((sum, v) => sum + p((i) => labels[i] === v) * Math.log(p((i) => labels[i] === v)), 0);
  let information = 0;
  for (const a of values(first))
    for (const b of values(second)) {
      const both = p((i) => first[i] === a && second[i] === b);
      if (both > 0) information += both * Math.log(both / (p((i) => first[i] === a) * p((i) => second[i] === b)));
    }
  return information / Math.sqrt(entropy(first) * entropy(second));
}

it('equals the literal formula', () => {
  for (const [seed, [a, b]] of [
    [2, 3],
    [5, 5],
    [10, 2],
  ].entries()) {
    const prng = new Prng(seed);
    const first = Array.from({ length: 60 }, () => prng.below(a!));
    const second = first.map((label) => (prng.uniform() < 0.5 ? label % b! : prng.below(b!)));
    expect(normalizedMutualInformation(first, second)).toBeCloseTo(literal(first, second), 10);
    expect(normalizedMutualInformation(second, first)).toBeCloseTo(literal(first, second), 10);
  }
});

it('is 1 for the same partition under other names and 0 for independent ones', () => {
  expect(normalizedMutualInformation([0, 0, 1, 1, 2], [7, 7, 3, 3, 5])).toBeCloseTo(1, 12);
  expect(normalizedMutualInformation([0, 0, 1, 1], [0, 1, 0, 1])).toBeCloseTo(0, 12);
});

it('knows labelings of a single label', () => {
  expect(normalizedMutualInformation([4, 4, 4], [1, 1, 1])).toBe(1);
  expect(normalizedMutualInformation([4, 4, 4], [1, 2, 1])).toBe(0);
});

it('refuses labelings of different length, or of nothing', () => {
  expect(() => normalizedMutualInformation([0, 1], [0])).toThrow(
    /Expected a labeling of 2 items for `second`, received "one of 1"/,
  );
  expect(() => normalizedMutualInformation([], [])).toThrow(/Expected a labeling of some items/);
});
