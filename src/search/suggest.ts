import { Generator, noGrad, scope, type Tensor, tensor } from '../engine/index.js';
import { AutodidactError, expected } from '../errors.js';
import { checkFeatures } from '../evaluate/features.js';
import { defaultK } from '../evaluate/knn.js';
import { normalized } from '../evaluate/scores.js';
import { kMeans } from '../methods/clusters/k-means.js';
import { FeatureSearch } from './neighbors.js';
import { STRATEGIES, type Strategy } from './strategies.js';

/** A row to label, and the number by which it was chosen. */
export interface Suggestion {
  row: number;
  /**
   * `typical`: the mean cosine to its nearest neighbors; `diverse`: the distance 1 - cosine to the nearest row that is labeled or
   * suggested before it; `uncertain`: how far the votes of the two strongest classes are apart, as a share of all.
   */
  score: number;
}

export interface SuggestOptions {
  strategy: Strategy;
  /** How many rows. */
  count: number;
  /** [N] classes, -1 where a row has no label yet; left out when none has. */
  labels?: Int32Array | null;
  seed?: number;
}

/**
 * Rows without a label that are worth labeling next, the best first.
 *
 * - `typical`: one row of each of as many clusters as there will be labels, the one whose 20 nearest neighbors are nearest; clusters
 *   without a label first, large ones before small ones (Hacohen, Dekel, Weinshall 2022, TypiClust; here with k-means on cosines).
 * - `diverse`: each is the row furthest from all that are labeled or chosen (Sener, Savarese 2018, k-center greedy).
 * - `uncertain`: those on which the votes of the nearest labeled rows are nearest to a tie (margin sampling; the votes are those of
 *   the k-NN protocol).
 *
 * @param features float (N, D)
 * @throws AutodidactError `DATA` when fewer rows are without a label, `uncertain` has labels of fewer than two classes, or features are not finite;
 *   `SHAPE` for another number of labels, `USAGE` for an unknown strategy
 */
export function suggest(features: Tensor, { strategy, count, labels = null, seed = 0 }: SuggestOptions): Suggestion[] {
  const total = features.size(0);
  const open = Int32Array.from([...Array(total).keys()].filter((row) => (labels?.[row] ?? -1) < 0));
  const known = Int32Array.from([...Array(total).keys()].filter((row) => (labels?.[row] ?? -1) >= 0));
  if (!STRATEGIES.includes(strategy)) throw expected(`one of ${STRATEGIES.join(', ')}`, 'strategy', strategy);
  if (labels !== null && labels.length !== total)
    throw expected(`${total} labels, -1 where there is none`, 'labels', labels.length, { code: 'SHAPE' });
  checkFeatures(features, 'features');
  if (!(Number.isInteger(count) && count >= 1)) throw expected('a whole number from 1', 'suggest', count);
  if (count > open.length)
    throw new AutodidactError(
      'DATA',
      `${open.length} of ${total} samples have no label, fewer than the ${count} that are asked for`,
    );
  return scope(() =>
    noGrad(() => {
      const directions = normalized(features.detach().to('float32'));
      if (strategy === 'typical') return typical(directions, open, known, count, seed);
      if (strategy === 'diverse') return diverse(directions, open, known, count);
      return uncertain(directions, open, known, labels, count);
    }),
  );
}

/** Neighbors that say how typical a row is, as in the paper. */
const TYPICAL_NEIGHBORS = 20;
/** Rows of a cluster that are compared with all of it at a time. */
const CHUNK = 512;
/** Most clusters, as in the paper. */
const MOST_CLUSTERS = 500;
/** Clusters of fewer rows are left out while there are others. */
const SMALLEST_CLUSTER = 5;

function typical(directions: Tensor, open: Int32Array, known: Int32Array, count: number, seed: number): Suggestion[] {
  const total = directions.size(0);
  const clusters = Math.min(known.length + count, MOST_CLUSTERS, total);
  const { assignments } = kMeans(directions, { clusters, random: new Generator(seed) });
  const clusterOf = assignments.toNumbers();
  const isOpen = new Uint8Array(total);
  for (const row of open) isOpen[row] = 1;
  const members: number[][] = Array.from({ length: clusters }, () => []);
  for (const [row, cluster] of clusterOf.entries()) members[cluster]!.push(row);
  const labeled = new Float64Array(clusters);
  for (const row of known) labeled[clusterOf[row]!]! += 1;
  const ranked = members.map((rows) => byTypicality(directions, rows).filter(({ row }) => isOpen[row] === 1));
  const isSmall = (cluster: number) => Number(members[cluster]!.length < SMALLEST_CLUSTER);
  const chosen: Suggestion[] = [];
  while (chosen.length < count) {
    const [best] = [...members.keys()]
      .filter((cluster) => ranked[cluster]!.length > 0)
      .sort(
        (a, b) =>
          labeled[a]! - labeled[b]! || isSmall(a) - isSmall(b) || members[b]!.length - members[a]!.length || a - b,
      );
    chosen.push(ranked[best!]!.shift()!);
    labeled[best!]! += 1;
  }
  return chosen;
}

/** The rows of a cluster by the mean cosine to their nearest neighbors in it, most typical first. */
function byTypicality(directions: Tensor, rows: readonly number[]): Suggestion[] {
  if (rows.length <= 1) return rows.map((row) => ({ row, score: 1 }));
  return scope(() => {
    const own = directions.indexSelect(0, tensor(Int32Array.from(rows), { device: directions.device }));
    const k = Math.min(TYPICAL_NEIGHBORS, rows.length - 1);
    const parts = Array.from({ length: Math.ceil(rows.length / CHUNK) }, (_, i) => {
      const part = own.narrow(0, i * CHUNK, Math.min(CHUNK, rows.length - i * CHUNK));
      return scope(() => {
        const [cosines] = part.mm(own.t()).topk(k + 1, 1); // the row itself is among them
        return cosines.sum(1).sub(1).div(k).toNumbers();
      });
    });
    const scores = parts.flat();
    return rows.map((row, i) => ({ row, score: scores[i]! })).sort((a, b) => b.score - a.score || a.row - b.row);
  });
}

function diverse(directions: Tensor, open: Int32Array, known: Int32Array, count: number): Suggestion[] {
  const total = directions.size(0);
  const nearest = new Float32Array(total).fill(Number.NEGATIVE_INFINITY);
  const isOpen = new Uint8Array(total);
  for (const row of open) isOpen[row] = 1;
  const cover = (row: number) =>
    scope(() => {
      const cosines = directions.mv(directions.select(0, row)).toTypedArray() as Float32Array;
      for (let i = 0; i < total; i++) nearest[i] = Math.max(nearest[i]!, cosines[i]!);
    });
  for (const row of known) cover(row);
  const chosen: Suggestion[] = [];
  if (known.length === 0) {
    // The row nearest to the mean of all begins.
    const toMean = scope(() => directions.mv(directions.mean([0])).toTypedArray()) as Float32Array;
    const row = open.reduce((best, candidate) => (toMean[candidate]! > toMean[best]! ? candidate : best));
    chosen.push({ row, score: 1 - toMean[row]! });
    isOpen[row] = 0;
    cover(row);
  }
  while (chosen.length < count) {
    let row = -1;
    for (const candidate of open)
      if (isOpen[candidate] === 1 && (row < 0 || nearest[candidate]! < nearest[row]!)) row = candidate;
    chosen.push({ row, score: 1 - nearest[row]! });
    isOpen[row] = 0;
    cover(row);
  }
  return chosen;
}

/** Sharpness of the votes, as in the k-NN protocol. */
const TEMPERATURE = 0.1;

function uncertain(
  directions: Tensor,
  open: Int32Array,
  known: Int32Array,
  labels: Int32Array | null,
  count: number,
): Suggestion[] {
  const classes = new Set(Array.from(known, (row) => labels![row]!));
  if (labels === null || classes.size < 2)
    throw new AutodidactError(
      'DATA',
      `Uncertain samples are found by labels of at least two classes, received ${classes.size}`,
      {
        remedy: 'Begin with `--strategy typical`, which needs none.',
      },
    );
  const rowsAt = (rows: Int32Array) => directions.indexSelect(0, tensor(rows, { device: directions.device }));
  const search = new FeatureSearch(rowsAt(known));
  const hits = search.nearest(rowsAt(open), defaultK(known.length));
  search.dispose();
  const margins = hits.map((neighbors, i) => {
    const votes = new Map<number, number>();
    for (const { row, cosine } of neighbors) {
      const own = labels[known[row]!]!;
      votes.set(own, (votes.get(own) ?? 0) + Math.exp((cosine - neighbors[0]!.cosine) / TEMPERATURE));
    }
    const [first = 0, second = 0] = [...votes.values()].sort((a, b) => b - a);
    const all = [...votes.values()].reduce((sum, vote) => sum + vote, 0);
    return { row: open[i]!, score: (first - second) / all };
  });
  return margins.sort((a, b) => a.score - b.score || a.row - b.row).slice(0, count);
}
