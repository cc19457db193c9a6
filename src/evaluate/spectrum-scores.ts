import { Prng } from '../data/prng.js';
import { noGrad, ops, scope, type Tensor, tensor } from '../engine/index.js';
import { expected } from '../errors.js';

/** Eigenvalues below this share of the largest are zero but for rounding. */
const SMALLEST = 1e-10;

export interface SpectralDecay {
  /** alpha in lambda_j ~ j^-alpha; NaN where fewer than two ranks are left. */
  alpha: number;
  /** Eigenvalues that the fit used; fewer than asked for where the features do not fill so many dimensions. */
  ranks: number;
}

/**
 * The exponent of a power law through eigenvalues: log lambda_j = -alpha log j + c by least squares with weights 1 / j.
 *
 * @param eigenvalues largest first
 * @param from first rank of the fit, from 1; `to` the last
 *
 * Source: Agrawal et al. 2022 (alpha-ReQ); weights and ranks 4 to 100 as in their code, `fastssl/utils/powerlaw.py`.
 */
export function spectralDecay(eigenvalues: readonly number[], { from = 4, to = 100 } = {}): SpectralDecay {
  const floor = (eigenvalues[0] ?? 0) * SMALLEST;
  const points = eigenvalues
    .map((value, i) => ({ rank: i + 1, value }))
    .filter(({ rank, value }) => rank >= from && rank <= to && value > floor)
    .map(({ rank, value }) => ({ x: Math.log(rank), y: Math.log(value), weight: 1 / rank }));
  if (points.length < 2) return { alpha: Number.NaN, ranks: points.length };
  const sum = (of: (point: (typeof points)[number]) => number) =>
    points.reduce((total, point) => total + point.weight * of(point), 0);
  const total = sum(() => 1);
  const [x, y] = [sum((point) => point.x) / total, sum((point) => point.y) / total];
  const slope = sum((point) => (point.x - x) * (point.y - y)) / sum((point) => (point.x - x) ** 2);
  return { alpha: -slope, ranks: points.length };
}

/**
 * alpha-ReQ: `spectralDecay` of the eigenvalues of the features' centered covariance. Near 1 went with good probes.
 *
 * @param features float (N, D), N at least 2
 * @throws AutodidactError `SHAPE` for anything else
 */
export function alphaReq(features: Tensor): SpectralDecay {
  if (features.ndim !== 2 || features.size(0) < 2)
    throw expected('a matrix of at least 2 rows', 'features', features.describe(), { code: 'SHAPE' });
  const eigenvalues = scope(() =>
    noGrad(() => {
      const x = features.detach().to('cpu').to('float64');
      const centered = x.sub(x.mean(0, true));
      const covariance = centered
        .t()
        .mm(centered)
        .div(x.size(0) - 1);
      return covariance.linalgEigh()[0].toNumbers();
    }),
  );
  return spectralDecay([...eigenvalues].reverse());
}

export interface DimensionOptions {
  /** Most points of the largest tree. Default 800. */
  points?: number;
  /** Draws per size. Default 3. */
  draws?: number;
  seed?: number;
}

/** Sizes of the trees, as shares of the largest. */
const SHARES = [1 / 8, 1 / 4, 1 / 2, 1] as const;

/**
 * Intrinsic dimension by minimum spanning trees: the sum E of the edges of a tree over n points grows as n^(1 - 1/d), so that
 * d = 1 / (1 - slope of log E over log n). Biased to lower values from about ten dimensions on. 0 where all points are one.
 *
 * @param features float (N, D), N at least 16
 * @throws AutodidactError `SHAPE` for anything else
 *
 * Source: Steele 1988 for the growth; Costa and Hero 2004 for the estimator.
 */
export function intrinsicDimension(features: Tensor, options: DimensionOptions = {}): number {
  if (features.ndim !== 2 || features.size(0) < 16)
    throw expected('a matrix of at least 16 rows', 'features', features.describe(), { code: 'SHAPE' });
  const { draws = 3, seed = 0 } = options;
  const most = Math.min(features.size(0), options.points ?? 800);
  const logs = SHARES.flatMap((share) =>
    Array.from({ length: draws }, (_, draw) => {
      const size = Math.floor(share * most);
      return { x: Math.log(size), y: Math.log(treeLength(features, size, [seed, draw, size])) };
    }),
  );
  if (logs.some(({ y }) => !Number.isFinite(y))) return 0;
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(logs.map((point) => point.x)), mean(logs.map((point) => point.y))];
  const slope =
    mean(logs.map((point) => (point.x - x) * (point.y - y))) / mean(logs.map((point) => (point.x - x) ** 2));
  return slope < 1 ? Math.max(0, 1 / (1 - slope)) : Number.POSITIVE_INFINITY;
}

/** Sum of the edges of the minimum spanning tree over some of the rows (Prim 1957). */
function treeLength(features: Tensor, size: number, key: number[]): number {
  const rows = new Prng(...key).permutation(features.size(0)).slice(0, size);
  const distances = scope(() =>
    noGrad(() => {
      const x = features.detach().to('cpu').to('float64').indexSelect(0, tensor(rows));
      return new Float64Array(new Uint8Array(ops.cdist(x, x).toBytes()).buffer);
    }),
  );
  const nearest = distances.slice(0, size);
  const isIn = new Uint8Array(size);
  isIn[0] = 1;
  let total = 0;
  for (let added = 1; added < size; added++) {
    let next = -1;
    for (let i = 0; i < size; i++) if (isIn[i] === 0 && (next < 0 || nearest[i]! < nearest[next]!)) next = i;
    total += nearest[next]!;
    isIn[next] = 1;
    for (let i = 0; i < size; i++) nearest[i] = Math.min(nearest[i]!, distances[next * size + i]!);
  }
  return total;
}
