import { fullPrecision, type Tensor } from '../../engine/index.js';
import { l2Normalize } from './nt-xent.js';

/** Cosine of the angle between each row of the first (N, d) and the same row of the second: (N), float32. */
export function cosines(first: Tensor, second: Tensor): Tensor {
  return fullPrecision(first.device, () =>
    l2Normalize(first.to('float32'))
      .mul(l2Normalize(second.to('float32')))
      .sum([1]),
  );
}

/** Cosines between all rows (N, d) and all rows (M, d): (N, M). */
export function cosineMatrix(first: Tensor, second: Tensor): Tensor {
  return l2Normalize(first).matmul(l2Normalize(second).t());
}
