/** Small videos for tests, made with the very FFmpeg that decodes them. */
import { spawnSync } from 'node:child_process';
import type { DecodeOptions } from './decode-arguments.js';
import { decodeVideo } from './decode-video.js';
import { ensureFfmpeg, type Ffmpeg } from './ffmpeg.js';

export interface VideoMaking {
  /** Default 20. */
  frames?: number;
  width?: number;
  height?: number;
  /** Default 10. */
  fps?: number;
  /** Gray value of a pixel; by default ten times the number of the frame, all over the picture. */
  paint?: (t: number, x: number, y: number) => number;
  /** Arguments between the input and the path; by default a codec without losses. */
  output?: readonly string[];
}

const LOSSLESS = ['-c:v', 'ffv1'];

/** Runs FFmpeg. @throws Error with what it says when it fails */
export async function runFfmpeg(args: readonly string[], input?: Buffer): Promise<void> {
  const { path } = await ensureFfmpeg();
  const { status, stderr } = spawnSync(path, ['-v', 'error', '-y', ...args], {
    ...(input && { input }),
    maxBuffer: 2 ** 24,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`ffmpeg ${args.join(' ')}: ${stderr}`);
}

/** Makes a video; the kind of file is that of the path's ending. Returns the path. */
export async function makeVideo(path: string, making: VideoMaking = {}): Promise<string> {
  const { frames = 20, width = 48, height = 32, fps = 10, paint = (t) => 10 * t, output = LOSSLESS } = making;
  const pixels = Buffer.alloc(frames * width * height);
  for (let t = 0, i = 0; t < frames; t++)
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++, i++) pixels[i] = paint(t, x, y);
  const input = ['-f', 'rawvideo', '-pix_fmt', 'gray', '-s', `${width}x${height}`, '-r', String(fps), '-i', 'pipe:0'];
  await runFfmpeg([...input, ...output, path], pixels);
  return path;
}

/** What `decodeVideo` gives, with the mean gray value of each frame. */
export async function decoded(path: string, options: Partial<DecodeOptions> & { ffmpeg?: Ffmpeg } = {}) {
  const ffmpeg = options.ffmpeg ?? (await ensureFfmpeg());
  const shape = options.shape ?? { height: 16, width: 16, channels: 1 };
  const means: number[] = [];
  const frames: Uint8Array[] = [];
  const result = await decodeVideo(path, { rate: 10, ...options, ffmpeg, shape }, async (frame) => {
    frames.push(Uint8Array.from(frame));
    means.push(frame.reduce((sum, value) => sum + value, 0) / frame.length);
  });
  if ('reason' in result) return { reason: result.reason, means, frames, times: [], flaw: null };
  return { ...result, reason: null, means, frames, times: [...result.times] };
}
