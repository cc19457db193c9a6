import { pixelShuffle, pixelUnshuffle } from '../ops.generated.js';
import type { Tensor } from '../tensor.js';
import { Layer } from './module.js';

/** Turns channels into resolution: (N, C r^2, H, W) to (N, C, H r, W r) (Shi et al. 2016, equation 4). */
export class PixelShuffle extends Layer {
  constructor(readonly factor: number) {
    super();
  }

  override forward(x: Tensor): Tensor {
    return pixelShuffle(x, this.factor);
  }
}

/** Turns resolution into channels: (N, C, H r, W r) to (N, C r^2, H, W). */
export class PixelUnshuffle extends Layer {
  constructor(readonly factor: number) {
    super();
  }

  override forward(x: Tensor): Tensor {
    return pixelUnshuffle(x, this.factor);
  }
}
