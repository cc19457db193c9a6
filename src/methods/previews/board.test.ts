import { expect, it } from 'vitest';
import { ops } from '../../engine/index.js';
import { PAPER } from '../../modalities/canvas.js';
import { board } from './board.js';

it('puts pictures row by row, with gaps of paper between them and none around', () => {
  const red = board(
    [1, 2, 3, 4].map((value) => ops.full([1, 2, 2], value / 4)),
    1,
  ).select(0, 0);
  const gap = expect.closeTo(PAPER[0], 5);
  expect(red.toList()).toEqual([
    [0.25, 0.25, gap, 0.5, 0.5],
    [0.25, 0.25, gap, 0.5, 0.5],
    [gap, gap, gap, gap, gap],
    [0.75, 0.75, gap, 1, 1],
    [0.75, 0.75, gap, 1, 1],
  ]);
});
