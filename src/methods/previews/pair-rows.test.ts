import { expect, it } from 'vitest';
import { ops, tensor } from '../../engine/index.js';
import { pairRows } from './pair-rows.js';

it('shows for each image the second view that is most similar to the first, and whether it is its own', () => {
  const pictures = ops.arange(0, 2, 1, { dtype: 'float32' }).view([2, 1, 1, 1]).expand([2, 3, 4, 4]);
  const similarity = tensor([
    [0.1, 0.9],
    [0.2, 0.3],
  ]);
  const rows = pairRows({ originals: pictures, first: pictures, second: pictures, similarity });
  expect(rows.map((row) => row.map(({ image }) => image.mean().item()))).toEqual([
    [0, 0, 0, 1],
    [1, 1, 1, 1],
  ]);
  expect(rows.map((row) => row[3]!.isCorrect)).toEqual([false, true]);
});
