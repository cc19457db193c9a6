import { fullPrecision, noGrad, ops, REDUCTION, type Tensor } from '../../engine/index.js';

/** Stands at places that are not asked. */
export const NOT_ASKED = -1;

/**
 * Cross-entropy over a vocabulary, the mean over the places that are asked; 0 where none is.
 *
 * @param logits (M, V)
 * @param labels int64 (M), `NOT_ASKED` at places that do not count
 * @returns the loss, and the share of the asked places whose largest logit is at the label, 0 where none is asked
 */
export function tokenLoss(logits: Tensor, labels: Tensor): { loss: Tensor; accuracy: Tensor } {
  return fullPrecision(logits.device, () => {
    const isAsked = labels.ne(NOT_ASKED);
    // Not the operator's own mean, which is NaN where nothing is asked.
    const count = isAsked.sum().clampMin(1);
    const loss = ops.crossEntropy(logits.to('float32'), labels, null, REDUCTION.sum, NOT_ASKED).div(count);
    const accuracy = noGrad(() => logits.argmax(1).eq(labels).logicalAnd(isAsked).sum().div(count));
    return { loss, accuracy };
  });
}
