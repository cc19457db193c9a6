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
