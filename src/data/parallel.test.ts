import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { mapInOrder } from './parallel.js';

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
