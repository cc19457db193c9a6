import { empty, linear } from '../ops.generated.js';
import type { Tensor } from '../tensor.js';
import { defaultUniform_ } from './init.js';
import { Layer } from './module.js';

/** y = x W' + b; x is (..., inFeatures), the result (..., outFeatures). */
export class Linear extends Layer {
  weight: Tensor;
  bias: Tensor | null;

  constructor(
    readonly inFeatures: number,
    readonly outFeatures: number,
    options: { bias?: boolean } = {},
  ) {
    super();
    this.weight = this.parameter('weight', defaultUniform_(empty([outFeatures, inFeatures]), inFeatures));
    const hasBias = options.bias ?? true;
    this.bias = hasBias ? this.parameter('bias', defaultUniform_(empty([outFeatures]), inFeatures)) : null;
  }

  override forward(x: Tensor): Tensor {
    return linear(x, this.weight, this.bias);
  }
}
