import { expect, test } from 'vitest';
import { Generator, ops } from '../engine/index.js';
import { alphaReq, intrinsicDimension, spectralDecay } from './spectrum-scores.js';

const uniform = (count: number, size: number, seed = 1) =>
  ops.rand([count, size], { generator: new Generator(seed), dtype: 'float64' });

test.each([0.3, 1, 2.5])('eigenvalues j^-%d have just this exponent, whatever the weights', (alpha) => {
  const eigenvalues = Array.from({ length: 200 }, (_, i) => (i + 1) ** -alpha);
  const found = spectralDecay(eigenvalues);
  expect(found.alpha).toBeCloseTo(alpha, 9);
  expect(found.ranks).toBe(97);
  expect(spectralDecay(eigenvalues, { from: 1, to: 200 }).alpha).toBeCloseTo(alpha, 9);
});

test('the fit weighs rank j by 1 / j', () => {
  // A line through the points at ranks 4 and 5 alone but for the weight: two points fix it, a third of weight 1/6 pulls.
  const eigenvalues = [9, 9, 9, 4, 3, 1];
  const points = [4, 5, 6].map((rank) => ({ x: Math.log(rank), y: Math.log(eigenvalues[rank - 1]!), w: 1 / rank }));
  const total = points.reduce((sum, { w }) => sum + w, 0);
  const x = points.reduce((sum, point) => sum + point.w * point.x, 0) / total;
  const y = points.reduce((sum, point) => sum + point.w * point.y, 0) / total;
  const slope =
    points.reduce((sum, point) => sum + point.w * (point.x - x) * (point.y - y), 0) /
    points.reduce((sum, point) => sum + point.w * (point.x - x) ** 2, 0);
  expect(spectralDecay(eigenvalues).alpha).toBeCloseTo(-slope, 12);
});

test('features with a power law in their covariance; what does not fill the ranks is cut off and told', () => {
  const scales = ops.arange(1, 65, 1, { dtype: 'float64' }).pow(-0.5); // eigenvalues 1 / j
  const features = ops
    .randn([20_000, 64], { generator: new Generator(3), dtype: 'float64' })
    .mul(scales)
    .add(5);
  expect(alphaReq(features).alpha).toBeCloseTo(1, 1);
  const flat = ops.randn([500, 8], { generator: new Generator(4), dtype: 'float64' });
  expect(alphaReq(flat.mm(ops.ones([8, 64], { dtype: 'float64' })))).toMatchObject({ ranks: 0, alpha: Number.NaN });
  expect(() => alphaReq(ops.ones([5]))).toThrow(/at least 2 rows/);
});

// Measured beside in Python with 200 to 1,600 points: 1.01, 1.98, 3.85, 6.79.
test.each([
  [1, 0.1],
  [2, 0.2],
  [4, 0.5],
])('a cube of %i dimensions, also inside 20', (size, tolerance) => {
  const cube = uniform(1600, size, size);
  expect(Math.abs(intrinsicDimension(cube, { points: 1600 }) - size)).toBeLessThan(tolerance);
  const inside = cube.mm(ops.randn([size, 20], { generator: new Generator(9), dtype: 'float64' }));
  if (size === 1) expect(intrinsicDimension(inside)).toBeCloseTo(intrinsicDimension(cube), 6);
  expect(Math.abs(intrinsicDimension(inside) - size)).toBeLessThan(2 * tolerance);
});

test('noise has a high dimension, which is bad, and an exact collapse has none', () => {
  const noise = ops.randn([800, 64], { generator: new Generator(5) });
  expect(intrinsicDimension(noise)).toBeGreaterThan(20);
  expect(intrinsicDimension(ops.ones([100, 8]))).toBe(0);
  expect(intrinsicDimension(noise)).toBe(intrinsicDimension(noise));
  expect(() => intrinsicDimension(ops.ones([8, 4]))).toThrow(/at least 16 rows/);
});
