import type { MaskTargets } from '../../data/index.js';
import { Prng } from '../../data/prng.js';
import { scope, type Tensor, tensor } from '../../engine/index.js';
import { allOf } from '../task.js';

/** Pixels that a linear head is fitted to at most, and numbers in their features. */
const MOST_PIXELS = 2 ** 14;
const MOST_NUMBERS = 2 ** 24;
/** The same pixels for every penalty and every encoder. */
const SEED = 31;
/**
 * A rarer class weighs no more. Full balance answers rare classes everywhere where features say little: on generated scenes an
 * untrained network then has an mIoU of 13 %, below the 16.5 % of background alone, and 18 % with this bound.
 */
const MOST_WEIGHT = 10;

/** Pixels of maps as rows of a classification. */
export interface PixelRows {
  /** float64 (R, D), interpolated between the places of the map. */
  x: Tensor;
  /** [R] */
  labels: Int32Array;
  /** [R], of mean 1, see `balanced`. */
  weights: Float64Array;
}

/**
 * A weight for each class that is inverse to its count, with mean 1 over all that was counted; the rarest class weighs at most
 * ten times as much as the most frequent.
 */
export function balanced(counts: readonly number[]): Float64Array {
  const most = Math.max(...counts);
  const raw = Float64Array.from(counts, (count) => (count === 0 ? 0 : Math.min(most / count, MOST_WEIGHT)));
  const total = counts.reduce((sum, count) => sum + count, 0);
  const mean = counts.reduce((sum, count, c) => sum + count * raw[c]!, 0) / total;
  return raw.map((weight) => weight / mean);
}

/**
 * As many pixels of every mask, drawn with a fixed seed, with the features that bilinear upsampling of the map to the size of the
 * mask gives them. Neighboring pixels are nearly alike: tens of thousands say as much as millions.
 *
 * @param features float64 (N, D, h, w)
 * @param ignored class of pixels that are left out
 */
export function samplePixels(features: Tensor, targets: MaskTargets, ignored: number): PixelRows {
  const [count, size] = [features.size(0), features.size(1)];
  const { height, width } = targets.size;
  const most = Math.min(MOST_PIXELS, Math.floor(MOST_NUMBERS / size));
  const perMask = Math.min(height * width, Math.max(1, Math.floor(most / count)));
  const places = Array.from(allOf(count), (i) => new Prng(SEED, i).permutation(height * width).subarray(0, perMask));
  const labels = scope(() => {
    const masks = targets.collate(allOf(count)).reshape([count, -1]); // (N, H W)
    return masks.gather(1, indices(places, 'cpu')).toNumbers();
  });
  const known = Int32Array.from(labels.keys()).filter((row) => labels[row] !== ignored);
  const all = interpolated(features, places, [height, width]);
  const x = known.length === labels.length ? all : all.indexSelect(0, tensor(known, { device: all.device }));
  const kept = known.map((row) => labels[row]!);
  const counts = new Array<number>(targets.classes.length).fill(0);
  for (const label of kept) counts[label]! += 1;
  const weightOf = balanced(counts);
  return { x, labels: kept, weights: Float64Array.from(kept, (label) => weightOf[label]!) };
}

/**
 * Maps (N, D, h, w) at some pixels of each sample after bilinear upsampling to height x width: (N m, D), sample by sample.
 * @param places pixels of each sample, all of one number m, as y * width + x
 */
function interpolated(maps: Tensor, places: readonly Int32Array[], [height, width]: [number, number]): Tensor {
  const [count, size, rows, columns] = maps.shape as [number, number, number, number];
  const y = places.map((part) => Array.from(part, (place) => between(Math.floor(place / width), height, rows)));
  const x = places.map((part) => Array.from(part, (place) => between(place % width, width, columns)));
  return scope(() => {
    const flat = maps.reshape([count, size, rows * columns]);
    const corners = [0, 1].flatMap((down) =>
      [0, 1].map((right) => {
        const cells = y.map((part, i) =>
          Int32Array.from(part, (at, k) => at.cells[down]! * columns + x[i]![k]!.cells[right]!),
        );
        const shares = y.map((part, i) => part.map((at, k) => at.shares[down]! * x[i]![k]!.shares[right]!));
        const index = indices(cells, maps.device).unsqueeze(1).expand([count, size, -1]);
        const share = tensor(Float64Array.from(shares.flat()), { device: maps.device }).view([count, 1, -1]);
        return flat.gather(2, index).mul(share); // (N, D, m)
      }),
    );
    const sum = corners.reduce((left, right) => left.add(right));
    return sum.transpose(1, 2).reshape([-1, size]);
  });
}

/** The two cells of a side of a map between which a pixel lies, and their shares; `align_corners` is false. */
function between(pixel: number, pixels: number, cells: number): { cells: number[]; shares: number[] } {
  const at = Math.max(0, ((pixel + 0.5) * cells) / pixels - 0.5);
  const first = Math.min(Math.floor(at), cells - 1);
  const second = Math.min(first + 1, cells - 1);
  return { cells: [first, second], shares: [1 - (at - first), at - first] };
}

/** int64 (N, m) */
function indices(rows: readonly Int32Array[], device: Tensor['device']): Tensor {
  const flat = rows.flatMap((row) => Array.from(row, BigInt));
  return tensor(BigInt64Array.from(flat), { device, shape: [rows.length, rows[0]!.length] });
}
