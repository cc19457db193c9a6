import { ops, type Tensor } from '../engine/index.js';
import { BatchNorm, GroupNorm, Layer } from '../engine/nn/index.js';

/**
 * Normalization after a convolution: batch norm; layer norm over all channels and positions of a sample; scale and shift
 * only.
 */
export const NORMS = ['batch', 'layer', 'none'] as const;

export type NormKind = (typeof NORMS)[number];

/** A weight and a bias per channel of (N, C, ...): the affine part of a norm. */
export class ScaleShift extends Layer {
  weight: Tensor;
  bias: Tensor;

  constructor(readonly channels: number) {
    super();
    this.weight = this.parameter('weight', ops.ones([channels]));
    this.bias = this.parameter('bias', ops.zeros([channels]));
  }

  override forward(x: Tensor): Tensor {
    const shape = [1, this.channels, ...Array<number>(x.ndim - 2).fill(1)];
    return x.mul(this.weight.view(shape)).add(this.bias.view(shape));
  }
}

export type Norm = BatchNorm | GroupNorm | ScaleShift;

export function makeNorm(kind: NormKind, channels: number): Norm {
  if (kind === 'batch') return new BatchNorm(channels);
  return kind === 'layer' ? new GroupNorm(1, channels) : new ScaleShift(channels);
}
