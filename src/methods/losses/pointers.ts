import type { Tensor } from '../../engine/index.js';

/**
 * Where each cell of a target frame points: a softmax over all cells of the reference frames, (N, Q, K).
 *
 * @param target embeddings (N, d, Q) of the target's cells
 * @param references embeddings (N, d, K) of the cells of all references
 */
export function pointers(target: Tensor, references: Tensor, temperature: number): Tensor {
  return target.transpose(1, 2).bmm(references).div(temperature).softmax(-1);
}

/** Keeps the logarithm of a share of 0 finite. */
const EPS = 1e-8;

/**
 * The negative log-likelihood of the class of each target cell, when it is copied from where the cell points, (N, Q), and the shares of
 * the classes, (N, Q, classes).
 *
 * Vondrick et al. 2018, equations 1 to 3.
 *
 * @param weights of `pointers`, (N, Q, K)
 * @param known classes of the reference cells, int64 (N, K)
 * @param truth classes of the target cells, int64 (N, Q)
 */
export function copiedClasses(
  weights: Tensor,
  known: Tensor,
  truth: Tensor,
  classes: number,
): { losses: Tensor; shares: Tensor } {
  const shares = weights.bmm(known.oneHot(classes).to(weights.dtype));
  const losses = shares.gather(2, truth.unsqueeze(2)).squeeze(2).add(EPS).log().neg();
  return { losses, shares };
}
