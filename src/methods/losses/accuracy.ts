import { noGrad, type Tensor } from '../../engine/index.js';

/** Share of rows of the logits (N, K) whose largest entry is at the label (N), as a scalar tensor. */
export function accuracy(logits: Tensor, labels: Tensor): Tensor {
  return noGrad(() => logits.argmax(1).eq(labels).mean(null, false, { dtype: 'float32' }));
}
