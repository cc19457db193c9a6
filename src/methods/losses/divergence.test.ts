import { expect, it } from 'vitest';
import { Generator, ops } from '../../engine/index.js';
import { divergence, divergenceOfMean } from './divergence.js';

const random = new Generator(1);
const logits = ops.randn([2, 3, 5], { generator: random });
/** Distributions with a bin that is empty. */
const shares = (() => {
  const raw = ops.rand([2, 3, 5], { generator: random });
  const cut = raw.mul(raw.gt(0.2).to('float32'));
  return cut.div(cut.sum([2], true));
})();
const weights = ops.rand([2, 3], { generator: random });

const literal = (y: readonly number[], p: readonly number[]): number =>
  y.reduce((sum, share, i) => sum + (share === 0 ? 0 : share * Math.log(share / p[i]!)), 0);

it('is the sum of y ln(y / p), of empty bins 0', () => {
  const [z, y] = [logits, shares].map((value) => value.flatten(0, 1).toList() as number[][]) as [
    number[][],
    number[][],
  ];
  expect(y.flat()).toContain(0);
  const expected = z.map((row, i) => {
    const total = row.reduce((sum, value) => sum + Math.exp(value), 0);
    return literal(
      y[i]!,
      row.map((value) => Math.exp(value) / total),
    );
  });
  for (const [i, value] of divergence(logits, shares).toNumbers().entries()) expect(value).toBeCloseTo(expected[i]!, 5);
  expect(divergence(shares.clampMin(1e-30).log(), shares).abs().amax().item()).toBeLessThan(1e-6);
});

it('compares with the weighted mean of all, than which no other answer for all pays less', () => {
  const paid = (each: typeof weights): number => each.mul(weights).sum().item();
  const best = divergenceOfMean(shares, weights);
  const [y, w] = [shares.flatten(0, 1).toList() as number[][], weights.toNumbers()];
  const total = w.reduce((sum, value) => sum + value, 0);
  const mean = y[0]!.map((_, bin) => y.reduce((sum, row, i) => sum + row[bin]! * w[i]!, 0) / total);
  for (const [i, value] of best.toNumbers().entries()) expect(value).toBeCloseTo(literal(y[i]!, mean), 5);
  for (let i = 0; i < 20; i++) {
    const other = ops.randn([5], { generator: random }).expand([2, 3, 5]);
    expect(paid(divergence(other, shares))).toBeGreaterThan(paid(best));
  }
});
