import { expected } from '../../errors.js';
import { noGrad } from '../autograd.js';
import { batchNorm, groupNorm, layerNorm, ones, zeros } from '../ops.generated.js';
import type { Tensor } from '../tensor.js';
import { Layer } from './module.js';

export interface BatchNormOptions {
  eps?: number;
  /** Weight of the newest batch in the running statistics; with null they are the plain mean over all batches. */
  momentum?: number | null;
  affine?: boolean;
}

/**
 * Normalizes every channel over the batch and all positions; x is (N, C) or (N, C, ...).
 *
 * `forward` throws `SHAPE` in training mode for one value per channel: it has no variance, and would make the running one NaN.
 */
export class BatchNorm extends Layer {
  weight: Tensor | null;
  bias: Tensor | null;
  running_mean: Tensor;
  running_var: Tensor;
  num_batches_tracked: Tensor;
  readonly eps: number;
  momentum: number | null;

  constructor(
    readonly features: number,
    options: BatchNormOptions = {},
  ) {
    super();
    const affine = options.affine ?? true;
    this.eps = options.eps ?? 1e-5;
    this.momentum = options.momentum === undefined ? 0.1 : options.momentum;
    this.weight = affine ? this.parameter('weight', ones([features])) : null;
    this.bias = affine ? this.parameter('bias', zeros([features])) : null;
    this.running_mean = this.buffer('running_mean', zeros([features]));
    this.running_var = this.buffer('running_var', ones([features]));
    this.num_batches_tracked = this.buffer('num_batches_tracked', zeros([], { dtype: 'int64' }));
  }

  override forward(x: Tensor): Tensor {
    let momentum = this.momentum ?? 0;
    if (this.isTraining) {
      if (x.numel === x.size(1))
        throw expected('at least two values per channel in training', 'x', x, {
          code: 'SHAPE',
          remedy: 'Take batches of at least two samples.',
        });
      noGrad(() => this.num_batches_tracked.add_(1));
      if (this.momentum === null) momentum = 1 / this.num_batches_tracked.item();
    }
    return batchNorm(
      x,
      this.weight,
      this.bias,
      this.running_mean,
      this.running_var,
      this.isTraining,
      momentum,
      this.eps,
      true,
    );
  }

  /** Resets the running statistics to mean 0 and variance 1. */
  resetStatistics(): void {
    noGrad(() => {
      this.running_mean.zero_();
      this.running_var.fill_(1);
      this.num_batches_tracked.zero_();
    });
  }
}

/** Normalizes every sample over its last dimensions. */
export class LayerNorm extends Layer {
  weight: Tensor | null;
  bias: Tensor | null;
  readonly shape: number[];
  readonly eps: number;

  constructor(shape: number | readonly number[], options: { eps?: number; affine?: boolean } = {}) {
    super();
    this.shape = typeof shape === 'number' ? [shape] : [...shape];
    this.eps = options.eps ?? 1e-5;
    const affine = options.affine ?? true;
    this.weight = affine ? this.parameter('weight', ones(this.shape)) : null;
    this.bias = affine ? this.parameter('bias', zeros(this.shape)) : null;
  }

  override forward(x: Tensor): Tensor {
    return layerNorm(x, this.shape, this.weight, this.bias, this.eps);
  }
}

/** Normalizes every sample over groups of channels; x is (N, C, ...). */
export class GroupNorm extends Layer {
  weight: Tensor | null;
  bias: Tensor | null;
  readonly eps: number;

  constructor(
    readonly groups: number,
    readonly channels: number,
    options: { eps?: number; affine?: boolean } = {},
  ) {
    super();
    this.eps = options.eps ?? 1e-5;
    const affine = options.affine ?? true;
    this.weight = affine ? this.parameter('weight', ones([channels])) : null;
    this.bias = affine ? this.parameter('bias', zeros([channels])) : null;
  }

  override forward(x: Tensor): Tensor {
    return groupNorm(x, this.groups, this.weight, this.bias, this.eps);
  }
}
