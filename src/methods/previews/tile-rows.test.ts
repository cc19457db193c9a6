import { expect, it } from 'vitest';
import { ops } from '../../engine/index.js';
import { tileRows } from './tile-rows.js';

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
