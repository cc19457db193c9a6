import { ops, type Tensor } from '../../engine/index.js';

/**
 * The cross-entropy of every crop's prediction to the targets of the other crops of its image: the mean over the crops that have
 * a target of the mean over the other V - 1 crops of -sum q log p (SwAV, equation 2 over all crops; DINO, equation 3).
 *
 * @param targets distributions (N, K) of the first crops, without a graph
 * @param predicted log-probabilities (N, K) of all V crops, those with a target first
 */
export function swappedPrediction(targets: readonly Tensor[], predicted: readonly Tensor[]): Tensor {
  const terms = targets.flatMap((q, i) =>
    predicted.filter((_, v) => v !== i).map((logP) => q.mul(logP).sum([1]).mean().neg()),
  );
  return ops.stack(terms).mean();
}
