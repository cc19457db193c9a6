import { expect, it } from 'vitest';
import { Generator, gradientsOf, manualSeed, ops } from '../engine/index.js';
import { channelwiseBottleneck, denseBottleneck, pooledSide, poolMap } from './bottlenecks.js';

it.each([
  // m n^4 weights and m n^2 biases, the 1x1 convolution and its norm.
  ['channel-wise', () => channelwiseBottleneck(6, 4), 6 * 4 ** 4 + 6 * 4 ** 2 + 6 ** 2 + 2 * 6],
  // Down and up, and both norms.
  ['dense', () => denseBottleneck(6, 4, 10), 2 * (6 * 4 ** 2 * 10) + 2 * 10 + 2 * 6],
] as const)('the %s one keeps the shape and lets every position hear of every other', (_, make, parameters) => {
  manualSeed(0);
  const bottleneck = make();
  expect(bottleneck.parameterCount()).toBe(parameters);
  const x = ops.randn([3, 6, 4, 4], { generator: new Generator(1) });
  x.requiresGrad = true;
  const y = bottleneck.eval().forward(x);
  expect(y.shape).toEqual([3, 6, 4, 4]);
  const [gradient] = gradientsOf([y.select(0, 1).select(1, 0).select(1, 0).sum()], [x]);
  const perPosition = gradient!.select(0, 1).abs().sum(0);
  expect(perPosition.amin().item()).toBeGreaterThan(0);
});

it.each([
  [4, 4],
  [8, 8],
  [9, 4],
  [13, 6], // conv5 and pool5 of AlexNet
  [32, 7],
])('maps of side %i are pooled to %i', (side, pooled) => {
  expect(pooledSide(side)).toBe(pooled);
  expect(poolMap(ops.zeros([1, 2, side, side])).shape).toEqual([1, 2, pooled, pooled]);
});
