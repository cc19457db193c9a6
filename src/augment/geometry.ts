import { type Generator, ops, type Tensor, tensor } from '../engine/index.js';
import { expected } from '../errors.js';
import {
  checkCount,
  checkInteger,
  checkProbability,
  inGroups,
  perImage,
  sampleChosen,
  type Transform,
  toChosen,
  transform,
  unchanged,
  uniforms,
} from './transform.js';

/** Mirrors each image left to right with probability `p`; exact, any dtype. */
export function horizontalFlip(p = 0.5): Transform {
  checkProbability(p);
  return transform({ name: 'horizontalFlip', p }, 'pixels', (images, random) =>
    flipChosen(images, sampleChosen(images.size(0), p, random)),
  );
}

/** Mirrors the flagged images left to right. */
export function flipChosen(images: Tensor, isChosen: readonly boolean[]): Tensor {
  checkCount(isChosen.length, images, 'isChosen');
  return toChosen(images, isChosen, (part) => part.flip([3]));
}

/**
 * Rotates a batch [N, C, H, W] counter-clockwise by `turns` times 90 degrees; exact. As in RotNet's code, 90 is the vertical
 * flip of the transpose, 180 both flips, and 270 the transpose of the vertical flip.
 */
export function rotate90(images: Tensor, turns: number): Tensor {
  return images.rot90(turns, [2, 3]);
}

/** Rotates each image by 0, 90, 180 or 270 degrees with equal probability; exact, any dtype, square images. */
export function randomRotate90(): Transform {
  return transform('randomRotate90', 'pixels', (images, random) =>
    rotateEach(images, sampleTurns(images.size(0), random)),
  );
}

/** 0, 1, 2 or 3 quarter turns per image. */
export function sampleTurns(count: number, random: Generator): number[] {
  const draws = uniforms(count, 1, random);
  return Array.from({ length: count }, (_, i) => Math.floor(draws(i)[0]! * 4));
}

/** Rotates image i counter-clockwise by `turns[i]` (0 to 3) times 90 degrees. */
export function rotateEach(images: Tensor, turns: readonly number[]): Tensor {
  checkSquare(images, 'rotateEach');
  checkCount(turns.length, images, 'turns');
  return inGroups(images, turns, [unchanged, ...[1, 2, 3].map((turn) => (part: Tensor) => rotate90(part, turn))]);
}

function checkSquare(images: Tensor, name: string): void {
  if (images.size(2) !== images.size(3))
    throw expected('square images', name, images, { code: 'SHAPE', remedy: 'Crop them to a square first.' });
}

/** Pixels from the upper left corner of an image to that of a crop. */
export interface Offset {
  readonly top: number;
  readonly left: number;
}

export interface PadAndCropOptions {
  /** Pixels added on every side. */
  padding: number;
  /** Padding with black, or by reflection without repeating the edge. */
  mode?: 'zero' | 'reflect';
  /** Probability that an image is shifted. */
  p?: number;
}

/**
 * Pads every image and crops a random window of the original size, which shifts it by up to `padding` pixels along each axis;
 * exact, any dtype. The usual CIFAR augmentation (He et al. 2016).
 */
export function padAndCrop(options: PadAndCropOptions): Transform {
  const { padding, mode = 'zero', p = 1 } = options;
  checkInteger(padding, 'padding', 0);
  checkProbability(p);
  return transform({ name: 'padAndCrop', padding, mode, p }, 'pixels', (images, random) =>
    shiftEach(images, sampleOffsets(images.size(0), { padding, p }, random), { padding, mode }),
  );
}

/**
 * One offset per image, uniform in 0 to 2 x padding along each axis; with probability 1 - p `padding`, which shifts
 * nothing.
 */
export function sampleOffsets(count: number, options: { padding: number; p: number }, random: Generator): Offset[] {
  const draws = uniforms(count, 3, random);
  const { padding, p } = options;
  return Array.from({ length: count }, (_, i) => {
    const [chance = 1, top = 0, left = 0] = draws(i);
    if (chance >= p) return { top: padding, left: padding };
    return { top: Math.floor(top * (2 * padding + 1)), left: Math.floor(left * (2 * padding + 1)) };
  });
}

/**
 * Crops each padded image to its original size at its offset.
 *
 * @throws AutodidactError `SHAPE` when a reflection would need more pixels than the image has
 */
export function shiftEach(
  images: Tensor,
  offsets: readonly Offset[],
  options: { padding: number; mode: 'zero' | 'reflect' },
): Tensor {
  const { padding, mode } = options;
  const [count, , height, width] = images.shape as [number, number, number, number];
  checkCount(offsets.length, images, 'offsets');
  if (mode === 'reflect' && padding >= Math.min(height, width))
    throw expected(`images larger than ${padding} pixels to reflect`, 'padAndCrop', images, { code: 'SHAPE' });
  // Padded images as [N, H + 2P, W + 2P, C], so that a row of the result is one run of memory.
  const padded = pad(images.permute([0, 2, 3, 1]).contiguous(), padding, mode);
  const channels = padded.size(3);
  const rowPixels = width + 2 * padding;
  const starts = new BigInt64Array(count * height);
  for (const [i, { top, left }] of offsets.entries())
    for (let y = 0; y < height; y++)
      starts[i * height + y] = BigInt((i * (height + 2 * padding) + top + y) * rowPixels + left);
  const pixels = count * (height + 2 * padding) * rowPixels;
  // Row k of this view is the run of `width` pixels that begins at pixel k; the runs overlap in memory.
  const runs = padded.asStrided([pixels - width + 1, width * channels], [channels, 1]);
  const rows = runs.indexSelect(0, tensor(starts, { device: images.device }));
  return rows.view([count, height, width, channels]).permute([0, 3, 1, 2]);
}

/** [N, H, W, C] -> [N, H + 2P, W + 2P, C] */
function pad(images: Tensor, padding: number, mode: 'zero' | 'reflect'): Tensor {
  if (padding === 0) return images;
  if (mode === 'zero') return ops.pad(images, [0, 0, padding, padding, padding, padding]);
  const mirrored = (length: number) => {
    const index = new BigInt64Array(length + 2 * padding);
    for (let i = 0; i < index.length; i++) index[i] = BigInt(reflect(i - padding, length));
    return tensor(index, { device: images.device });
  };
  return images.indexSelect(1, mirrored(images.size(1))).indexSelect(2, mirrored(images.size(2)));
}

/** Index of the pixel at `position` on an axis of `length` pixels that is reflected at its first and last pixel. */
export function reflect(position: number, length: number): number {
  const inside = Math.abs(position);
  return inside < length ? inside : 2 * (length - 1) - inside;
}

/** A rectangle, clipped to the image: rows `top` to `bottom - 1`, columns `left` to `right - 1`. */
export interface Hole {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

export interface CutoutOptions {
  /** Side of the square hole in pixels. */
  size?: number;
  /** Side of the hole as a fraction of the image's shorter side; give either this or `size`. */
  fraction?: number;
  /** Fill value of the hole; 0 by default. */
  fill?: number;
  p?: number;
}

/**
 * Erases a square whose center is uniform over the image, so it may extend past the edge; any dtype. Source: DeVries and
 * Taylor 2017.
 *
 * @throws AutodidactError `USAGE` unless exactly one of `size` and `fraction` is given
 */
export function cutout(options: CutoutOptions): Transform {
  const { size, fraction, fill = 0, p = 1 } = options;
  checkProbability(p);
  if ((size === undefined) === (fraction === undefined))
    throw expected('either `size` or `fraction`', 'cutout', options);
  if (size !== undefined) checkInteger(size, 'size', 1);
  if (fraction !== undefined) checkProbability(fraction, 'fraction');
  const hole: Record<string, number> = size === undefined ? { fraction: fraction! } : { size };
  return transform({ name: 'cutout', ...hole, fill, p }, 'pixels', (images, random) => {
    const [count, , height, width] = images.shape as [number, number, number, number];
    const side = size ?? Math.max(1, Math.round(fraction! * Math.min(height, width)));
    return eraseEach(images, sampleHoles(count, { height, width, side, p }, random), fill);
  });
}

/** One hole per image, or null with probability 1 - p. */
export function sampleHoles(
  count: number,
  options: { height: number; width: number; side: number; p: number },
  random: Generator,
): (Hole | null)[] {
  const { height, width, side, p } = options;
  const draws = uniforms(count, 3, random);
  return Array.from({ length: count }, (_, i) => {
    const [chance = 1, y = 0, x = 0] = draws(i);
    if (chance >= p) return null;
    const top = Math.floor(y * height) - Math.floor(side / 2);
    const left = Math.floor(x * width) - Math.floor(side / 2);
    return {
      top: Math.max(0, top),
      bottom: Math.min(height, top + side),
      left: Math.max(0, left),
      right: Math.min(width, left + side),
    };
  });
}

/** Fills the hole of each image. */
export function eraseEach(images: Tensor, holes: readonly (Hole | null)[], fill = 0): Tensor {
  checkCount(holes.length, images, 'holes');
  const { device, dtype } = images;
  const [, , height, width] = images.shape as [number, number, number, number];
  const bound = (edge: keyof Hole) =>
    perImage(
      holes.map((hole) => hole?.[edge] ?? 0),
      images,
    );
  const y = ops.arange(0, height, 1, { dtype: 'float32', device }).view([height, 1]);
  const x = ops.arange(0, width, 1, { dtype: 'float32', device });
  const isRow = y.ge(bound('top')).logicalAnd(y.lt(bound('bottom'))); // [N, 1, H, 1]
  const isColumn = x.ge(bound('left')).logicalAnd(x.lt(bound('right'))); // [N, 1, 1, W]
  const hole = isRow.logicalAnd(isColumn); // [N, 1, H, W]
  // Multiplies by zeros and ones: a boolean mask that is broadcast over the channels is ten times slower.
  const erased = images.mul(hole.logicalNot().to(dtype));
  return fill === 0 ? erased : erased.add_(hole.to(dtype).mul_(fill));
}
