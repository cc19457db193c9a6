import { describe, expect, it } from 'vitest';
import { startJob } from './job.js';

const work = () =>
  startJob<number, string>(async (emit) => {
    for (const i of [1, 2, 3]) {
      emit(i);
      await null;
    }
    return 'done';
  });

async function collect<E>(events: AsyncIterable<E>): Promise<E[]> {
  const all: E[] = [];
  for await (const event of events) all.push(event);
  return all;
}

describe('a job', () => {
  it('is a promise of its result', async () => {
    expect(await work()).toBe('done');
  });

  it('gives its events as they come, and those from before the reading began', async () => {
    const job = work();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await collect(job)).toEqual([1, 2, 3]);
    expect(await job).toBe('done');
    expect(await collect(work())).toEqual([1, 2, 3]);
  });

  it('reports a failure to whoever awaits it and to whoever reads the events', async () => {
    const failing = () =>
      startJob<number, never>(async (emit) => {
        emit(1);
        throw new Error('broken');
      });
    await expect(failing()).rejects.toThrow('broken');
    const seen: number[] = [];
    await expect(
      (async () => {
        for await (const event of failing()) seen.push(event);
      })(),
    ).rejects.toThrow('broken');
    expect(seen).toEqual([1]);
  });
});
