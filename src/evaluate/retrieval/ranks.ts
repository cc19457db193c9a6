import { noGrad, scope, type Tensor } from '../../engine/index.js';
import { normalized } from '../scores.js';

/** Queries that are compared at a time. */
const CHUNK = 512;

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
  return scope(() =>
    noGrad(() => {
      const memory = normalized(candidates).t(); // (D, N)
      const ranks: number[] = [];
      for (let from = 0; from < count; from += CHUNK) {
        const length = Math.min(CHUNK, count - from);
        const all = scope(() =>
          normalized(queries.narrow(0, from, length))
            .mm(memory)
            .toNumbers(),
        );
        const rows = Array.from({ length }, (_, i) => all.slice(i * count, (i + 1) * count));
        ranks.push(...ranksIn(rows, from));
      }
      return ranks;
    }),
  );
}

/** Ranks by the products of weights of words, each of length 1: their cosine. */
export function wordRanks(
  queries: readonly ReadonlyMap<string, number>[],
  candidates: readonly ReadonlyMap<string, number>[],
): number[] {
  const holders = new Map<string, { candidate: number; weight: number }[]>();
  for (const [candidate, weights] of candidates.entries())
    for (const [word, weight] of weights) {
      const known = holders.get(word);
      if (known === undefined) holders.set(word, [{ candidate, weight }]);
      else known.push({ candidate, weight });
    }
  return queries.flatMap((weights, query) => {
    const row = new Float64Array(candidates.length);
    for (const [word, weight] of weights)
      for (const held of holders.get(word) ?? []) row[held.candidate]! += weight * held.weight;
    return ranksIn([row], query);
  });
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
