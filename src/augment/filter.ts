import { type Generator, ops, type Tensor, tensor } from '../engine/index.js';
import { expected } from '../errors.js';
import { reflect } from './geometry.js';
import { applySeparable, scatterRows } from './resample.js';
import {
  between,
  checkCount,
  checkInteger,
  checkPrecision,
  checkProbability,
  checkRange,
  type FixedTransform,
  fixedTransform,
  perImage,
  type Transform,
  toChosen,
  transform,
  uniforms,
} from './transform.js';

export interface GaussianBlurOptions {
  /** Taps of the kernel along each axis, an odd number. */
  kernelSize?: number;
  /** Kernel length as a fraction of the shorter side, which gives 2 floor(length / 2) + 1 taps, at least 3 (SimCLR: 0.1). */
  kernelFraction?: number;
  /** Smallest and largest standard deviation in pixels. */
  sigma?: readonly [number, number];
  p?: number;
}

/**
 * Blurs each image, with probability `p`, by a Gaussian of random standard deviation; images are reflected at their edges.
 *
 * float32 [0, 1] or uint8 -> float32. Source: SimCLR, appendix A; edges as in torchvision's `GaussianBlur` (SimCLR's code
 * pads with black).
 *
 * @throws AutodidactError `USAGE` for an even kernel, `SHAPE` when half the kernel exceeds the image
 */
export function gaussianBlur(options: GaussianBlurOptions = {}): Transform {
  const { kernelSize, kernelFraction = 0.1, sigma = [0.1, 2], p = 1 } = options;
  checkProbability(p);
  checkRange(sigma, 'sigma', Number.MIN_VALUE);
  checkProbability(kernelFraction, 'kernelFraction');
  if (kernelSize !== undefined) checkInteger(kernelSize, 'kernelSize', 1);
  if (kernelSize !== undefined && kernelSize % 2 === 0) throw expected('an odd number', 'kernelSize', kernelSize);
  const kernel: Record<string, number> = kernelSize === undefined ? { kernelFraction } : { kernelSize };
  return transform({ name: 'gaussianBlur', ...kernel, sigma, p }, 'float', (images, random) => {
    const [count, , height, width] = images.shape as [number, number, number, number];
    const taps = kernelSize ?? fractionTaps(kernelFraction, Math.min(height, width));
    return blurEach(images, sampleSigmas(count, { sigma, p }, random), taps);
  });
}

/** SimCLR's kernel length; the small term keeps 0.29 x 100 from rounding below 29. */
function fractionTaps(fraction: number, side: number): number {
  return 2 * Math.max(1, Math.floor(Math.floor(fraction * side + 1e-9) / 2)) + 1;
}

/** One standard deviation per image, or null with probability 1 - p, for no blur. */
export function sampleSigmas(
  count: number,
  options: { sigma: readonly [number, number]; p: number },
  random: Generator,
): (number | null)[] {
  const draws = uniforms(count, 2, random);
  return Array.from({ length: count }, (_, i) => {
    const [chance = 1, place = 0] = draws(i);
    return chance < options.p ? between(options.sigma[0], options.sigma[1], place) : null;
  });
}

/** Blurs image i [C, H, W] with a Gaussian of `taps` taps and standard deviation `sigmas[i]`. */
export function blurEach(images: Tensor, sigmas: readonly (number | null)[], taps: number): Tensor {
  checkCount(sigmas.length, images, 'sigmas');
  const [, , height, width] = images.shape as [number, number, number, number];
  if (Math.floor(taps / 2) >= Math.min(height, width))
    throw expected(`images larger than half a kernel of ${taps}`, 'gaussianBlur', images, { code: 'SHAPE' });
  return toChosen(
    images,
    sigmas.map((sigma) => sigma !== null),
    (part, members) => {
      const weights = gaussianTaps(
        members.map((i) => sigmas[i]!),
        taps,
        part,
      );
      return applySeparable(part, blurMatrices(weights, height), blurMatrices(weights, width));
    },
  );
}

/** exp(-t^2 / (2 sigma^2)) at whole pixels, normalized to sum 1: [n, 1, taps]. */
function gaussianTaps(sigmas: readonly number[], taps: number, like: Tensor): Tensor {
  const half = (taps - 1) / 2;
  const squares = ops.arange(-half, half + 1, 1, { dtype: 'float32', device: like.device }).square();
  // Below a thousandth of a pixel the kernel is a single pixel, and the square would underflow.
  const factors = Float32Array.from(sigmas, (sigma) => -0.5 / Math.max(sigma, 1e-3) ** 2);
  const precision = tensor(factors, { shape: [sigmas.length, 1, 1], device: like.device });
  return precision.mul(squares).softmax(2);
}

/** The taps [n, 1, K] as matrices [n, length, length] that blur one axis, reflected at both ends. */
function blurMatrices(weights: Tensor, length: number): Tensor {
  const [count, , taps] = weights.shape as [number, number, number];
  const index = new BigInt64Array(length * taps);
  for (let place = 0; place < length; place++)
    for (let tap = 0; tap < taps; tap++)
      index[place * taps + tap] = BigInt(reflect(place + tap - Math.floor(taps / 2), length));
  const size = [count, length, taps];
  const sources = tensor(index, { shape: [1, length, taps], device: weights.device });
  return scatterRows(weights.expand(size), sources.expand(size), length);
}

/** DeepCluster's fixed filters, horizontal and vertical gradient; each is the transpose of the other. */
const SOBEL = [1, 0, -1, 2, 0, -2, 1, 0, -1, 1, 2, 1, 0, 0, 0, -1, -2, -1];

/**
 * Horizontal and vertical gradient of the gray image (the mean of the channels), padded with black.
 *
 * float32 or uint8 [N, C, H, W] -> float32 [N, 2, H, W]. Source: DeepCluster (Caron et al. 2018), its code.
 */
export function sobel(): FixedTransform {
  return fixedTransform('sobel', 'float', (images) => {
    const filters = tensor(Float32Array.from(SOBEL), { shape: [2, 1, 3, 3], device: images.device });
    const gray = images.to({ memoryFormat: 'contiguous' }).mean([1], true);
    return checkPrecision(ops.conv2d(gray, filters, null, 1, 1));
  });
}

/**
 * Adds normal noise to every pixel of an image, with probability `p` per image. Results are not clamped.
 *
 * float32 [0, 1] or uint8 -> float32.
 *
 * @param options.std standard deviation on the scale of the images
 */
export function gaussianNoise(options: { std: number; p?: number }): Transform {
  const { std, p = 1 } = options;
  checkProbability(p);
  checkRange([0, std], 'std', 0);
  return transform({ name: 'gaussianNoise', std, p }, 'float', (images, random) => {
    const draws = uniforms(images.size(0), 1, random);
    const strengths = Array.from({ length: images.size(0) }, (_, i) => (draws(i)[0]! < p ? std : 0));
    const noise = ops.randn(images.shape, { generator: random, device: random.device }).to(images.device);
    return images.add(noise.mul_(perImage(strengths, images)));
  });
}
