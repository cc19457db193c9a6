import { ops, scope, type Tensor, tensor } from '../../engine/index.js';
import { AutodidactError, expected } from '../../errors.js';
import { decodeVideo, readVideoHeader } from './decode-video.js';
import { ensureFfmpeg } from './ffmpeg.js';

export interface ReadVideoFileOptions {
  /** The shorter side of the frames in pixels; by default the video's own. */
  side?: number;
  /** Both sides are rounded to multiples of this, for networks with patches. Default 1. */
  multiple?: number;
  /** Frames per second to keep at most; by default all. */
  fps?: number;
  /** Seconds from the start of the file. */
  range?: { from: number; to: number };
  /** Most frames to read. Default 2,000. */
  most?: number;
  signal?: AbortSignal;
}

const MOST_FRAMES = 2000;
/** More than any video has. */
const ALL = 1000;

/**
 * The frames of one video with its own proportions, for tracking and for looking at it.
 *
 * @returns uint8 (T, 3, H, W) in channels-last memory, the time of each frame in seconds from the start of the file, ascending, and why frames
 *   are missing, if they are
 * @throws AutodidactError `DATA` when no frame can be read, and what `decodeVideo` throws
 */
export async function readVideoFile(
  path: string,
  options: ReadVideoFileOptions = {},
): Promise<{ frames: Tensor; times: Float64Array; flaw: string | null }> {
  const { side, multiple = 1, fps = ALL, range, most = MOST_FRAMES, signal } = options;
  for (const [name, value] of Object.entries({ side, multiple, most }))
    if (value !== undefined && !(Number.isInteger(value) && value >= 1))
      throw expected('a whole number from 1', name, value);
  const ffmpeg = await ensureFfmpeg();
  const header = await readVideoHeader(path, ffmpeg);
  const scale = header === null || side === undefined ? 1 : side / Math.min(header.width, header.height);
  const rounded = (pixels: number): number => Math.max(multiple, multiple * Math.round((pixels * scale) / multiple));
  // A file without a header is refused by the decoder, with the reason.
  const [height, width] = [rounded(header?.height ?? 1), rounded(header?.width ?? 1)];
  const frames: Tensor[] = [];
  const limits = { frames: most };
  const shape = { height, width, channels: 3 };
  const result = await decodeVideo(
    path,
    { ffmpeg, shape, fit: 'whole', rate: fps, limits, ...(range && { range }), ...(signal && { signal }) },
    async (frame) => void frames.push(tensor(Uint8Array.from(frame), { shape: [height, width, 3] })),
  );
  if ('reason' in result) throw new AutodidactError('DATA', `${path} cannot be read: ${result.reason}`);
  const all = scope(() => ops.stack(frames, 0).permute([0, 3, 1, 2]));
  for (const frame of frames) frame.dispose();
  return { frames: all, ...result };
}
