import { afterAll, expect, it } from 'vitest';
import { ops, type Tensor, tensor } from '../engine/index.js';
import { motionWeights } from './motion-weights.js';
import { draw, pattern } from './pictures.test-util.js';
import { visionPool } from './vision-pool.js';

afterAll(() => visionPool().close());

const SIDE = 96;

/** Frames (T, 1, S, S) of a pattern that has moved so far to the right. */
function panned(places: readonly number[]): Tensor {
  const value = pattern(11);
  const frames = places.map((place) => draw((x, y) => value(x - place, y), SIDE, SIDE).data);
  return tensor(Uint8Array.from(frames.flatMap((data) => [...data])), { shape: [places.length, 1, SIDE, SIDE] });
}

it('are as large as the motion from each frame to the next', async () => {
  const weights = await motionWeights(panned([0, 1, 3, 3, 0, 0.5]));
  expect(weights).toHaveLength(6);
  for (const [t, way] of [1, 2, 0, 3, 0.5, 0.5].entries()) expect(Math.abs(weights[t]! - way)).toBeLessThan(0.12);
  expect(weights[5]).toBe(weights[4]);
});

it('are those of the frames in gray', async () => {
  const gray = panned([0, 2, 3]);
  const color = gray.expand([3, 3, SIDE, SIDE]).contiguous();
  expect(await motionWeights(color)).toEqual(await motionWeights(gray));
});

it('are 0 for a single frame, and none for no frame', async () => {
  expect([...(await motionWeights(panned([4])))]).toEqual([0]);
  expect(await motionWeights(ops.zeros([0, 3, 8, 8], { dtype: 'uint8' }))).toHaveLength(0);
});

it('refuse what are no frames', async () => {
  await expect(motionWeights(ops.zeros([2, 3, 8, 8]))).rejects.toThrow(
    'Expected uint8 (T, C, H, W) with 1 or 3 channels for `frames`',
  );
  await expect(motionWeights(panned([0, 1]), { window: 0 })).rejects.toThrow('`window`');
});
