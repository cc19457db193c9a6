import { expect } from 'vitest';
import { Generator, ops, type Tensor } from '../engine/index.js';
import type { ColorStep } from './color.js';
import type { Hole, Offset } from './geometry.js';
import type { Box, Interpolation } from './resample.js';

// Slow reference versions of the transforms, one image and one pixel at a time, written from their definitions.

/** One image as [channel][row][column]. */
export type Pixels = number[][][];

/** A new image of another size; `value` gives each pixel. */
function draw(
  [channels, height, width]: readonly [number, number, number],
  value: (channel: number, y: number, x: number) => number,
): Pixels {
  const range = (length: number) => Array.from({ length }, (_, i) => i);
  return range(channels).map((c) => range(height).map((y) => range(width).map((x) => value(c, y, x))));
}

const sizeOf = (image: Pixels) => [image.length, image[0]!.length, image[0]![0]!.length] as const;
const clamp = (value: number) => Math.min(1, Math.max(0, value));
const isInside = (y: number, x: number, height: number, width: number) => y >= 0 && y < height && x >= 0 && x < width;

/** Pillow's filters (Resample.c): `bilinear_filter`, and `bicubic_filter` with a = -0.5. */
function filter(x: number, interpolation: Interpolation): number {
  const d = Math.abs(x);
  if (interpolation === 'bilinear') return d < 1 ? 1 - d : 0;
  const a = -0.5;
  if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  if (d < 2) return (((d - 5) * d + 8) * d - 4) * a;
  return 0;
}

/** One output sample of one axis, as Pillow's `precompute_coeffs`: pairs of input pixel and weight. */
function coefficients(start: number, length: number, output: number, place: number, interpolation: Interpolation) {
  const scale = length / output;
  const filterScale = Math.max(scale, 1);
  const support = (interpolation === 'bicubic' ? 2 : 1) * filterScale;
  const center = (place + 0.5) * scale;
  const first = Math.max(0, Math.trunc(center - support + 0.5));
  const end = Math.min(length, Math.trunc(center + support + 0.5));
  const taps: { pixel: number; weight: number }[] = [];
  for (let pixel = first; pixel < end; pixel++)
    taps.push({ pixel: start + pixel, weight: filter((pixel - center + 0.5) / filterScale, interpolation) });
  const sum = taps.reduce((total, { weight }) => total + weight, 0);
  return taps.map(({ pixel, weight }) => ({ pixel, weight: weight / sum }));
}

export function cropAndResize(
  image: Pixels,
  box: Box,
  size: readonly [number, number],
  interpolation: Interpolation,
): Pixels {
  return draw([image.length, ...size], (c, y, x) => {
    const column = box.isFlipped ? size[1] - 1 - x : x;
    let value = 0;
    for (const vertical of coefficients(box.top, box.height, size[0], y, interpolation))
      for (const horizontal of coefficients(box.left, box.width, size[1], column, interpolation))
        value += vertical.weight * horizontal.weight * image[c]![vertical.pixel]![horizontal.pixel]!;
    return interpolation === 'bicubic' ? clamp(value) : value;
  });
}

export function horizontalFlip(image: Pixels): Pixels {
  return image.map((channel) => channel.map((row) => [...row].reverse()));
}

const transpose = (channel: number[][]) => channel[0]!.map((_, x) => channel.map((row) => row[x]!));
const upsideDown = (channel: number[][]) => [...channel].reverse();

/** RotNet's three formulas. */
export function rotate90(image: Pixels, turns: number): Pixels {
  if (turns === 1) return image.map((channel) => upsideDown(transpose(channel)));
  if (turns === 2) return horizontalFlip(image.map(upsideDown));
  if (turns === 3) return image.map((channel) => transpose(upsideDown(channel)));
  return image;
}

export function padAndCrop(image: Pixels, offset: Offset, padding: number, mode: 'zero' | 'reflect'): Pixels {
  const [channels, height, width] = sizeOf(image);
  const mirror = (position: number, length: number) => {
    if (position < 0) return -position;
    return position >= length ? 2 * length - 2 - position : position;
  };
  const padded = draw([channels, height + 2 * padding, width + 2 * padding], (c, y, x) => {
    const [top, left] = [y - padding, x - padding];
    if (mode === 'reflect') return image[c]![mirror(top, height)]![mirror(left, width)]!;
    return isInside(top, left, height, width) ? image[c]![top]![left]! : 0;
  });
  return draw([channels, height, width], (c, y, x) => padded[c]![y + offset.top]![x + offset.left]!);
}

export function cutout(image: Pixels, hole: Hole | null, fill: number): Pixels {
  return draw(sizeOf(image), (c, y, x) => {
    const isHole = hole !== null && y >= hole.top && y < hole.bottom && x >= hole.left && x < hole.right;
    return isHole ? fill : image[c]![y]![x]!;
  });
}

function gray(image: Pixels, y: number, x: number): number {
  if (image.length === 1) return image[0]![y]![x]!;
  return 0.299 * image[0]![y]![x]! + 0.587 * image[1]![y]![x]! + 0.114 * image[2]![y]![x]!;
}

export function grayscale(image: Pixels): Pixels {
  return draw(sizeOf(image), (_, y, x) => gray(image, y, x));
}

export function solarize(image: Pixels, threshold: number): Pixels {
  return draw(sizeOf(image), (c, y, x) => {
    const value = image[c]![y]![x]!;
    return value >= threshold ? 1 - value : value;
  });
}

/** torchvision's `_blend`: factor times the image plus (1 - factor) times the other one, clamped. */
function blend(image: Pixels, factor: number, other: (y: number, x: number) => number): Pixels {
  return draw(sizeOf(image), (c, y, x) => clamp(factor * image[c]![y]![x]! + (1 - factor) * other(y, x)));
}

function meanGray(image: Pixels): number {
  const [, height, width] = sizeOf(image);
  let sum = 0;
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) sum += gray(image, y, x);
  return sum / (height * width);
}

/** HSV as in Python's `colorsys`: hue, saturation and value of one color, all in [0, 1]. */
function toHsv(r: number, g: number, b: number): [number, number, number] {
  const most = Math.max(r, g, b);
  const chroma = most - Math.min(r, g, b);
  if (chroma === 0) return [0, 0, most];
  let sixths = 0;
  if (most === r) sixths = (g - b) / chroma;
  else if (most === g) sixths = 2 + (b - r) / chroma;
  else sixths = 4 + (r - g) / chroma;
  return [(sixths / 6 + 1) % 1, chroma / most, most];
}

function fromHsv(hue: number, saturation: number, value: number): [number, number, number] {
  const sextant = Math.floor(hue * 6);
  const rest = hue * 6 - sextant;
  const p = value * (1 - saturation);
  const q = value * (1 - saturation * rest);
  const t = value * (1 - saturation * (1 - rest));
  const cases: [number, number, number][] = [
    [value, t, p],
    [q, value, p],
    [p, value, t],
    [p, q, value],
    [t, p, value],
    [value, p, q],
  ];
  return cases[sextant % 6]!;
}

export function turnHue(image: Pixels, amount: number): Pixels {
  return draw(sizeOf(image), (c, y, x) => {
    const [hue, saturation, value] = toHsv(image[0]![y]![x]!, image[1]![y]![x]!, image[2]![y]![x]!);
    return fromHsv((hue + amount + 1) % 1, saturation, value)[c]!;
  });
}

export function applyColorSteps(image: Pixels, steps: readonly ColorStep[]): Pixels {
  let current = image;
  for (const { operation, amount } of steps) {
    const before = current;
    if (operation === 'brightness') current = blend(before, amount, () => 0);
    else if (operation === 'contrast') {
      const mean = meanGray(before);
      current = blend(before, amount, () => mean);
    } else if (image.length === 1) continue;
    else if (operation === 'saturation') current = blend(before, amount, (y, x) => gray(before, y, x));
    else current = turnHue(before, amount);
  }
  return current;
}

/** A two-dimensional Gaussian kernel over the mirrored image. */
export function gaussianBlur(image: Pixels, sigma: number | null, taps: number): Pixels {
  if (sigma === null) return image;
  const [, height, width] = sizeOf(image);
  const half = (taps - 1) / 2;
  const mirror = (position: number, length: number) => {
    if (position < 0) return -position;
    return position >= length ? 2 * length - 2 - position : position;
  };
  return draw(sizeOf(image), (c, y, x) => {
    let sum = 0;
    let total = 0;
    for (let dy = -half; dy <= half; dy++)
      for (let dx = -half; dx <= half; dx++) {
        const weight = Math.exp(-(dy * dy + dx * dx) / (2 * sigma * sigma));
        sum += weight * image[c]![mirror(y + dy, height)]![mirror(x + dx, width)]!;
        total += weight;
      }
    return sum / total;
  });
}

export function sobel(image: Pixels): Pixels {
  const [channels, height, width] = sizeOf(image);
  const value = (y: number, x: number) => {
    if (!isInside(y, x, height, width)) return 0;
    return image.reduce((sum, channel) => sum + channel[y]![x]!, 0) / channels;
  };
  const filter = [
    [1, 0, -1],
    [2, 0, -2],
    [1, 0, -1],
  ];
  return draw([2, height, width], (c, y, x) => {
    let sum = 0;
    for (let i = 0; i < 3; i++)
      for (let j = 0; j < 3; j++) sum += (c === 0 ? filter[i]![j]! : filter[j]![i]!) * value(y + i - 1, x + j - 1);
    return sum;
  });
}

// Helpers of the tests.

export const pixelsOf = (images: Tensor): Pixels[] => images.to('float32').toList() as Pixels[];

/** Random images [N, C, H, W] in [0, 1]. */
export function randomImages(shape: readonly number[], seed = 0): Tensor {
  return ops.rand(shape, { generator: new Generator(seed) });
}

export const channelsLast = (images: Tensor): Tensor => images.to({ memoryFormat: 'channelsLast' });

/** Largest difference between two batches of one shape. */
export function difference(actual: Tensor, wanted: readonly Pixels[]): number {
  const [first] = wanted;
  expect(actual.shape).toEqual([wanted.length, ...sizeOf(first!)]);
  const numbers = actual.toNumbers();
  const flat = wanted.flat(3);
  return flat.reduce((most, value, i) => Math.max(most, Math.abs(value - numbers[i]!)), 0);
}

/** Fails unless the fraction `hits / count` lies within three standard deviations of the probability. */
export function expectShare(hits: number, count: number, p: number): void {
  expect(Math.abs(hits / count - p)).toBeLessThanOrEqual(3 * Math.sqrt((p * (1 - p)) / count));
}
