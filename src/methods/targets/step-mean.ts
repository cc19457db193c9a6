import type { Tensor } from '../../engine/index.js';

/** A mean over one micro-batch, as `loss` hands it to `afterStep`. */
export interface PartMean {
  /** Without a graph. */
  mean: Tensor;
  /** Number of samples that it is over. */
  count: number;
}

/** The mean over all micro-batches of a step, each weighted by its number of samples; a single one to the last bit. */
export function stepMean(parts: readonly PartMean[]): Tensor {
  const total = parts.reduce((sum, { count }) => sum + count, 0);
  return parts.map(({ mean, count }) => mean.mul(count / total)).reduce((sum, part) => sum.add(part));
}
