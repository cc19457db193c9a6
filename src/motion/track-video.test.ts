import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { makeVideo } from '../data/video/videos.test-util.js';
import { memory } from '../engine/index.js';
import type { Tracked } from './correlation-tracker.js';
import { draw, pattern } from './pictures.test-util.js';
import { trackVideo } from './track-video.js';

const folder = mkdtempSync(join(tmpdir(), 'autodidact-track-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const [WIDTH, HEIGHT, SIDE] = [96, 64, 20];
const [ground, object] = [draw(pattern(1), WIDTH, HEIGHT), draw(pattern(2), SIDE, SIDE)];
const at = (t: number) => ({ left: 10 + 3 * t, top: 12 + t, width: SIDE, height: SIDE });

/** A patch that moves over a ground, 20 frames at 10 per second. */
const path = await makeVideo(join(folder, 'moving.mkv'), {
  width: WIDTH,
  height: HEIGHT,
  paint(t, x, y) {
    const { left, top } = at(t);
    const isObject = x >= left && x < left + SIDE && y >= top && y < top + SIDE;
    return isObject ? object.data[(y - top) * SIDE + x - left]! : ground.data[y * WIDTH + x]!;
  },
});

it('follows a box through a video, with the time of every frame', async () => {
  const before = memory().tensors;
  const seen: { tracked: Tracked; mean: number }[] = [];
  const { width, height, frames, flaw } = await trackVideo(path, at(0), {
    async onFrame(frame, tracked, size) {
      expect(size).toEqual({ width: WIDTH, height: HEIGHT, rate: 10 });
      expect(frame).toHaveLength(WIDTH * HEIGHT * 3);
      seen.push({ tracked, mean: frame[0]! });
    },
  });
  expect({ width, height, flaw }).toEqual({ width: WIDTH, height: HEIGHT, flaw: null });
  expect(frames).toHaveLength(20);
  for (const [t, { time, box }] of frames.entries()) {
    expect(time).toBeCloseTo(t / 10, 3);
    expect(Math.abs(box.left - at(t).left)).toBeLessThan(2);
    expect(Math.abs(box.top - at(t).top)).toBeLessThan(2);
  }
  expect(seen.map(({ tracked }) => tracked.box)).toEqual(frames.map(({ box }) => box));
  expect(memory().tensors).toBe(before);
});

it('begins and ends where it is told', async () => {
  const done: [number, number][] = [];
  const { frames } = await trackVideo(path, at(5), {
    from: 0.5,
    to: 1.2,
    onProgress: (...now) => done.push(now),
  });
  expect(frames.map(({ time }) => Math.round(10 * time))).toEqual([5, 6, 7, 8, 9, 10, 11]);
  expect(Math.abs(frames.at(-1)!.box.left - at(11).left)).toBeLessThan(2);
  expect(done.at(-1)).toEqual([7, 7]);
  const rest = await trackVideo(path, at(15), { from: 1.5 });
  expect(rest.frames).toHaveLength(5);
});

it.each([
  [{ left: 80, top: 10, width: 20, height: 20 }, {}, 'inside the picture of 96 x 64 for `box`, received "80,10,20,20"'],
  [{ left: -1, top: 10, width: 20, height: 20 }, {}, '`box`'],
  [{ left: 0, top: 0, width: 1, height: 20 }, {}, 'at least 2 x 2 pixels'],
  [at(0), { from: 30 }, 'Expected a time in the video of 2 s for `from`, received 30'],
  [at(0), { from: -1 }, 'Expected seconds from 0 for `from`, received -1'],
  [at(0), { from: 1, to: 1 }, 'Expected a time after 1 s for `to`, received 1'],
  [at(0), { tracker: { padding: 0 } }, '`padding`'],
])('refuses a request that does not fit: %o %o', async (box, options, message) => {
  const before = memory().tensors;
  await expect(trackVideo(path, box, options)).rejects.toMatchObject({
    code: 'USAGE',
    message: expect.stringContaining(message),
  });
  expect(memory().tensors).toBe(before);
});

it('says why a file cannot be tracked', async () => {
  writeFileSync(join(folder, 'text.mp4'), 'no video in here');
  await expect(trackVideo(join(folder, 'text.mp4'), at(0))).rejects.toMatchObject({
    code: 'DATA',
    message: expect.stringMatching(/text\.mp4 cannot be tracked: FFmpeg cannot read it/),
  });
  await expect(trackVideo(join(folder, 'none.mp4'), at(0))).rejects.toMatchObject({
    message: expect.stringMatching(/none\.mp4 cannot be tracked: there is no such file/),
  });
});

it('ends when it is interrupted, also by what is done with the frames', async () => {
  const controller = new AbortController();
  const work = trackVideo(path, at(0), {
    signal: controller.signal,
    onFrame: async () => controller.abort(),
  });
  await expect(work).rejects.toMatchObject({ code: 'INTERRUPTED' });
  const failing = trackVideo(path, at(0), {
    onFrame: () => Promise.reject(new Error('the disk is full')),
  });
  await expect(failing).rejects.toThrow('the disk is full');
});
