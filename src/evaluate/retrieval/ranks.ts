import { noGrad, scope, type Tensor } from '../../engine/index.js';
import { normalized } from '../scores.js';
import type { Steps } from '../steps.js';

/** Queries that are compared at a time, at most. */
const CHUNK = 512;
/** Similarities that are in memory at a time: 256 MB. */
const MOST_SIMILARITIES = 2 ** 26;

/**
 * The rank of each query's own candidate among all, from 1: one more than the number of others that are at least as similar, so that vectors that
 * are all alike find nothing.
 *
 * @param similarities (n, N), of queries `from`, `from + 1`, ... to all candidates; candidate i belongs to query i
 */
export function ranksIn(similarities: readonly ArrayLike<number>[], from = 0): number[] {
  return similarities.map((row, i) => {
    const own = row[from + i]!;
    let rank = 0;
    // The own candidate counts itself.
    for (let j = 0; j < row.length; j++) if (row[j]! >= own) rank += 1;
    return rank;
  });
}

/** Ranks by the cosine of vectors. @param queries float (N, D) @param candidates float (N, D) */
export function cosineRanks(queries: Tensor, candidates: Tensor): number[] {
  const count = queries.size(0);
  const chunk = Math.max(1, Math.min(CHUNK, Math.floor(MOST_SIMILARITIES / count)));
  return scope(() =>
    noGrad(() => {
      const memory = normalized(candidates).t(); // (D, N)
      const ranks: number[] = [];
      for (let from = 0; from < count; from += chunk) {
        const own = queries.narrow(0, from, Math.min(chunk, count - from));
        ranks.push(...scope(() => ranksAmong(normalized(own).mm(memory), from).toNumbers()));
      }
      return ranks;
    }),
  );
}

/** `ranksIn`, counted where the similarities are: (n, N) to (n). */
function ranksAmong(similarities: Tensor, from: number): Tensor {
  const own = similarities.diagonal(from).unsqueeze(1); // (n, 1)
  return similarities.ge(own).sum(1);
}

/** Ranks by the products of weights of words, each of length 1: their cosine. In steps of one query. */
export function* wordRanking(
  queries: readonly ReadonlyMap<string, number>[],
  candidates: readonly ReadonlyMap<string, number>[],
): Steps<number[]> {
  const holders = new Map<string, { candidate: number; weight: number }[]>();
  for (const [candidate, weights] of candidates.entries())
    for (const [word, weight] of weights) {
      const known = holders.get(word);
      if (known === undefined) holders.set(word, [{ candidate, weight }]);
      else known.push({ candidate, weight });
    }
  const ranks: number[] = [];
  for (const [query, weights] of queries.entries()) {
    const row = new Float64Array(candidates.length);
    for (const [word, weight] of weights)
      for (const held of holders.get(word) ?? []) row[held.candidate]! += weight * held.weight;
    ranks.push(ranksIn([row], query)[0]!);
    yield;
  }
  return ranks;
}

/** Shares of queries whose own candidate is the nearest, or among the five nearest, and the mean of 1 / rank. */
export function retrievalFigures(ranks: readonly number[]): Record<string, number> {
  const share = (most: number) => ranks.filter((rank) => rank <= most).length / ranks.length;
  return {
    'recall@1': share(1),
    'recall@5': share(5),
    MRR: ranks.reduce((sum, rank) => sum + 1 / rank, 0) / ranks.length,
  };
}
