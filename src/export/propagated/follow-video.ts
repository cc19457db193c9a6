import { join } from 'node:path';
import { encodeMask, type Palette } from '../../data/mask-file.js';
import { decodeVideo } from '../../data/video/decode-video.js';
import type { Ffmpeg } from '../../data/video/ffmpeg.js';
import { ops, scope, type Tensor, tensor } from '../../engine/index.js';
import { AutodidactError } from '../../errors.js';
import type { MaskFollower } from '../../evaluate/propagation/mask-follower.js';
import { makeFolders, writeAtomically } from '../../files.js';
import type { Size } from '../../networks/propagation/grid.js';
import type { Pixels } from '../../train/pixels.js';
import { shrink } from '../pictures/resize.js';
import { drawSheet } from '../pictures/sheet.js';
import { Thinned } from '../pictures/thinned.js';
import { animate, overlay } from './overlay.js';

export interface FollowVideoOptions {
  path: string;
  ffmpeg: Ffmpeg;
  follower: MaskFollower;
  /** Size of the frames that the network reads. */
  input: Size;
  /** Size of the masks. */
  output: Size;
  palette: Palette;
  /** Frames per second at most; by default all. */
  fps?: number;
  /** Seconds from the start of the file; the mask is that of the first frame of it. By default the whole video. */
  range?: { from: number; to: number };
  /** Where everything goes. */
  folder: string;
  /** A sentence for the sheet. */
  explanation: string;
  /** Training steps of the network. */
  step: number;
  signal?: AbortSignal;
  onProgress?: (share: number, frames: number) => void;
}

/** What was written. */
export interface FollowedVideo {
  frames: number;
  /** When each frame is shown, in seconds. */
  times: Float64Array;
  /** Why frames are missing; null for a whole video. */
  flaw: string | null;
  masks: string;
  sheet: string;
  animation: string;
}

/** More frames per second than any video has. */
const ALL = 1000;
/** Pictures on the sheet and in the animation, spread evenly over the video. */
const ON_SHEET = 12;
const MOST_ANIMATED = 150;
/** Longer side of the animation, in pixels. */
const ANIMATED_SIDE = 640;

/**
 * Follows a mask through a video while it is decoded. Writes a mask for each frame (`masks/00000.png`, with a palette, whose entries are
 * the numbers of the objects), a sheet of frames with the masks over them and an animation of all.
 *
 * @throws AutodidactError `DATA` for a video that cannot be read, `INTERRUPTED` on `signal`, `IO`
 */
export async function followVideo(options: FollowVideoOptions): Promise<FollowedVideo> {
  const { path, ffmpeg, follower, input, fps = ALL, range, folder, signal, onProgress } = options;
  const masks = join(folder, 'masks');
  makeFolders(masks);
  const shown = new Thinned<Pixels>(MOST_ANIMATED);
  const shape = { ...input, channels: 3 };
  const waiting: Uint8Array[] = [];
  let count = 0;
  let share = 0;
  const flush = async (): Promise<void> => {
    if (waiting.length === 0) return;
    const frames = stacked(waiting, input);
    const found = await follower.next(frames);
    frames.dispose();
    for (const [i, data] of found.entries()) {
      const name = `${String(count).padStart(5, '0')}.png`;
      writeAtomically(join(masks, name), encodeMask({ ...options.output, data }, options.palette));
      if (shown.wants(count)) {
        const frame: Pixels = { ...input, data: waiting[i]! };
        shown.add(count, await shrink(overlay(frame, { ...options.output, data }, options.palette), ANIMATED_SIDE));
      }
      count++;
    }
    waiting.length = 0;
    onProgress?.(share, count);
  };
  const result = await decodeVideo(
    path,
    {
      ...{ ffmpeg, shape, fit: 'whole', rate: fps, onProgress: (value) => (share = value) },
      ...(range && { range }),
      ...(signal && { signal }),
    },
    async (frame) => {
      waiting.push(Uint8Array.from(frame));
      if (waiting.length === follower.batch) await flush();
    },
  );
  if ('reason' in result) throw new AutodidactError('DATA', `${path} cannot be read: ${result.reason}`);
  await flush();
  const { times, flaw } = result;
  const sheet = join(folder, 'sheet.png');
  const animation = join(folder, 'overlay.webp');
  writeAtomically(sheet, await drawFollowed(shown, times, options));
  const kept = shown.all();
  const delays = kept.map(({ frame }, i) => {
    const next = kept[i + 1]?.frame ?? Math.min(times.length - 1, frame + shown.every);
    return next > frame ? 1000 * (times[next]! - times[frame]!) : 500;
  });
  writeAtomically(
    animation,
    await animate(
      kept.map(({ picture }) => picture),
      delays,
    ),
  );
  return { frames: count, times, flaw, masks, sheet, animation };
}

function stacked(frames: readonly Uint8Array[], { height, width }: Size): Tensor {
  return scope(() => ops.stack(frames.map((data) => tensor(data, { shape: [height, width, 3] }).permute([2, 0, 1]))));
}

async function drawFollowed(shown: Thinned<Pixels>, times: Float64Array, options: FollowVideoOptions): Promise<Buffer> {
  const all = shown.all();
  const count = Math.min(ON_SHEET, all.length);
  const chosen = Array.from({ length: count }, (_, i) =>
    count === 1 ? 0 : Math.round((i * (all.length - 1)) / (count - 1)),
  );
  const row = chosen.map((place) => {
    const { frame, picture } = all[place]!;
    return {
      caption: `${times[frame]!.toFixed(2)} s`,
      isCorrect: null,
      shown: { kind: 'picture' as const, ...picture },
    };
  });
  const { step, explanation } = options;
  const title = 'A mask followed through a video';
  return drawSheet({
    step,
    isTrained: step > 0,
    previews: [{ title, explanation, chance: null, right: null, rows: [row] }],
  });
}
