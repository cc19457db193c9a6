import { describe, expect, it } from 'vitest';
import { GroupSampler, RandomSampler, SequentialSampler, WeightedSampler } from './sampler.js';

const sorted = (indices: Iterable<number>) => [...indices].sort((a, b) => a - b);
const counting = (n: number) => Array.from({ length: n }, (_, i) => i);
const flat = (batches: Iterable<Int32Array>) => [...batches].flatMap((batch) => [...batch]);

describe('RandomSampler', () => {
  it('visits every index once per epoch, in another order each epoch', () => {
    const sampler = new RandomSampler(103, { batchSize: 10, seed: 1 });
    const [first, second] = [flat(sampler.batches(0)), flat(sampler.batches(1))];
    expect(sorted(first)).toEqual(counting(103));
    expect(sorted(second)).toEqual(counting(103));
    expect(first).not.toEqual(second);
    expect(sampler.batchesPerEpoch).toBe(11);
    expect([...sampler.batches(0)].at(-1)).toHaveLength(3);
  });

  it('depends on the seed and the epoch only, not on what was drawn before', () => {
    const fresh = flat(new RandomSampler(50, { batchSize: 8, seed: 3 }).batches(7));
    const used = new RandomSampler(50, { batchSize: 8, seed: 3 });
    for (const epoch of [0, 7, 2]) flat(used.batches(epoch));
    expect(flat(used.batches(7))).toEqual(fresh);
    expect(flat(new RandomSampler(50, { batchSize: 8, seed: 4 }).batches(7))).not.toEqual(fresh);
  });

  it('drops the short last batch on request', () => {
    const sampler = new RandomSampler(25, { batchSize: 10, dropLast: true });
    expect([...sampler.batches(0)].map((batch) => batch.length)).toEqual([10, 10]);
    expect(sampler.batchesPerEpoch).toBe(2);
  });

  it('continues in the middle of an epoch, and at the start of the next, from a JSON state', () => {
    const options = { batchSize: 4, seed: 5 };
    const whole = new RandomSampler(22, options);
    const expected = [...whole.batches(2)].map((batch) => [...batch]);

    const stopped = new RandomSampler(22, options);
    let seen = 0;
    for (const _ of stopped.batches(2)) if (++seen === 3) break;
    const state = JSON.parse(JSON.stringify(stopped.state()));
    expect(state).toMatchObject({ epoch: 2, batch: 3 });

    const resumed = new RandomSampler(22, options);
    resumed.restore(state);
    expect([...resumed.batches(2)].map((batch) => [...batch])).toEqual(expected.slice(3));
    expect(resumed.state()).toMatchObject({ epoch: 3, batch: 0 });
    // Only the first pass after a restore is a continuation.
    expect([...resumed.batches(2)].map((batch) => [...batch])).toEqual(expected);
  });

  it('uses a restored place once, and in its own epoch only', () => {
    const options = { batchSize: 4, seed: 5 };
    const state = { epoch: 2, batch: 3, seed: 5, draws: 22, batchSize: 4 };
    const elsewhere = new RandomSampler(22, options);
    elsewhere.restore(state);
    expect([...elsewhere.batches(3)]).toHaveLength(6);
    const again = new RandomSampler(22, options);
    again.restore(state);
    for (const _ of again.batches(2)) break;
    // Stopped after one batch, without another restore.
    expect([...again.batches(2)]).toHaveLength(6);
  });

  it('refuses a state of another sampler', () => {
    const state = new RandomSampler(22, { batchSize: 4 }).state();
    expect(() => new RandomSampler(22, { batchSize: 4, seed: 9 }).restore(state)).toThrow(/made with seed 0.*has 9/);
    expect(() => new RandomSampler(23, { batchSize: 4 }).restore(state)).toThrow(/made with draws 22.*has 23/);
    expect(() => new RandomSampler(22, { batchSize: 5 }).restore(state)).toThrow(/batchSize 4/);
  });

  it('refuses a batch size of 0, an empty set and a set below one full batch', () => {
    expect(() => new RandomSampler(5, { batchSize: 0 })).toThrow(/`batchSize`, received 0/);
    expect(() => new RandomSampler(0, { batchSize: 1 })).toThrow(/at least one sample/);
    expect(() => new RandomSampler(5, { batchSize: 6, dropLast: true })).toThrow(/batch size of at most 5/);
  });
});

describe('SequentialSampler', () => {
  it('keeps the order', () => {
    const batches = [...new SequentialSampler(5, { batchSize: 2 }).batches(9)].map((batch) => [...batch]);
    expect(batches).toEqual([[0, 1], [2, 3], [4]]);
  });
});

describe('WeightedSampler', () => {
  it('draws in proportion to the weights and never an index of weight 0', () => {
    const sampler = new WeightedSampler([1, 0, 3], { batchSize: 100, draws: 40_000 });
    const seen = [0, 0, 0];
    for (const index of flat(sampler.batches(0))) seen[index]! += 1;
    expect(seen[1]).toBe(0);
    expect(Math.abs(seen[0]! - 10_000)).toBeLessThan(450);
    expect(flat(sampler.batches(1))).not.toEqual(flat(sampler.batches(0)));
  });

  it('refuses negative weights and all zeros', () => {
    expect(() => new WeightedSampler([1, -1], { batchSize: 1 })).toThrow(/`weights\[1\]`, received -1/);
    expect(() => new WeightedSampler([0, 0], { batchSize: 1 })).toThrow(/at least one weight above 0/);
  });
});

describe('GroupSampler', () => {
  // Group 0 has 90 members, group 4 has 9, group 7 has 1; index 100 belongs to none.
  const assignment = [...Array(90).fill(0), ...Array(9).fill(4), 7, -1];

  it('draws every group equally often, however small', () => {
    const seen = new Map<number, number>();
    const sampler = new GroupSampler(assignment, { batchSize: 10 });
    for (let epoch = 0; epoch < 30; epoch++) {
      const drawn = flat(sampler.batches(epoch));
      expect(drawn).toHaveLength(100);
      for (const index of drawn) seen.set(assignment[index], (seen.get(assignment[index]) ?? 0) + 1);
    }
    expect(sorted(seen.keys())).toEqual([0, 4, 7]);
    for (const count of seen.values()) expect(Math.abs(count - 1000)).toBeLessThan(30);
  });

  it('draws a large group without replacement', () => {
    const drawn = flat(new GroupSampler(assignment, { batchSize: 10, seed: 2 }).batches(0)).filter((i) => i < 90);
    expect(new Set(drawn).size).toBe(drawn.length);
  });

  it('is the same for the same seed and epoch', () => {
    const make = () => flat(new GroupSampler(assignment, { batchSize: 7, seed: 8 }).batches(4));
    expect(make()).toEqual(make());
  });

  it('depends on nothing that was drawn before', () => {
    const used = new GroupSampler(assignment, { batchSize: 7, seed: 8 });
    for (const epoch of [0, 1]) flat(used.batches(epoch));
    expect(flat(used.batches(4))).toEqual(flat(new GroupSampler(assignment, { batchSize: 7, seed: 8 }).batches(4)));
  });

  it('refuses an assignment without any group', () => {
    expect(() => new GroupSampler([-1, -1], { batchSize: 1 })).toThrow(/at least one sample/);
  });
});
