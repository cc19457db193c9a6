import { expected } from '../../errors.js';
import { fusedSgd_ } from '../ops.generated.js';
import type { Tensor } from '../tensor.js';
import {
  type Batch,
  checkDecay,
  checkRate,
  type Group,
  Optimizer,
  type OptimizerOptions,
  type ParameterGroup,
  type Slots,
} from './optimizer.js';

export interface SgdOptions extends OptimizerOptions {
  momentum?: number;
  dampening?: number;
  useNesterov?: boolean;
}

/**
 * Stochastic gradient descent as in PyTorch: g += weightDecay p; v = momentum v + (1 - dampening) g, where the first v is g
 * itself; p -= learningRate v, or learningRate (g + momentum v) with Nesterov's momentum (Sutskever et al. 2013).
 *
 * @throws AutodidactError `USAGE` on a momentum outside [0, 1), or Nesterov's without momentum or with dampening
 */
export class Sgd extends Optimizer {
  protected override readonly slots: Slots;
  readonly momentum: number;
  readonly dampening: number;
  readonly useNesterov: boolean;

  constructor(params: readonly Tensor[] | readonly ParameterGroup[], options: SgdOptions) {
    super(params, options);
    this.momentum = checkDecay('momentum', options.momentum ?? 0);
    this.dampening = checkRate('dampening', options.dampening ?? 0);
    this.useNesterov = options.useNesterov ?? false;
    if (this.useNesterov && (this.momentum === 0 || this.dampening !== 0))
      throw expected('momentum above 0 and no dampening', 'useNesterov', this.useNesterov);
    this.slots = this.momentum === 0 ? {} : { momentum: 'shaped' };
  }

  protected override update(batch: Batch, group: Group): void {
    fusedSgd_(batch.params, batch.gradients, this.momentum === 0 ? [] : batch.state('momentum'), {
      lr: group.learningRate,
      momentum: this.momentum,
      dampening: this.dampening,
      nesterov: this.useNesterov,
      weightDecay: group.weightDecay,
      maximize: false,
      isFirstStep: this.momentum !== 0 && batch.isFirst,
    });
  }
}
