/** The items by their key, in their order, as `Map.groupBy`, which Node 20 does not have. */
export function groupBy<T, K>(items: Iterable<T>, keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

/** A number for each item, from 0 in the order in which they first appear; equal items have one number. */
export function numbered(items: readonly unknown[]): Int32Array {
  const numbers = new Map([...new Set(items)].map((item, number) => [item, number]));
  return Int32Array.from(items, (item) => numbers.get(item)!);
}

/** Pairs of group and member indices, both ascending, for all non-empty groups; a negative group means none. */
export function membersByGroup(assignment: ArrayLike<number>): [number, Int32Array][] {
  const places = Array.from(assignment, (_, place) => place);
  return [...groupBy(places, (place) => assignment[place]!)]
    .filter(([group]) => group >= 0)
    .sort(([a], [b]) => a - b)
    .map(([group, members]) => [group, Int32Array.from(members)]);
}
