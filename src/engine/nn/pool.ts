import { adaptiveAvgPool2d, adaptiveAvgPool3d, avgPool2d, maxPool2d, maxPool3d } from '../ops.generated.js';
import type { Tensor } from '../tensor.js';
import { Layer } from './module.js';

type Size = number | readonly number[];

export interface PoolOptions {
  /** The kernel's size when left out. */
  stride?: Size;
  padding?: Size;
  /** Whether windows may extend past the edge, which rounds the output size up. */
  ceilMode?: boolean;
}

/** The largest value in each window of (N, C, H, W). */
export class MaxPool2d extends Layer {
  constructor(
    readonly kernelSize: Size,
    readonly options: PoolOptions & { dilation?: Size } = {},
  ) {
    super();
  }

  override forward(x: Tensor): Tensor {
    const { stride, padding, dilation, ceilMode } = this.options;
    return maxPool2d(x, this.kernelSize, stride, padding, dilation, ceilMode);
  }
}

/** The largest value in each window of (N, C, T, H, W). */
export class MaxPool3d extends Layer {
  constructor(
    readonly kernelSize: Size,
    readonly options: PoolOptions & { dilation?: Size } = {},
  ) {
    super();
  }

  override forward(x: Tensor): Tensor {
    const { stride, padding, dilation, ceilMode } = this.options;
    return maxPool3d(x, this.kernelSize, stride, padding, dilation, ceilMode);
  }
}

/** The mean of each window of (N, C, H, W); padding counts as zeros unless `countIncludePad` is false. */
export class AvgPool2d extends Layer {
  constructor(
    readonly kernelSize: Size,
    readonly options: PoolOptions & { countIncludePad?: boolean } = {},
  ) {
    super();
  }

  override forward(x: Tensor): Tensor {
    const { stride, padding, ceilMode, countIncludePad } = this.options;
    return avgPool2d(x, this.kernelSize, stride, padding, ceilMode, countIncludePad);
  }
}

/** Average pooling of (N, C, H, W) to a given height and width. */
export class AdaptiveAvgPool2d extends Layer {
  constructor(readonly outputSize: Size) {
    super();
  }

  override forward(x: Tensor): Tensor {
    return adaptiveAvgPool2d(x, this.outputSize);
  }
}

/** Average pooling of (N, C, T, H, W) to a given number of frames, height and width. */
export class AdaptiveAvgPool3d extends Layer {
  constructor(readonly outputSize: Size) {
    super();
  }

  override forward(x: Tensor): Tensor {
    return adaptiveAvgPool3d(x, this.outputSize);
  }
}

/** The mean over all positions: (N, C, ...) to (N, C). */
export class GlobalAvgPool extends Layer {
  override forward(x: Tensor): Tensor {
    return x.flatten(2).mean(-1);
  }
}
