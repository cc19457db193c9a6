import { expect, it } from 'vitest';
import { ops } from '../../engine/index.js';
import { chosen, tileRows } from './tile-rows.js';

it('gives each row the picture of every column at its place, with the caption of the column or of the row', () => {
  const pictures = ops.arange(0, 3, 1, { dtype: 'float32' }).view([3, 1, 1, 1]).expand([3, 1, 2, 2]);
  const rows = tileRows([
    { images: pictures, caption: 'input' },
    { images: pictures.mul(10), caption: (row) => `output ${row}` },
  ]);
  expect(rows.map((row) => row.map(({ image, caption }) => [image!.shape, image!.mean().item(), caption]))).toEqual(
    [0, 1, 2].map((row) => [
      [[1, 2, 2], row, 'input'],
      [[1, 2, 2], 10 * row, `output ${row}`],
    ]),
  );
});

it('makes pictures one by one, marks answers alone, and shows the pictures that these choose', () => {
  const pictures = ops.arange(0, 3, 1, { dtype: 'float32' }).view([3, 1, 1, 1]).expand([3, 1, 2, 2]);
  const rows = tileRows(
    [
      { images: (row) => pictures.select(0, 2 - row), caption: 'drawn' },
      chosen(pictures, [0, 2, 1], (row) => `answer ${row}`),
    ],
    3,
  );
  const tiles = rows.map((row) => row.map(({ image, ...words }) => [image!.mean().item(), words]));
  expect(tiles).toEqual([
    [
      [2, { caption: 'drawn' }],
      [0, { caption: 'answer 0', isCorrect: true }],
    ],
    [
      [1, { caption: 'drawn' }],
      [2, { caption: 'answer 1', isCorrect: false }],
    ],
    [
      [0, { caption: 'drawn' }],
      [1, { caption: 'answer 2', isCorrect: false }],
    ],
  ]);
});
