import { fullPrecision, ops, type Tensor } from '../../engine/index.js';
import { accuracy } from './accuracy.js';

/**
 * The normalized temperature-scaled cross-entropy of two views: each row must find its partner among all other rows.
 *
 * SimCLR (Chen et al. 2020), equation 1, averaged over both directions. The official code adds the two halves instead, so its
 * value is twice this one.
 *
 * @param first projections (N, d) of the first views
 * @param second projections (N, d) of the second views, in the same order
 * @returns the mean over the 2N anchors, and the share of them whose partner is the most similar of the 2N - 1 others
 */
export function ntXent(first: Tensor, second: Tensor, temperature: number): { loss: Tensor; accuracy: Tensor } {
  return fullPrecision(first.device, () => {
    const count = first.size(0);
    const z = l2Normalize(ops.cat([first, second], 0).to('float32')); // (2N, d)
    const similarity = z.matmul(z.t()).div(temperature); // (2N, 2N)
    // A row is not its own partner: its similarity with itself leaves the denominator.
    const logits = similarity.maskedFill(ops.eye(2 * count, { dtype: 'bool', device: z.device }), -Infinity);
    const places = ops.arange(0, 2 * count, 1, { device: z.device, dtype: 'int64' });
    const partners = places.add(count).remainder(2 * count);
    return { loss: ops.crossEntropy(logits, partners), accuracy: accuracy(logits, partners) };
  });
}

/** Rows (N, d) scaled to unit length; rows of length zero stay zero. */
export function l2Normalize(x: Tensor): Tensor {
  return x.div(x.vectorNorm(2, [1], true).clampMin(1e-12));
}
