import { expect, it } from 'vitest';
import { Generator, ops } from '../engine/index.js';
import { standardize } from './standardize.js';

const images = ops
  .rand([4, 3, 8, 8], { generator: new Generator(1) })
  .mul(0.4)
  .add(0.3);

it('gives each channel of each image mean 0 and deviation 1, whatever its brightness and contrast', () => {
  const standardized = standardize(images);
  expect(standardized.mean([2, 3]).abs().amax().item()).toBeLessThan(1e-5);
  expect(standardized.square().mean([2, 3]).sub(1).abs().amax().item()).toBeLessThan(1e-4);
  const other = images.mul(0.5).add(ops.rand([4, 3, 1, 1], { generator: new Generator(2) }));
  expect(standardize(other).sub(standardized).abs().amax().item()).toBeLessThan(1e-4);
});

it('makes a flat channel 0 and does not blow up what rounding leaves of one', () => {
  expect(
    standardize(ops.full([1, 1, 4, 4], 0.7))
      .abs()
      .amax()
      .item(),
  ).toBeLessThan(1e-3);
  const nearly = ops.full([1, 1, 4, 4], 0.5);
  nearly.select(3, 0).add_(0.5 / 255);
  expect(standardize(nearly).abs().amax().item()).toBeLessThan(0.5);
});
