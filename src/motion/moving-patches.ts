import { type Box, isInside } from '../data/box.js';
import { mapInOrder } from '../data/parallel.js';
import { scope, type Tensor } from '../engine/index.js';
import { AutodidactError, expected } from '../errors.js';
import { parseOptions } from '../options.js';
import { type CameraMotion, cameraMotion, residuals } from './camera.js';
import { trackBox } from './correlation-tracker.js';
import { checkFrames, type GrayPicture, grayPictures, type Points } from './picture.js';
import { type MinerOptions, minerOptions } from './settings.js';
import { type VisionPool, visionPool } from './vision-pool.js';

/** A video, decoded. */
export interface DecodedVideo {
  /** Name of the video, for the pairs that come from it. */
  readonly id: string;
  /** uint8 (T, C, H, W), C = 1 or 3. */
  readonly frames: Tensor;
  /** When each frame is shown, in seconds. */
  readonly times: Float64Array;
}

/** A patch at one moment. */
export interface PatchPlace {
  readonly frame: number;
  /** In seconds. */
  readonly time: number;
  readonly box: Box;
}

/** Two looks of what moved: the first and the last patch of a track. */
export interface PatchPair {
  readonly video: string;
  readonly first: PatchPlace;
  readonly last: PatchPlace;
  /** Moving points of the first frame, and their share of all that were followed. */
  readonly moving: number;
  readonly share: number;
  /** The tracker's lowest peak on the way, see `Tracked`. */
  readonly peak: number;
}

/** Why frames gave no pair. */
export interface Dropped {
  /** Too few points moved. */
  still: number;
  /** Too many moved: the camera, or everything. */
  everything: number;
  /** Nothing could be followed, or the camera's motion could not be known. */
  unknown: number;
  /** The thing left the picture. */
  left: number;
}

export interface Mined {
  pairs: PatchPair[];
  dropped: Dropped;
  /** Largest share of moving points in a frame of which too few moved. */
  largestStill: number;
}

/**
 * Pairs of patches that show the same moving thing some frames apart (Wang and Gupta 2015): in every so-many-th frame, the corners
 * that move by themselves are found, those in the window with most of them are followed by a correlation filter, and the first and the
 * last window around them are a pair.
 *
 * The filter follows the box of the moving corners, not the whole window: of a thing that is small in it and turns, the window shows
 * mostly the ground at rest, and a filter for it stays there. A window that would leave the picture is pushed back into it while the thing
 * is still inside. Corners stand in for the paper's SURF points, and pyramidal Lucas-Kanade with a homography for its improved dense
 * trajectories; no package for Node has the former.
 *
 * @throws AutodidactError `SHAPE`, `USAGE` for an option that does not fit, `DATA` when the frames are smaller than a patch
 */
export async function minePatches(
  video: DecodedVideo,
  options: Partial<MinerOptions> = {},
  pool: VisionPool = visionPool(),
): Promise<Mined> {
  const parsed = parseOptions(minerOptions, options, { owner: 'The miner of patches' });
  checkVideo(video, parsed);
  const { frames: length, every } = parsed;
  const starts: number[] = [];
  for (let t = 0; t + length < video.times.length; t += every) starts.push(t);
  const pairs: PatchPair[] = [];
  const dropped: Dropped = { still: 0, everything: 0, unknown: 0, left: 0 };
  let largestStill = 0;
  const motions = mapInOrder(
    starts,
    async (t) => {
      const [first, second] = scope(() => grayPictures(video.frames.narrow(0, t, 2))) as [GrayPicture, GrayPicture];
      return { t, motion: await cameraMotion(first, second, { follow: { window: parsed.pointWindow } }, pool) };
    },
    2 * pool.size,
  );
  for await (const { t, motion } of motions) {
    const found = movingWindow(motion, sizeOf(video), parsed);
    if ('reason' in found) {
      dropped[found.reason] += 1;
      if (found.reason === 'still') largestStill = Math.max(largestStill, found.share);
    } else {
      const pair = followed(video, t, found, length);
      if (pair === null) dropped.left += 1;
      else pairs.push(pair);
    }
  }
  return { pairs, dropped, largestStill };
}

/** What a patch shows, uint8 (C, height, width), copied: the box rounded to whole pixels. It must lie in the picture. */
export function cutPatch(frames: Tensor, { frame, box }: PatchPlace): Tensor {
  const [, , height, width] = frames.shape as [number, number, number, number];
  const [rows, columns] = [Math.round(box.height), Math.round(box.width)];
  const top = Math.min(Math.max(0, Math.round(box.top)), height - rows);
  const left = Math.min(Math.max(0, Math.round(box.left)), width - columns);
  return scope(() => frames.select(0, frame).narrow(1, top, rows).narrow(2, left, columns).clone());
}

interface MovingWindow {
  box: Box;
  /** Around the moving points in it. */
  thing: Box;
  moving: number;
  share: number;
}

/** The window with most of the moving points; or why the frame has none. */
function movingWindow(
  motion: CameraMotion,
  picture: { width: number; height: number },
  { side, least, fewest, most, isCameraRemoved }: MinerOptions,
): MovingWindow | { reason: 'still' | 'everything' | 'unknown'; share: number } {
  const { from, matrix } = motion;
  const count = from.length / 2;
  if (count === 0 || (isCameraRemoved && matrix === null)) return { reason: 'unknown', share: 0 };
  const off = residuals(isCameraRemoved ? motion : { ...motion, matrix: null });
  const moving = from.filter((_, i) => off[i >> 1]! >= least);
  const share = moving.length / 2 / count;
  if (moving.length === 0 || share < fewest) return { reason: 'still', share };
  if (share > most) return { reason: 'everything', share };
  const box = fullestWindow(moving, picture, side);
  return { box, thing: boxAround(moving, box, picture), moving: moving.length / 2, share };
}

/** Shares of the points of a thing, along each side, that its box is measured by: those beyond may be of something else. */
const MEASURED = [0.1, 0.9] as const;
/** How much longer its box is than the way between them: in a disc they lie 0.69 diameters apart. */
const LONGER = 1.6;
/** Least side of the box of a thing, in sides of the window. */
const LEAST_THING = 0.25;

/** The box of a thing with those of these points that lie in the window: in the picture, and no longer than the window. */
export function boxAround(points: Points, window: Box, picture: { width: number; height: number }): Box {
  const inside = points.filter((_, i) => isIn(window, points[i & ~1]!, points[i | 1]!));
  const along = (axis: 0 | 1, least: number, most: number, end: number): [start: number, length: number] => {
    const places = inside.filter((_, i) => (i & 1) === axis).sort();
    const [low, high] = MEASURED.map((share) => quantile(places, share)) as [number, number];
    const length = Math.min(most, Math.max(least, LONGER * (high - low)));
    return [Math.min(Math.max(0, (low + high - length) / 2), end - length), length];
  };
  const [left, width] = along(0, LEAST_THING * window.width, window.width, picture.width);
  const [top, height] = along(1, LEAST_THING * window.height, window.height, picture.height);
  return { left, top, width, height };
}

/** @param sorted rising, at least one */
function quantile(sorted: Float32Array, share: number): number {
  const place = share * (sorted.length - 1);
  const [before, after] = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!];
  return before + (place % 1) * (after - before);
}

const isIn = ({ left, top, width, height }: Box, x: number, y: number): boolean =>
  x >= left && x < left + width && y >= top && y < top + height;

/** The window of `side` pixels with most points; of several, that whose middle lies nearest to the mean of its points. */
export function fullestWindow(points: Points, { width, height }: { width: number; height: number }, side: number): Box {
  // Sums over all pixels above and to the left: of points, and of their x and y.
  const columns = width + 1;
  const sums = Array.from({ length: 3 }, () => new Float64Array(columns * (height + 1))) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let i = 0; i < points.length; i += 2) {
    const [x, y] = [points[i]!, points[i + 1]!];
    const column = Math.min(width - 1, Math.max(0, Math.floor(x)));
    const row = Math.min(height - 1, Math.max(0, Math.floor(y)));
    for (const [k, value] of [1, x, y].entries()) sums[k]![(row + 1) * columns + column + 1]! += value;
  }
  for (const sum of sums)
    for (let row = 1; row <= height; row++)
      for (let i = row * columns + 1; i < (row + 1) * columns; i++)
        sum[i]! += sum[i - 1]! + sum[i - columns]! - sum[i - columns - 1]!;
  const inWindow = (sum: Float64Array, left: number, top: number): number => {
    const [above, below] = [top * columns, (top + side) * columns];
    return sum[below + left + side]! - sum[below + left]! - sum[above + left + side]! + sum[above + left]!;
  };
  let best = { left: 0, top: 0, count: -1, off: 0 };
  for (let top = 0; top + side <= height; top++)
    for (let left = 0; left + side <= width; left++) {
      const count = inWindow(sums[0], left, top);
      if (count < best.count || count === 0) continue;
      const [x, y] = [inWindow(sums[1], left, top) / count, inWindow(sums[2], left, top) / count];
      const off = (x - left - side / 2) ** 2 + (y - top - side / 2) ** 2;
      if (count > best.count || off < best.off) best = { left, top, count, off };
    }
  return { left: best.left, top: best.top, width: side, height: side };
}

/** The pair of a window's first and last patch; null when the thing leaves the picture. */
function followed(
  video: DecodedVideo,
  t: number,
  { box, thing, moving, share }: MovingWindow,
  length: number,
): PatchPair | null {
  const { id, frames, times } = video;
  const track = scope(() => trackBox(frames.narrow(0, t, length + 1), thing));
  const end = track[length]!.box;
  const { width, height } = sizeOf(video);
  if (!isInside(end, { width, height })) return null;
  const bounded = (place: number, size: number): number => Math.min(Math.max(0, place), size - box.width);
  const last = {
    ...box,
    left: bounded(box.left + end.left - thing.left, width),
    top: bounded(box.top + end.top - thing.top, height),
  };
  return {
    video: id,
    first: { frame: t, time: times[t]!, box },
    last: { frame: t + length, time: times[t + length]!, box: last },
    ...{ moving, share },
    peak: track.reduce((lowest, { peak }) => Math.min(lowest, peak), 1),
  };
}

function sizeOf({ frames }: DecodedVideo): { width: number; height: number } {
  return { width: frames.size(3), height: frames.size(2) };
}

function checkVideo({ id, frames, times }: DecodedVideo, { side, fewest, most }: MinerOptions): void {
  checkFrames(frames);
  const [count, , height, width] = frames.shape as [number, number, number, number];
  if (times.length !== count) throw expected(`${count} times, as there are frames,`, 'times', times.length);
  if (fewest > most) throw expected(`a share of at most \`most\` (${most})`, 'fewest', fewest);
  if (Math.min(height, width) >= side) return;
  throw new AutodidactError(
    'DATA',
    `The frames of ${id} are ${width} x ${height} pixels, smaller than a patch of ${side}`,
    {
      remedy: 'Take smaller patches, or larger frames.',
    },
  );
}
