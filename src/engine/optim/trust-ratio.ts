import { foreachNorm, onesLike, stack, where } from '../ops.generated.js';
import type { Tensor } from '../tensor.js';

/**
 * Trust ratio of each parameter: `coefficient` |p| / |update|, or 1 when either norm is 0 (You et al. 2017). A vector on the device, so
 * that nothing waits for it.
 */
export function trustRatios(params: readonly Tensor[], updates: readonly Tensor[], coefficient = 1): Tensor {
  const weightNorms = stack(foreachNorm(params));
  const updateNorms = stack(foreachNorm(updates));
  const ratios = weightNorms.mul(coefficient).div(updateNorms);
  const hasBoth = weightNorms.gt(0).logicalAnd(updateNorms.gt(0));
  return where(hasBoth, ratios, onesLike(ratios));
}
