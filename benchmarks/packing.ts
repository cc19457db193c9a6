/**
 * Packing videos beside FFmpeg alone, which decodes the same file with the same filters to raw frames in a file, in turn. Ours hashes the
 * frames, keeps their times and waits for the disk besides. The videos are made by FFmpeg's own test picture, H.264 at 30 frames a second.
 * Then what many files in a row leave behind, and what a long video needs.
 *
 *   npm run bench packing                  about a quarter of an hour
 *   npm run bench packing -- --endurance   the last two alone; nothing is kept
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openClips } from '../src/data/index.js';
import { decodeArguments, LIMITS } from '../src/data/video/decode-arguments.js';
import { ensureFfmpeg, type Ffmpeg } from '../src/data/video/ffmpeg.js';
import { median, ours, pairedRatio, type Row, ratioRow, report } from './lib/run.js';
import type { EnduranceConfig, Endured } from './ours/video-endurance.js';

const SECONDS = 20;
const RATE = 30;
const LEAST = 0.9;
const STEPS = 5;
const TRIALS = [
  { picture: '1920x1080', size: 224, fps: 10 },
  { picture: '640x360', size: 112, fps: 10 },
  { picture: '640x360', size: 360, fps: 30 },
] as const;
/** Videos that are decoded in a row, and the memory that they may leave: a leak of 16 KiB a file shows. */
const FILES = 2000;
const LEFT_BYTES = 2 ** 25;
const HOURS = 10;

const FRAMES_PASS =
  'frames pass a pipe, are hashed and are on the disk when packing ends; a descriptor of the pack in place of the pipe would be faster for large frames, ' +
  'but the pipe ends FFmpeg with this process, however that ends: it ignores that its log is read no more, and would go on writing';

const isEnduranceAlone = process.argv.includes('--endurance');
const folder = mkdtempSync(join(tmpdir(), 'autodidact-packing-'));
const rows: Row[] = [];
const raw: Record<string, unknown> = {};
try {
  const ffmpeg = await ensureFfmpeg();
  if (!isEnduranceAlone) await speed(ffmpeg);
  endurance(ffmpeg);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const title = `Packing: a video of ${SECONDS} s at ${RATE} frames a second`;
if (isEnduranceAlone) console.log(rows.map(({ what, measured }) => `${what}: ${measured}`).join('\n'));
else report('packing', title, rows, raw);

async function speed(ffmpeg: Ffmpeg): Promise<void> {
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
        ...(!beside.isMet && { reason: FRAMES_PASS }),
      },
    );
  }
}

/** What many files in a row leave behind, and the most memory that a long one needs; each in a process of its own. */
function endurance(ffmpeg: Ffmpeg): void {
  const small = join(folder, 'small.mp4');
  const drawn = ['-f', 'lavfi', '-i', 'testsrc2=size=64x48:rate=10', '-t', '6'];
  execFileSync(ffmpeg.path, ['-v', 'error', '-y', ...drawn, '-c:v', 'libx264', '-pix_fmt', 'yuv420p', small]);
  const endured = (config: Omit<EnduranceConfig, 'folder'>): Endured =>
    ours('video-endurance.ts', { ...config, folder: join(folder, 'endurance') });
  const mebibytes = (bytes: number): number => Math.round(bytes / 2 ** 20);

  const many = endured({ video: small, files: FILES, size: 16, rate: 10 });
  const { descriptors, bytes } = many;
  const opened = descriptors === null ? 0 : descriptors.after - descriptors.before;
  const inWords = descriptors === null ? 'not listed here' : `${descriptors.before} / ${descriptors.after}`;
  rows.push({
    what: `${FILES.toLocaleString('en')} files in a row: descriptors and memory before / after`,
    measured: `${inWords}, ${mebibytes(bytes.before)} / ${mebibytes(bytes.after)} MiB`,
    target: `none, <= ${mebibytes(LEFT_BYTES)} MiB more`,
    isMet: opened <= 0 && bytes.after - bytes.before <= LEFT_BYTES,
  });

  const long = join(folder, 'long.mp4');
  const looped = ['-stream_loop', '-1', '-i', small, '-c', 'copy', '-t', String(3600 * HOURS)];
  execFileSync(ffmpeg.path, ['-v', 'error', '-y', ...looped, long]);
  const whole = endured({ video: long, size: 16, rate: 1 });
  rows.push({
    what: `a video of ${HOURS} hours at 1 frame a second: most memory, before it`,
    measured: `${mebibytes(whole.bytes.most)} MiB, ${mebibytes(whole.bytes.before)} MiB, in ${Math.round(whole.seconds)} s`,
  });
  raw.endurance = { many, whole };
}
