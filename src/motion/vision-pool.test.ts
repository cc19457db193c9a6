import { afterEach, expect, it } from 'vitest';
import { draw, pattern } from './pictures.test-util.js';
import { cornerOptions, flowOptions } from './settings.js';
import { VisionPool } from './vision-pool.js';

let pool = new VisionPool(1);
afterEach(() => pool.close());

const CORNERS = cornerOptions.parse({});
const FLOW = flowOptions.parse({});

it('frees the memory of every task', async () => {
  // Each task needs 4 MB and more: 60 of them fill what the threads begin with.
  const large = { data: new Uint8Array(2048 * 2048), width: 2048, height: 2048 };
  await pool.run('corners', large, CORNERS);
  const before = await pool.run('memory');
  for (let i = 0; i < 60; i++) await pool.run('corners', large, CORNERS);
  expect(await pool.run('memory')).toBe(before);
  // What fails frees its memory too.
  for (let i = 0; i < 60; i++) await pool.run('corners', large, { ...CORNERS, quality: -1 }).catch(() => {});
  expect(await pool.run('memory')).toBe(before);
});

it('gives every task its own answer, with several threads and more tasks than threads', async () => {
  pool = new VisionPool(2);
  const pictures = Array.from({ length: 7 }, (_, i) => draw(pattern(i), 40, 40));
  const alone: Float32Array[] = [];
  for (const picture of pictures) alone.push(await pool.run('flow', pictures[0]!, picture, FLOW));
  const together = await Promise.all(pictures.map((picture) => pool.run('flow', pictures[0]!, picture, FLOW)));
  expect(together).toEqual(alone);
  expect(new Set(together.map((flow) => flow.join())).size).toBe(7);
});

it('says what OpenCV refuses, and goes on', async () => {
  const picture = draw(pattern(1), 40, 40);
  await expect(pool.run('corners', picture, { ...CORNERS, quality: -1 })).rejects.toMatchObject({
    code: 'ENGINE',
    message: expect.stringMatching(/^OpenCV could not compute `corners`: .*qualityLevel > 0/),
  });
  expect(await pool.run('corners', picture, CORNERS)).not.toHaveLength(0);
});

it('fails what is under way and what waits when it is closed, and starts anew', async () => {
  const picture = draw(pattern(1), 40, 40);
  const tasks = [1, 2, 3].map(() => pool.run('corners', picture, CORNERS));
  const settled = Promise.allSettled(tasks);
  await pool.close();
  for (const result of await settled)
    expect(result).toMatchObject({
      status: 'rejected',
      reason: { code: 'ENGINE', message: expect.stringMatching(/ended|closed/) },
    });
  expect(await pool.run('corners', picture, CORNERS)).not.toHaveLength(0);
});
