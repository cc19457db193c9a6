import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { MemoryGate, mapInOrder } from './parallel.js';

const collect = async <T>(results: AsyncIterable<T>) => {
  const all: T[] = [];
  for await (const result of results) all.push(result);
  return all;
};

describe('mapInOrder', () => {
  it('keeps the order though the work ends in another, and the bound on what is under way', async () => {
    let running = 0;
    let most = 0;
    const work = async (n: number) => {
      most = Math.max(most, ++running);
      await sleep((n * 7) % 5);
      running -= 1;
      return n * n;
    };
    expect(await collect(mapInOrder([...Array(30).keys()], work, 4))).toEqual([...Array(30).keys()].map((n) => n * n));
    expect(most).toBe(4);
  });

  it('passes a failure on, starts no more and waits for the rest', async () => {
    let started = 0;
    let ended = 0;
    const work = async (n: number) => {
      started += 1;
      await sleep(n === 2 ? 0 : 5);
      ended += 1;
      if (n === 2) throw new Error('no');
    };
    await expect(collect(mapInOrder([...Array(100).keys()], work, 3))).rejects.toThrow('no');
    expect(started).toBeLessThan(10);
    expect(ended).toBe(started);
  });

  it('gives nothing for nothing', async () => {
    expect(await collect(mapInOrder([], async () => 1))).toEqual([]);
  });
});

describe('MemoryGate', () => {
  /** Runs work of these sizes at once; gives the most bytes that were in use together and the order of the starts. */
  async function trace(capacity: number, sizes: number[]): Promise<{ most: number; starts: number[]; alone: boolean }> {
    const gate = new MemoryGate(capacity);
    const running = new Set<number>();
    const starts: number[] = [];
    let most = 0;
    let alone = true;
    const work = (i: number) => async () => {
      running.add(i);
      starts.push(i);
      const sum = [...running].reduce((total, at) => total + sizes[at]!, 0);
      if (sizes[i]! <= capacity) most = Math.max(most, sum);
      await sleep(2);
      if (sizes[i]! > capacity && running.size > 1) alone = false;
      running.delete(i);
      if (i === 1) throw new Error('one of them fails');
    };
    await Promise.allSettled(sizes.map((bytes, i) => gate.run(bytes, work(i))));
    return { most, starts, alone };
  }

  it('keeps the sum within the capacity, in the order of arrival, after failures too', async () => {
    const { most, starts } = await trace(10, [4, 4, 4, 1, 6, 10, 0, 3]);
    expect(most).toBe(10);
    expect(starts).toEqual(counting(8));
  });

  it('runs what needs more than the capacity alone', async () => {
    for (const huge of [11, Infinity]) {
      const { starts, alone } = await trace(10, [4, 4, huge, 1, 6]);
      expect(alone).toBe(true);
      expect(starts).toEqual(counting(5));
    }
  });
});

const counting = (n: number) => Array.from({ length: n }, (_, i) => i);
