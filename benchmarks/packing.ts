/**
 * Packing videos beside FFmpeg alone, which decodes the same file with the same filters to raw frames in a file, in turn. Ours hashes the
 * frames, keeps their times and waits for the disk besides. The videos are made by FFmpeg's own test picture, H.264 at 30 frames a second.
 *
 *   npm run bench packing
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openClips } from '../src/data/index.js';
import { decodeArguments, LIMITS } from '../src/data/video/decode-arguments.js';
import { ensureFfmpeg } from '../src/data/video/ffmpeg.js';
import { median, pairedRatio, type Row, ratioRow, report } from './lib/run.js';

const SECONDS = 20;
const RATE = 30;
const LEAST = 0.9;
const STEPS = 5;
const TRIALS = [
  { picture: '1920x1080', size: 224, fps: 10 },
  { picture: '640x360', size: 112, fps: 10 },
  { picture: '640x360', size: 360, fps: 30 },
] as const;

const folder = mkdtempSync(join(tmpdir(), 'autodidact-packing-'));
const rows: Row[] = [];
const raw: Record<string, unknown> = {};
try {
  const ffmpeg = await ensureFfmpeg();
  for (const { picture, size, fps } of TRIALS) {
    const video = join(folder, `${picture}.mp4`);
    const drawn = ['-f', 'lavfi', '-i', `testsrc2=size=${picture}:rate=${RATE}`, '-t', String(SECONDS)];
    execFileSync(ffmpeg.path, ['-v', 'error', '-y', ...drawn, '-c:v', 'libx264', '-pix_fmt', 'yuv420p', video]);
    const shape = { height: size, width: size, channels: 3 };
    const frames = SECONDS * fps;
    const args = decodeArguments(video, { ffmpeg, shape, rate: fps }, LIMITS.frames, LIMITS);
    const alone = (): void => {
      // The same arguments, but for where the frames go.
      execFileSync(ffmpeg.path, [...args.slice(0, -1), '-y', join(folder, 'raw')], { stdio: 'ignore' });
    };
    const packed = async (step: number): Promise<void> => {
      const cacheFolder = join(folder, `cache-${size}-${step}`);
      const { count } = await openClips(video, { cacheFolder, size, fps, frames: 8 });
      if (count === 0) throw new Error('no video was packed');
      rmSync(cacheFolder, { recursive: true });
    };
    const seconds = { ours: [] as number[], theirs: [] as number[] };
    for (let step = 0; step <= STEPS; step++)
      for (const [side, run] of [
        ['theirs', alone],
        ['ours', packed],
      ] as const) {
        const began = performance.now();
        await run(step);
        // The first of each warms up.
        if (step > 0) seconds[side].push((performance.now() - began) / 1000);
      }
    const beside = ratioRow('ours / FFmpeg alone', pairedRatio(seconds.theirs, seconds.ours), LEAST);
    raw[`${picture}, ${size}@${fps}`] = seconds;
    const rate = (side: readonly number[]): string => `${Math.round(frames / median(side))} frames/s`;
    rows.push(
      {
        what: `packing ${picture.replace('x', ' x ')} at ${size} x ${size}, ${fps} a second`,
        measured: rate(seconds.ours),
      },
      { what: 'FFmpeg alone, to a file', measured: rate(seconds.theirs) },
      {
        ...beside,
        ...(!beside.isMet && { reason: 'frames pass a pipe, are hashed and are on the disk when packing ends' }),
      },
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
report('packing', `Packing: a video of ${SECONDS} s at ${RATE} frames a second`, rows, raw);
