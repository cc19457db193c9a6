import { describe, expect, it } from 'vitest';
import { Child } from '../tests/support/child.js';
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

  const failed = (rest: string) =>
    new Child(`
      import { setTimeout } from 'node:timers/promises';
      import { startJob } from ${JSON.stringify(new URL('job.ts', import.meta.url).pathname)};
      const job = startJob(async (emit) => {
        emit(1);
        throw new Error('broken');
      });
      await setTimeout(20);
      ${rest}
    `);

  it.each([
    ['awaits it', 'await job'],
    ['reads the events', 'for await (const event of job) console.log(event)'],
  ])('keeps a failure for whoever %s later', async (_, look) => {
    const child = failed(`
      try {
        ${look};
      } catch (error) {
        console.log('caught', error.message);
      }
    `);
    expect(await child.ended, child.stderr).toEqual({ code: 0, signal: null });
    const lines = look === 'await job' ? ['caught broken'] : ['1', 'caught broken'];
    for (const line of lines) expect(await child.line()).toBe(line);
  });

  it('ends the process with a failure that nobody looks at', async () => {
    const child = failed("console.log('still here')");
    expect(await child.line()).toBe('still here');
    expect((await child.ended).code).toBe(1);
    expect(child.stderr).toContain('Error: broken');
  });
});
