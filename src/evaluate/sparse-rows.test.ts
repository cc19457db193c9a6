import { expect, test } from 'vitest';
import { SparseRows } from './sparse-rows.js';

// [[0, 2, 0], [0, 0, 0], [1, 0, -3]]
const rows = SparseRows.of(
  [
    [[1, 2]],
    [],
    [
      [0, 1],
      [2, -3],
    ],
  ],
  3,
);

test('products are those of the whole vectors', () => {
  expect([rows.count, rows.size]).toEqual([3, 3]);
  expect([...rows.times(Float64Array.of(1, 10, 2, 20, 3, 30), 2)]).toEqual([4, 40, 0, 0, 1 - 9, 10 - 90]);
  expect([...rows.transposedTimes(Float64Array.of(1, 2, 5, 5, 3, 4), 2)]).toEqual([3, 4, 2, 4, -9, -12]);
  expect([...rows.meanSquares()]).toEqual([1 / 3, 4 / 3, 9 / 3]);
});

test('rows are picked in any order, and several times', () => {
  const picked = rows.at(Int32Array.of(2, 1, 2, 0));
  expect([picked.count, picked.size]).toEqual([4, 3]);
  expect([...picked.times(Float64Array.of(1, 10, 100), 1)]).toEqual([-299, 0, -299, 20]);
  expect(rows.at(new Int32Array()).times(Float64Array.of(1, 1, 1), 1)).toEqual(new Float64Array());
});
