import { noGrad, type Tensor } from '../../engine/index.js';
import { l2Normalize } from './nt-xent.js';

/**
 * Triplet loss: max(0, D(a, p) - D(a, n) + margin) with D = 1 - cos, the mean over the rows. The negative of a row is the positive of the
 * next. Also the share of the rows whose positive is nearer than their negative, without a graph.
 *
 * Schroff, Kalenichenko, Philbin, "FaceNet", CVPR 2015, equation 3, there with squared distances of unit vectors, which are 2 D.
 *
 * @param anchors (N, d), as are the positives; N of at least 2
 */
export function tripletLoss(anchors: Tensor, positives: Tensor, margin: number): { loss: Tensor; accuracy: Tensor } {
  const [a, p] = [l2Normalize(anchors), l2Normalize(positives)];
  const own = a.mul(p).sum([1]);
  const other = a.mul(p.roll([-1], [0])).sum([1]);
  const loss = other.sub(own).add(margin).relu().mean();
  return { loss, accuracy: noGrad(() => own.gt(other).mean(null, false, { dtype: 'float32' })) };
}
