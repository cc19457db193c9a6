import type { Tensor } from '../engine/index.js';
import { Layer, Linear, ReLU, Sequential, SpectralNorm } from '../engine/nn/index.js';

export interface ResidualMlpOptions {
  inputSize: number;
  width: number;
  /** Residual blocks of two linear layers each. */
  blocks: number;
  /** Whether all weights are divided by their largest singular value. */
  useSpectralNorm: boolean;
}

/** A linear layer from `inputSize` to `width`, then residual blocks x + W2 relu(W1 relu(x)), and a ReLU. (N, inputSize) to (N, width). */
export class ResidualMlp extends Layer {
  readonly first: Layer;
  readonly blocks: readonly Sequential[];

  constructor({ inputSize, width, blocks, useSpectralNorm }: ResidualMlpOptions) {
    super();
    const linear = (inputs: number): Layer =>
      useSpectralNorm ? new SpectralNorm(new Linear(inputs, width, { bias: false })) : new Linear(inputs, width);
    this.first = linear(inputSize);
    this.blocks = Array.from(
      { length: blocks },
      () => new Sequential(new ReLU(), linear(width), new ReLU(), linear(width)),
    );
  }

  override forward(x: Tensor): Tensor {
    return this.blocks.reduce((value, block) => value.add(block.forward(value)), this.first.forward(x)).relu();
  }
}
