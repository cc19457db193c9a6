import { fullPrecision, noGrad, type Tensor } from '../../engine/index.js';

/**
 * Assigns samples to prototypes in about equal parts (Cuturi 2013; SwAV, equation 3): scales
 * exp(scores / epsilon) in turn to equal sums over the prototypes' columns and over the samples' rows.
 *
 * Each row of the result sums to 1; columns sum to N / K up to what the last rounds left. In the logarithm, so that nothing
 * overflows; the official code exponentiates first and therefore needs unit vectors. Without a graph.
 *
 * @param scores similarities (N, K) of samples and prototypes
 * @param epsilon width of the softening: 0.05 in the paper, near 0 gives hard assignments
 * @param rounds 3 in the paper; 0 balances nothing and leaves the softmax of each row
 * @returns float32 (N, K)
 */
export function sinkhorn(scores: Tensor, epsilon: number, rounds: number): Tensor {
  return noGrad(() =>
    fullPrecision(scores.device, () => {
      let logQ = scores.detach().to('float32').div(epsilon); // (N, K)
      for (let round = 0; round < rounds; round++) {
        logQ = logQ.sub(logQ.logsumexp([0], true)); // every prototype the same
        logQ = logQ.sub(logQ.logsumexp([1], true)); // every sample the same
      }
      return logQ.softmax(1);
    }),
  );
}
