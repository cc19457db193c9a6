import { expect, it } from 'vitest';
import { Generator, ops, type Tensor, tensor } from '../../engine/index.js';
import { pca } from './pca.js';

/** Points (N, D) whose dimensions depend on each other. */
function correlated(count: number, size: number, seed: number): Tensor {
  const random = new Generator(seed);
  const mixing = ops.randn([size, size], { generator: random });
  return ops.randn([count, size], { generator: random }).matmul(mixing).add(5);
}

/** Divisor N. */
function covariance(points: Tensor): Tensor {
  const centered = points.sub(points.mean([0], true));
  return centered.t().matmul(centered).div(points.size(0));
}

const largest = (x: Tensor): number => x.abs().amax().item();

it('whitens: the covariance is the identity and the mean zero, over several blocks too', () => {
  for (const count of [300, 9000]) {
    const white = pca(correlated(count, 12, 0), { size: 7, useWhitening: true });
    expect(white.shape).toEqual([count, 7]);
    expect(white.dtype).toBe('float32');
    expect(largest(covariance(white).sub(ops.eye(7)))).toBeLessThan(1e-4);
    expect(largest(white.mean([0]))).toBeLessThan(1e-4);
  }
});

it('keeps the directions of largest variance, in descending order', () => {
  const points = ops.randn([500, 3], { generator: new Generator(1) }).mul(tensor([1, 10, 3]));
  const two = pca(points, { size: 2, useWhitening: false });
  const variances = covariance(two).diagonal().toNumbers();
  const all = covariance(points).linalgEigh()[0].toNumbers();
  expect(variances[0]).toBeCloseTo(all[2]!, 2);
  expect(variances[1]).toBeCloseTo(all[1]!, 3);
  expect(Math.abs(covariance(two).toNumbers()[1]!)).toBeLessThan(1e-3);
});

it('without whitening is a rotation: distances stay as they were when all components are kept', () => {
  const points = correlated(50, 6, 2);
  const rotated = pca(points, { size: 6, useWhitening: false });
  expect(largest(ops.cdist(rotated, rotated).sub(ops.cdist(points, points)))).toBeLessThan(1e-2);
});

it('gives no more components than the points span', () => {
  const random = new Generator(3);
  const flat = ops.randn([200, 2], { generator: random }).matmul(ops.randn([2, 10], { generator: random }));
  const white = pca(flat, { size: 8, useWhitening: true });
  expect(white.shape).toEqual([200, 2]);
  expect(largest(covariance(white).sub(ops.eye(2)))).toBeLessThan(1e-4);
  expect(pca(correlated(5, 20, 4), { size: 20, useWhitening: true }).size(1)).toBeLessThanOrEqual(4);
});

it('gives zeros for points that coincide', () => {
  const same = pca(ops.ones([10, 4]), { size: 3, useWhitening: true });
  expect(same.shape).toEqual([10, 1]);
  expect(largest(same)).toBe(0);
});
