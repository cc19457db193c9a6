import { noGrad, type Tensor } from '../../engine/index.js';

/** Share of rows of the logits (N, K) whose largest entry is at the label (N), as a scalar tensor. */
export function accuracy(logits: Tensor, labels: Tensor): Tensor {
  return noGrad(() => logits.argmax(1).eq(labels).mean(null, false, { dtype: 'float32' }));
}

/** Mean over the classes that the labels have of the share of rows that are right, as a scalar tensor. */
export function balancedAccuracy(logits: Tensor, labels: Tensor): Tensor {
  return noGrad(() => {
    const classes = labels.oneHot(logits.size(1)).to('float32'); // (N, K)
    const isRight = logits.argmax(1).eq(labels).to('float32'); // (N)
    const counts = classes.sum([0]);
    const shares = classes.t().mv(isRight).div(counts.clampMin(1));
    return shares.sum().div(counts.gt(0).sum());
  });
}
