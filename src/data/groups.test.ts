import { expect, it } from 'vitest';
import { groupBy, membersByGroup, numbered } from './groups.js';

it('lists groups and members in ascending order, and leaves out those of no group', () => {
  const found = membersByGroup([7, -1, 2, 7, 0, 2, -3]);
  expect(found.map(([group, members]) => [group, [...members]])).toEqual([
    [0, [4]],
    [2, [2, 5]],
    [7, [0, 3]],
  ]);
  expect(membersByGroup([-1])).toEqual([]);
});

it('groups items in their order, however many have one key', () => {
  const groups = groupBy(['b1', 'a2', 'b3', 'a1'], (name) => name[0]);
  expect([...groups]).toEqual([
    ['b', ['b1', 'b3']],
    ['a', ['a2', 'a1']],
  ]);
  expect(groupBy(Array(40_000).fill(0), () => 'one').get('one')).toHaveLength(40_000);
});

it('numbers items in the order in which they first appear', () => {
  expect([...numbered(['b', 'a', null, 'b', 'a', 'c'])]).toEqual([0, 1, 2, 0, 1, 3]);
  expect([...numbered([])]).toEqual([]);
});
