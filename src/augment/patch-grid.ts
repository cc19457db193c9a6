import type { Tensor } from '../engine/index.js';
import { AutodidactError } from '../errors.js';

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
  const count = patchesAlong(imageSize, side, stride);
  if (count >= fewest) return { side: count, patch: side, stride };
  throw new AutodidactError(
    'USAGE',
    `Expected at least ${fewest} patches a side, received ${Math.max(0, count)}: patches of ${side} pixels every ${stride} over an image of ${imageSize}`,
    { remedy: 'Take smaller patches (`patchSize`), fewer steps, or larger images (--size).' },
  );
}

/** Square patches of `side` pixels, one every `stride`. */
export interface Patches {
  side: number;
  stride: number;
}

/** How many patches fit along a side. */
export function patchesAlong(length: number, side: number, stride: number): number {
  return Math.floor((length - side) / stride) + 1;
}

/** The patches of every image, row by row: (N, C, H, W) to (N rows columns, C, side, side). */
export function cutPatchGrid(images: Tensor, { side, stride }: Patches): Tensor {
  const channels = images.size(1);
  return images
    .unfold(2, side, stride)
    .unfold(3, side, stride) // (N, C, rows, columns, side, side)
    .permute([0, 2, 3, 1, 4, 5])
    .reshape([-1, channels, side, side]);
}

/** The patches of images (N, C, S, S), row by row: (N, T, p p C). */
export function toPatches(images: Tensor, size: number): Tensor {
  const channels = images.size(1);
  return images
    .unfold(2, size, size)
    .unfold(3, size, size) // (N, C, g, g, p, p)
    .permute([0, 2, 3, 4, 5, 1])
    .reshape([images.size(0), -1, size * size * channels]);
}

/** The tubes of clips (N, T, C, S, S), of `frames` frames each, slot by slot and row by row: (N, t g g, frames p p, C). */
export function toTubes(clips: Tensor, frames: number, size: number): Tensor {
  const channels = clips.size(2);
  return clips
    .unfold(1, frames, frames)
    .unfold(3, size, size)
    .unfold(4, size, size) // (N, t, C, g, g, frames, p, p)
    .permute([0, 1, 3, 4, 5, 6, 7, 2])
    .reshape([clips.size(0), -1, frames * size * size, channels]);
}

/** Tubes (N, t g g, frames p p, C) put together: clips (N, T, C, g p, g p). */
export function fromTubes(tubes: Tensor, frames: number, grid: number, size: number): Tensor {
  return tubes
    .unflatten(2, [frames, size, size])
    .unflatten(1, [-1, grid, grid]) // (N, t, g, g, frames, p, p, C)
    .permute([0, 1, 4, 7, 2, 5, 3, 6])
    .reshape([tubes.size(0), -1, tubes.size(3), grid * size, grid * size]);
}

/** Patches (N, g g, p p C) put together: images (N, C, g p, g p). */
export function fromPatches(patches: Tensor, grid: number, size: number): Tensor {
  return patches
    .unflatten(2, [size, size, -1])
    .unflatten(1, [grid, grid]) // (N, g, g, p, p, C)
    .permute([0, 5, 1, 3, 2, 4])
    .reshape([patches.size(0), -1, grid * size, grid * size]);
}
