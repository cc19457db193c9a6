import { describe, expect, it } from 'vitest';
import { resize } from '../../augment/index.js';
import { Generator, ops } from '../../engine/index.js';
import { centralCrops, cropSideOf, randomCrops, shrink } from './small-and-large.js';

/** The pixel in row y and column x has the value 16 y + x, so that a crop tells its place. */
const places = ops.arange(0, 256, 1, { dtype: 'int64' }).view([1, 1, 16, 16]).to('uint8');

it('randomCrops cuts exact pixels, at every place equally often, and different ones in a batch', () => {
  const crops = randomCrops(places.expand([400, 1, 16, 16]).contiguous(), 14, new Generator(2));
  expect(crops.shape).toEqual([400, 1, 14, 14]);
  const corners = crops.select(3, 0).select(2, 0).flatten().mul(255).round().toNumbers();
  const counts = new Map<number, number>();
  for (const corner of corners) counts.set(corner, (counts.get(corner) ?? 0) + 1);
  expect([...counts.keys()].sort((a, b) => a - b)).toEqual([0, 1, 2, 16, 17, 18, 32, 33, 34]);
  // 400 draws of one in nine: five standard deviations are 31.
  for (const count of counts.values()) expect(Math.abs(count - 400 / 9)).toBeLessThan(31);
  const [, , , last] = crops.select(0, 0).select(0, 0).diagonal().mul(255).round().toNumbers();
  expect(last! - corners[0]!).toBe(3 * 17);
});

it('centralCrops cuts the middle', () => {
  const crop = centralCrops(places, 6);
  expect(crop.shape).toEqual([1, 1, 6, 6]);
  expect(crop.select(3, 0).select(2, 0).mul(255).round().toNumbers()).toEqual([5 * 16 + 5]);
});

it('shrink divides the side by the factor and interpolates back', () => {
  const large = ops.rand([2, 3, 24, 24], { generator: new Generator(1) });
  const views = shrink(large, 4);
  expect(views.large).toBe(large);
  expect(views.small.equal(resize({ size: 6 })(large))).toBe(true);
  expect(views.bicubic.equal(resize({ size: 24 })(views.small))).toBe(true);
});

describe('cropSideOf', () => {
  it('is the size that is asked for, or that of smaller images', () => {
    expect(cropSideOf({ factor: 4, cropSize: 96 }, 128)).toBe(96);
    expect(cropSideOf({ factor: 4, cropSize: 96 }, 64)).toBe(64);
  });

  it.each([
    [{ factor: 4, cropSize: 96 }, 30, 'Expected images whose side is a multiple of the factor 4, received 30 pixels'],
    [{ factor: 2, cropSize: 23 }, 48, 'Expected crops whose side is a multiple of the factor 2, received 23 pixels'],
    [{ factor: 4, cropSize: 96 }, 16, 'by 4 needs images of at least 20 pixels a side, received 16'],
    [{ factor: 2, cropSize: 14 }, 48, 'by 2 needs crops of at least 16 pixels a side, received 14'],
  ])('refuses %j of images of %i pixels', (options, imageSize, message) => {
    expect(() => cropSideOf(options, imageSize)).toThrow(message);
  });
});
