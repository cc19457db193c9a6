import { type Box, isInside } from '../data/box.js';
import { decodeVideo, readVideoHeader } from '../data/video/decode-video.js';
import { ensureFfmpeg } from '../data/video/ffmpeg.js';
import { timeRange } from '../data/video/time-range.js';
import { scope, type Tensor, tensor } from '../engine/index.js';
import { AutodidactError, expected } from '../errors.js';
import { CorrelationTracker, type Tracked } from './correlation-tracker.js';
import type { TrackerOptions } from './settings.js';

/** Where the object is in a frame of a video. */
export interface TrackedFrame extends Tracked {
  /** In seconds from the start of the file. */
  readonly time: number;
}

/** The way of an object through a video. */
export interface VideoTrack {
  /** Of the video's frames, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly frames: readonly TrackedFrame[];
  /** What is missing of the video; null when it is whole. */
  readonly flaw: string | null;
}

export interface TrackVideoOptions {
  /** Seconds from the start of the file at which the box is right. Default 0. */
  from?: number;
  /** Seconds from the start of the file; by default its end. */
  to?: number;
  tracker?: Partial<TrackerOptions>;
  /** Called for every frame, RGB row by row in memory that is used again; waited for. */
  onFrame?(frame: Uint8Array, tracked: Tracked, size: { width: number; height: number; rate: number }): Promise<void>;
  /** `total` is a guess from the file's length and rate. */
  onProgress?(done: number, total: number): void;
  signal?: AbortSignal;
}

/** Frames per second; more than any video has. */
const ALL = 1000;
/** A rate to go by where the file does not say. */
const USUAL_RATE = 25;

/**
 * Follows a box through the frames of a video file by a correlation filter. One frame is in memory at a time.
 *
 * @param box in the video's own pixels, in the first frame from `from` on
 * @throws AutodidactError `USAGE` for a box outside of the picture or times outside of the video, `DATA` when it cannot be read,
 *   `NOT_FOUND`, `IO`, `INTERRUPTED`
 */
export async function trackVideo(path: string, box: Box, options: TrackVideoOptions = {}): Promise<VideoTrack> {
  const { from = 0, to, onFrame, onProgress, signal } = options;
  const ffmpeg = await ensureFfmpeg();
  const header = await readVideoHeader(path, ffmpeg);
  const { width = 2, height = 2, seconds = null, framesPerSecond = null } = header ?? {};
  if (header !== null) checkBox(box, { width, height });
  const range = timeRange({ from, to }, seconds);
  const rate = framesPerSecond ?? USUAL_RATE;
  const end = Math.min(to ?? Number.POSITIVE_INFINITY, seconds ?? from + 1);
  const total = Math.max(1, Math.round((end - from) * rate));
  const found: Tracked[] = [];
  let tracker: CorrelationTracker | undefined;
  try {
    const result = await decodeVideo(
      path,
      {
        ...{ ffmpeg, shape: { height, width, channels: 3 }, fit: 'whole', rate: ALL },
        ...(range && { range }),
        ...(signal && { signal }),
      },
      async (frame) => {
        const tracked = scope((): Tracked => {
          const picture = pictureOf(frame, width, height);
          if (tracker !== undefined) return tracker.update(picture);
          tracker = new CorrelationTracker(picture, box, options.tracker);
          return { box, peak: 1 };
        });
        found.push(tracked);
        await onFrame?.(frame, tracked, { width, height, rate });
        onProgress?.(found.length, Math.max(total, found.length));
      },
    );
    if ('reason' in result) throw new AutodidactError('DATA', `${path} cannot be tracked: ${result.reason}`);
    const frames = found.map((tracked, i) => ({ time: result.times[i]!, ...tracked }));
    return { width, height, frames, flaw: result.flaw };
  } finally {
    tracker?.dispose();
  }
}

/** uint8 (3, H, W). */
function pictureOf(frame: Uint8Array, width: number, height: number): Tensor {
  return tensor(frame, { shape: [height, width, 3], dtype: 'uint8' }).permute([2, 0, 1]);
}

function checkBox(box: Box, { width, height }: { width: number; height: number }): void {
  if (box.width >= 2 && box.height >= 2 && isInside(box, { width, height })) return;
  throw expected(
    `a box of at least 2 x 2 pixels inside the picture of ${width} x ${height}`,
    'box',
    [box.left, box.top, box.width, box.height].join(','),
  );
}
