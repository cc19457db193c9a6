import { places } from '../../backbones/patched.js';
import { AutodidactError } from '../../errors.js';

/** Patches in rows and columns over a square image. */
export interface PatchGrid {
  /** Patches a side. */
  side: number;
  /** Side of a patch and pixels from one to the next. */
  patch: number;
  stride: number;
}

/** Smallest patch that a small-stem ResNet accepts, in pixels. */
const SMALLEST_PATCH = 8;

/**
 * The grid of patches that overlap by half, as in CPC: 64 pixels every 32 of 256 give 7x7, 8 every 4 of 32 as well.
 *
 * @param patch side of a patch; null takes a quarter of the image, at least 8 pixels
 * @throws AutodidactError `USAGE` when fewer than `fewest` patches a side fit
 */
export function halfOverlapping(imageSize: number, patch: number | null, fewest: number): PatchGrid {
  const side = patch ?? Math.max(SMALLEST_PATCH, Math.floor(imageSize / 4));
  const stride = Math.max(1, Math.floor(side / 2));
  const count = places(imageSize, side, stride);
  if (count >= fewest) return { side: count, patch: side, stride };
  throw new AutodidactError(
    'USAGE',
    `Expected at least ${fewest} patches a side, received ${Math.max(0, count)}: patches of ${side} pixels every ${stride} over an image of ${imageSize}`,
    { remedy: 'Take smaller patches (`patchSize`), fewer steps, or larger images (--size).' },
  );
}
