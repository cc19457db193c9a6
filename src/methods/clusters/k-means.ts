import { type Generator, ops, scope, type Tensor, tensor, withoutGraph } from '../../engine/index.js';
import { expected } from '../../errors.js';

export interface KMeansOptions {
  /** k, from 1 to the number of points. */
  clusters: number;
  /** Most updates of the centroids; they end earlier when no assignment changes. Default 20. */
  iterations?: number;
  random: Generator;
  /** Centroids (k, d) to start from; by default k different points drawn evenly, as in faiss. */
  initial?: Tensor;
  /** Distances that are held in memory at once. Default 2^22, which is 16 MiB. */
  largestBlock?: number;
}

export interface KMeans {
  /** (k, d) */
  centroids: Tensor;
  /** Nearest centroid of each point, int64 (N). */
  assignments: Tensor;
  /** Squared distance of each point from it (N). */
  distances: Tensor;
  /** Sum of these distances after every assignment, including the last. */
  objective: number[];
}

/** Relative distance by which the two halves of a split cluster move apart (faiss, `Clustering.cpp`). */
const SPLIT = 1 / 1024;
const LARGEST_BLOCK = 2 ** 22;

/**
 * Lloyd's algorithm with faiss's repair of empty clusters. The objective rises only where a cluster was split, and there by no more
 * than the tiny displacement of the split. A cluster may still be empty in the end where points coincide.
 *
 * @param points float (N, d)
 * @throws AutodidactError `DATA` for fewer points than clusters, or points with NaN or infinity
 */
export function kMeans(points: Tensor, options: KMeansOptions): KMeans {
  const { clusters, iterations = 20, random, largestBlock = LARGEST_BLOCK } = options;
  const [count, size] = points.shape as [number, number];
  if (clusters < 1 || clusters > count)
    throw expected(`a number of clusters from 1 to ${count}, the number of points,`, 'clusters', clusters, {
      code: 'DATA',
    });
  if (scope(() => points.detach().isfinite().all().item()) !== 1)
    throw expected('finite points', 'points', 'NaN or infinity', { code: 'DATA' });
  return withoutGraph(() => {
    const start = (): Tensor => {
      const order = ops.randperm(count, { generator: random, dtype: 'int64', device: random.device });
      return points.indexSelect(0, order.narrow(0, 0, clusters).to(points.device));
    };
    const centroids = (options.initial ?? start()).clone();
    const objective: number[] = [];
    let nearest = nearestCentroids(points, centroids, largestBlock);
    for (let i = 0; i < iterations; i++) {
      objective.push(total(nearest.distances));
      const isRepaired = scope(() => {
        const counts = nearest.assignments.bincount(null, clusters);
        const sums = ops.zeros([clusters, size], { dtype: points.dtype, device: points.device });
        sums.indexAdd_(0, nearest.assignments, points);
        centroids.copy_(sums.div(counts.clampMin(1).unsqueeze(1)));
        return splitForEmpty(centroids, counts.toNumbers(), random);
      });
      const next = nearestCentroids(points, centroids, largestBlock);
      const isSettled = !isRepaired && next.assignments.equal(nearest.assignments);
      nearest.assignments.dispose();
      nearest.distances.dispose();
      nearest = next;
      if (isSettled) break;
    }
    objective.push(total(nearest.distances));
    return { centroids, ...nearest, objective };
  });
}

/**
 * The nearest of the centroids (k, d) for each point (N, d), the first one where several are equally near, and the squared
 * distance from it. Holds at most `largestBlock` distances at a time.
 */
export function nearestCentroids(
  points: Tensor,
  centroids: Tensor,
  largestBlock = LARGEST_BLOCK,
): Pick<KMeans, 'assignments' | 'distances'> {
  const [count, clusters] = [points.size(0), centroids.size(0)];
  const rows = Math.max(1, Math.floor(largestBlock / clusters));
  return withoutGraph(() => {
    const lengths = centroids.square().sum([1]); // (k)
    const parts = Array.from({ length: Math.ceil(count / rows) }, (_, part) =>
      scope(() => {
        const block = points.narrow(0, part * rows, Math.min(rows, count - part * rows)); // (n, d)
        // |x|^2 is the same for all centroids: it is added after the minimum.
        const [least, assignments] = lengths.sub(block.matmul(centroids.t()).mul(2)).minDim(1);
        return { assignments, distances: least.add(block.square().sum([1])).clampMin(0) };
      }),
    );
    return {
      assignments: ops.cat(parts.map(({ assignments }) => assignments)),
      distances: ops.cat(parts.map(({ distances }) => distances)),
    };
  });
}

/**
 * Gives every empty cluster half of another one, which is drawn with probability proportional to its members beyond the first:
 * both take its centroid, one scaled by 1 + 1/1024 in even dimensions and 1 - 1/1024 in odd ones, the other the other way round
 * (faiss, `split_clusters`).
 *
 * @param centroids (k, d), changed in place
 * @param counts members of each cluster
 * @returns whether any was empty
 */
export function splitForEmpty(centroids: Tensor, counts: readonly number[], random: Generator): boolean {
  const members = [...counts];
  const empty = members.flatMap((count, i) => (count === 0 ? [i] : []));
  if (empty.length === 0) return false;
  const signs = Float32Array.from({ length: centroids.size(1) }, (_, dim) => (dim % 2 === 0 ? 1 : -1));
  withoutGraph(() => {
    const factor = tensor(signs, { device: centroids.device }).to(centroids.dtype).mul(SPLIT); // (d)
    const draws = ops.rand([empty.length], { generator: random, device: random.device }).toNumbers();
    for (const [i, cluster] of empty.entries()) {
      const donor = drawDonor(members, draws[i]!);
      const centroid = centroids.select(0, donor);
      centroids.select(0, cluster).copy_(centroid.mul(factor.add(1)));
      centroid.mul_(factor.neg().add(1));
      members[cluster] = Math.floor(members[donor]! / 2);
      members[donor] = members[donor]! - members[cluster];
    }
  });
  return true;
}

/** The cluster at which the cumulated members beyond the first pass the share `draw` of their sum. */
function drawDonor(members: readonly number[], draw: number): number {
  const weights = members.map((count) => Math.max(0, count - 1));
  let rest = draw * weights.reduce((sum, weight) => sum + weight, 0);
  const found = weights.findIndex((weight) => {
    rest -= weight;
    return rest < 0;
  });
  return found >= 0 ? found : weights.findLastIndex((weight) => weight > 0);
}

function total(distances: Tensor): number {
  return scope(() => distances.sum(null, false, { dtype: 'float64' }).item());
}
