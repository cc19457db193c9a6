import { ops, type Tensor } from '../../engine/index.js';

/** The label of positions that are not asked for. */
export const IGNORED = -100;

/** `aten::cross_entropy_loss`: the sum over all rows. */
const SUM = 2;

/**
 * Mean cross-entropy over the rows that have a label, in float32; 0 when none has, where the mean alone would be NaN.
 *
 * @param logits (M, V)
 * @param labels int64 (M), `IGNORED` where there is none
 */
export function tokenCrossEntropy(logits: Tensor, labels: Tensor): Tensor {
  const count = labels.ne(IGNORED).sum().clampMin(1);
  return ops.crossEntropy(logits.to('float32'), labels, null, SUM, IGNORED).div(count);
}
