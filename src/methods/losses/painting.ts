import type { Tensor } from '../../engine/index.js';

/** The mean squared error of what is painted, and the share of the variance of the truth that it explains, without a graph. */
export function painting(painted: Tensor, truth: Tensor): { loss: Tensor; explained: Tensor } {
  const loss = painted.sub(truth).square().mean();
  const variance = truth.var(null, { correction: 0 }).clampMin(1e-6);
  return { loss, explained: loss.detach().div(variance).neg().add(1) };
}
