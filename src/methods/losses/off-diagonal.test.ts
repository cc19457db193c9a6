import { expect, it } from 'vitest';
import { gradientsOf, tensor } from '../../engine/index.js';
import { offDiagonal } from './off-diagonal.js';

it('keeps what lies beside the diagonal, and lets no gradient reach the diagonal', () => {
  const matrix = tensor(
    [
      [1, 2],
      [3, 4],
    ],
    { requiresGrad: true },
  );
  const rest = offDiagonal(matrix);
  expect(rest.toList()).toEqual([
    [0, 2],
    [3, 0],
  ]);
  expect(gradientsOf([rest.sum()], [matrix])[0]!.toList()).toEqual([
    [0, 1],
    [1, 0],
  ]);
});
