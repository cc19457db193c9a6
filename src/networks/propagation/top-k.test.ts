import { expect, it } from 'vitest';
import { manualSeed, ops, scope, type Tensor } from '../../engine/index.js';
import { BLOCK, blockTopK } from './top-k.js';

it.each([1, 3, 10])('finds the %i largest numbers and their places as topk does', (k) => {
  scope(() => {
    manualSeed(k);
    for (const blocks of [1, 2, 7, 40]) {
      const x = ops.randn([2, 5, blocks * BLOCK]);
      const [values, places] = x.topk(k, -1) as [Tensor, Tensor];
      const found = blockTopK(x, k);
      expect(found.values.equal(values)).toBe(true);
      expect(found.places.equal(places)).toBe(true);
    }
  });
});

it('finds numbers that share a block, equal ones and masked ones', () => {
  scope(() => {
    const blocks = 50;
    const x = ops.full([1, 1, blocks * BLOCK], Number.NEGATIVE_INFINITY);
    // Places 7, 57 and 107 are of one block.
    for (const [place, value] of [
      [7, 3],
      [57, 2],
      [107, 1],
      [12, 2],
    ] as const)
      x.narrow(2, place, 1).fill_(value);
    const { values, places } = blockTopK(x, 5);
    expect(values.toNumbers()).toEqual([3, 2, 2, 1, Number.NEGATIVE_INFINITY]);
    expect(new Set(places.toNumbers().slice(0, 4))).toEqual(new Set([7, 57, 12, 107]));
    const own = x.gather(2, places);
    expect(own.equal(values)).toBe(true);
  });
});
