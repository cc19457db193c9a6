import { expect, it } from 'vitest';
import { Generator, ops, type Tensor, tensor } from '../../engine/index.js';
import { assign } from './assignment.js';

function permutations(items: readonly number[]): number[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item) => permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]));
}

const costOf = (cost: Tensor, columns: readonly number[]): number => {
  const rows = cost.toList() as number[][];
  return columns.reduce((sum, column, row) => sum + rows[row]![column]!, 0);
};

it.each([1, 2, 3, 5, 7])('finds the least of all n! costs, n = %i', (n) => {
  for (let seed = 0; seed < 10; seed++) {
    const cost = ops.randn([n, n], { generator: new Generator(seed) });
    const least = Math.min(...permutations([...Array(n).keys()]).map((columns) => costOf(cost, columns)));
    expect(costOf(cost, assign(cost).toNumbers())).toBeCloseTo(least, 5);
  }
});

it('gives a permutation that no exchange of two rows makes cheaper, with equal costs too', () => {
  for (const decimals of [0, 6]) {
    const cost = ops.randn([64, 64], { generator: new Generator(1) }).roundTo({ decimals });
    const columns = assign(cost).toNumbers();
    expect([...columns].sort((a, b) => a - b)).toEqual([...Array(64).keys()]);
    const rows = cost.toList() as number[][];
    for (let i = 0; i < 64; i++)
      for (let k = 0; k < i; k++) {
        const now = rows[i]![columns[i]!]! + rows[k]![columns[k]!]!;
        expect(rows[i]![columns[k]!]! + rows[k]![columns[i]!]!).toBeGreaterThanOrEqual(now - 1e-5);
      }
  }
});

it('refuses what it cannot assign', () => {
  expect(() => assign(ops.zeros([2, 3]))).toThrow(/a square matrix for `cost`/);
  expect(() =>
    assign(
      tensor([
        [0, Number.NaN],
        [1, 2],
      ]),
    ),
  ).toThrow(/finite costs for `cost`, received "NaN or infinity"/);
});
