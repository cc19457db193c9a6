import type { Backbone } from '../backbones/backbone.js';
import { ops, scope, type Tensor } from '../engine/index.js';
import { BatchNorm, Conv2d, ConvTranspose2d, Layer, ReLU, Sequential } from '../engine/nn/index.js';
import { mapShapes } from './map-shapes.js';

export interface DecoderOptions {
  /** Channels and side of the map that comes in. */
  inputSize: number;
  inputSide: number;
  /** Channels and side of what goes out. */
  outputSize: number;
  outputSide: number;
  /** Channels of the last hidden map; each map before it has twice as many, but no more than come in. */
  width: number;
}

/**
 * From a small map to an image: up-convolutions 4x4 of stride 2 with batch norm and ReLU until the wanted side is reached, a
 * 3x3 convolution of the same kind, and a linear 1x1 convolution. (N, inputSize, h, h) to (N, outputSize, H, H).
 *
 * As the decoders of colorization (Zhang et al. 2016) and of the context encoder (Pathak et al. 2016). Where doubling does not
 * lead to the wanted side, the last hidden map is resized to it.
 */
export class Decoder extends Layer {
  readonly up: Sequential;
  readonly hidden: Sequential;
  readonly output: Conv2d;

  constructor(readonly options: DecoderOptions) {
    super();
    const { inputSize, inputSide, outputSize, outputSide, width } = options;
    const doublings = Math.max(0, Math.ceil(Math.log2(outputSide / inputSide)));
    const sizes = Array.from({ length: doublings }, (_, i) =>
      Math.max(width, Math.min(inputSize, width * 2 ** (doublings - 1 - i))),
    );
    this.up = new Sequential(
      ...sizes.flatMap((size, i) => [
        new ConvTranspose2d(sizes[i - 1] ?? inputSize, size, 4, { stride: 2, padding: 1, bias: false }),
        new BatchNorm(size),
        new ReLU(),
      ]),
    );
    this.hidden = new Sequential(
      new Conv2d(sizes.at(-1) ?? inputSize, width, 3, { padding: 1, bias: false }),
      new BatchNorm(width),
      new ReLU(),
    );
    this.output = new Conv2d(width, outputSize, 1);
  }

  override forward(x: Tensor): Tensor {
    return scope(() => {
      const map = this.hidden.forward(this.up.forward(x));
      return this.output.forward(resize(map, this.options.outputSide));
    });
  }
}

/** A square map (N, C, h, h) at another side: smaller by averaging, larger by interpolation. */
function resize(map: Tensor, side: number): Tensor {
  if (map.size(2) === side && map.size(3) === side) return map;
  return map.size(2) > side ? ops.adaptiveAvgPool2d(map, side) : ops.upsampleBilinear2d(map, [side, side], false);
}

/** Channels and side of the last map of a backbone for square images of this side; draws no random number. */
export function lastMap(backbone: Backbone, imageSize: number): { size: number; side: number } {
  const [[size, side]] = mapShapes(backbone, imageSize, [backbone.layers.at(-1)!]) as [[number, number, number]];
  return { size, side };
}
