import { ops, type Tensor } from '../engine/index.js';
import { BatchNorm, Conv2d, ConvTranspose2d, LeakyReLU, ReLU, Sequential } from '../engine/nn/index.js';
import { ChannelwiseLinear } from './channelwise-linear.js';

// The two ways in which the context encoder (Pathak et al. 2016) connects all positions of a map (N, size, side, side).

/** Largest side of a map that a bottleneck reads as it is. */
const LARGEST_MAP = 8;

/** Max pooling 3x3 of stride 2 until a map has at most 8 positions a side: AlexNet's conv5 has 13 at 224 pixels, its pool5 6. */
export function poolMap(map: Tensor): Tensor {
  return map.size(2) > LARGEST_MAP ? poolMap(ops.maxPool2d(map, 3, 2)) : map;
}

/** Side of a map after `poolMap`. */
export function pooledSide(side: number): number {
  return side > LARGEST_MAP ? pooledSide(Math.floor((side - 3) / 2) + 1) : side;
}

/** Within each channel from all positions to all, then a 1x1 convolution, which mixes the channels (section 3.1). */
export function channelwiseBottleneck(size: number, side: number): Sequential {
  return new Sequential(
    new ChannelwiseLinear(size, side),
    new ReLU(),
    new Conv2d(size, size, 1, { bias: false }),
    new BatchNorm(size),
    new ReLU(),
  );
}

/** All positions of all channels to `numbers` values and back, as in the code of the inpainting network. */
export function denseBottleneck(size: number, side: number, numbers: number): Sequential {
  return new Sequential(
    new Conv2d(size, numbers, side, { bias: false }),
    new BatchNorm(numbers),
    new LeakyReLU(0.2),
    new ConvTranspose2d(numbers, size, side, { bias: false }),
    new BatchNorm(size),
    new ReLU(),
  );
}
