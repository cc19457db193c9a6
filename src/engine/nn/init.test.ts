import { expect, it } from 'vitest';
import { manualSeed, ops } from '../index.js';
import * as init from './init.js';

it('truncated normal values have the moments of the truncated distribution', () => {
  manualSeed(1);
  const values = init.truncatedNormal_(ops.empty([200_000]), 3, 0.5);
  expect(values.sub(3).abs().max().item()).toBeLessThanOrEqual(1);
  expect(values.mean().item()).toBeCloseTo(3, 2);
  // Variance of a normal cut at two deviations: 1 - 4 pdf(2) / (cdf(2) - cdf(-2)) = 0.7737.
  expect(values.sub(3).abs().max().item()).toBeGreaterThan(0.99);
  expect(values.std().item() / 0.5).toBeCloseTo(Math.sqrt(0.7737), 2);
});

it('He, Glorot and default initialization have their variances', () => {
  manualSeed(2);
  const weight = ops.empty([64, 32, 3, 3]);
  expect(init.fans(weight)).toEqual([288, 576]);
  expect(init.kaimingNormal_(weight).std().item()).toBeCloseTo(Math.sqrt(2 / 288), 3);
  expect(init.kaimingNormal_(weight, 'fanOut').std().item()).toBeCloseTo(Math.sqrt(2 / 576), 3);
  expect(init.xavierUniform_(weight, 2).std().item()).toBeCloseTo(2 * Math.sqrt(2 / 864), 3);
  expect(init.defaultUniform_(weight, 288).abs().max().item()).toBeCloseTo(1 / Math.sqrt(288), 4);
  expect(init.constant_(weight, 0.5).mean().item()).toBe(0.5);
});

it.each([
  [5, 3],
  [3, 5],
  [4, 4],
])('orthogonal matrices of %i by %i have orthonormal shorter sides', (rows, columns) => {
  manualSeed(3);
  const q = init.orthogonal_(ops.empty([rows, columns]), 2).div(2);
  const product = rows < columns ? q.mm(q.t()) : q.t().mm(q);
  expect(
    product
      .sub(ops.eye(Math.min(rows, columns)))
      .abs()
      .max()
      .item(),
  ).toBeLessThan(1e-5);
});

it('parameters are initialized without a graph', () => {
  const weight = ops.empty([3, 3]);
  weight.requiresGrad = true;
  for (const fill of [init.normal_, init.kaimingNormal_, init.orthogonal_, init.truncatedNormal_]) fill(weight);
  expect(weight.requiresGrad).toBe(true);
  weight.sum().backward();
  expect(weight.grad!.toNumbers()).toEqual(Array(9).fill(1));
});
