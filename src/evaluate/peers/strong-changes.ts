/**
 * The strong changes of UDA's copies: two of fifteen operations, each carried out in half of the cases with a random magnitude, then
 * a square that is cut out.
 *
 * Source: Xie et al. 2020; `image/randaugment/` of github.com/google-research/uda. Lengths in pixels there are for images of 32 pixels, and
 * scale with the image here. What comes from outside of the image, and cut-out squares, are of a middle gray here and of the data's mean there.
 */
import { LUMA } from '../../data/luma.js';
import { Prng } from '../../data/prng.js';
import {
  type Generator,
  GRID_OUTSIDE,
  GRID_READING,
  noGrad,
  ops,
  scope,
  type Tensor,
  tensor,
} from '../../engine/index.js';
import { AutodidactError } from '../../errors.js';

/** Gray of what is not known. */
const FILL = 122;
const REFERENCE_SIDE = 32;
const MAGNITUDES = 9;
const CUTOUT_SIDE = 16;

/** One image (C, H, W), float from 0 to 255, changed with a magnitude from 1 to 9. */
type Operation = (image: Tensor, magnitude: number, random: Prng) => Tensor;

/** Smoothing of PIL's sharpness: the middle counts 5 of 13. */
const SMOOTH = Float32Array.of(1, 1, 1, 1, 5, 1, 1, 1, 1).map((weight) => weight / 13);

const signed = (value: number, random: Prng): number => (random.below(2) === 0 ? value : -value);
const factorOf = (magnitude: number): number => (magnitude * 1.8) / 10 + 0.1;
/** `share` 0 gives the first, 1 the second. */
const mixed = (from: Tensor, to: Tensor, share: number): Tensor => from.mul(1 - share).add(to.mul(share));
const pixelsOf = (image: Tensor, pixels: number): number => Math.floor((pixels * image.size(2)) / REFERENCE_SIDE);

export const OPERATIONS: Readonly<Record<string, Operation>> = {
  invert: (image) => image.rsub(255),
  cutout: (image, magnitude, random) => erased(image, pixelsOf(image, 2 * magnitude), random),
  sharpness: (image, magnitude) => mixed(smoothed(image), image, factorOf(magnitude)),
  autoContrast(image) {
    const [low, high] = [image.amin([1, 2], true), image.amax([1, 2], true)];
    const range = high.sub(low);
    return ops.where(range.gt(0), image.sub(low).mul(255).div(range.clampMin(1e-6)), image);
  },
  posterize(image, magnitude) {
    const step = 2 ** (8 - (4 - Math.floor((magnitude * 4) / 10)));
    return image.div(step).floor().mul(step);
  },
  shearX: (image, magnitude, random) => warped(image, [1, signed(0.03 * magnitude, random), 0, 0, 1, 0]),
  shearY: (image, magnitude, random) => warped(image, [1, 0, 0, signed(0.03 * magnitude, random), 1, 0]),
  translateX: (image, magnitude, random) => shifted(image, signed(pixelsOf(image, magnitude), random), 2),
  translateY: (image, magnitude, random) => shifted(image, signed(pixelsOf(image, magnitude), random), 1),
  rotate(image, magnitude, random) {
    const angle = (signed(Math.floor(3 * magnitude), random) * Math.PI) / 180;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    return warped(image, [cos, sin, 0, -sin, cos, 0]);
  },
  equalize: (image) => equalized(image),
  contrast: (image, magnitude) =>
    mixed(ops.fullLike(image, Math.round(gray(image).mean().item())), image, factorOf(magnitude)),
  color: (image, magnitude) => mixed(gray(image).expand(image.shape), image, factorOf(magnitude)),
  solarize(image, magnitude) {
    const threshold = 256 - Math.floor((magnitude * 256) / 10);
    return ops.where(image.ge(threshold), image.rsub(255), image);
  },
  brightness: (image, magnitude) => image.mul(factorOf(magnitude)),
};

/**
 * Changes each image strongly.
 *
 * @param images uint8 (N, C, H, W), gray or color
 * @throws AutodidactError `DATA` for other samples
 */
export function stronglyChanged(images: Tensor, random: Generator): Tensor {
  if (images.ndim !== 4 || images.dtype !== 'uint8' || ![1, 3].includes(images.size(1)))
    throw new AutodidactError('DATA', `UDA changes images in gray or color, received ${images.describe()}`);
  const names = Object.keys(OPERATIONS);
  return noGrad(() =>
    scope(() => {
      const seed = ops.randint(0, 2 ** 31 - 1, [1], { generator: random, dtype: 'int64' }).item();
      const changed = images.unbind(0).map((image, i) =>
        scope(() => {
          const prng = new Prng(seed, i);
          let own = image.to('float32');
          for (let k = 0; k < 2; k++) {
            const operation = OPERATIONS[names[prng.below(names.length)]!]!;
            const magnitude = 1 + prng.below(MAGNITUDES);
            if (prng.below(2) === 0) own = operation(own, magnitude, prng).clamp(0, 255);
          }
          return erased(own, pixelsOf(own, CUTOUT_SIDE), prng).round().to('uint8');
        }),
      );
      return ops.stack(changed);
    }),
  );
}

function gray(image: Tensor): Tensor {
  if (image.size(0) === 1) return image;
  return image.mul(tensor(Float32Array.from(LUMA), { shape: [3, 1, 1], device: image.device })).sum(0, true);
}

/** The image filtered, but for its outermost pixels. */
function smoothed(image: Tensor): Tensor {
  const [channels, height, width] = image.shape as [number, number, number];
  if (height < 3 || width < 3) return image;
  const kernel = tensor(SMOOTH, { shape: [1, 1, 3, 3], device: image.device });
  const inner = ops.conv2d(image.unsqueeze(1), kernel).view([channels, height - 2, width - 2]);
  const result = image.clone();
  result
    .narrow(1, 1, height - 2)
    .narrow(2, 1, width - 2)
    .copy_(inner);
  return result;
}

/** A square around a random pixel in gray; it may reach beyond the edges. */
function erased(image: Tensor, side: number, random: Prng): Tensor {
  const [, height, width] = image.shape as [number, number, number];
  const span = (size: number): [start: number, length: number] => {
    const middle = random.below(size);
    const start = Math.max(0, middle - Math.floor(side / 2));
    return [start, Math.min(size, middle + Math.floor(side / 2)) - start];
  };
  const [[top, rows], [left, columns]] = [span(height), span(width)];
  if (rows <= 0 || columns <= 0) return image;
  const result = image.clone();
  result.narrow(1, top, rows).narrow(2, left, columns).fill_(FILL);
  return result;
}

/** Moved by whole pixels along a dimension: what was at x + by is at x. */
function shifted(image: Tensor, by: number, dim: 1 | 2): Tensor {
  const size = image.size(dim);
  const moved = Math.min(Math.abs(by), size);
  const result = ops.fullLike(image, FILL);
  if (moved === size) return result;
  const [to, from] = by > 0 ? [0, moved] : [moved, 0];
  result.narrow(dim, to, size - moved).copy_(image.narrow(dim, from, size - moved));
  return result;
}

/** Nearest pixels of an affine map around the middle: what is at a x + b y, d x + e y comes to x, y. */
function warped(image: Tensor, map: readonly number[]): Tensor {
  const theta = tensor(Float32Array.from(map), { shape: [1, 2, 3], device: image.device });
  const shape = [1, ...image.shape];
  const grid = ops.affineGridGenerator(theta, shape, false);
  // Zeros from outside, so that what is not known is told from black.
  const inside = ops
    .gridSampler(image.add(1).unsqueeze(0), grid, GRID_READING.nearest, GRID_OUTSIDE.zeros, false)
    .view(image.shape);
  return ops.where(inside.eq(0), ops.fullLike(image, FILL), inside.sub(1));
}

/** Each channel with its values spread evenly, as PIL's `ImageOps.equalize` does. */
function equalized(image: Tensor): Tensor {
  const channels = image.unbind(0).map((channel) => {
    const pixels = channel.to('int64').reshape([-1]);
    const counts = pixels.bincount(null, 256).toNumbers();
    const present = counts.filter((count) => count > 0);
    const step = Math.floor((pixels.numel - present.at(-1)!) / 255);
    if (present.length <= 1 || step === 0) return channel;
    let sum = Math.floor(step / 2);
    const table = Float32Array.from(counts, (count) => {
      const value = Math.min(255, Math.floor(sum / step));
      sum += count;
      return value;
    });
    return tensor(table, { device: image.device }).indexSelect(0, pixels).view(channel.shape);
  });
  return ops.stack(channels);
}
