/**
 * Cross-entropy over some tokens of a vocabulary, as TensorFlow's `sampled_softmax_loss` has it (Jean, Cho, Memisevic, Bengio, "On Using Very
 * Large Target Vocabulary for Neural Machine Translation", 2015, https://arxiv.org/abs/1412.2007; code: tensorflow, python/ops/nn_impl.py).
 */
import { fullPrecision, noGrad, ops, type Tensor } from '../../engine/index.js';

/** The layer of the answers, and the tokens that were drawn as wrong ones. */
export interface SampledAnswers {
  /** (V, D) */
  weight: Tensor;
  /** (V) */
  bias: Tensor;
  /** int64 (S), all different. */
  sampled: Tensor;
  /** ln of how often each token of the vocabulary is expected to be drawn, (V): it is taken off the scores. */
  logCounts: Tensor;
}

/**
 * Mean of -ln p(label) where only the label and the drawn tokens have a part; a drawn token that is the label is left out. 0 without rows.
 *
 * @param vectors (M, D)
 * @param labels int64 (M)
 * @returns the loss, and the share of the rows whose label has the largest score among these
 */
export function sampledSoftmaxLoss(
  vectors: Tensor,
  labels: Tensor,
  { weight, bias, sampled, logCounts }: SampledAnswers,
): { loss: Tensor; accuracy: Tensor } {
  const right = vectors.mul(weight.indexSelect(0, labels)).sum([1]).add(bias.indexSelect(0, labels)); // (M)
  const wrong = ops.linear(vectors, weight.indexSelect(0, sampled), bias.indexSelect(0, sampled)); // (M, S)
  return fullPrecision(vectors.device, () => {
    const truth = right.to('float32').sub(logCounts.indexSelect(0, labels)).unsqueeze(1);
    const others = wrong
      .to('float32')
      .sub(logCounts.indexSelect(0, sampled))
      .maskedFill(labels.unsqueeze(1).eq(sampled), Number.NEGATIVE_INFINITY);
    const count = Math.max(1, labels.size(0));
    const loss = ops.cat([truth, others], 1).logsumexp([1]).sub(truth.squeeze(1)).sum().div(count);
    const accuracy = noGrad(() =>
      truth
        .squeeze(1)
        .gt(others.amax([1]))
        .sum()
        .div(count),
    );
    return { loss, accuracy };
  });
}
