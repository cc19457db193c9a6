import { expect, it } from 'vitest';
import { decodeArguments, LIMITS } from './decode-arguments.js';

it.each([
  ['4.1', [4, 1], '-vsync', 'showinfo'],
  ['4.2', [4, 2], '-vsync', 'showinfo=checksum=0'],
  ['5.0', [5, 0], '-vsync', 'showinfo=checksum=0'],
  ['5.1', [5, 1], '-fps_mode', 'showinfo=checksum=0'],
  ['9.0', [9, 0], '-fps_mode', 'showinfo=checksum=0'],
  ['a build without a release', null, '-fps_mode', 'showinfo=checksum=0'],
] as const)('speaks the language of FFmpeg %s', (version, release, mode, shown) => {
  const ffmpeg = { path: 'ffmpeg', source: 'PATH' as const, version, release };
  const shape = { height: 8, width: 8, channels: 3 };
  const args = decodeArguments('film.mp4', { ffmpeg, shape, rate: 10 }, 5, LIMITS);
  expect(args).toContain(mode);
  expect(args[args.indexOf('-vf') + 1]!.split(',').at(-1)).toBe(shown);
});
