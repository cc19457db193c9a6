import { noGrad, ops, REDUCTION, type Tensor } from '../../engine/index.js';

/**
 * Kullback-Leibler divergence of each predicted distribution from the true one, sum of y ln(y / p): 0 where they are equal.
 *
 * @param logits (..., K)
 * @param shares y, (..., K), each summing to 1
 * @returns (...)
 */
export function divergence(logits: Tensor, shares: Tensor): Tensor {
  return ops.klDiv(logits.logSoftmax(-1), shares, REDUCTION.none).sum([-1]);
}

/**
 * Divergence of the weighted mean of the distributions from each of them: what the best answer pays that is the same for all.
 *
 * @param shares (N, K, bins)
 * @param weights (N, K)
 * @returns (N, K)
 */
export function divergenceOfMean(shares: Tensor, weights: Tensor): Tensor {
  return noGrad(() => {
    const mean = shares.mul(weights.unsqueeze(2)).sum([0, 1]).div(weights.sum().clampMin(1e-12));
    return ops.klDiv(mean.clampMin(1e-12).log().expand(shares.shape), shares, REDUCTION.none).sum([-1]);
  });
}
