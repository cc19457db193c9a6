import { expect, it } from 'vitest';
import { membersByGroup } from './groups.js';

it('lists groups and members in ascending order, and leaves out those of no group', () => {
  const found = membersByGroup([7, -1, 2, 7, 0, 2, -3]);
  expect(found.map(([group, members]) => [group, [...members]])).toEqual([
    [0, [4]],
    [2, [2, 5]],
    [7, [0, 3]],
  ]);
  expect(membersByGroup([-1])).toEqual([]);
});
