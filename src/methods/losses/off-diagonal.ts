import { ops, type Tensor } from '../../engine/index.js';

/** A square matrix (d, d) with zeros on its diagonal; no gradient reaches the diagonal. */
export function offDiagonal(matrix: Tensor): Tensor {
  return matrix.maskedFill(ops.eye(matrix.size(0), { dtype: 'bool', device: matrix.device }), 0);
}
