import { describe, expect, it } from 'vitest';
import { ops } from '../engine/index.js';
import { cutPatchGrid, fromTubes, halfOverlapping, toTubes } from './patch-grid.js';

it('puts patches in order, row by row, image by image', () => {
  const images = ops.arange(0, 2 * 4 * 4, 1).view([2, 1, 4, 4]);
  const patches = cutPatchGrid(images, { side: 2, stride: 1 });
  expect(patches.shape).toEqual([18, 1, 2, 2]);
  expect(patches.select(0, 5).flatten().toNumbers()).toEqual([6, 7, 10, 11]);
  expect(patches.select(0, 9).flatten().toNumbers()).toEqual([16, 17, 20, 21]);
});

describe('the grid of patches', () => {
  it.each([
    [256, 64, 7],
    [32, 8, 7],
    [28, 8, 6],
    [64, 16, 7],
  ])('cuts images of %i pixels into patches of %i, %i a side', (size, patch, side) => {
    expect(halfOverlapping(size, null, 3)).toEqual({ side, patch, stride: patch / 2 });
  });

  it('says what does not fit', () => {
    expect(() => halfOverlapping(32, 24, 3)).toThrow(
      'Expected at least 3 patches a side, received 1: patches of 24 pixels every 12 over an image of 32',
    );
  });
});

it('cuts clips into tubes, slot by slot and row by row, and puts them together', () => {
  const [frames, channels, side] = [4, 2, 6];
  const clips = ops.arange(0, 2 * frames * channels * side ** 2, 1, { dtype: 'float32' });
  const shaped = clips.view([2, frames, channels, side, side]);
  const tubes = toTubes(shaped, 2, 3);
  expect(tubes.shape).toEqual([2, 2 * 2 * 2, 2 * 9, channels]);
  const at = (n: number, t: number, c: number, y: number, x: number) =>
    (((n * frames + t) * channels + c) * side + y) * side + x;
  // Slot 1, row 0, column 1 of clip 1: its pixels frame by frame and row by row.
  const literal = [2, 3].flatMap((t) =>
    [0, 1, 2].flatMap((y) => [3, 4, 5].map((x) => [0, 1].map((c) => at(1, t, c, y, x)))),
  );
  expect(tubes.select(0, 1).select(0, 5).toList()).toEqual(literal);
  expect(fromTubes(tubes, 2, 2, 3).equal(shaped)).toBe(true);
});
