/** The ranges in which networks see and paint pixels, and the way back to [0, 1]. */
import { scope, type Tensor, tensor } from '../engine/index.js';

/** Pixels in [0, 1] to [-1, 1], the range of a tanh. */
export const toSigned = (images: Tensor): Tensor => scope(() => images.mul(2).sub(1));

/** Pixels in [-1, 1] to [0, 1]; what lies beyond stays beyond. */
export const fromSigned = (images: Tensor): Tensor => scope(() => images.add(1).div(2));

/**
 * Standardized images (N, C, H, W) back to pixels, clipped to [0, 1].
 * @param statistics mean and deviation of each channel, as given to `normalize`
 */
export function fromStandardized(
  images: Tensor,
  { mean, std }: { mean: readonly number[]; std: readonly number[] },
): Tensor {
  const column = (values: readonly number[]): Tensor =>
    tensor(Float32Array.from(values), { shape: [1, values.length, 1, 1], device: images.device });
  return scope(() => images.mul(column(std)).add(column(mean)).clamp(0, 1));
}
