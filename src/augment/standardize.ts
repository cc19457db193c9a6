import type { Tensor } from '../engine/index.js';

/** A standard deviation below one gray level of 256 is what rounding leaves of a flat image: it is not blown up. */
const LEAST_STD = 1 / 255;

/** Each channel of each image, float (N, C, H, W), brought to mean 0 and standard deviation 1; a flat one becomes 0. */
export function standardize(images: Tensor): Tensor {
  const centered = images.sub(images.mean([2, 3], true));
  return centered.div(centered.square().mean([2, 3], true).sqrt().clampMin(LEAST_STD));
}
