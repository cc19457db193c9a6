import { expected } from '../../errors.js';

/**
 * How well masks follow the true ones over a video, as the DAVIS challenge measures it (Perazzi et al. 2016, Pont-Tuset et al. 2017;
 * `davis2017/metrics.py` and `davis2017/utils.py` of github.com/davisvideochallenge/davis2017-evaluation).
 */

/** A mask of one object: 1 where it is, row by row. */
export interface Bitmap {
  readonly height: number;
  readonly width: number;
  readonly data: Uint8Array;
}

/** @throws AutodidactError `SHAPE` for masks of two sizes */
function checkSame(answer: Bitmap, truth: Bitmap): void {
  const inWords = ({ height, width, data }: Bitmap) => `${width} x ${height} pixels, ${data.length} numbers`;
  if (inWords(answer) !== inWords(truth))
    throw expected(`a mask of ${inWords(truth)},`, 'answer', inWords(answer), { code: 'SHAPE' });
}

/** Intersection over union; 1 when both are empty. @throws AutodidactError `SHAPE` for masks of two sizes */
export function jaccard(answer: Bitmap, truth: Bitmap): number {
  checkSame(answer, truth);
  let both = 0;
  let either = 0;
  for (let i = 0; i < truth.data.length; i++) {
    both += answer.data[i]! & truth.data[i]!;
    either += answer.data[i]! | truth.data[i]!;
  }
  return either === 0 ? 1 : both / either;
}

/** Distance at which boundaries count as met, as a share of the frame's diagonal. */
const TOLERANCE = 0.008;

/**
 * Harmonic mean of the shares of each boundary that lie near the other one: 1 when both are empty, 0 when one is.
 * @throws AutodidactError `SHAPE` for masks of two sizes
 */
export function boundaryF(answer: Bitmap, truth: Bitmap): number {
  checkSame(answer, truth);
  const { height, width } = truth;
  const reach = Math.ceil(TOLERANCE * Math.hypot(height, width));
  const [own, wanted] = [boundary(answer), boundary(truth)];
  const [ownCount, wantedCount] = [count(own), count(wanted)];
  if (ownCount === 0 && wantedCount === 0) return 1;
  if (ownCount === 0 || wantedCount === 0) return 0;
  const precision = near(own, dilated(wanted, height, width, reach)) / ownCount;
  const recall = near(wanted, dilated(own, height, width, reach)) / wantedCount;
  return precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
}

/**
 * Pixels that differ from their right, lower or lower right neighbor. The frame's edge makes no boundary: the last row looks to the right
 * only, the last column down only.
 */
export function boundary({ height, width, data }: Bitmap): Uint8Array {
  const edges = new Uint8Array(data.length);
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) {
      const [isLastRow, isLastColumn] = [y === height - 1, x === width - 1];
      const right = isLastColumn ? 0 : data[i]! ^ data[i + 1]!;
      const lower = isLastRow ? 0 : data[i]! ^ data[i + width]!;
      const diagonal = isLastRow || isLastColumn ? 0 : data[i]! ^ data[i + width + 1]!;
      edges[i] = right | lower | diagonal;
    }
  return edges;
}

/** Every pixel within a Euclidean distance of a set one. */
function dilated(edges: Uint8Array, height: number, width: number, reach: number): Uint8Array {
  // Half the width of the disk in each of its rows.
  const half = Array.from({ length: 2 * reach + 1 }, (_, i) => Math.floor(Math.sqrt(reach ** 2 - (i - reach) ** 2)));
  const found = new Uint8Array(edges.length);
  for (let i = 0; i < edges.length; i++) {
    if (edges[i] === 0) continue;
    const [y, x] = [Math.floor(i / width), i % width];
    for (let dy = -reach; dy <= reach; dy++) {
      const row = y + dy;
      if (row < 0 || row >= height) continue;
      const across = half[dy + reach]!;
      const [left, right] = [Math.max(0, x - across), Math.min(width - 1, x + across)];
      found.fill(1, row * width + left, row * width + right + 1);
    }
  }
  return found;
}

function near(edges: Uint8Array, region: Uint8Array): number {
  let hits = 0;
  for (let i = 0; i < edges.length; i++) hits += edges[i]! & region[i]!;
  return hits;
}

const count = (edges: Uint8Array): number => near(edges, edges);

/** What the scores of one object over the frames of a video come to. */
export interface Course {
  mean: number;
  /** Share of the frames with a score above 0.5. */
  recall: number;
  /** Mean over the first quarter of the frames minus mean over the last. */
  decay: number;
}

const QUARTERS = 4;

/**
 * Mean, recall and decay over frames. Neighboring quarters share a frame, as in the official code, which keeps the bounds of the
 * quarters in 8 bits and is wrong beyond 256 frames; this is not.
 */
export function courseOf(scores: readonly number[]): Course {
  const n = scores.length;
  const bounds = Array.from({ length: QUARTERS + 1 }, (_, i) => Math.round((i * (n - 1)) / QUARTERS + 1e-10));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const quarter = (i: number) => mean(scores.slice(bounds[i], bounds[i + 1]! + 1));
  return {
    mean: mean(scores),
    recall: scores.filter((score) => score > 0.5).length / n,
    decay: quarter(0) - quarter(QUARTERS - 1),
  };
}
