import { afterAll, describe, expect, it } from 'vitest';
import { openClips } from '../data/index.js';
import { scope } from '../engine/index.js';
import { movingMask } from './moving-masks.js';
import { grayPictures } from './picture.js';
import { visionPool } from './vision-pool.js';

afterAll(() => visionPool().close());

const FRAME = 5;

/** Overlap of what most votes say with the sprite, and the share of pixels that they say moves. */
async function found(video: string, options = {}): Promise<{ iou: number; share: number }> {
  const spec = `synthetic:sprites?count=6&test=0&size=64&frames=11&${video}`;
  const clips = await openClips(spec, { frames: 1, fps: 10 });
  let [iou, share] = [0, 0];
  for (let i = 0; i < clips.count; i++) {
    const pictures = scope(() => grayPictures(clips.allFrames(i)));
    const votes = await movingMask(pictures, FRAME, { reach: 3, least: 1, ...options });
    const truth = scope(() => clips.allKnown('frame-masks', i)!.select(0, FRAME).toBytes());
    const isOn = Array.from(votes!, (vote) => vote >= 128);
    const shared = isOn.filter((on, k) => on && truth[k]! > 0).length;
    iou += shared / Math.max(1, isOn.filter((on, k) => on || truth[k]! > 0).length) / clips.count;
    share += isOn.filter((on) => on).length / isOn.length / clips.count;
  }
  return { iou, share };
}

describe('the mask of what moves', () => {
  it('covers the sprite under a camera that pans', async () => {
    expect((await found('camera=pan&speed=0.5&scale=0.4')).iou).toBeGreaterThan(0.45);
  });

  it('says nothing of the sprite where the motion of the camera is not taken away', async () => {
    expect((await found('camera=pan&speed=0.5&scale=0.4', { isCameraRemoved: false })).iou).toBeLessThan(0.25);
  });

  it.each(['motion=static', 'motion=static&camera=pan', 'motion=static&camera=zoom'])(
    'is empty where nothing moves by itself: %s',
    async (video) => expect((await found(video)).share).toBeLessThan(0.01),
  );

  it('takes the smaller share of both sides in time', async () => {
    // A square that stands still in the frames before and has jumped in those after.
    const picture = (left: number) => ({
      ...{ width: 48, height: 48 },
      data: Uint8Array.from({ length: 48 * 48 }, (_, i) => {
        const [x, y] = [i % 48, Math.floor(i / 48)];
        const isOn = x >= left && x < left + 14 && y >= 16 && y < 30;
        return isOn ? 150 + 80 * ((x - left + y) % 2) : 40 + ((x * 7 + y * 13) % 50);
      }),
    });
    const [before, after] = [picture(10), picture(13)];
    const moved = await movingMask([before, before, after], 1, { reach: 1 });
    expect(Math.max(...moved!)).toBe(0);
    expect(Math.max(...(await movingMask([before, after], 0, { reach: 1 }))!)).toBe(255);
  });

  it('refuses a frame that is not there', async () => {
    await expect(movingMask([], 0)).rejects.toThrow(/a frame from 0 to -1/);
  });
});
