import type { Tensor } from '../../engine/index.js';

/**
 * Patches (N, T, P, ...) with mean 0 and deviation 1 over P, and both as (N, T, 1, ...); 1e-6 keeps flat patches finite, as in the code
 * of MAE. The deviation is unbiased.
 */
export function standardized(patches: Tensor): { values: Tensor; mean: Tensor; deviation: Tensor } {
  const mean = patches.mean([2], true);
  const deviation = patches.var([2], { correction: 1, keepdim: true }).add(1e-6).sqrt();
  return { values: patches.sub(mean).div(deviation), mean, deviation };
}
