import { fullPrecision, ops, type Tensor } from '../../engine/index.js';
import { accuracy } from './accuracy.js';
import { l2Normalize } from './nt-xent.js';

/**
 * InfoNCE with given negatives: -log exp(q k+ / t) / (exp(q k+ / t) + sum over the negatives of exp(q k- / t)), mean over the batch.
 *
 * @param queries (N, d), of any length
 * @param keys (N, d), of unit length: the positive of each query
 * @param negatives (K, d), of unit length
 * @param isLeftOut bool (N, K): negatives that do not count for a query
 *
 * Source: He et al. 2020 (MoCo), equation 1.
 */
export function infoNce(queries: Tensor, keys: Tensor, negatives: Tensor, temperature: number, isLeftOut?: Tensor) {
  return fullPrecision(queries.device, () => {
    const q = l2Normalize(queries.to('float32'));
    const positive = q.mul(keys).sum([1], true); // (N, 1)
    const similarity = q.matmul(negatives.t());
    const counted = isLeftOut === undefined ? similarity : similarity.maskedFill(isLeftOut, -Infinity);
    const logits = ops.cat([positive, counted], 1).div(temperature); // (N, 1 + K)
    const labels = ops.zeros([q.size(0)], { dtype: 'int64', device: q.device }); // the positive stands first
    return { loss: ops.crossEntropy(logits, labels), accuracy: accuracy(logits, labels) };
  });
}
