/** `autodidact track` as a person runs it. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { ensureFfmpeg } from '../src/data/video/ffmpeg.js';
import { makeVideo } from '../src/data/video/videos.test-util.js';
import { Cli } from './support/cli.js';

const cli = new Cli(mkdtempSync(join(tmpdir(), 'autodidact-track-')));

beforeAll(async () => {
  // The command line has a cache of its own here, into which FFmpeg would be fetched again.
  vi.stubEnv('FFMPEG', (await ensureFfmpeg()).path);
  // A checkered square that moves by 3 pixels to the right from frame to frame.
  await makeVideo(cli.path('moving.mkv'), {
    width: 96,
    height: 64,
    paint: (t, x, y) => {
      const [u, v] = [x - 10 - 3 * t, y - 20];
      const isObject = u >= 0 && u < 20 && v >= 0 && v < 20;
      return isObject ? 90 + 120 * ((Math.floor(u / 5) + Math.floor(v / 7)) % 2) : 40 + ((x * 7 + y * 13) % 30);
    },
  });
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(cli.folder, { recursive: true, force: true });
});

it('follows a box and writes where it was, with pictures', async () => {
  const { code, stdout, stderr } = await cli.run([
    'track',
    'moving.mkv',
    '--box',
    '10,20,20,20',
    '--out',
    'out/square.json',
    '--picture',
  ]);
  expect(code, stderr).toBe(0);
  expect(stdout).toMatch(
    /^20 frames from 0 to 1\.9 s\nbox at the end: 6[5-9]\.\d, (19|20)\.\d, 20\.0, 20\.0\nlowest response: /,
  );
  expect(stdout).toMatch(/\nout\/square\.json\nout\/square\.png\nout\/square\.webp\n$/);
  const { video, width, height, flaw, frames } = JSON.parse(readFileSync(cli.path('out/square.json'), 'utf8'));
  expect({ video, width, height, flaw }).toEqual({ video: 'moving.mkv', width: 96, height: 64, flaw: null });
  expect(frames).toHaveLength(20);
  expect(frames[7]).toEqual({
    time: expect.closeTo(0.7, 2),
    box: { left: expect.closeTo(31, -0.5), top: expect.closeTo(20, -0.5), width: 20, height: 20 },
    peak: expect.any(Number),
  });
  expect((await sharp(cli.path('out/square.png')).metadata()).format).toBe('png');
  expect((await sharp(cli.path('out/square.webp'), { animated: true }).metadata()).pages).toBe(20);
  expect(cli.leftovers()).toEqual([]);
});

it('prints the boxes as JSON, in a part of the video', async () => {
  const { frames, files } = await cli.json<{ frames: { time: number }[]; files: string[] }>(
    ...['track', 'moving.mkv', '--box', '25,20,20,20', '--from', '0.5', '--to', '1'],
  );
  expect(frames.map(({ time }) => Math.round(10 * time))).toEqual([5, 6, 7, 8, 9]);
  expect(files).toEqual([]);
});

it.each([
  [['--box', '90,20,20,20'], 2, 'USAGE', /inside the picture of 96 x 64 for `--box`, received "90,20,20,20"/],
  [
    ['--box', '1,2,3'],
    2,
    'USAGE',
    /^Expected four numbers x,y,w,h, such as 120,80,60,140 for `--box`, received "1,2,3"/,
  ],
  [['--box', '1,2,3,x'], 2, 'USAGE', /`--box`/],
  [['--box', '10,20,20,20', '--from', 'soon'], 2, 'USAGE', /^Expected a number of seconds/],
  [['--box', '10,20,20,20', '--from', '9'], 2, 'USAGE', /^Expected a time in the video of 2 s for `--from`/],
  [['--box', '10,20,20,20', '--out', 'track.txt'], 2, 'USAGE', /^Expected a file that ends in .json for `--out`/],
  [[], 2, 'USAGE', /^Nothing says what to follow/],
  [['another.mkv', '--box', '10,20,20,20'], 2, 'USAGE', /^A box is followed without a run/],
  [['--box', '10,20,20,20', '--rule', 'dino'], 2, 'USAGE', /^--rule goes with --mask/],
  [['--mask', 'first.png'], 2, 'USAGE', /^--mask takes a run and a video/],
  [['another.mkv', '--mask', 'first.png', '--box', '10,20,20,20'], 2, 'USAGE', /^Either --box or --mask/],
] as const)('refuses %j', async (words, exit, code, message) => {
  const failure = await cli.failure('track', 'moving.mkv', ...words);
  expect(failure).toEqual({ exit, code, message: expect.stringMatching(message) });
});

it('says why a file is no video, and writes nothing', async () => {
  writeFileSync(cli.path('notes.mp4'), 'no video');
  for (const [file, reason] of [
    ['notes.mp4', /^notes\.mp4 cannot be tracked: FFmpeg cannot read it/],
    ['missing.mp4', /^missing\.mp4 cannot be tracked: there is no such file/],
  ] as const) {
    const failure = await cli.failure('track', file, '--box', '1,1,9,9', '--out', 'none.json');
    expect(failure).toEqual({ exit: 1, code: 'DATA', message: expect.stringMatching(reason) });
  }
  expect(existsSync(cli.path('none.json'))).toBe(false);
});
