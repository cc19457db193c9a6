import { ops, scope, type Tensor, withoutGraph } from '../../engine/index.js';

export interface PcaOptions {
  /** Components to keep; fewer come out where the points span fewer dimensions. */
  size: number;
  /** Scale every component to variance one. */
  useWhitening: boolean;
}

/** Variance below this share of the largest counts as zero: whitening would amplify rounding errors. */
const LEAST_VARIANCE = 1e-6;
/** Rows that are converted to float64 at once. */
const BLOCK = 4096;

/**
 * Principal component analysis: the projection of points (N, D) onto the directions of largest variance, centered. With whitening
 * the result (N, d) has the identity as its covariance (divisor N).
 *
 * Sums run in float64. Points that all coincide give one component of zeros.
 *
 * @returns (N, d) with d <= size, in the points' dtype
 */
export function pca(points: Tensor, { size, useWhitening }: PcaOptions): Tensor {
  return withoutGraph(() => {
    const mean = points.mean([0], true, { dtype: 'float64' }); // (1, D)
    const [variances, directions] = covariance(points, mean).linalgEigh(); // ascending; (D), (D, D)
    const found = variances.toNumbers();
    const largest = found.at(-1)!;
    const spanned = found.filter((variance) => variance > LEAST_VARIANCE * largest).length;
    const kept = largest > 0 ? Math.min(size, spanned) : 1;
    const start = found.length - kept;
    const basis = directions.narrow(1, start, kept).flip([1]); // (D, d), largest variance first
    const scale = useWhitening
      ? variances.narrow(0, start, kept).flip([0]).clampMin(Number.MIN_VALUE).rsqrt()
      : ops.ones([kept], { dtype: 'float64', device: points.device });
    const projection = basis.mul(largest > 0 ? scale : scale.mul(0));
    return ops.cat(blocks(points).map((block) => scope(() => block().sub(mean).matmul(projection).to(points.dtype))));
  });
}

/** (D, D), divisor N. */
function covariance(points: Tensor, mean: Tensor): Tensor {
  const [count, size] = points.shape as [number, number];
  const sum = ops.zeros([size, size], { dtype: 'float64', device: points.device });
  for (const block of blocks(points))
    scope(() => {
      const centered = block().sub(mean);
      sum.add_(centered.t().matmul(centered));
    });
  return sum.div(count);
}

/** The points in float64, block after block. */
function blocks(points: Tensor): (() => Tensor)[] {
  const count = points.size(0);
  return Array.from(
    { length: Math.ceil(count / BLOCK) },
    (_, i) => () => points.narrow(0, i * BLOCK, Math.min(BLOCK, count - i * BLOCK)).to('float64'),
  );
}
