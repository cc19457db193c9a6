import { expected } from '../../errors.js';

/**
 * Normalized mutual information of two labelings of the same items, I(A; B) / sqrt(H(A) H(B)) (Caron et al. 2018, equation 3): 1
 * when each determines the other, 0 when they are independent. It does not depend on the names of the labels.
 *
 * Two labelings of a single label each agree (1); a single label against several carries no information (0).
 *
 * @throws AutodidactError `SHAPE` for labelings of different or no length
 */
export function normalizedMutualInformation(first: ArrayLike<number>, second: ArrayLike<number>): number {
  const count = first.length;
  if (count !== second.length || count === 0)
    throw expected(`a labeling of ${count || 'some'} items`, 'second', `one of ${second.length}`, { code: 'SHAPE' });
  const [a, b, both] = [new Map<number, number>(), new Map<number, number>(), new Map<string, number>()];
  for (let i = 0; i < count; i++) {
    add(a, first[i]!);
    add(b, second[i]!);
    add(both, `${first[i]} ${second[i]}`);
  }
  if (a.size === 1 || b.size === 1) return a.size === b.size ? 1 : 0;
  const [entropyA, entropyB] = [entropy(a, count), entropy(b, count)];
  const information = entropyA + entropyB - entropy(both, count);
  return Math.min(1, Math.max(0, information) / Math.sqrt(entropyA * entropyB));
}

function add<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** In nats. */
function entropy(counts: ReadonlyMap<unknown, number>, total: number): number {
  let sum = 0;
  for (const count of counts.values()) sum -= (count / total) * Math.log(count / total);
  return sum;
}
