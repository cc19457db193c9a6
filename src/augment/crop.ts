import { type Generator, ops, type Tensor } from '../engine/index.js';
import { expected } from '../errors.js';
import { cutPatches } from './patches.js';
import { type Box, cropAndResize, type Interpolation } from './resample.js';
import {
  between,
  checkInteger,
  checkProbability,
  checkRange,
  type FixedTransform,
  fixedTransform,
  type Size,
  sides,
  type Transform,
  transform,
  uniforms,
} from './transform.js';

export interface RandomResizedCropOptions {
  /** Output side, or [height, width]. */
  size: Size;
  /** Smallest and largest fraction of the image's area that a crop covers. */
  scale?: readonly [number, number];
  /** Smallest and largest width / height of a crop. */
  ratio?: readonly [number, number];
  interpolation?: Interpolation;
  /** Probability that a crop is mirrored left to right. */
  flip?: number;
}

type CropRange = Required<Pick<RandomResizedCropOptions, 'scale' | 'ratio' | 'flip'>>;

/** Attempts before the central box is used (torchvision, `RandomResizedCrop.get_params`). */
const TRIES = 10;

/** Rounds halves to the even neighbor, as Python's `round`. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

/**
 * Draws one crop per image by torchvision's rule: area uniform in `scale`, ratio log-uniform, up to ten attempts; else the
 * largest central box whose ratio lies within `ratio`.
 */
export function sampleCropBoxes(
  count: number,
  height: number,
  width: number,
  options: CropRange,
  random: Generator,
): Box[] {
  const draws = uniforms(count, 2 * TRIES + 3, random);
  return Array.from({ length: count }, (_, i) => {
    const row = draws(i);
    const isFlipped = row[2 * TRIES + 2]! < options.flip;
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const area = height * width * between(options.scale[0], options.scale[1], row[2 * attempt]!);
      const logRatio = between(Math.log(options.ratio[0]), Math.log(options.ratio[1]), row[2 * attempt + 1]!);
      const boxWidth = roundHalfEven(Math.sqrt(area * Math.exp(logRatio)));
      const boxHeight = roundHalfEven(Math.sqrt(area / Math.exp(logRatio)));
      if (boxWidth < 1 || boxWidth > width || boxHeight < 1 || boxHeight > height) continue;
      const top = Math.floor(row[2 * TRIES]! * (height - boxHeight + 1));
      const left = Math.floor(row[2 * TRIES + 1]! * (width - boxWidth + 1));
      return { top, left, height: boxHeight, width: boxWidth, isFlipped };
    }
    return { ...centralBox(height, width, options.ratio), isFlipped };
  });
}

function centralBox(height: number, width: number, ratio: readonly [number, number]): Box {
  const boxWidth = width / height > ratio[1] ? Math.max(1, roundHalfEven(height * ratio[1])) : width;
  const boxHeight = width / height < ratio[0] ? Math.max(1, roundHalfEven(width / ratio[0])) : height;
  const top = Math.floor((height - boxHeight) / 2);
  const left = Math.floor((width - boxWidth) / 2);
  return { top, left, height: boxHeight, width: boxWidth };
}

/**
 * Crops a random box from every image, mirrors it with probability `flip`, and resizes it with antialiasing. For several
 * sizes (multi-crop) use several transforms.
 *
 * float32 [0, 1] or uint8 [N, C, H, W] -> float32 [N, C, size, size]. Source: Szegedy et al. 2015 (Inception); parameters as
 * torchvision's `RandomResizedCrop`.
 *
 * @throws AutodidactError `USAGE` for invalid ranges or probabilities
 */
export function randomResizedCrop(options: RandomResizedCropOptions): Transform {
  const { scale = [0.08, 1], ratio = [3 / 4, 4 / 3], interpolation = 'bicubic', flip = 0 } = options;
  const size = sides(options.size);
  checkRange(scale, 'scale', 0, 1);
  checkRange(ratio, 'ratio', Number.MIN_VALUE);
  checkProbability(flip, 'flip');
  const description = { name: 'randomResizedCrop', size: options.size, scale, ratio, interpolation, flip };
  return transform(description, 'float', (images: Tensor, random: Generator) => {
    const [count, , height, width] = images.shape as [number, number, number, number];
    const boxes = sampleCropBoxes(count, height, width, { scale, ratio, flip }, random);
    return cropAndResize(images, boxes, { size, interpolation });
  });
}

/**
 * Resizes images with antialiasing; a single number is the length of the shorter side and keeps the aspect ratio.
 *
 * float32 [0, 1] or uint8 -> float32 [0, 1].
 */
export function resize(options: { size: Size; interpolation?: Interpolation }): FixedTransform {
  const { size, interpolation = 'bicubic' } = options;
  sides(size);
  return fixedTransform({ name: 'resize', size, interpolation }, 'float', (images) => {
    const [, , height, width] = images.shape as [number, number, number, number];
    const target = typeof size === 'number' ? shorterSide(size, height, width) : size;
    if (target[0] === height && target[1] === width) return images;
    return interpolation === 'bicubic'
      ? ops.upsampleBicubic2dAa(images, target, false).clamp_(0, 1)
      : ops.upsampleBilinear2dAa(images, target, false);
  });
}

function shorterSide(size: number, height: number, width: number): [number, number] {
  const longer = Math.floor((size * Math.max(height, width)) / Math.min(height, width));
  return height <= width ? [size, longer] : [longer, size];
}

/**
 * Crops the center of every image; exact, any dtype.
 *
 * @throws AutodidactError `SHAPE` when the images are smaller than `size`
 */
export function centerCrop(options: { size: Size }): FixedTransform {
  const [cropHeight, cropWidth] = sides(options.size);
  return fixedTransform({ name: 'centerCrop', size: options.size }, 'pixels', (images) => {
    const [, , height, width] = images.shape as [number, number, number, number];
    if (height < cropHeight || width < cropWidth)
      throw expected(`images of at least ${cropHeight}x${cropWidth}`, 'centerCrop', images, {
        code: 'SHAPE',
        remedy: 'Resize them first, or ask for a smaller crop.',
      });
    const top = roundHalfEven((height - cropHeight) / 2);
    const left = roundHalfEven((width - cropWidth) / 2);
    return images.narrow(2, top, cropHeight).narrow(3, left, cropWidth);
  });
}

/**
 * Crops a square at a random position from every image; exact, any dtype.
 *
 * @throws AutodidactError `SHAPE` when the images are smaller than `size`
 */
export function randomCrop(options: { size: number }): Transform {
  const { size } = options;
  checkInteger(size, 'size', 1);
  return transform({ name: 'randomCrop', size }, 'pixels', (images, random) => {
    const [count, , height, width] = images.shape as [number, number, number, number];
    if (height < size || width < size)
      throw expected(`images of at least ${size}x${size}`, 'randomCrop', images, { code: 'SHAPE' });
    if (height === size && width === size) return images;
    const draws = uniforms(count, 2, random);
    const places = Array.from({ length: count }, (_, i) => ({
      top: Math.floor(draws(i)[0]! * (height - size + 1)),
      left: Math.floor(draws(i)[1]! * (width - size + 1)),
    }));
    return cutPatches(images, places, size);
  });
}
