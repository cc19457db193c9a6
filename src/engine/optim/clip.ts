import { expected } from '../../errors.js';
import { noGrad } from '../autograd.js';
import { foreachMulTensor_, foreachNorm, stack, zeros } from '../ops.generated.js';
import { scope } from '../scope.js';
import type { Tensor } from '../tensor.js';

/**
 * Scales all gradients by one factor so that their joint Euclidean norm is at most `maxNorm` (Pascanu et al. 2013).
 *
 * @param maxNorm `Infinity` only measures
 * @returns the norm before scaling, a scalar on the device; 0 when no parameter has a gradient; NaN or infinite when a gradient is
 */
export function clipGradNorm(params: readonly Tensor[], maxNorm: number): Tensor {
  if (!(maxNorm > 0)) throw expected('a number above 0', 'maxNorm', maxNorm);
  return noGrad(() =>
    scope(() => {
      const gradients = params.map((param) => param.grad).filter((gradient) => gradient !== null);
      if (gradients.length === 0) return zeros([]);
      const norm = stack(foreachNorm(gradients)).vectorNorm();
      // No device synchronization. The 1e-6 is PyTorch's.
      if (maxNorm !== Number.POSITIVE_INFINITY)
        foreachMulTensor_(gradients, norm.add(1e-6).reciprocal().mul(maxNorm).clampMax(1));
      return norm;
    }),
  );
}
