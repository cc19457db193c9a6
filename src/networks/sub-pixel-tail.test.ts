import { expect, it } from 'vitest';
import { ops } from '../engine/index.js';
import { SubPixelTail } from './sub-pixel-tail.js';

it.each([0, 1, 2, 3])('doubles the sides %i times', (doublings) => {
  const tail = new SubPixelTail({ inputSize: 6, outputSize: 3, doublings, width: 4 });
  expect(tail.forward(ops.randn([2, 6, 3, 5])).shape).toEqual([2, 3, 3 * 2 ** doublings, 5 * 2 ** doublings]);
});

it('has the layers of the paper: convolutions to 256 channels, 64 after the shuffle, and 9x9 at the end', () => {
  const tail = new SubPixelTail({ inputSize: 64, outputSize: 3, doublings: 2, width: 64 });
  const shapes = [...tail.stateDict()].filter(([key]) => key.endsWith('weight')).map(([, { shape }]) => shape);
  expect(shapes).toEqual([[256, 64, 3, 3], [64], [256, 64, 3, 3], [64], [3, 64, 9, 9]]);
});

it('is undone by the inverse of the shuffle: both move values and change none', () => {
  const x = ops.randn([2, 3, 8, 12]);
  for (const factor of [2, 4]) {
    expect(ops.pixelShuffle(ops.pixelUnshuffle(x, factor), factor).equal(x)).toBe(true);
    const maps = ops.randn([2, 32, 3, 5]);
    expect(ops.pixelUnshuffle(ops.pixelShuffle(maps, factor), factor).equal(maps)).toBe(true);
  }
});

it('deals the channels out to 2x2 pixels, row by row', () => {
  const maps = ops.arange(0, 8).view([1, 8, 1, 1]);
  expect(ops.pixelShuffle(maps, 2).toList()).toEqual([
    [
      [
        [0, 1],
        [2, 3],
      ],
      [
        [4, 5],
        [6, 7],
      ],
    ],
  ]);
});
