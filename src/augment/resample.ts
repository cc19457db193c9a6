import { noGrad, ops, scope, type Tensor, tensor } from '../engine/index.js';
import { expected } from '../errors.js';
import { checkPrecision, toFloat } from './transform.js';

export type Interpolation = 'bilinear' | 'bicubic';

/** A rectangle of whole pixels inside an image; `isFlipped` mirrors its content left to right. */
export interface Box {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
  readonly isFlipped?: boolean;
}

/** The part of an image axis that maps to the output: pixels `start` to `start + length`, backwards if reversed. */
export interface Span {
  readonly start: number;
  readonly length: number;
  readonly isReversed?: boolean;
}

/** Radius of the kernel in pixels, at a scale of 1. */
const RADIUS: Record<Interpolation, number> = { bilinear: 1, bicubic: 2 };

/**
 * Resampling weights of one axis, [N, output, input]: row o holds the weight of each input pixel in output pixel o. The
 * kernel widens with the scale (antialiasing) and is truncated at the span's ends, as in Pillow's `Image.resize(box=...)`
 * and PyTorch's `interpolate(antialias=True)` on the cropped image.
 */
export function resamplingWeights(
  spans: readonly Span[],
  input: number,
  output: number,
  options: { interpolation: Interpolation; like: Tensor },
): Tensor {
  const { device } = options.like;
  const count = spans.length;
  const radius = RADIUS[options.interpolation];
  const longest = spans.reduce((most, span) => Math.max(most, span.length), 1);
  // An open interval of length 2r holds at most ceil(2r) pixel centers.
  const taps = Math.min(Math.ceil(2 * radius * Math.max(1, longest / output)), longest);
  const table = new Float32Array(4 * count);
  for (const [i, { start, length, isReversed }] of spans.entries()) {
    table[i] = start;
    table[count + i] = length;
    table[2 * count + i] = isReversed ? output - 0.5 : 0.5;
    table[3 * count + i] = isReversed ? -1 : 1;
  }
  const [start, length, from, step] = tensor(table, { shape: [4, count, 1, 1], device }).unbind() as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ]; // each [N, 1, 1]
  const scale = length.div(output);
  const spread = scale.clampMin(1);
  const places = ops.arange(0, output, 1, { dtype: 'float32', device }).view([1, output, 1]);
  const center = places.mul(step).add_(from).mul_(scale); // [N, output, 1], in pixels from the span's start
  const first = center.sub(spread, { alpha: radius }).add_(0.5).floor().clampMin_(0);
  const pixels = first.add(ops.arange(0, taps, 1, { dtype: 'float32', device })); // [N, output, taps]
  const distance = pixels.sub(center).add_(0.5).div_(spread).abs();
  // Pixels past the span's end have weight 0; length - pixel is a whole number.
  const weights = kernel(distance, options.interpolation).mul_(length.sub(pixels).clamp_(0, 1));
  weights.div_(weights.sum(2, true));
  const index = pixels.minimum(length.sub(1)).add_(start).to('int64');
  return scatterRows(weights, index, input);
}

/** Dense matrices [N, O, length] from `weights` [N, O, K] of the columns `index` [N, O, K]; repeated columns are summed. */
export function scatterRows(weights: Tensor, index: Tensor, length: number): Tensor {
  const [count, rows] = weights.shape as [number, number];
  return ops.zeros([count, rows, length], { device: weights.device }).scatterAdd_(2, index, weights);
}

/**
 * Bilinear: max(0, 1 - d). Bicubic (Keys 1981 with a = -0.5, as Pillow): with p = max(0, 2 - d) and q = max(0, 1 - d) the two
 * pieces join into p^2 (p - 1) / 2 + q^2 (1 - 2q), which needs no branch.
 */
function kernel(distance: Tensor, interpolation: Interpolation): Tensor {
  const near = distance.rsub(1).clampMin_(0);
  if (interpolation === 'bilinear') return near;
  const far = distance.rsub(2).clampMin_(0);
  const outer = far.square().mul_(far.sub(1)).mul_(0.5);
  return outer.addcmul_(near.square(), near.mul(-2).add_(1));
}

/**
 * Resamples each image along both axes: `rows` [N, H', H] and `columns` [N, W', W] map [N, C, H, W] to [N, C, H', W']
 * (contiguous), by two batched matrix products.
 *
 * @throws AutodidactError `ENGINE` inside `autocast`, which would round the pixels to 16 bits
 */
export function applySeparable(images: Tensor, rows: Tensor, columns: Tensor): Tensor {
  const [count, channels, height, width] = images.shape as [number, number, number, number];
  const outHeight = rows.size(1);
  const outWidth = columns.size(1);
  const across = columns.transpose(1, 2); // [N, W, W']
  const isChannelsLast = images.isContiguous('channelsLast') && !images.isContiguous();
  let result: Tensor;
  if (isChannelsLast) {
    // The first product reads the memory [N, H, W C] directly; the layout changes after it.
    const tall = rows.bmm(images.permute([0, 2, 3, 1]).view([count, height, width * channels]));
    const planes = tall.view([count, outHeight, width, channels]).permute([0, 3, 1, 2]).contiguous();
    result = planes.view([count, channels * outHeight, width]).bmm(across);
  } else {
    const wide = images.reshape([count, channels * height, width]).bmm(across);
    result = rows.unsqueeze(1).matmul(wide.view([count, channels, height, outWidth]));
  }
  checkPrecision(result);
  return result.view([count, channels, outHeight, outWidth]);
}

/**
 * Crops one box from each image and resizes it to `size`, as Pillow does (see `resamplingWeights`). Pixels outside the box
 * have no influence. Bicubic results are clamped to [0, 1], because the kernel overshoots.
 *
 * @param images float32 [0, 1] or uint8 [N, C, H, W]; the result is float32 [N, C, *size], contiguous
 * @throws AutodidactError `SHAPE` when a box does not lie inside the image or their number is not N
 */
export function cropAndResize(
  images: Tensor,
  boxes: readonly Box[],
  options: { size: readonly [height: number, width: number]; interpolation: Interpolation },
): Tensor {
  const { size, interpolation } = options;
  const [count, , height, width] = images.shape as [number, number, number, number];
  if (boxes.length !== count)
    throw expected(`${count} boxes, one per image,`, 'boxes', `${boxes.length} boxes`, { code: 'SHAPE' });
  for (const box of boxes) checkBox(box, height, width);
  const rows = boxes.map((box): Span => ({ start: box.top, length: box.height }));
  const columns = boxes.map((box): Span => ({ start: box.left, length: box.width, isReversed: box.isFlipped }));
  return noGrad(() =>
    scope(() => {
      const weighed = applySeparable(
        toFloat(images),
        resamplingWeights(rows, height, size[0], { interpolation, like: images }),
        resamplingWeights(columns, width, size[1], { interpolation, like: images }),
      );
      return interpolation === 'bicubic' ? weighed.clamp_(0, 1) : weighed;
    }),
  );
}

function checkBox(box: Box, height: number, width: number): void {
  const isInside =
    [box.top, box.left, box.height, box.width].every(Number.isSafeInteger) &&
    Math.min(box.top, box.left) >= 0 &&
    Math.min(box.height, box.width) >= 1 &&
    box.top + box.height <= height &&
    box.left + box.width <= width;
  if (!isInside) throw expected(`a box of whole pixels inside ${height}x${width}`, 'boxes', box, { code: 'SHAPE' });
}
