import type { Tensor } from '../../engine/index.js';

/**
 * The distance of each image to its reconstruction over that of the next image to it, means over the batch: 1 when codes carry no
 * information about images, as `EGr / EGr_b` of BiGAN's code.
 *
 * @param images (N, C, H, W)
 */
export function reconstructionShare(images: Tensor, restored: Tensor): Tensor {
  const distance = (x: Tensor): Tensor => x.sub(restored).flatten(1).square().sum([1]).sqrt().mean();
  return distance(images).div(distance(images.roll([-1], [0])));
}
