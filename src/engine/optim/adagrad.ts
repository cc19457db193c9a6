import {
  foreachAdd,
  foreachAddcdiv_,
  foreachAddcmul_,
  foreachAddScalar_,
  foreachSqrt,
  fusedAdagrad_,
} from '../ops.generated.js';
import type { Tensor } from '../tensor.js';
import {
  type Batch,
  checkRate,
  type Group,
  Optimizer,
  type OptimizerOptions,
  type ParameterGroup,
} from './optimizer.js';

export interface AdagradOptions extends OptimizerOptions {
  eps?: number;
  /** What the sums of squares begin at; 0 by default, as in PyTorch, 0.1 in TensorFlow. */
  initialSum?: number;
}

/** Adagrad (Duchi et al. 2011): s += g^2; p -= learningRate g / (sqrt(s) + eps). */
export class Adagrad extends Optimizer {
  protected override readonly slots = { step: 'count', sum: 'shaped' } as const;
  readonly eps: number;
  readonly initialSum: number;

  constructor(params: readonly Tensor[] | readonly ParameterGroup[], options: AdagradOptions) {
    super(params, options);
    this.eps = checkRate('eps', options.eps ?? 1e-10);
    this.initialSum = checkRate('initialSum', options.initialSum ?? 0);
  }

  protected override update(batch: Batch, group: Group): void {
    foreachAddScalar_(batch.state('step'), 1);
    if (batch.isFirst && this.initialSum > 0) foreachAddScalar_(batch.state('sum'), this.initialSum);
    // Every version of libtorch has the fused kernel on the CPU, only some on other devices.
    if (batch.params[0]!.device === 'cpu') this.#fused(batch, group);
    else adagradByParts(batch, group, this.eps);
  }

  #fused(batch: Batch, group: Group): void {
    fusedAdagrad_(batch.params, batch.gradients, batch.state('sum'), batch.state('step'), {
      lr: group.learningRate,
      lrDecay: 0,
      weightDecay: group.weightDecay,
      eps: this.eps,
      maximize: false,
    });
  }
}

/** The same update from elementary operators, for devices without the fused kernel. */
export function adagradByParts(batch: Batch, group: Pick<Group, 'learningRate' | 'weightDecay'>, eps: number): void {
  const { params, gradients } = batch;
  const sums = batch.state('sum');
  const penalized = group.weightDecay === 0 ? gradients : foreachAdd(gradients, params, { alpha: group.weightDecay });
  foreachAddcmul_(sums, penalized, penalized, 1);
  const scales = foreachSqrt(sums);
  foreachAddScalar_(scales, eps);
  foreachAddcdiv_(params, penalized, scales, -group.learningRate);
}
