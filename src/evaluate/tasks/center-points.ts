/**
 * Objects as points: the middle of each is a peak in a map of its class, beside which stand the rest of its place and its size.
 *
 * Source: Zhou et al. 2019 (CenterNet); `src/lib/utils/image.py`, `src/lib/models/losses.py` and `src/lib/models/decode.py` of
 * github.com/xingyizhou/CenterNet.
 */
import type { Box } from '../../data/box.js';
import type { ImageObject } from '../../data/index.js';
import { noGrad, ops, scope, type Tensor, tensor } from '../../engine/index.js';

/** Least overlap with the object of a box whose corners are off by the radius of its peak. */
const OVERLAP = 0.7;
/** Peaks that become detections, at most. */
const MOST_PEAKS = 100;
/** Channels beside the classes: the rest of the place, across and down, and the size. */
export const BESIDE = 4;

const ALPHA = 2;
const BETA = 4;
const SIZE_WEIGHT = 0.1;

/**
 * How far both corners of a box may be off, in any directions, for an overlap with it of at least `overlap`: the least of the radii for a
 * moved, a shrunk and a grown box.
 *
 * The official code divides by 2 instead of 2a and takes the other root, which gives a radius 3.35 times as large for every square (4.37
 * instead of 1.31 for 16 x 16). This is the right one.
 */
export function cornerRadius(width: number, height: number, overlap = OVERLAP): number {
  const [sum, area] = [width + height, width * height];
  const moved = (sum - Math.sqrt(sum ** 2 - (4 * area * (1 - overlap)) / (1 + overlap))) / 2;
  const shrunk = (sum - Math.sqrt(sum ** 2 - 4 * area * (1 - overlap))) / 4;
  const grown = (Math.sqrt(sum ** 2 + (4 * area * (1 - overlap)) / overlap) - sum) / 4;
  return Math.min(moved, shrunk, grown);
}

/** A map of h x w cells over samples of height x width pixels. */
export interface Grid {
  rows: number;
  columns: number;
  height: number;
  width: number;
}

/** What the maps of a batch should be. */
export interface PointTargetMaps {
  /** Float (B, C, h, w): 1 at the middle of an object, less around it, 0 elsewhere. */
  heat: Tensor;
  /** Float (B, 4, h, w): the rest of the place and the size, in cells, where `isMiddle` is 1. */
  beside: Tensor;
  /** Float (B, 1, h, w). */
  isMiddle: Tensor;
  objects: number;
}

/** Peaks, places and sizes of the objects of each sample; difficult objects and crowds are left out. */
export function encodePoints(
  samples: readonly (readonly ImageObject[])[],
  classes: number,
  grid: Grid,
): PointTargetMaps {
  const { rows, columns, height, width } = grid;
  const cells = rows * columns;
  const heat = new Float32Array(samples.length * classes * cells);
  const beside = new Float32Array(samples.length * BESIDE * cells);
  const isMiddle = new Float32Array(samples.length * cells);
  let count = 0;
  samples.forEach((objects, b) => {
    for (const { class: label, box, isDifficult, isCrowd } of objects) {
      if (isDifficult || isCrowd) continue;
      const [w, h] = [(box.width * columns) / width, (box.height * rows) / height];
      const [x, y] = [(box.left * columns) / width + w / 2, (box.top * rows) / height + h / 2];
      const [column, row] = [Math.min(Math.floor(x), columns - 1), Math.min(Math.floor(y), rows - 1)];
      count += 1;
      paintPeak(heat.subarray((b * classes + label) * cells, (b * classes + label + 1) * cells), grid, {
        ...{ column, row },
        radius: Math.floor(cornerRadius(w, h)),
      });
      const cell = row * columns + column;
      isMiddle[b * cells + cell] = 1;
      [x - column, y - row, w, h].forEach((value, k) => {
        beside[(b * BESIDE + k) * cells + cell] = value;
      });
    }
  });
  const shaped = (values: Float32Array, channels: number) =>
    tensor(values, { shape: [samples.length, channels, rows, columns] });
  return {
    heat: shaped(heat, classes),
    beside: shaped(beside, BESIDE),
    isMiddle: shaped(isMiddle, 1),
    objects: count,
  };
}

function paintPeak(
  heat: Float32Array,
  { rows, columns }: Grid,
  { column, row, radius }: { column: number; row: number; radius: number },
): void {
  const deviation = (2 * radius + 1) / 6;
  for (let y = Math.max(0, row - radius); y <= Math.min(rows - 1, row + radius); y++)
    for (let x = Math.max(0, column - radius); x <= Math.min(columns - 1, column + radius); x++) {
      const value = Math.exp(-((x - column) ** 2 + (y - row) ** 2) / (2 * deviation ** 2));
      heat[y * columns + x] = Math.max(heat[y * columns + x]!, value);
    }
}

/**
 * Focal loss of the peaks, lower near them, plus the absolute errors of places and of sizes (weight 0.1) at the middles; over the number of
 * objects.
 *
 * @param output float (B, C + 4, h, w): logits of the classes, then places and sizes
 */
export function pointLoss(output: Tensor, { heat, beside, isMiddle, objects }: PointTargetMaps): Tensor {
  const classes = heat.size(1);
  const options = { device: output.device, dtype: output.dtype };
  const logits = output.narrow(1, 0, classes);
  const target = heat.to(options);
  const probability = logits.sigmoid();
  const isPeak = target.eq(1);
  const found = probability.rsub(1).pow(ALPHA).mul(logits.logSigmoid());
  const avoided = target.rsub(1).pow(BETA).mul(probability.pow(ALPHA)).mul(logits.neg().logSigmoid());
  const focal = ops.where(isPeak, found, avoided).sum().neg();
  const error = output.narrow(1, classes, BESIDE).sub(beside.to(options)).abs().mul(isMiddle.to(options));
  const place = error.narrow(1, 0, 2).sum();
  const size = error.narrow(1, 2, 2).sum();
  return focal.add(place).add(size.mul(SIZE_WEIGHT)).div(Math.max(1, objects));
}

/** A peak of a map as a box in pixels of the sample. */
export interface Peak {
  class: number;
  box: Box;
  /** Probability, from 0 to 1. */
  score: number;
}

/**
 * The highest peaks of each sample, at most 100: places with no higher neighbor in the map of their class.
 *
 * @param output float (B, C + 4, h, w), see `pointLoss`
 */
export function decodePoints(output: Tensor, { height, width }: { height: number; width: number }): Peak[][] {
  const [count, channels, rows, columns] = output.shape as [number, number, number, number];
  const classes = channels - BESIDE;
  const cells = rows * columns;
  const [scores, indices, beside] = scope(() =>
    noGrad(() => {
      const heat = output.narrow(1, 0, classes).sigmoid();
      const isPeak = ops.maxPool2d(heat, 3, 1, 1).eq(heat);
      const peaks = heat.mul(isPeak.to(heat.dtype)).reshape([count, -1]);
      const [values, places] = peaks.topk(Math.min(MOST_PEAKS, classes * cells), 1);
      return [values.toNumbers(), places.toNumbers(), output.narrow(1, classes, BESIDE).reshape([-1]).toNumbers()];
    }),
  );
  const each = scores.length / count;
  return Array.from({ length: count }, (_, b) =>
    Array.from({ length: each }, (_, rank): Peak => {
      const index = indices[b * each + rank]!;
      const cell = index % cells;
      const at = (k: number) => beside[(b * BESIDE + k) * cells + cell]!;
      const [x, y] = [(cell % columns) + at(0), Math.floor(cell / columns) + at(1)];
      const [w, h] = [Math.max(0, at(2)), Math.max(0, at(3))];
      return {
        class: Math.floor(index / cells),
        score: scores[b * each + rank]!,
        box: {
          left: ((x - w / 2) * width) / columns,
          top: ((y - h / 2) * height) / rows,
          width: (w * width) / columns,
          height: (h * height) / rows,
        },
      };
    }).filter(({ score }) => score > 0),
  );
}
