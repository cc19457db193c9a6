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

/** Pairs of group and member indices, both ascending, for all non-empty groups; a negative group means none. */
export function membersByGroup(assignment: ArrayLike<number>): [number, Int32Array][] {
  const members = new Map<number, number[]>();
  for (let i = 0; i < assignment.length; i++) {
    const group = assignment[i]!;
    if (group < 0) continue;
    const list = members.get(group);
    if (list) list.push(i);
    else members.set(group, [i]);
  }
  return [...members].sort(([a], [b]) => a - b).map(([group, list]) => [group, Int32Array.from(list)]);
}
