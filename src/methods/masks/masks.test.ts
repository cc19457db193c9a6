import { expect, it } from 'vitest';
import { Generator, type Tensor } from '../../engine/index.js';
import { blockMasks, centralMask, centralSpan, regionMasks } from './masks.js';

const shares = (masks: Tensor): number[] => masks.to('float32').mean([1, 2, 3]).toNumbers();

it('centralMask hides the middle quarter, less a margin', () => {
  expect(centralSpan(32)).toEqual([8, 24]);
  expect(shares(centralMask(2, 32))).toEqual([0.25, 0.25]);
  const narrower = centralMask(1, 32, 0.25, 2).to('float32');
  expect(narrower.sum().item()).toBe(144);
  expect(narrower.narrow(2, 10, 12).narrow(3, 10, 12).sum().item()).toBe(144);
});

it.each([5, 9, 33])('centralMask fits images of side %i', (side) => {
  const [start, end] = centralSpan(side);
  expect(centralMask(1, side).to('float32').sum().item()).toBe((end - start) ** 2);
});

it.each([
  [32, 0.01, 3],
  [32, 0.5, 23],
  [10, 0.7, 8],
])('centralMask of %i pixels and a share of %f is a block of side %i in the middle', (side, share, length) => {
  const [start, end] = centralSpan(side, share);
  expect(end - start).toBe(length);
  expect(Math.abs(start - (side - end))).toBeLessThanOrEqual(1);
  const mask = centralMask(1, side, share).to('float32');
  expect(mask.sum().item()).toBe(length ** 2);
  expect(mask.narrow(2, start, length).narrow(3, start, length).sum().item()).toBe(length ** 2);
});

it('centralMask refuses a margin that leaves nothing', () => {
  expect(centralMask(1, 16, 0.25, 3).to('float32').sum().item()).toBe(4);
  expect(() => centralMask(1, 16, 0.25, 4)).toThrow(
    'Expected a margin that leaves a pixel of the central block of 8 for `overlap`, received 4',
  );
});

it.each([
  [0.25, 64],
  [0.1, 25],
])('blockMasks keep to the share of %f with as many as %i blocks, and refuse more', (share, most) => {
  expect(Math.max(...shares(blockMasks(50, 16, share, most, new Generator(1))))).toBeLessThanOrEqual(share);
  expect(() => blockMasks(1, 16, share, most + 1, new Generator(1))).toThrow(`Expected at most ${most} blocks`);
});

it('blockMasks hide blocks that together cover at most the share, at places of their own', () => {
  const masks = blockMasks(200, 32, 0.25, 5, new Generator(1));
  expect(masks.shape).toEqual([200, 1, 32, 32]);
  const covered = shares(masks);
  expect(Math.max(...covered)).toBeLessThanOrEqual(0.25);
  expect(Math.min(...covered)).toBeGreaterThan(0.02);
  // Every pixel is hidden in some image and visible in another.
  const often = masks.to('float32').mean(0);
  expect(often.amin().item()).toBeGreaterThan(0);
  expect(often.amax().item()).toBeLessThan(0.6);
});

it('one block is a rectangle', () => {
  const mask = blockMasks(1, 16, 0.25, 1, new Generator(3)).to('float32').view([16, 16]);
  const height = mask.amax(1).sum().item();
  const width = mask.amax(0).sum().item();
  expect(mask.sum().item()).toBe(height * width);
});

it('regionMasks hide 0.8 to 1.2 times the share, in regions rather than grains', () => {
  const masks = regionMasks(100, 32, 0.25, new Generator(1));
  const covered = shares(masks);
  expect(Math.min(...covered)).toBeGreaterThanOrEqual(0.2 - 0.001);
  expect(Math.max(...covered)).toBeLessThanOrEqual(0.3 + 0.001);
  expect(Math.max(...covered) - Math.min(...covered)).toBeGreaterThan(0.05);
  // The right neighbor of a hidden pixel is hidden far more often than a pixel anywhere.
  const hidden = masks.to('float32');
  const [left, right] = [hidden.narrow(3, 0, 31), hidden.narrow(3, 1, 31)];
  expect(left.mul(right).sum().item() / left.sum().item()).toBeGreaterThan(0.75);
});

it('masks are the same again from the same seed', () => {
  for (const make of [
    (seed: number) => regionMasks(3, 16, 0.25, new Generator(seed)),
    (seed: number) => blockMasks(3, 16, 0.25, 4, new Generator(seed)),
  ]) {
    expect(make(5).equal(make(5))).toBeTruthy();
    expect(make(5).equal(make(6))).toBeFalsy();
  }
});
