/** [group, its indices in ascending order] for every non-empty group, by ascending group; negative means no group. */
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
