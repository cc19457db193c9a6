/** Masks and points on the grid of a network's map, and back. */
import { noGrad, ops, scope, type Tensor, tensor } from '../../engine/index.js';
import type { PropagationRule } from './rule.js';

export interface Size {
  readonly height: number;
  readonly width: number;
}

/**
 * A mask as labels of the cells of a grid: shares of the classes, float (classes, h, w).
 *
 * @param mask uint8 (H, W), the class of each pixel, below `classes`
 * @param how the class of the pixel at the cell's middle, or a bilinear mean of the four pixels around it
 */
export function maskToGrid(
  mask: Tensor,
  classes: number,
  { height, width }: Size,
  how: PropagationRule['grid'],
): Tensor {
  return noGrad(() =>
    scope(() => {
      const oneHot = (values: Tensor) =>
        values.to('int64').oneHot(classes).permute([2, 0, 1]).to('float32').contiguous();
      if (how === 'nearest') return oneHot(resizeNearest(mask, { height, width }));
      return ops.upsampleBilinear2d(oneHot(mask).unsqueeze(0), [height, width], false).squeeze(0);
    }),
  );
}

/**
 * The class of each pixel from labels of the cells, uint8 (H, W).
 *
 * @param labels shares of the classes, float (classes, h, w)
 * @param frame size of the answer
 * @param input size of what the network read, for the rules that answer there first
 */
export function gridToMask(labels: Tensor, frame: Size, input: Size, how: PropagationRule['answer']): Tensor {
  return noGrad(() =>
    scope(() => {
      const { height, width } = how === 'input' ? input : frame;
      const large = ops.upsampleBilinear2d(labels.unsqueeze(0), [height, width], false).squeeze(0);
      if (how === 'frame') return largest(large);
      return resizeNearest(largest(scaled(large)), frame);
    }),
  );
}

/** The class with the largest share, the first of equals: (classes, H, W) to uint8 (H, W). Several times faster than `argmax` over planes. */
function largest(shares: Tensor): Tensor {
  let best = shares.select(0, 0);
  let found = ops.zeros(best.shape, { dtype: 'uint8', device: best.device });
  for (let c = 1; c < shares.size(0); c++) {
    const own = shares.select(0, c);
    found = found.maskedFill(own.gt(best), c);
    best = best.maximum(own);
  }
  return found;
}

/** Each class from its least value to its greatest in [0, 1]; a class that is nowhere stays 0. */
function scaled(labels: Tensor): Tensor {
  const most = labels.amax([1, 2], true);
  const least = labels.amin([1, 2], true);
  const range = most.sub(least);
  const spread = labels.sub(least).div(range.maskedFill(range.eq(0), 1));
  return ops.where(most.gt(0), spread, labels);
}

/** The nearest pixel for each of another size: (H, W) to (height, width). */
export function resizeNearest(mask: Tensor, { height, width }: Size): Tensor {
  const places = (to: number, from: number) =>
    tensor(
      Int32Array.from({ length: to }, (_, i) => Math.min(from - 1, Math.floor(((i + 0.5) * from) / to))),
      { device: mask.device },
    );
  return mask.indexSelect(0, places(height, mask.size(0))).indexSelect(1, places(width, mask.size(1)));
}

/** Deviation of the spot that stands for a point, in cells. */
const SIGMA = 0.5;
/** Cells from -2 to +1 around the point's cell belong to its spot. */
const SPOT = [-2, -1, 0, 1] as const;
/** Cells that answer for a point. */
const ANSWERING = 3;

/**
 * Points as labels of the cells of a grid: a Gaussian spot around the cell of each, and what is left as ground, float (1 + P, h, w);
 * the ground comes first. After `data/jhmdb.py` of github.com/ajabri/videowalk: cell i stands for the place i x stride, as strided
 * convolutions have it.
 *
 * @param points P times x, y, and 1 where the point is known; pixels of a frame with its corner at 0
 */
export function pointsToGrid(points: readonly Point[], grid: Size, frame: Size): Tensor {
  const { height, width } = grid;
  const maps = new Float32Array((points.length + 1) * height * width);
  const ground = maps.subarray(0, height * width).fill(1);
  for (const [p, { x, y, isSeen }] of points.entries()) {
    if (!isSeen) continue;
    const map = maps.subarray((p + 1) * height * width, (p + 2) * height * width);
    const column = Math.round(((x - 0.5) * width) / frame.width);
    const row = Math.round(((y - 0.5) * height) / frame.height);
    for (const dy of SPOT)
      for (const dx of SPOT) {
        const [r, c] = [row + dy, column + dx];
        if (r < 0 || c < 0 || r >= height || c >= width) continue;
        map[r * width + c] = Math.exp(-(dx ** 2 + dy ** 2) / (2 * SIGMA ** 2));
        ground[r * width + c] = 0;
      }
  }
  return tensor(maps, { shape: [points.length + 1, height, width] });
}

/** A place in a frame, in pixels from its upper left corner. */
export interface Point {
  readonly x: number;
  readonly y: number;
  readonly isSeen: boolean;
}

/**
 * Where the points are that labels of the cells tell: the mean place of the three strongest cells of each, weighted by their
 * strength. A point whose map is 0 everywhere is not seen.
 *
 * @param labels float (1 + P, h, w), the ground first
 */
export function gridToPoints(labels: Tensor, frame: Size): Point[] {
  const [, height, width] = labels.shape as [number, number, number];
  const k = Math.min(ANSWERING, height * width);
  const { values, places } = scope(() => {
    const flat = labels.narrow(0, 1, labels.size(0) - 1).flatten(1);
    const [strongest, cells] = flat.topk(k, 1) as [Tensor, Tensor];
    return { values: strongest.toNumbers(), places: cells.toNumbers() };
  });
  return Array.from({ length: labels.size(0) - 1 }, (_, p) => {
    const strengths = values.slice(p * k, (p + 1) * k);
    const total = strengths.reduce((sum, value) => sum + value, 0);
    if (total === 0) return { x: 0, y: 0, isSeen: false };
    const mean = (of: (cell: number) => number) =>
      strengths.reduce((sum, value, i) => sum + (value / total) * of(places[p * k + i]!), 0);
    return {
      x: (mean((cell) => cell % width) * frame.width) / width + 0.5,
      y: (mean((cell) => Math.floor(cell / width)) * frame.height) / height + 0.5,
      isSeen: true,
    };
  });
}
