/** The views of super-resolution: crops of images, made small and, for comparison, large again by interpolation. */
import { cutPatches, resize, toFloat, uniforms } from '../../augment/index.js';
import type { Generator, Tensor } from '../../engine/index.js';
import { AutodidactError } from '../../errors.js';
import { SSIM_WINDOW } from '../losses/image-quality.js';

/** Images in [0, 1]: large (N, C, S, S), small (N, C, S / factor, S / factor), and the small ones enlarged bicubically. */
export type SmallAndLarge = { large: Tensor; small: Tensor; bicubic: Tensor };

/** Crops of images, uint8 (N, C, H, W), at random places: float [0, 1] (N, C, side, side). */
export function randomCrops(samples: Tensor, side: number, random: Generator): Tensor {
  const [count, , height, width] = samples.shape as [number, number, number, number];
  const draws = uniforms(count, 2, random);
  const places = Array.from({ length: count }, (_, i) => {
    const [y = 0, x = 0] = draws(i);
    return { top: Math.floor(y * (height - side + 1)), left: Math.floor(x * (width - side + 1)) };
  });
  return toFloat(cutPatches(samples, places, side));
}

/** The middle of square images, uint8 (N, C, S, S): float [0, 1] (N, C, side, side). */
export function centralCrops(samples: Tensor, side: number): Tensor {
  const start = Math.floor((samples.size(2) - side) / 2);
  return toFloat(samples.narrow(2, start, side).narrow(3, start, side));
}

/** Large images with their antialiased bicubic small versions. */
export function shrink(large: Tensor, factor: number): SmallAndLarge {
  const side = large.size(2);
  const small = resize({ size: side / factor })(large);
  return { large, small, bicubic: resize({ size: side })(small) };
}

/**
 * The side of the large crops: the size that is asked for, or that of smaller images.
 *
 * @throws AutodidactError `USAGE` for a side that the factor does not divide or that is too small to be measured
 */
export function cropSideOf({ factor, cropSize }: { factor: number; cropSize: number }, imageSize: number): number {
  const side = Math.min(cropSize, imageSize);
  const [name, flag] = cropSize <= imageSize ? ['crops', '--crop-size'] : ['images', '--crop-size or --size'];
  if (side % factor !== 0)
    throw new AutodidactError(
      'USAGE',
      `Expected ${name} whose side is a multiple of the factor ${factor}, received ${side} pixels`,
      { remedy: `Take ${flag} ${side - (side % factor)}.` },
    );
  const smallest = Math.ceil((SSIM_WINDOW + 2 * factor) / factor) * factor;
  if (side < smallest)
    throw new AutodidactError(
      'USAGE',
      `Super-resolution by ${factor} needs ${name} of at least ${smallest} pixels a side, received ${side}`,
      { remedy: `Raise ${flag}, or take a smaller --factor.` },
    );
  return side;
}
