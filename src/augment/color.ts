import { LUMA } from '../data/luma.js';
import { type Generator, ops, type Tensor, tensor } from '../engine/index.js';
import { expected } from '../errors.js';
import { CHANNEL_HUES, chromaShares, splitHue } from './hue.js';
import {
  between,
  chain,
  checkCount,
  checkProbability,
  checkRange,
  type FixedTransform,
  fixedTransform,
  perImage,
  sampleChosen,
  type Transform,
  toChosen,
  transform,
  uniforms,
} from './transform.js';

export type ColorOperation = 'brightness' | 'contrast' | 'saturation' | 'hue';

/** One operation on one image: a factor for brightness, contrast and saturation; a hue shift in turns of the color circle. */
export interface ColorStep {
  readonly operation: ColorOperation;
  readonly amount: number;
}

/** A strength s means factors from max(0, 1 - s) to 1 + s; a pair gives the bounds directly. */
export type Strength = number | readonly [number, number];

export interface ColorJitterOptions {
  brightness?: Strength;
  contrast?: Strength;
  saturation?: Strength;
  /** Largest hue shift in turns of the color circle, 0 to 0.5, or its bounds. */
  hue?: Strength;
  /** Probability that an image is changed. */
  p?: number;
}

type ColorRanges = readonly { readonly operation: ColorOperation; readonly range: readonly [number, number] }[];

/**
 * Jitters brightness, contrast, saturation and hue by random amounts, in a random order per image, and clamps to [0, 1] after
 * each operation. Operations of strength 0 are skipped.
 *
 * float32 [0, 1] or uint8 [N, 3, H, W] -> float32. Gray images [N, 1, H, W] get brightness and contrast only. Source and
 * parameters: torchvision's `ColorJitter`.
 *
 * @throws AutodidactError `USAGE` for strengths out of range, `SHAPE` for images of neither one nor three channels
 */
export function colorJitter(options: ColorJitterOptions): Transform {
  const { brightness = 0, contrast = 0, saturation = 0, hue = 0, p = 1 } = options;
  checkProbability(p);
  const ranges = colorRanges(options);
  return transform({ name: 'colorJitter', brightness, contrast, saturation, hue, p }, 'float', (images, random) =>
    applyColorSteps(images, sampleColorSteps(images.size(0), ranges, p, random)),
  );
}

/** The operations that have an effect, with the ranges of their amounts. */
export function colorRanges(options: ColorJitterOptions): ColorRanges {
  const ranges = OPERATIONS.map((operation) => {
    const strength = options[operation] ?? 0;
    const isHue = operation === 'hue';
    const isNumber = typeof strength === 'number';
    if (isNumber) checkRange([0, strength], operation, 0, isHue ? 0.5 : undefined);
    const neutral = isHue ? 0 : 1;
    const least = isHue ? -0.5 : 0;
    const range = isNumber ? ([Math.max(least, neutral - strength), neutral + strength] as const) : strength;
    checkRange(range, operation, least, isHue ? 0.5 : undefined);
    return { operation, range, neutral };
  });
  return ranges.filter(({ range, neutral }) => range[0] !== neutral || range[1] !== neutral);
}

const OPERATIONS: readonly ColorOperation[] = ['brightness', 'contrast', 'saturation', 'hue'];

/** The operations of each image in random order; none with probability 1 - p. */
export function sampleColorSteps(count: number, ranges: ColorRanges, p: number, random: Generator): ColorStep[][] {
  const size = ranges.length;
  const draws = uniforms(count, Math.max(1, 2 * size), random); // chance, amounts, order
  return Array.from({ length: count }, (_, i) => {
    const row = draws(i);
    if (row[0]! >= p) return [];
    const steps = ranges.map(({ operation, range }, k) => ({
      operation,
      amount: between(range[0], range[1], row[1 + k]!),
    }));
    for (let k = size - 1; k > 0; k--) {
      const other = Math.floor(row[size + k]! * (k + 1));
      [steps[k], steps[other]] = [steps[other]!, steps[k]!];
    }
    return steps;
  });
}

/**
 * Applies the steps of image i in order. Each turn runs one blend over all images, which covers every operation but hue, and
 * then shifts the hue of the images whose step is hue.
 *
 * @param images float32 [N, C, H, W] in [0, 1], C = 1 or 3
 */
export function applyColorSteps(images: Tensor, steps: readonly (readonly ColorStep[])[]): Tensor {
  checkCount(steps.length, images, 'steps');
  checkColors(images, 'colorJitter');
  const known = isGray(images) ? ['brightness', 'contrast'] : OPERATIONS;
  const turns = steps.reduce((most, list) => Math.max(most, list.length), 0);
  return chain(
    images.to({ memoryFormat: 'contiguous' }), // whole planes vectorize, interleaved pixels do not
    Array.from({ length: turns }, (_, turn) => (batch: Tensor) => {
      const amounts: Amounts = (operation, neutral) =>
        steps.map((list) => {
          const step = list[turn];
          return step?.operation === operation && known.includes(operation) ? step.amount : neutral;
        });
      return turnHues(blend(batch, amounts), amounts('hue', 0));
    }),
  );
}

/** The amounts of one operation in one turn, per image: `neutral` where the image's step is another operation. */
type Amounts = (operation: ColorOperation, neutral: number) => number[];

/**
 * Blends each image with black (brightness) or with the mean of its gray values (contrast), or each pixel with its gray value
 * (saturation); an amount of 1 has no effect. Returns a new batch in [0, 1].
 */
function blend(batch: Tensor, amounts: Amounts): Tensor {
  const brightness = amounts('brightness', 1);
  const contrast = amounts('contrast', 1);
  const saturation = amounts('saturation', 1);
  const shares = brightness.map((amount, i) => amount * contrast[i]! * saturation[i]!); // at least two of the three are 1
  const blended = batch.mul(perImage(shares, batch));
  const isMixed = [...contrast, ...saturation].some((amount) => amount !== 1);
  if (isMixed) {
    const gray = isGray(batch) ? batch : grayOf(batch); // [N, 1, H, W]
    const rest = (list: readonly number[]) =>
      perImage(
        list.map((amount) => 1 - amount),
        batch,
      );
    const mean = gray.mean([1, 2, 3], true).mul_(rest(contrast));
    blended.add_(gray.mul(rest(saturation)).add_(mean));
  }
  return blended.clamp_(0, 1);
}

function checkColors(images: Tensor, name: string): void {
  const channels = images.size(1);
  if (channels !== 1 && channels !== 3)
    throw expected('images of one or three channels', name, images, { code: 'SHAPE' });
}

const isGray = (images: Tensor) => images.size(1) === 1;

/** The gray values [N, 1, H, W] of a color batch [N, 3, H, W]. */
function grayOf(images: Tensor): Tensor {
  const [red, green, blue] = images.chunk(3, 1) as [Tensor, Tensor, Tensor];
  return red.mul(LUMA[0]).add_(green, { alpha: LUMA[1] }).add_(blue, { alpha: LUMA[2] });
}

/** Shifts the hue of the images whose amount is not 0, in place. */
function turnHues(batch: Tensor, amounts: readonly number[]): Tensor {
  const members = [...amounts.keys()].filter((i) => amounts[i] !== 0);
  if (members.length === 0) return batch;
  const places = tensor(BigInt64Array.from(members, BigInt), { device: batch.device });
  const turned = turnHue(
    batch.indexSelect(0, places),
    members.map((i) => amounts[i]!),
  );
  return batch.indexCopy_(0, places, turned);
}

/** Shifts the hue in HSV; saturation and value stay. */
function turnHue(part: Tensor, amounts: readonly number[]): Tensor {
  const { hue, chroma, least } = splitHue(part); // [n, 1, H, W]
  const shifts = tensor(Float32Array.from(amounts.flatMap((turn) => CHANNEL_HUES.map((own) => turn - own))), {
    shape: [amounts.length, 3, 1, 1],
    device: part.device,
  });
  return chromaShares(hue.add(shifts)).mul_(chroma).add_(least).clamp_(0, 1);
}

/**
 * Replaces each image by its gray values, in all three channels, with probability `p`. Gray images do not change.
 *
 * float32 [0, 1] or uint8 -> float32.
 */
export function grayscale(p = 1): Transform {
  checkProbability(p);
  return transform({ name: 'grayscale', p }, 'float', (images, random) =>
    grayChosen(images, sampleChosen(images.size(0), p, random)),
  );
}

/** Converts the flagged images to gray. */
export function grayChosen(images: Tensor, isChosen: readonly boolean[]): Tensor {
  checkCount(isChosen.length, images, 'isChosen');
  checkColors(images, 'grayscale');
  if (isGray(images)) return images;
  return toChosen(images.to({ memoryFormat: 'contiguous' }), isChosen, (part) =>
    grayOf(part).expand(part.shape).contiguous(),
  );
}

/**
 * Inverts the pixels at or above `threshold`, in each image with probability `p`.
 *
 * float32 [0, 1] or uint8 -> float32. Source: BYOL, appendix B.
 */
export function solarize(options: { threshold?: number; p?: number } = {}): Transform {
  const { threshold = 0.5, p = 1 } = options;
  checkProbability(p);
  checkProbability(threshold, 'threshold');
  return transform({ name: 'solarize', threshold, p }, 'float', (images, random) =>
    solarizeChosen(images, sampleChosen(images.size(0), p, random), threshold),
  );
}

/** Inverts the pixels at or above `threshold` in the flagged images. */
export function solarizeChosen(images: Tensor, isChosen: readonly boolean[], threshold: number): Tensor {
  checkCount(isChosen.length, images, 'isChosen');
  return toChosen(images, isChosen, (part) => ops.where(part.ge(threshold), part.rsub(1), part));
}

/**
 * Subtracts the mean and divides by the standard deviation of each channel.
 *
 * @param mean one number per channel, or one for all, on the scale of the images ([0, 1])
 * @throws AutodidactError `USAGE` for a standard deviation of 0, `SHAPE` when the channels do not fit
 */
export function normalize(mean: readonly number[], std: readonly number[]): FixedTransform {
  if (mean.length !== std.length) throw expected(`${mean.length} numbers, one per mean,`, 'std', std);
  for (const value of std) if (!(value > 0)) throw expected('positive numbers', 'std', std);
  const perChannel = (values: readonly number[], images: Tensor) =>
    tensor(Float32Array.from(values), { shape: [1, values.length, 1, 1], device: images.device });
  return fixedTransform({ name: 'normalize', mean, std }, 'float', (images) => {
    if (mean.length !== 1 && mean.length !== images.size(1))
      throw expected(`images of ${mean.length} channels`, 'normalize', images, { code: 'SHAPE' });
    return images.sub(perChannel(mean, images)).div_(perChannel(std, images));
  });
}
