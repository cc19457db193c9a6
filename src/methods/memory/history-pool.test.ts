import { describe, expect, it } from 'vitest';
import { Generator, ops, scope, type Tensor, tensor } from '../../engine/index.js';
import { HistoryPool } from './history-pool.js';

/** Samples that are told apart by their value: (n, 1, 1, 1) of `from`, `from + 1`, ... */
const numbered = (count: number, from: number): Tensor =>
  ops.arange(from, from + count, 1, { dtype: 'float32' }).view([count, 1, 1, 1]);
const values = (maps: Tensor): number[] => maps.toNumbers();

describe('HistoryPool', () => {
  it('is filled first, and shows the samples as they are meanwhile', () => {
    const pool = new HistoryPool(10, [1, 1, 1]);
    const random = new Generator(1);
    for (const from of [1, 5]) {
      const exchange = pool.draw(4, random);
      expect(values(pool.shown(numbered(4, from), exchange))).toEqual(values(numbered(4, from)));
      pool.keep(numbered(4, from), exchange);
    }
    expect(values(pool.maps)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 0, 0]);
    pool.keep(numbered(4, 9), pool.draw(4, random));
    expect(values(pool.maps)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('then exchanges about half of the samples, each for another place, as the code does one by one', () => {
    const pool = new HistoryPool(6, [1, 1, 1]);
    const random = new Generator(2);
    pool.keep(numbered(6, 1), pool.draw(6, random));
    const known = values(pool.maps);
    let exchanged = 0;
    for (let step = 0; step < 200; step++) {
      const exchange = pool.draw(4, random);
      const samples = numbered(4, 100 + 4 * step);
      const [isOld, slots] = [exchange.isOld.toNumbers(), exchange.slots.toNumbers()];
      expect(new Set(slots).size).toBe(4);
      const expected = values(samples).map((value, i) => (isOld[i] === 1 ? known[slots[i]!]! : value));
      expect(values(pool.shown(samples, exchange))).toEqual(expected);
      pool.keep(samples, exchange);
      for (const [i, slot] of slots.entries()) if (isOld[i] === 1) known[slot] = values(samples)[i]!;
      expect(values(pool.maps)).toEqual(known);
      exchanged += isOld.filter((flag) => flag === 1).length;
    }
    // 800 draws with probability 1/2: three standard deviations are 42.
    expect(Math.abs(exchanged - 400)).toBeLessThan(43);
  });

  it('takes batches larger than itself, and none at all with a capacity of 0', () => {
    const small = new HistoryPool(3, [1, 1, 1]);
    const none = new HistoryPool(0, [1, 1, 1]);
    const random = new Generator(3);
    for (let step = 0; step < 5; step++) {
      const samples = numbered(8, 10 * step);
      for (const pool of [small, none]) {
        const exchange = pool.draw(8, random);
        const shown = values(pool.shown(samples, exchange));
        const kept = shown.filter((value, i) => value === values(samples)[i]).length;
        expect(kept).toBeGreaterThanOrEqual(pool === none ? 8 : 5);
        pool.keep(samples, exchange);
      }
    }
    expect(Math.min(...values(small.maps))).toBeGreaterThanOrEqual(0);
  });

  it('goes into the state and comes back', () => {
    const pool = new HistoryPool(4, [2, 1, 1]);
    const random = new Generator(4);
    scope(() => pool.keep(ops.rand([4, 2, 1, 1]), pool.draw(4, random)));
    const other = new HistoryPool(4, [2, 1, 1]);
    other.loadStateDict(pool.stateDict());
    const exchange = { isOld: tensor([1, 1, 1, 1]).to('bool'), slots: tensor([3, 1, 0, 2]).to('int64') };
    const samples = ops.zeros([4, 2, 1, 1]);
    expect(values(other.shown(samples, exchange))).toEqual(values(pool.shown(samples, exchange)));
    expect(values(other.shown(samples, exchange))).not.toEqual(values(samples));
  });
});
