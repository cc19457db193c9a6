import { Generator, noGrad, ops, scope, type Tensor, tensor } from '../engine/index.js';
import { expected } from '../errors.js';
import { kMeans } from '../methods/clusters/k-means.js';

const SEED = 31;
const LOCAL_CLUSTERS = 3;
const GLOBAL_CLUSTERS = 24;
/** Images whose places are clustered together. */
const GROUP = 8;

export interface DenseStructure {
  /** Mean distance of a place to the nearest center of another cluster, in units of the mean distance to the overall mean. */
  between: number;
  /** Size of the clusters within images and over groups of images, in the same units. */
  withinImage: number;
  withinGroup: number;
  /** Effective rank of places drawn one per image, as a share of the largest possible. */
  dimension: number;
  /** between + dimension - (withinImage + withinGroup) / 2; higher is better. */
  score: number;
}

/**
 * Dense-structure estimator, for encoders whose maps are read: whether the places of images fall into clusters that lie apart. Ranks of
 * vectors do not see it.
 *
 * @param maps float (B, C, h, w), B at least 2
 * @throws AutodidactError `SHAPE` for anything else, or a map of a single place
 *
 * Source: Dai et al. 2025, with the parts as in their `estimator.py` but for k-means, which starts from points drawn evenly. Places are
 * scaled to length 1. A collapse to a point gives 0 for all parts.
 */
export function denseStructure(maps: Tensor): DenseStructure {
  if (maps.ndim !== 4 || maps.size(0) < 2 || maps.size(2) * maps.size(3) < 2)
    throw expected('maps of several places of at least 2 images, (B, C, h, w)', 'maps', maps.describe(), {
      code: 'SHAPE',
    });
  return scope(() =>
    noGrad(() => {
      const [count, size] = maps.shape as [number, number, number, number];
      const places = maps.detach().to('cpu').to('float64').reshape([count, size, -1]).permute([0, 2, 1]); // (B, N, C)
      const x = places.div(places.vectorNorm(2, -1, true).clampMin(1e-12)).contiguous();
      const [, each] = x.shape as [number, number, number];
      const unit = x
        .sub(x.mean([0, 1], true))
        .vectorNorm(2, -1)
        .mean()
        .item();
      if (!(unit > 1e-9)) return { between: 0, withinImage: 0, withinGroup: 0, dimension: 0, score: 0 };
      const random = new Generator(SEED);
      const images: number[] = [];
      for (let b = 0; b < count; b++) images.push(mean(cluster(x.select(0, b), LOCAL_CLUSTERS, random).sizes, 1));
      const sizes: number[] = [];
      const gaps: number[] = [];
      for (let from = 0; from < count; from += GROUP) {
        const group = x.narrow(0, from, Math.min(GROUP, count - from)).reshape([-1, size]);
        const found = cluster(group, GLOBAL_CLUSTERS, random);
        sizes.push(...found.sizes);
        gaps.push(found.gap);
      }
      const dimensions = Array.from({ length: Math.min(each, 16) }, () => {
        const drawn = ops.randint(0, each, [count], { generator: random, dtype: 'int64' });
        const index = ops.arange(0, count, 1, { dtype: 'int64' }).mul(each).add(drawn);
        return effectiveShare(x.reshape([-1, size]).indexSelect(0, index));
      });
      const [between, withinImage, withinGroup] = [mean(gaps, 0) / unit, mean(images, 1) / unit, mean(sizes, 1) / unit];
      const dimension = mean(dimensions, 0);
      const score = between + dimension - (withinImage + withinGroup) / 2;
      return { between, withinImage, withinGroup, dimension, score };
    }),
  );
}

/** Sizes of the clusters of more than one point, and the mean distance of points (N, d) to the nearest center of another cluster. */
function cluster(points: Tensor, wanted: number, random: Generator): { sizes: number[]; gap: number } {
  const clusters = Math.min(wanted, points.size(0));
  const { centroids, assignments } = kMeans(points, { clusters, random });
  const members = assignments.toNumbers();
  const sizes = Array.from({ length: clusters }, (_, c) => members.flatMap((own, i) => (own === c ? [i] : [])))
    .filter(({ length }) => length > 1)
    .map((rows) => {
      const own = points.indexSelect(0, tensor(Int32Array.from(rows)));
      return nuclearNorm(own.sub(own.mean(0, true))) / Math.sqrt(Math.max(rows.length - 1, points.size(1)));
    });
  const distances = ops.cdist(points, centroids);
  const own = assignments.unsqueeze(1);
  distances.scatter_(1, own, ops.fullLike(own.to('float64'), Number.POSITIVE_INFINITY));
  return { sizes, gap: clusters > 1 ? distances.amin([1]).mean().item() : 0 };
}

function nuclearNorm(x: Tensor): number {
  return singularValues(x).reduce((sum, value) => sum + value, 0);
}

function effectiveShare(x: Tensor): number {
  const values = singularValues(x);
  const total = values.reduce((sum, value) => sum + value, 0);
  if (total === 0) return 0;
  const entropy = values.reduce((sum, value) => sum - (value / total + 1e-12) * Math.log(value / total + 1e-12), 0);
  return Math.exp(entropy) / Math.min(x.size(0), x.size(1));
}

function singularValues(x: Tensor): number[] {
  return ops.linalgSvd(x, false)[1].toNumbers();
}

function mean(values: readonly number[], otherwise: number): number {
  return values.length === 0 ? otherwise : values.reduce((sum, value) => sum + value, 0) / values.length;
}
