import { expect, it } from 'vitest';
import { Generator, ops } from '../engine/index.js';
import { shiftInFrame } from './patch-shift.js';

it('shows another part of each patch in a frame of zeros', () => {
  const patches = ops.arange(1, 1 + 50 * 36, 1, { dtype: 'float32' }).view([50, 1, 6, 6]);
  const shown = shiftInFrame(1)(patches, new Generator(2));
  const seen = new Set<string>();
  for (let i = 0; i < 50; i++) {
    const rows = shown.select(0, i).select(0, 0).toList() as number[][];
    for (const [y, row] of rows.entries())
      for (const [x, value] of row.entries()) {
        const isFrame = y === 0 || y === 5 || x === 0 || x === 5;
        if (isFrame) expect(value).toBe(0);
      }
    // The first pixel inside tells where the part was taken from.
    const first = rows[1]![1]! - 1 - 36 * i;
    const [top, left] = [Math.floor(first / 6), first % 6];
    expect(rows[4]![4]).toBe(1 + 36 * i + (top + 3) * 6 + left + 3);
    seen.add(`${top} ${left}`);
  }
  expect(seen.size).toBe(9);
});

it('does nothing without a border', () => {
  const patches = ops.rand([2, 3, 4, 4]);
  expect(shiftInFrame(0)(patches, new Generator(0)).equal(patches)).toBe(true);
});
