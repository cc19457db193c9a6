import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type ClipDataset, openImages } from '../data/index.js';
import { Generator, ops, scope } from '../engine/index.js';
import { clip, filmStrip } from './clip.js';
import { hasSplit, modalityFor, modalityOf, openData } from './registry.js';

const cacheFolder = mkdtempSync(join(tmpdir(), 'autodidact-clip-'));
afterAll(() => rmSync(cacheFolder, { recursive: true, force: true }));

const SPEC = 'synthetic:sprites?count=4&test=2&size=16&frames=12';
const videos = (await openData(SPEC, { cacheFolder, frames: 4, fps: 5 })) as ClipDataset;
const { spec } = videos;

describe('clips', () => {
  it('are claimed by their name', async () => {
    for (const name of ['synthetic:sprites', SPEC]) expect((await modalityFor(name)).name).toBe('clip');
    for (const name of ['synthetic:objects', 'synthetic:spritesheets'])
      expect((await modalityFor(name)).name).toBe('image');
    expect(modalityOf(spec)).toBe(clip);
    expect(clip.schema.safeParse(JSON.parse(JSON.stringify(spec))).success).toBe(true);
    expect(clip.schema.safeParse({ ...spec, mean: [0.5] }).success).toBe(false);
    expect(clip.schema.safeParse({ ...spec, fps: 0 }).success).toBe(false);
  });

  it('have the sides of their source', async () => {
    expect(await Promise.all((['train', 'val', 'test'] as const).map((split) => hasSplit(SPEC, split)))).toEqual([
      true,
      false,
      true,
    ]);
    expect((await openData(SPEC, { cacheFolder, split: 'test', frames: 4, fps: 5 })).count).toBe(2);
  });

  it('open other videos in the same form', async () => {
    const other = await openData('synthetic:sprites?count=3&test=0&frames=40&fps=20', {
      cacheFolder,
      ...clip.formOf(spec),
    });
    expect(() => clip.checkSame(spec, other as ClipDataset)).not.toThrow();
    const longer = await openData(SPEC, { cacheFolder, frames: 5, fps: 5 });
    expect(() => clip.checkSame(spec, longer as ClipDataset)).toThrow(
      /Expected videos of 16 x 16, color, 4 frames at 5 a second, as in pretraining, for `synthetic sprites`, received "synthetic sprites.*Open the data with size 16, 4 frames/,
    );
  });

  it('are the same as images for an encoder of their frames, in the same size', async () => {
    const open = (size: number) => openImages(`synthetic:objects?count=4&test=0&size=${size}`, { cacheFolder });
    const [same, other] = [await open(16), await open(24)];
    expect(() => clip.checkSame(spec, same as never)).not.toThrow();
    expect(() => clip.checkSame(spec, other as never)).toThrow(/as in pretraining/);
    const sounds = await openData('synthetic:sounds?count=4&test=0&length=256', { cacheFolder });
    expect(() => clip.checkSame(spec, sounds as never)).toThrow(/as in pretraining/);
  });

  it('are refused in one sentence where a method cannot learn from them', () => {
    expect(() => clip.check(spec, {}, 'It')).not.toThrow();
    expect(() => clip.check(spec, { leastFrames: 5 }, 'It')).toThrow(
      /It needs clips of at least 5 frames, received 4.*--frames/s,
    );
    expect(() => clip.check(spec, { side: 32 }, 'It')).toThrow(
      /It needs videos of at least 32 pixels a side, received 16/,
    );
    expect(() => clip.check(spec, { channels: [1] }, 'It')).toThrow(
      /It learns from videos in gray, received videos in color/,
    );
  });

  it('are moved, mirrored and cropped alike in all frames', () => {
    scope(() => {
      const still = videos.collate([0, 1, 2, 3]).narrow(1, 0, 1).expand([4, 4, 3, 16, 16]).contiguous();
      for (const augment of [clip.preserve(spec, 'crop-flip')!, clip.views(spec)!]) {
        const changed = augment(still, new Generator(3));
        for (let t = 1; t < 4; t++) expect(changed.select(1, t).equal(changed.select(1, 0))).toBe(true);
        expect(changed.equal(still)).toBe(false);
      }
    });
  });

  it('are shown as a strip of frames', () => {
    scope(() => {
      const shown = clip.show(videos.collate([0, 1]), 1, spec);
      // Four frames with lines between them.
      expect(shown.kind === 'picture' && shown.image.shape).toEqual([3, 16, 4 * 16 + 3]);
      const frames = ops.arange(0, 11, 1, { dtype: 'float32' }).view([11, 1, 1, 1]).expand([11, 1, 2, 2]);
      expect(filmStrip(frames, 3).select(0, 0).select(0, 0).toNumbers()).toEqual([0, 0, 1, 5, 5, 1, 10, 10]);
      expect(filmStrip(frames.narrow(0, 0, 1)).shape).toEqual([1, 2, 2]);
    });
  });
});
