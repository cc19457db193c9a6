import type { Tensor } from '../../engine/index.js';
import { BatchNorm, Conv3d, init, Layer, ReLU, Sequential } from '../../engine/nn/index.js';

export interface SpaceTimeHeadOptions {
  /** D of the maps that come in. */
  inputSize: number;
  /** Blocks of a convolution over space and one over time; 0 leaves every place and frame by itself. */
  blocks: number;
  /** Channels of the blocks. */
  width: number;
  outputSize: number;
}

/** Root of the variance of each component of the output, for inputs with mean square 1 and no blocks. */
const SMALL = 0.1;

/**
 * Maps of frames (N, D, T, h, w) to embeddings (N, outputSize, T, h, w). Block i is a 3 x 3 convolution over space with dilation 2^i and
 * one over 3 frames, each with batch norm and ReLU; a linear layer follows. Its outputs are small at first, so that dot products of
 * two embeddings are too.
 */
export class SpaceTimeHead extends Layer {
  readonly blocks: Sequential;
  readonly output: Conv3d;

  constructor({ inputSize, blocks, width, outputSize }: SpaceTimeHeadOptions) {
    super();
    this.blocks = new Sequential(
      ...Array.from({ length: blocks }, (_, i) => [
        new Conv3d(i === 0 ? inputSize : width, width, [1, 3, 3], {
          padding: [0, 2 ** i, 2 ** i],
          dilation: [1, 2 ** i, 2 ** i],
          bias: false,
        }),
        new BatchNorm(width),
        new ReLU(),
        new Conv3d(width, width, [3, 1, 1], { padding: [1, 0, 0], bias: false }),
        new BatchNorm(width),
        new ReLU(),
      ]).flat(),
    );
    const last = blocks === 0 ? inputSize : width;
    this.output = new Conv3d(last, outputSize, 1);
    init.normal_(this.output.weight, 0, SMALL / Math.sqrt(last));
    init.constant_(this.output.bias!, 0);
  }

  override forward(maps: Tensor): Tensor {
    return this.output.forward(this.blocks.forward(maps));
  }
}
