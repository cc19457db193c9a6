import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ops, scope } from '../engine/index.js';
import { fitsClip } from './clip-dataset.js';
import { openClips } from './open-clips.js';

const cacheFolder = mkdtempSync(join(tmpdir(), 'autodidact-clips-'));
afterAll(() => rmSync(cacheFolder, { recursive: true, force: true }));

const open = (query: string, options: object = {}) =>
  openClips(`synthetic:sprites?${query}`, { cacheFolder, ...options });
const videos = await open('count=6&test=2&size=16&frames=20&fps=10', { frames: 5, fps: 5 });

describe('a data set of clips', () => {
  it('says what a sample is', () => {
    expect(videos.spec).toMatchObject({ modality: 'clip', frames: 5, fps: 5, channels: 3, height: 16, width: 16 });
    expect(videos.spec.mean).toHaveLength(3);
    expect(videos.describe()).toBe(
      'synthetic sprites: 8 videos of 16 x 16, color, in clips of 5 frames at 5 a second, 4 classes',
    );
  });

  it('shows the middle of each video, frames at the asked rate', () => {
    // 20 frames at 10 a second; a clip spans 9 of them, so that it begins with one of the first 12.
    expect(videos.framesOf([0]).map((frames) => [...frames])).toEqual([[5, 7, 9, 11, 13]]);
    scope(() => {
      const clips = videos.collate([3, 0]);
      expect([clips.dtype, clips.shape]).toEqual(['uint8', [2, 5, 3, 16, 16]]);
      const all = videos.allFrames(0);
      expect(clips.select(0, 1).select(0, 4).equal(all.select(0, 13))).toBe(true);
      expect(clips.flatten(0, 1).isContiguous('channelsLast')).toBe(true);
    });
  });

  it('draws every start with the same probability, by seed, epoch and position alone', () => {
    const starts = Array.from({ length: 1200 }, (_, epoch) => videos.framesOf([2], { seed: 4, epoch })[0]![0]!);
    const counts = Array.from({ length: 12 }, (_, start) => starts.filter((value) => value === start).length);
    expect(counts.reduce((a, b) => a + b)).toBe(1200);
    for (const count of counts) expect(Math.abs(count - 100)).toBeLessThan(3 * Math.sqrt(100 * (11 / 12)));
    const draw = { seed: 4, epoch: 7 };
    const [one, other] = [videos.framesOf([0, 1, 2, 3, 4, 5], draw), videos.framesOf([2], draw)];
    expect(one[2]).toEqual(other[0]);
    expect(new Set(one.map((frames) => frames[0])).size).toBeGreaterThan(1);
    expect(videos.framesOf([0, 1, 2, 3, 4, 5], draw)).not.toEqual(
      videos.framesOf([0, 1, 2, 3, 4, 5], { ...draw, seed: 5 }),
    );
  });

  it('takes the frame nearest in time where rates differ', async () => {
    const slow = await open('count=6&test=2&size=16&frames=20&fps=10', { frames: 4, fps: 4 });
    // 0.25 s are 2.5 frames; of two that are as near, the earlier is shown.
    expect([...slow.framesOf([0])[0]!]).toEqual([6, 8, 11, 13]);
    const fast = await open('count=6&test=2&size=16&frames=20&fps=10', { frames: 4, fps: 20 });
    expect([...fast.framesOf([0])[0]!]).toEqual([8, 8, 9, 9]);
  });

  it('knows what is in the frames that it shows', () => {
    scope(() => {
      for (const draw of [undefined, { seed: 1, epoch: 2 }]) {
        const masks = videos.known('frame-masks', [1, 4], draw);
        expect([masks.dtype, masks.shape]).toEqual(['uint8', [2, 5, 16, 16]]);
        const [, frames] = videos.framesOf([1, 4], draw);
        const same = videos.knownOf('frame-masks', 4, Int32Array.from([frames![2]!]));
        expect(masks.select(0, 1).select(0, 2).equal(same.select(0, 0))).toBe(true);
      }
      expect(videos.known('tracks', [0]).shape).toEqual([1, 5, 8, 3]);
      expect(videos.known('joints', [0]).shape).toEqual([1, 5, 5, 3]);
      expect(videos.known('boxes', [0]).shape).toEqual([1, 5, 1, 4]);
      expect(videos.known('flow', [0]).shape).toEqual([1, 4, 2, 16, 16]);
      const part = videos.subset([5, 2]);
      expect(part.known('tracks', [1]).equal(videos.known('tracks', [2]))).toBe(true);
    });
  });

  it('gives its frames as images, with the labels of the videos', () => {
    const images = videos.images();
    expect(images.count).toBe(8 * 20);
    expect(images.ids.slice(19, 21)).toEqual(['train/0@1.900', 'train/1@0.000']);
    expect(images.labels![25]).toBe(videos.labels![1]);
    scope(() => expect(images.collate([25]).equal(videos.allFrames(1).narrow(0, 5, 1))).toBe(true));
    scope(() =>
      expect(
        images
          .subset([25, 3])
          .collate([0])
          .equal(images.collate([25])),
      ).toBe(true),
    );
  });

  it('is seen by an encoder of images frame by frame: the middle one of each video', () => {
    const seen = videos.seenBy({ modality: 'image' })!;
    expect([seen.count, seen.spec.modality, seen.labels]).toEqual([8, 'image', videos.labels]);
    scope(() => expect((seen as typeof videos).collate([6]).equal(videos.allFrames(6).narrow(0, 9, 1))).toBe(true));
    expect(videos.seenBy({ modality: 'sound' })).toBeNull();
  });

  it('is seen by an encoder of other clips in clips of its form, where these fit', () => {
    const { spec } = videos;
    expect(videos.seenBy(spec)).toBe(videos);
    const shorter = videos.subset([4, 1]).seenBy({ ...spec, frames: 3 } as typeof spec)!;
    expect([shorter.count, shorter.labels]).toEqual([2, videos.subset([4, 1]).labels]);
    expect(shorter.spec).toMatchObject({ frames: 3, fps: 5 });
    // Three frames at 5 a second span 5 of the 20: they begin with one of the first 16.
    expect([...(shorter as typeof videos).framesOf([1])[0]!]).toEqual([7, 9, 11]);
    expect(videos.seenBy({ ...spec, frames: 50 } as typeof spec)).toBe(videos);
  });

  it('measures mean and deviation over all frames of its videos', () => {
    scope(() => {
      const part = videos.subset([1, 3]);
      const all = ops
        .cat([part.allFrames(0), part.allFrames(1)], 0)
        .to('float32')
        .div(255);
      for (const [i, value] of all.mean([0, 2, 3]).toNumbers().entries())
        expect(part.spec.mean[i]).toBeCloseTo(value, 6);
      for (const [i, value] of all.std([0, 2, 3]).toNumbers().entries()) expect(part.spec.std[i]).toBeCloseTo(value, 6);
    });
  });

  it('refuses clips that no video is long enough for', async () => {
    await expect(open('count=2&test=1&size=16&frames=20&fps=10', { frames: 21, fps: 10 })).rejects.toThrow(
      /No video of synthetic sprites is long enough for a clip of 21 frames at 10 a second/,
    );
    const whole = await open('count=2&test=1&size=16&frames=20&fps=10', { frames: 20, fps: 10 });
    expect([...whole.framesOf([0], { seed: 1, epoch: 1 })[0]!]).toEqual([...Array(20).keys()]);
  });
});

describe('the room for a clip', () => {
  it('is the time from the first to the last frame, give or take half a frame', () => {
    const times = Float64Array.from([0, 0.1, 0.2, 0.3]);
    expect(fitsClip(times, { frames: 4, fps: 10 })).toBe(true);
    expect(fitsClip(times, { frames: 5, fps: 10 })).toBe(false);
    expect(fitsClip(times, { frames: 4, fps: 9 })).toBe(true);
    expect(fitsClip(times, { frames: 4, fps: 8 })).toBe(false);
    expect(fitsClip(Float64Array.from([3]), { frames: 1, fps: 8 })).toBe(true);
    expect(fitsClip(Float64Array.from([3]), { frames: 2, fps: 8 })).toBe(false);
    expect(fitsClip(new Float64Array(0), { frames: 1, fps: 8 })).toBe(false);
  });
});
