import { ops, scope, type Tensor } from '../engine/index.js';
import { init, Layer } from '../engine/nn/index.js';

/**
 * The channel-wise fully connected layer of the context encoder: all positions of a map of n x n are connected, the m maps are
 * independent of each other. m n^4 weights and m n^2 biases; (N, m, n, n) to (N, m, n, n).
 *
 * Pathak et al. 2016, section 3.1.
 */
export class ChannelwiseLinear extends Layer {
  weight: Tensor;
  bias: Tensor;

  constructor(
    readonly channels: number,
    readonly side: number,
  ) {
    super();
    const positions = side * side;
    this.weight = this.parameter(
      'weight',
      init.defaultUniform_(ops.empty([channels, positions, positions]), positions),
    );
    this.bias = this.parameter('bias', ops.zeros([channels, 1, positions]));
  }

  override forward(x: Tensor): Tensor {
    return scope(() => {
      const flat = x.reshape([-1, this.channels, this.side ** 2]).transpose(0, 1); // (m, N, n^2)
      const mixed = flat.matmul(this.weight).add(this.bias);
      return mixed.transpose(0, 1).reshape([-1, this.channels, this.side, this.side]);
    });
  }
}
