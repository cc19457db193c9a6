import { foreachAdd, foreachAdd_, foreachAddcmul_, foreachMulScalar_, foreachSub_ } from '../ops.generated.js';
import type { Tensor } from '../tensor.js';
import {
  type Batch,
  checkDecay,
  checkRate,
  type Group,
  Optimizer,
  type OptimizerOptions,
  type ParameterGroup,
} from './optimizer.js';
import { trustRatios } from './trust-ratio.js';

export interface LarsOptions extends OptimizerOptions {
  momentum?: number;
  /** Trust coefficient: the size of a step relative to the weights' norm at a rate of 1. */
  trustCoefficient?: number;
}

/**
 * Layer-wise adaptive rate scaling (You et al. 2017): g += weightDecay p; v = momentum v + learningRate r g; p -= v, with the
 * trust ratio r = trustCoefficient |p| / |g| of each parameter, or 1 when either norm is 0.
 *
 * The paper divides by |gradient| + weightDecay |p|; this follows SimCLR's code, which divides by the norm of their sum.
 * The learning rate is applied before the momentum, as in both. Groups with `isAdapted: false` (norms and biases, see
 * `parameterGroups`) have r = 1.
 */
export class Lars extends Optimizer {
  protected override readonly slots = { momentum: 'shaped' } as const;
  readonly momentum: number;
  readonly trustCoefficient: number;

  constructor(params: readonly Tensor[] | readonly ParameterGroup[], options: LarsOptions) {
    super(params, options);
    this.momentum = checkDecay('momentum', options.momentum ?? 0.9);
    this.trustCoefficient = checkRate('trustCoefficient', options.trustCoefficient ?? 0.001);
  }

  protected override update(batch: Batch, group: Group): void {
    const { params } = batch;
    const velocities = batch.state('momentum');
    const gradients =
      group.weightDecay === 0 ? batch.gradients : foreachAdd(batch.gradients, params, { alpha: group.weightDecay });
    foreachMulScalar_(velocities, this.momentum);
    if (group.isAdapted) {
      const ratios = trustRatios(params, gradients, this.trustCoefficient);
      foreachAddcmul_(velocities, gradients, ratios.mul(group.learningRate).unbind());
    } else foreachAdd_(velocities, gradients, { alpha: group.learningRate });
    foreachSub_(params, velocities);
  }
}
