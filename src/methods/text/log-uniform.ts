/**
 * Draws of ranks by a log-uniform distribution, P(r) = (ln(r + 2) - ln(r + 1)) / ln(V + 1): Zipf's law, for words in the order of falling
 * frequency. The rules are those of TensorFlow's `log_uniform_candidate_sampler` (core/kernels/range_sampler.cc).
 */
import type { Prng } from '../../data/index.js';
import { ops, type Tensor } from '../../engine/index.js';

/** P of each of so many ranks. */
export function logUniformShares(count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, rank) => Math.log1p(1 / (rank + 1)) / Math.log1p(count));
}

/**
 * Different ranks below `count`, drawn again until there are `size` of them.
 * @returns them, and how many draws it took
 */
export function drawRanks(count: number, size: number, random: Prng): { ranks: number[]; tries: number } {
  const ranks = new Set<number>();
  const range = Math.log1p(count);
  let tries = 0;
  for (; ranks.size < size; tries++) ranks.add(Math.min(count - 1, Math.floor(Math.exp(random.uniform() * range)) - 1));
  return { ranks: [...ranks], tries };
}

/**
 * ln of the expected number of times that a token is among `size` different ones after so many tries, 1 - (1 - P)^tries; size P where none was
 * drawn twice.
 *
 * @param logMisses ln(1 - P), (V)
 * @param tries int64 scalar
 */
export function logExpectedCounts(logMisses: Tensor, size: number, tries: Tensor): Tensor {
  const isDrawn = logMisses.mul(tries.to('float32')).expm1().neg();
  return ops.where(tries.eq(size), logMisses.expm1().neg().mul(size), isDrawn).log();
}
