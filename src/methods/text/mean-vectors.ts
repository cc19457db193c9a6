import type { Tensor } from '../../engine/index.js';

/**
 * The mean vector of each text, (N, D).
 *
 * @param vectors (N, T, D)
 * @param isReal booleans (N, T), false for padding; null where all tokens are real
 */
export function meanVectors(vectors: Tensor, isReal: Tensor | null): Tensor {
  if (isReal === null) return vectors.mean([1]);
  const weights = isReal.unsqueeze(2).to(vectors.dtype);
  return vectors
    .mul(weights)
    .sum([1])
    .div(weights.sum([1]).clampMin(1));
}
