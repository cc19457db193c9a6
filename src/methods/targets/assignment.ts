import { munkres } from 'munkres';
import { type Tensor, tensor } from '../../engine/index.js';
import { expected } from '../../errors.js';

/**
 * The one-to-one assignment of rows to columns at least total cost, by the Hungarian algorithm in O(n^3).
 *
 * @param cost (N, N), finite
 * @returns the column of each row, int64 (N): a permutation
 * @throws AutodidactError `SHAPE` for a matrix that is not square, `DATA` for costs that are not finite
 */
export function assign(cost: Tensor): Tensor {
  if (cost.ndim !== 2 || cost.size(0) !== cost.size(1))
    throw expected('a square matrix', 'cost', cost, { code: 'SHAPE' });
  const rows = cost.toList() as number[][];
  if (!rows.every((row) => row.every(Number.isFinite)))
    throw expected('finite costs', 'cost', 'NaN or infinity', { code: 'DATA' });
  const columns = new BigInt64Array(rows.length);
  for (const [row, column] of munkres(rows)) columns[row] = BigInt(column);
  return tensor(columns, { device: cost.device });
}
