import { describe, expect, it } from 'vitest';
import { AutodidactError } from '../../../errors.js';
import { hammingDistances, inverseOf, type Permutation, type PermutationRule, permutationSet } from './permutations.js';

const distance = (a: Permutation, b: Permutation): number => a.filter((cell, i) => cell !== b[i]).length;

function pairDistances(set: readonly Permutation[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const [i, a] of set.entries())
    for (const b of set.slice(0, i)) counts.set(distance(a, b), (counts.get(distance(a, b)) ?? 0) + 1);
  return counts;
}

describe.each([
  ['affine', 64],
  ['affine', 72],
  ['greedy-mean', 64],
  ['greedy-minimum', 100],
] as [PermutationRule, number][])('%s, %i permutations', (rule, count) => {
  const set = permutationSet(count, rule);

  it('are different bijections', () => {
    expect(set).toHaveLength(count);
    expect(new Set(set.map(String)).size).toBe(count);
    for (const permutation of set) expect([...permutation].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('are undone by their inverses', () => {
    for (const permutation of set) {
      const inverse = inverseOf(permutation);
      expect(permutation.map((cell) => inverse[cell])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    }
  });
});

it('the affine maps over GF(9) begin with the identity and are as far apart as possible', () => {
  const all = permutationSet(72, 'affine');
  expect(all[0]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(pairDistances(all)).toEqual(
    new Map([
      [9, 288],
      [8, 2268],
    ]),
  );
  expect(hammingDistances(permutationSet(64, 'affine'))).toEqual({ minimum: 8, mean: 8.125 });
});

it('measures the distances of all pairs', () => {
  const set = permutationSet(100, 'greedy-mean', 7);
  const counts = [...pairDistances(set)];
  const sum = counts.reduce((total, [value, count]) => total + value * count, 0);
  expect(hammingDistances(set)).toEqual({
    minimum: Math.min(...counts.map(([value]) => value)),
    mean: sum / ((100 * 99) / 2),
  });
});

it('the rule of the paper reaches the same mean but leaves pairs that differ in two tiles', () => {
  const distances = hammingDistances(permutationSet(64, 'greedy-mean'));
  expect(distances.mean).toBeCloseTo(8.125, 2);
  expect(distances.minimum).toBe(2);
});

it('the greedy rule by minimum keeps all pairs apart', () => {
  expect(hammingDistances(permutationSet(64, 'greedy-minimum')).minimum).toBe(7);
  expect(hammingDistances(permutationSet(100, 'greedy-minimum')).minimum).toBe(6);
});

it.each(['greedy-mean', 'greedy-minimum'] as const)('%s takes the best of all permutations in each step', (rule) => {
  const set = permutationSet(6, rule, 4);
  const score = (candidate: Permutation, chosen: readonly Permutation[]): number => {
    const distances = chosen.map((other) => distance(candidate, other));
    const mean = distances.reduce((sum, value) => sum + value, 0) / distances.length;
    return rule === 'greedy-mean' ? mean : 100 * Math.min(...distances) + mean;
  };
  const everyone = permutations([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  for (const size of [1, 3, 5]) {
    const chosen = set.slice(0, size);
    const best = everyone.reduce((most, candidate) => Math.max(most, score(candidate, chosen)), 0);
    expect(score(set[size]!, chosen)).toBe(best);
  }
});

it('the same seed gives the same set and another seed another one', () => {
  expect(permutationSet(5, 'greedy-mean', 1)).toEqual(permutationSet(5, 'greedy-mean', 1));
  expect(permutationSet(5, 'greedy-mean', 1)).not.toEqual(permutationSet(5, 'greedy-mean', 2));
});

it.each([
  [73, 'affine'],
  [1, 'affine'],
  [362_881, 'greedy-mean'],
  [2.5, 'greedy-minimum'],
] as [number, PermutationRule][])('refuses %d permutations by the rule %s', (count, rule) => {
  expect(() => permutationSet(count, rule)).toThrow(AutodidactError);
  expect(() => permutationSet(count, rule)).toThrow(/^Expected a whole number from 2 to \d+ with the rule/);
});

function permutations(items: readonly number[]): Permutation[] {
  if (items.length === 1) return [items];
  return items.flatMap((item) => permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]));
}
