import { foreachAddScalar_, fusedAdam_, fusedAdamw_ } from '../ops.generated.js';
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

export interface AdamOptions extends OptimizerOptions {
  /** Decays of the means of the gradient and of its square; (0.9, 0.999) by default. */
  betas?: readonly [number, number];
  eps?: number;
  /** Whether the means are divided by their bias towards 0 in the first steps; true by default. BERT's optimizer does not. */
  correctsBias?: boolean;
}

/** A number of steps after which nothing is left to correct: beta^t is 0. */
const FAR = 1e9;

/** Adam (Kingma and Ba 2015, algorithm 1, with bias correction); weight decay is an L2 penalty added to the gradient. */
export class Adam extends Optimizer {
  protected override readonly slots = { step: 'count', expAvg: 'shaped', expAvgSq: 'shaped' } as const;
  protected readonly kernel: typeof fusedAdam_ = fusedAdam_;
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly correctsBias: boolean;

  constructor(params: readonly Tensor[] | readonly ParameterGroup[], options: AdamOptions) {
    super(params, options);
    const [beta1, beta2] = options.betas ?? [0.9, 0.999];
    this.betas = [checkDecay('betas[0]', beta1), checkDecay('betas[1]', beta2)];
    this.eps = checkRate('eps', options.eps ?? 1e-8);
    this.correctsBias = options.correctsBias ?? true;
  }

  protected override update(batch: Batch, group: Group): void {
    const steps = batch.state('step');
    foreachAddScalar_(steps, batch.isFirst && !this.correctsBias ? FAR : 1);
    this.kernel(batch.params, batch.gradients, batch.state('expAvg'), batch.state('expAvgSq'), [], steps, {
      lr: group.learningRate,
      beta1: this.betas[0],
      beta2: this.betas[1],
      eps: this.eps,
      weightDecay: group.weightDecay,
      amsgrad: false,
      maximize: false,
    });
  }
}

/** Adam with decoupled weight decay (Loshchilov and Hutter 2019): p -= learningRate weightDecay p, apart from the gradient. */
export class AdamW extends Adam {
  protected override readonly kernel = fusedAdamw_;
}
