import { type Generator, noGrad, ops, scope, type Tensor, tensor } from '../engine/index.js';
import { expected } from '../errors.js';
import type { Offset } from './geometry.js';
import { applySeparable, resamplingWeights } from './resample.js';
import { between, checkProbability, type Transform, toChosen, transform, uniforms } from './transform.js';

/**
 * Cuts K square patches from each image in one gather; exact, any dtype.
 *
 * @param images [N, C, H, W]
 * @param places upper left corners, K for each image, image by image: [N K]
 * @returns [N K, C, side, side] in channels-last memory
 * @throws AutodidactError `SHAPE` when a patch does not lie inside its image, or the number of places is no multiple of N
 */
export function cutPatches(images: Tensor, places: readonly Offset[], side: number): Tensor {
  const [count, channels, height, width] = images.shape as [number, number, number, number];
  const perImage = places.length / count;
  if (!Number.isInteger(perImage) || perImage === 0)
    throw expected(`the same number of places for each of ${count} images`, 'places', `${places.length} places`, {
      code: 'SHAPE',
    });
  const corners = new BigInt64Array(places.length);
  for (const [i, { top, left }] of places.entries()) {
    if (!isInside(top, side, height) || !isInside(left, side, width))
      throw expected(
        `patches of ${side}x${side} inside ${height}x${width}`,
        'places',
        { top, left },
        { code: 'SHAPE' },
      );
    corners[i] = BigInt((Math.floor(i / perImage) * height + top) * width + left);
  }
  return noGrad(() =>
    scope(() => {
      const pixels = images.permute([0, 2, 3, 1]).contiguous(); // [N, H, W, C]
      // Row k of this view is the run of `side` pixels that begins at pixel k; the runs overlap in memory.
      const runs = pixels.asStrided([count * height * width - side + 1, side * channels], [channels, 1]);
      const rows = ops.arange(0, side * width, width, { dtype: 'int64', device: images.device });
      const starts = tensor(corners, { shape: [places.length, 1], device: images.device })
        .add(rows)
        .flatten();
      const cut = runs.indexSelect(0, starts).view([places.length, side, side, channels]);
      return cut.permute([0, 3, 1, 2]);
    }),
  );
}

function isInside(start: number, length: number, size: number): boolean {
  return Number.isSafeInteger(start) && start >= 0 && start + length <= size;
}

export interface PixelateOptions {
  /** Smallest downscaled side, as a fraction of the image's side; at least one pixel. */
  smallest: number;
  p?: number;
}

/**
 * Downscales images to a random side and back up, with probability `p`, which removes fine detail. The number of remaining
 * pixels is uniform between the squares of the smallest side and of the full side minus one.
 *
 * float32 or uint8 square images -> float32. Source: Doersch et al. 2015, section 3.1; range as in their code.
 *
 * @throws AutodidactError `USAGE` for fractions or probabilities out of range, `SHAPE` when the images are not square
 */
export function pixelate(options: PixelateOptions): Transform {
  const { smallest, p = 1 } = options;
  checkProbability(p);
  checkProbability(smallest, 'smallest');
  return transform({ name: 'pixelate', smallest, p }, 'float', (images, random) => {
    if (images.size(2) !== images.size(3)) throw expected('square images', 'pixelate', images, { code: 'SHAPE' });
    return pixelateEach(images, samplePixelSides(images.size(0), images.size(2), { smallest, p }, random));
  });
}

/** The downscaled side of each image; the full side with probability 1 - p. */
export function samplePixelSides(
  count: number,
  side: number,
  { smallest, p }: Required<PixelateOptions>,
  random: Generator,
): number[] {
  const least = Math.min(side, Math.max(1, Math.round(smallest * side)));
  const draws = uniforms(count, 2, random);
  return Array.from({ length: count }, (_, i) => {
    const [chance = 1, draw = 0] = draws(i);
    if (chance >= p) return side;
    return Math.floor(Math.sqrt(between(least ** 2, Math.max(least, side - 1) ** 2, draw)));
  });
}

/** Downscales image i of float32 [N, C, S, S] to `sides[i]` pixels per side and back up, bilinearly with antialiasing. */
export function pixelateEach(images: Tensor, sides: readonly number[]): Tensor {
  const side = images.size(2);
  const used = [...new Set(sides)].filter((small) => small < side);
  // Down and up together are one matrix [S, S] per distinct side.
  const matrices = used.map((small) => {
    const down = resamplingWeights([{ start: 0, length: side }], side, small, {
      interpolation: 'bilinear',
      like: images,
    });
    const up = resamplingWeights([{ start: 0, length: small }], small, side, {
      interpolation: 'bilinear',
      like: images,
    });
    return up.bmm(down);
  });
  return toChosen(
    images,
    sides.map((small) => small < side),
    (part, members) => {
      const chosen = tensor(
        BigInt64Array.from(members, (i) => BigInt(used.indexOf(sides[i]!))),
        { device: part.device },
      );
      const weights = ops.cat(matrices).indexSelect(0, chosen);
      return applySeparable(part, weights, weights);
    },
  );
}
