import { expect, it } from 'vitest';
import { manualSeed, ops, tensor } from '../../engine/index.js';
import { directionSpread } from './direction-spread.js';

it('is near 1 for embeddings that point everywhere and 0 for a single direction', () => {
  manualSeed(3);
  expect(directionSpread(ops.randn([4000, 32])).item()).toBeCloseTo(1, 1);
  const oneDirection = ops.ones([10, 8]).mul(ops.rand([10, 1]).add(0.5));
  expect(directionSpread(oneDirection).item()).toBeLessThan(1e-5);
});

it('takes the deviation over all N rows: 1/2 in both of two dimensions, times sqrt(2)', () => {
  const rows = tensor([
    [3, 0],
    [0, 0.5],
  ]);
  expect(directionSpread(rows).item()).toBeCloseTo(Math.SQRT1_2, 6);
});
