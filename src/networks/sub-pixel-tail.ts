import { scope, type Tensor } from '../engine/index.js';
import { Conv2d, Layer, PixelShuffle, PReLU, Sequential } from '../engine/nn/index.js';

export interface SubPixelTailOptions {
  /** Channels of the map that comes in. */
  inputSize: number;
  /** Channels of the images that go out. */
  outputSize: number;
  /** How often the sides are doubled. */
  doublings: number;
  /** Channels between the doublings. */
  width: number;
}

/**
 * From a map to an image, as SRResNet ends: for each doubling of the sides a 3x3 convolution to four times `width` channels, which
 * are rearranged to 2x2 pixels, and a PReLU; then a linear 9x9 convolution. (N, inputSize, h, w) to
 * (N, outputSize, 2^doublings h, 2^doublings w).
 *
 * Shi et al., "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional Neural Network", CVPR
 * 2016; Ledig et al. 2017, figure 4.
 */
export class SubPixelTail extends Layer {
  readonly up: readonly Sequential[];
  readonly output: Conv2d;

  constructor({ inputSize, outputSize, doublings, width }: SubPixelTailOptions) {
    super();
    this.up = Array.from({ length: doublings }, (_, i) => {
      const conv = new Conv2d(i === 0 ? inputSize : width, 4 * width, 3, { padding: 1 });
      return new Sequential(conv, new PixelShuffle(2), new PReLU(width));
    });
    this.output = new Conv2d(doublings === 0 ? inputSize : width, outputSize, 9, { padding: 4 });
  }

  override forward(x: Tensor): Tensor {
    const large = this.up.reduce((map, step) => scope(() => step.forward(map)), x);
    return this.output.forward(large);
  }
}
