import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { encode } from 'fast-png';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { scope } from '../../engine/index.js';
import { encodeMask, VOC_PALETTE } from '../mask-file.js';
import { openClips } from '../open-clips.js';
import { namesVideos } from '../video/spec.js';

const folder = mkdtempSync(join(tmpdir(), 'autodidact-annotated-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const [WIDTH, HEIGHT] = [24, 16];
let sets = 0;

function put(path: string, content: Uint8Array | string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** Object 3 covers the column 4 + t, in frames whose gray is 10 t. */
const column = (t: number, value = 3): Uint8Array =>
  Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => (i % WIDTH === 4 + t ? value : 0));

interface Made {
  videos: readonly string[];
  resolution?: string;
  lists?: Record<string, string>;
  mask?: (t: number) => Uint8Array | null;
}

const withPalette = (t: number): Uint8Array =>
  encodeMask({ width: WIDTH, height: HEIGHT, data: column(t) }, VOC_PALETTE);

async function make({ videos, resolution = '480p', lists = {}, mask = withPalette }: Made): Promise<string> {
  const root = join(folder, `set-${sets++}`);
  for (const video of videos)
    for (let t = 0; t < 8; t++) {
      const name = String(t).padStart(5, '0');
      const create = { width: WIDTH, height: HEIGHT, channels: 3 as const, background: { r: 10 * t, g: 0, b: 0 } };
      put(join(root, 'JPEGImages', resolution, video, `${name}.jpg`), await sharp({ create }).jpeg().toBuffer());
      const bytes = mask(t);
      if (bytes !== null) put(join(root, 'Annotations', resolution, video, `${name}.png`), bytes);
    }
  for (const [path, names] of Object.entries(lists)) put(join(root, 'ImageSets', path), names);
  return root;
}

const open = (path: string, options: object = {}) =>
  openClips(`clips:${path}?frameRate=10`, { cacheFolder: join(folder, 'cache'), size: 16, ...options });

/** The column of the middle square in which the object is, of each frame; -1 where there is none. */
const columns = (masks: number[][][], object: number) => masks.map((rows) => rows[5]!.indexOf(object));

describe('folders of frames with masks', () => {
  it('have the splits of the newest lists, and the masks of the frames that are shown', async () => {
    const lists = { '2016/train.txt': 'cow\n', '2017/train.txt': 'bear\n', '2017/val.txt': 'cow\nnone\n' };
    const path = await make({ videos: ['bear', 'cow', 'unlisted'], lists });
    expect(await namesVideos(path)).toBe(true);
    const all = await open(path, { frames: 4, fps: 10 });
    expect([all.ids, all.splits]).toEqual([
      ['bear', 'cow'],
      ['train', 'test'],
    ]);
    scope(() => {
      // The middle 16 of 24 columns: the object is in column t of the square.
      expect(columns(all.known('frame-masks', [1]).select(0, 0).toList() as number[][][], 3)).toEqual([2, 3, 4, 5]);
      const reds = all.collate([1]).select(2, 0).to('float32').mean([2, 3]).toNumbers();
      expect(reds.map((red) => Math.round(red / 10))).toEqual([2, 3, 4, 5]);
    });
    // Of every second frame the masks are those of every second frame.
    const slow = await open(path, { frames: 3, fps: 5, split: 'test' });
    scope(() => {
      expect(columns(slow.allKnown('frame-masks', 0)!.toList() as number[][][], 3)).toEqual([0, 2, 4, 6]);
    });
  });

  it('may lie without a resolution and lists; 255 alone is the first object', async () => {
    const gray = (t: number) => encode({ width: WIDTH, height: HEIGHT, channels: 1, data: column(t, 255) });
    const videos = await open(await make({ videos: ['a', 'b'], resolution: '', mask: gray }), { frames: 2 });
    expect([videos.ids, videos.splits, videos.classes]).toEqual([['a', 'b'], [null, null], null]);
    scope(() => {
      expect(columns(videos.allKnown('frame-masks', 1)!.toList() as number[][][], 1)).toEqual([...Array(8).keys()]);
    });
  });

  it('are refused where no list names one of them', async () => {
    const path = await make({ videos: ['bear'], lists: { '2017/train.txt': 'Bear\n' } });
    await expect(open(path)).rejects.toThrow(
      /None of the videos that ImageSets lists .* It lists Bear; a video there is bear/,
    );
  });

  it('are refused where masks are missing', async () => {
    const path = await make({ videos: ['a'], mask: (t) => (t === 5 ? null : withPalette(t)) });
    await expect(open(path)).rejects.toThrow(/lacks 1 of 8 masks, such as .*00005\.png/);
  });

  it('are no annotated videos where images lie side by side', async () => {
    const path = await make({ videos: [''], resolution: '' });
    expect(await namesVideos(path)).toBe(false);
  });
});
