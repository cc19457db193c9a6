import { expect, it } from 'vitest';
import { Prng } from '../../data/index.js';
import { ops, tensor } from '../../engine/index.js';
import { drawRanks, logExpectedCounts, logUniformShares } from './log-uniform.js';

it('has the probabilities of a log-uniform distribution', () => {
  const shares = logUniformShares(4);
  for (const [rank, share] of shares.entries())
    expect(share).toBeCloseTo((Math.log(rank + 2) - Math.log(rank + 1)) / Math.log(5), 12);
  expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
});

it('draws ranks in these shares', () => {
  const [count, draws] = [6, 20_000];
  const found = new Array<number>(count).fill(0);
  const random = new Prng(4);
  for (let i = 0; i < draws; i++) found[drawRanks(count, 1, random).ranks[0]!]!++;
  for (const [rank, share] of logUniformShares(count).entries()) {
    const deviation = Math.sqrt((share * (1 - share)) / draws);
    expect(Math.abs(found[rank]! / draws - share)).toBeLessThan(4 * deviation);
  }
});

it('draws different ranks, and counts what came twice', () => {
  const { ranks, tries } = drawRanks(50, 40, new Prng(1));
  expect(new Set(ranks).size).toBe(40);
  expect(ranks.every((rank) => rank >= 0 && rank < 50)).toBe(true);
  expect(tries).toBeGreaterThan(40);
  expect(drawRanks(50, 50, new Prng(1)).ranks.toSorted((a, b) => a - b)).toEqual([...Array(50).keys()]);
  expect(drawRanks(50, 40, new Prng(1))).toEqual({ ranks, tries });
});

it('expects counts by the rule of TensorFlow', () => {
  const shares = [0.5, 0.25, 0.01];
  const logMisses = tensor(Float32Array.from(shares, (share) => Math.log1p(-share)));
  const counts = (tries: number) =>
    logExpectedCounts(logMisses, 3, ops.full([], tries, { dtype: 'int64' }))
      .exp()
      .toNumbers();
  for (const [i, share] of shares.entries()) {
    expect(counts(5)[i]).toBeCloseTo(1 - (1 - share) ** 5, 6);
    // Nothing came twice.
    expect(counts(3)[i]).toBeCloseTo(3 * share, 6);
  }
});
