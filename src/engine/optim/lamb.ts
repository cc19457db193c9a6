import {
  foreachAdd_,
  foreachAddcmul_,
  foreachAddScalar_,
  foreachDiv,
  foreachLerp_,
  foreachMul_,
  foreachMulScalar_,
  foreachSqrt,
  stack,
} from '../ops.generated.js';
import type { Tensor } from '../tensor.js';
import { Adam, type AdamOptions } from './adam.js';
import type { Batch, Group, ParameterGroup } from './optimizer.js';
import { trustRatios } from './trust-ratio.js';

/** Those of Adam; `eps` is 1e-6 by default. `correctsBias: false` is the rule of ALBERT's code, `true` that of the paper. */
export type LambOptions = AdamOptions;

/**
 * LAMB (You et al. 2020, algorithm 2): u = m / (sqrt(v) + eps) + weightDecay p with the means m and v of Adam; p -= learningRate r u, with
 * the trust ratio r = |p| / |u| of each parameter, or 1 when either norm is 0.
 *
 * As in google-research/albert, the norm of the weights is not clipped, and the gradient is not scaled before; groups with
 * `isAdapted: false` (norms and biases, see `parameterGroups`) have r = 1.
 */
export class Lamb extends Adam {
  constructor(params: readonly Tensor[] | readonly ParameterGroup[], options: LambOptions) {
    super(params, { ...options, eps: options.eps ?? 1e-6 });
  }

  protected override update(batch: Batch, { weightDecay, isAdapted, learningRate }: Group): void {
    const { params, gradients } = batch;
    const [beta1, beta2] = this.betas;
    const squares = batch.state('expAvgSq');
    foreachAddScalar_(batch.state('step'), 1);
    foreachLerp_(batch.state('expAvg'), gradients, 1 - beta1);
    foreachMulScalar_(squares, beta2);
    foreachAddcmul_(squares, gradients, gradients, 1 - beta2);
    const updates = this.#updates(batch);
    if (weightDecay > 0) foreachAdd_(updates, params, { alpha: weightDecay });
    if (isAdapted) foreachAddcmul_(params, updates, trustRatios(params, updates).unbind(), -learningRate);
    else foreachAdd_(params, updates, { alpha: -learningRate });
  }

  /** m / (sqrt(v) + eps), where both means may be divided by their bias 1 - beta^step: c1 and c2. */
  #updates(batch: Batch): Tensor[] {
    const roots = foreachSqrt(batch.state('expAvgSq'));
    if (!this.correctsBias) {
      foreachAddScalar_(roots, this.eps);
      return foreachDiv(batch.state('expAvg'), roots);
    }
    // m / c1 / (sqrt(v / c2) + eps) = m / (sqrt(v) + eps sqrt(c2)) sqrt(c2) / c1
    const steps = stack(batch.state('step'));
    const [c1, c2] = this.betas.map((beta) => steps.mul(Math.log(beta)).expm1().neg());
    const root = c2!.sqrt();
    foreachAdd_(roots, root.mul(this.eps).unbind());
    const updates = foreachDiv(batch.state('expAvg'), roots);
    foreachMul_(updates, root.div(c1!).unbind());
    return updates;
  }
}
