import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { scope, tensor } from '../engine/index.js';
import { openClips, openFrames, videosHaveSplit } from './open-clips.js';
import { videoTable } from './sources/video-folder.js';
import { namesVideoFrames, namesVideos, parseVideoSpec, resolveVideoSpec } from './video/spec.js';
import { makeVideo } from './video/videos.test-util.js';

const folder = mkdtempSync(join(tmpdir(), 'autodidact-open-clips-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());

const at = (name: string): string => {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  return join(folder, name);
};
let caches = 0;
const cache = (): string => at(`cache-${caches++}/x`).slice(0, -2);

// Two seconds at ten frames a second, each frame ten times its number; and the same twice as long, half as bright.
const short = await makeVideo(at('made/short.mkv'));
const long = await makeVideo(at('made/long.mkv'), { frames: 40, paint: (t) => 5 * t });
function put(from: string, ...names: string[]): void {
  for (const name of names) copyFileSync(from, at(name));
}
put(short, 'videos/train/run/a.mkv', 'videos/train/jump/b.mkv', 'videos/test/run/c.mkv');
put(long, 'videos/train/run/long.mkv');
const shared = cache();
const open = (spec: string, options: object = {}) => openClips(spec, { cacheFolder: shared, ...options });

describe('a folder of videos', () => {
  it('has the classes and splits of its folders', async () => {
    const videos = await open(at('videos'), { frames: 4, fps: 5 });
    expect(videos.ids).toEqual(['test/run/c.mkv', 'train/jump/b.mkv', 'train/run/a.mkv', 'train/run/long.mkv']);
    expect(videos.splits).toEqual(['test', 'train', 'train', 'train']);
    expect([...videos.labels!].map((label) => videos.classes![label])).toEqual(['run', 'jump', 'run', 'run']);
    expect(videos.spec).toMatchObject({ frames: 4, fps: 5, height: 32, width: 32, channels: 3 });
    scope(() => {
      // Of 10 frames kept at 5 a second, the clip of 4 in the middle begins with the fourth: number 6 of 20.
      const means = videos.collate([2]).to('float32').mean([2, 3, 4]).toNumbers();
      expect(means.map((mean) => Math.round(mean / 10))).toEqual([6, 8, 10, 12]);
    });
    expect(await videosHaveSplit(at('videos'), 'test')).toBe(true);
    expect(await videosHaveSplit(at('videos'), 'val')).toBe(false);
    const test = await open(at('videos'), { frames: 4, fps: 5, split: 'test' });
    expect(test.ids).toEqual(['test/run/c.mkv']);
    await expect(open(at('videos'), { split: 'val' })).rejects.toThrow(/has no val videos/);
  });

  it('is decoded once', async () => {
    const cacheFolder = cache();
    const ask = { cacheFolder, mostSize: 16, fps: 10 };
    const first = await openClips(at('videos'), { ...ask, frames: 4 });
    vi.stubEnv('FFMPEG', '/bin/false');
    const second = await openClips(at('videos'), { ...ask, frames: 8 });
    expect(second.spec.frames).toBe(8);
    expect(first.fingerprint).toBe(second.fingerprint);
    await expect(openClips(at('videos'), { ...ask, fps: 5 })).rejects.toThrow(/FFMPEG names no usable program/);
  });

  it('takes a form that fits where none is asked for', async () => {
    const videos = await open(at('videos'), { size: 16 });
    expect(videos.spec).toMatchObject({ frames: 16, fps: 10, height: 16 });
    const small = await open(at('videos'), { mostSize: 24 });
    expect(small.spec).toMatchObject({ height: 24, width: 24 });
    expect((await open(at('videos'), { size: 16, channels: 1 })).spec.channels).toBe(1);
  });

  it('lists what cannot be read, what ends early and what is too short, and keeps the rest', async () => {
    cpSync(at('videos/train'), at('mixed'), { recursive: true });
    writeFileSync(at('mixed/run/text.mp4'), 'this is no video '.repeat(100));
    const { readFileSync } = await import('node:fs');
    const bytes = readFileSync(long);
    writeFileSync(at('mixed/run/half.mkv'), bytes.subarray(0, bytes.length / 2));
    await makeVideo(at('mixed/jump/brief.mkv'), { frames: 3 });
    const videos = await open(at('mixed'), { frames: 10, fps: 10, size: 16 });
    expect(videos.ids).toEqual(['jump/b.mkv', 'run/a.mkv', 'run/half.mkv', 'run/long.mkv']);
    expect(videos.skipped.map(({ id }) => id)).toEqual(['run/text.mp4', 'jump/brief.mkv']);
    // The brief one does not settle the length of all clips.
    const usual = await open(at('mixed'), { size: 16, fps: 10 });
    expect([usual.spec.frames, usual.ids]).toEqual([16, videos.ids]);
    expect(videos.skipped[1]!.reason).toBe('3 frames over 0.20 s, too short for a clip of 10 frames at 10 a second');
    expect(videos.partial).toEqual([
      { id: 'run/half.mkv', reason: expect.stringMatching(/^of 40 frames that it announces \d+ could be decoded/) },
    ]);
    expect(videos.describe()).toContain('2 classes, 2 skipped, 1 read in part');
    expect(videos.summary().partial).toHaveLength(1);
    writeFileSync(at('texts/a.mp4'), 'no video');
    await expect(open(at('texts'))).rejects.toThrow(
      /^The video of texts could not be read: a\.mp4 \(FFmpeg cannot read it/,
    );
  });

  it('keeps nothing of a packing that fails or is stopped', async () => {
    const cacheFolder = cache();
    const controller = new AbortController();
    const stopped = openClips(at('videos'), {
      ...{ cacheFolder, size: 16, signal: controller.signal },
      onProgress: () => controller.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(readdirSync(join(cacheFolder, 'packs'))).toEqual([]);
    expect((await openClips(at('videos'), { cacheFolder, size: 16 })).count).toBe(4);
  });

  it('is decoded again where the cache is damaged', async () => {
    const cacheFolder = cache();
    const first = await openClips(at('videos'), { cacheFolder, size: 16 });
    const packs = join(cacheFolder, 'packs');
    const times = readdirSync(packs).find((name) => name.endsWith('.times'))!;
    writeFileSync(join(packs, times), 'cut off');
    const second = await openClips(at('videos'), { cacheFolder, size: 16 });
    expect(second.fingerprint).toBe(first.fingerprint);
    expect(second.timesOf(0)).toEqual(first.timesOf(0));
  });

  it('draws a part of it, and says how far it is', async () => {
    const seen: [number, number][] = [];
    const some = await openClips(at('videos'), {
      ...{ cacheFolder: cache(), size: 16, limit: 2 },
      onProgress: (done, total) => void seen.push([done, total]),
    });
    expect(some.count).toBe(2);
    expect(seen.at(-1)).toEqual([2, 2]);
    expect(seen.map(([done]) => done)).toEqual(seen.map(([done]) => done).sort((a, b) => a - b));
  });

  it('is another one when a file has changed', async () => {
    put(short, 'changing/a.mkv', 'changing/b.mkv');
    const before = await open(at('changing'), { size: 16 });
    put(long, 'changing/b.mkv');
    utimesSync(at('changing/b.mkv'), 1, 1);
    expect((await open(at('changing'), { size: 16 })).fingerprint).not.toBe(before.fingerprint);
  });
});

describe('long videos', () => {
  it('give several samples of equal length', async () => {
    const parts = await open(`clips:${at('videos/train/run')}?stretch=1.5`, { frames: 4, fps: 10, size: 16 });
    // 1.9 s are one stretch, 3.9 s two.
    expect(parts.ids).toEqual(['a.mkv', 'long.mkv#0', 'long.mkv#1']);
    expect([...parts.timesOf(1)].at(-1)).toBeCloseTo(1.9, 2);
    expect(parts.timesOf(2)[0]).toBeCloseTo(2, 2);
    expect([1, 2].map((i) => parts.videoOf(i))).toEqual([parts.videoOf(1), parts.videoOf(1)]);
    const frames = new Set(Array.from({ length: 40 }, (_, epoch) => parts.framesOf([2], { seed: 1, epoch })[0]![0]!));
    expect(Math.min(...frames)).toBeGreaterThanOrEqual(20);
    expect((await open(at('videos/train/run'), { frames: 4, fps: 10, size: 16 })).count).toBe(2);
  });

  it('get their labels from the row of their video', async () => {
    writeFileSync(
      at('of-videos.csv'),
      'id,label\ntest/run/c.mkv,slow\ntrain/run/long.mkv,fast\ntrain/run/long.mkv#1,slow\n',
    );
    const options = { labels: at('of-videos.csv'), size: 16, split: 'train' };
    const parts = await open(`clips:${at('videos')}?stretch=1.5`, { ...options, frames: 4, fps: 10 });
    const named = (data: { labels: Int32Array | null; classes: readonly string[] | null }) =>
      [...data.labels!].map((label) => data.classes![label] ?? null);
    expect(parts.ids.slice(-2)).toEqual(['train/run/long.mkv#0', 'train/run/long.mkv#1']);
    expect(named(parts)).toEqual([null, null, 'fast', 'slow']);
    expect(parts.skipped).toEqual([]);
    writeFileSync(at('of-frames.csv'), 'id,label\nrun/long.mkv,fast\nrun/long.mkv@0.500,slow\n');
    const frames = (more: object) =>
      openFrames(`clips:${at('videos/train')}?frames`, { cacheFolder: shared, labels: at('of-frames.csv'), ...more });
    expect(named(await frames({ size: 16 })).slice(-8)).toEqual(['fast', 'slow', ...Array(6).fill('fast')]);
    // Some frames of the video are left out by the limit.
    const limited = await Promise.all([6, 8, 10, 12].map((limit) => frames({ size: 16, limit })));
    expect(limited.some(({ ids }) => !ids.includes('run/long.mkv@0.500'))).toBe(true);
    for (const { skipped } of limited) expect(skipped).toEqual([]);
  });

  it('are held out as a whole', async () => {
    const parts = await open(`clips:${at('videos')}?stretch=0.6`, { frames: 2, fps: 10, size: 16 });
    expect(parts.count).toBe(15);
    for (const seed of [0, 1, 2]) {
      const { kept, held } = parts.holdOut(0.5, seed);
      const files = (data: typeof parts) => new Set(data.ids.map((id) => id.split('#')[0]));
      expect(kept.count + held.count).toBe(15);
      for (const file of files(held)) expect(files(kept).has(file)).toBe(false);
    }
  });
});

describe('what is held out', () => {
  const files = (data: { owners: readonly string[] }) => new Set(data.owners);

  it.each([
    ['stretches', { frames: 2, fps: 10 }],
    ['frames', {}],
  ])('of %s is of other videos than what is kept', async (kind, form) => {
    const data =
      kind === 'frames'
        ? await openFrames(`clips:${at('videos')}?frames`, { size: 16, cacheFolder: shared })
        : await open(`clips:${at('videos')}?stretch=0.6`, { ...form, size: 16 });
    expect(files(data).size).toBeLessThan(data.count);
    const { kept, held } = data.holdOut(0.4, 1);
    expect(kept.count + held.count).toBe(data.count);
    for (const file of files(held)) expect(files(kept).has(file)).toBe(false);
    const one = data.subset([...data.owners.keys()].filter((i) => data.owners[i] === data.owners[0]));
    expect(() => one.holdOut(0.5)).toThrow('all are parts of');
  });
});

describe('a table of videos', () => {
  it('has labels, splits, starts and ends; several rows may take parts of one video', async () => {
    const rows = [
      'path,label,split,start,end',
      'made/long.mkv,run,train,0,1',
      'made/long.mkv,jump,train,2,3.5',
      'made/short.mkv,run,test,,',
      'made/gone.mkv,fly,test,,',
      'made/long.mkv,run,train,0,1',
      'made/short.mkv,run,test,5,6',
    ];
    writeFileSync(at('table.csv'), rows.join('\n'));
    const videos = await open(at('table.csv'), { frames: 5, fps: 10, size: 16 });
    expect(videos.ids).toEqual(['made/long.mkv@0-1', 'made/long.mkv@2-3.5', 'made/short.mkv']);
    expect([...videos.labels!].map((label) => videos.classes![label])).toEqual(['run', 'jump', 'run']);
    expect(videos.classes).toEqual(['jump', 'run']);
    expect(videos.skipped).toEqual([
      { id: 'made/gone.mkv', reason: 'there is no such file' },
      { id: 'made/long.mkv@0-1', reason: 'listed more than once; the first line counts' },
      { id: 'made/short.mkv@5-6', reason: 'no frame, too short for a clip of 5 frames at 10 a second' },
    ]);
    expect([...videos.timesOf(1)].map((time) => Math.round(10 * time))).toEqual(
      [...Array(15).keys()].map((i) => 20 + i),
    );
    scope(() => {
      const [first] = videos.allFrames(1).to('float32').mean([1, 2, 3]).toNumbers();
      expect(Math.round(first! / 5)).toBe(20);
    });
  });

  it('may take 20,000 parts of one video', async () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => `made/long.mkv,${i},${i + 1}`);
    writeFileSync(at('parts.csv'), `path,start,end\n${rows.join('\n')}`);
    const { entries } = await videoTable(at('parts.csv'));
    expect(entries[0]!.parts).toHaveLength(20_000);
  });

  it('refuses times that are none', async () => {
    writeFileSync(at('wrong.csv'), 'path,start,end\nmade/long.mkv,2,1\n');
    await expect(open(at('wrong.csv'))).rejects.toThrow(
      /Expected a start and a later end in seconds for `line 2 of .*wrong\.csv`/,
    );
  });
});

describe('folders of frames', () => {
  async function frames(name: string, count: number, first = 1): Promise<void> {
    for (let t = 0; t < count; t++)
      await sharp({ create: { width: 20, height: 24, channels: 3, background: { r: 10 * t, g: 10 * t, b: 10 * t } } })
        .png()
        .toFile(at(`${name}/frame${first + t}.png`));
  }

  it('are videos, in the order of the numbers in their names', async () => {
    await frames('folders/train/run/one', 12);
    await frames('folders/train/jump/two', 9, 8);
    await frames('folders/test/run/three', 12);
    writeFileSync(at('folders/train/jump/two/frame10.png'), 'damaged');
    const videos = await open(`clips:${at('folders')}?frameRate=10`, { frames: 3, fps: 10 });
    expect(videos.ids).toEqual(['test/run/three', 'train/jump/two', 'train/run/one']);
    expect([...videos.labels!].map((label) => videos.classes![label])).toEqual(['run', 'jump', 'run']);
    expect(videos.splits).toEqual(['test', 'train', 'train']);
    expect(videos.spec.height).toBe(20);
    scope(() => {
      const means = videos.allFrames(2).to('float32').mean([1, 2, 3]).toNumbers();
      expect(means.map((mean) => Math.round(mean / 10))).toEqual([...Array(12).keys()]);
    });
    // The third of nine is damaged: its time stays empty.
    expect([...videos.timesOf(1)].map((time) => Math.round(10 * time))).toEqual([0, 1, 3, 4, 5, 6, 7, 8]);
    expect(videos.partial[0]).toMatchObject({ id: 'train/jump/two' });
    expect(videos.partial[0]!.reason).toMatch(/^1 of 9 frames cannot be read, such as frame10\.png/);
    expect(videos.note).toBe('Folders of frames: 10 frames a second.');
    const thinned = await open(`clips:${at('folders')}?frameRate=10`, { frames: 3, fps: 5 });
    expect([...thinned.timesOf(0)].map((time) => Math.round(10 * time))).toEqual([0, 2, 4, 6, 8, 10]);
  });

  it('are refused where there are none', async () => {
    mkdirSync(at('empty/in'), { recursive: true });
    await expect(open(`clips:${at('empty')}`)).rejects.toThrow(/holds neither videos nor folders of frames/);
    await expect(open(`clips:${at('nowhere')}`)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('the frames of videos as images', () => {
  it('are those at a rate, with the labels of the videos', async () => {
    const images = await openFrames(`clips:${at('videos/train')}?frames`, { cacheFolder: shared, size: 16 });
    expect(images.count).toBe(4 + 4 + 8);
    expect(images.ids.slice(0, 3)).toEqual(['jump/b.mkv@0.000', 'jump/b.mkv@0.500', 'jump/b.mkv@1.000']);
    expect(images.labels![5]).toBe(images.classes!.indexOf('run'));
    expect(images.size).toEqual({ height: 16, width: 16 });
    const more = await openFrames(`clips:${at('videos/train')}?frames&fps=5`, {
      cacheFolder: shared,
      size: 16,
      limit: 7,
    });
    expect(more.count).toBe(7);
  });
});

describe('a data spec', () => {
  it('names videos, frames of videos, or something else', async () => {
    await sharp({ create: { width: 4, height: 4, channels: 3, background: '#fff' } })
      .png()
      .toFile(at('photos/a.png'));
    copyFileSync(at('photos/a.png'), at('photos/b.png'));
    put(short, 'photos/film.mkv');
    const answers = new Map([
      [at('videos'), true],
      [short, true],
      [at('table.csv'), true],
      [`clips:${at('photos')}`, true],
      // Photographs with a film among them.
      [at('photos'), false],
      [`clips:${at('videos')}?frames`, false],
      [at('nowhere'), false],
      ['synthetic:sprites', true],
      ['synthetic:objects', false],
    ]);
    for (const [spec, answer] of answers) expect([spec, await namesVideos(spec)]).toEqual([spec, answer]);
    expect(namesVideoFrames(`clips:${at('videos')}?frames`)).toBe(true);
    expect(namesVideoFrames(`clips:${at('videos')}?frames=false`)).toBe(false);
    expect(namesVideoFrames(at('videos'))).toBe(false);
  });

  it('generated videos are gray where that is asked for: the brightness of their colors', async () => {
    const open = (channels: 1 | 3) =>
      openClips('synthetic:sprites?count=2&test=1&size=16&frames=6', {
        cacheFolder: shared,
        channels,
        frames: 4,
        fps: 10,
      });
    const [gray, color] = [await open(1), await open(3)];
    expect(gray.clipForm.channels).toBe(1);
    expect([...gray.timesOf(1)]).toEqual([...color.timesOf(1)]);
    const [one, three] = [gray.collate([1, 0]), color.collate([1, 0])];
    expect(one.shape).toEqual([2, 4, 1, 16, 16]);
    const shares = tensor([0.299, 0.587, 0.114], { shape: [3, 1, 1] });
    const brightness = three.to('float64').mul(shares).sum([2], true);
    expect(one.to('float64').sub(brightness).abs().max().item()).toBeLessThanOrEqual(0.5 + 1e-6);
  });

  it('has options behind a question mark that is not part of the path', () => {
    mkdirSync(at('what?frames'), { recursive: true });
    expect(parseVideoSpec(`clips:${at('what?frames')}`)).toMatchObject({ path: at('what?frames'), isImages: false });
    expect(parseVideoSpec('clips:./x?stretch=4&fps=3')).toMatchObject({ path: './x', stretch: 4, fps: 3 });
    expect(() => parseVideoSpec('clips:./x?speed=4')).toThrow(/Expected one of frames, fps, stretch, frameRate/);
    expect(() => parseVideoSpec('clips:./x?stretch=-1')).toThrow(/`stretch` does not fit/);
    expect(resolveVideoSpec(`clips:${at('videos')}?frames&fps=3`)).toBe(`clips:${at('videos')}?frames&fps=3`);
  });
});
