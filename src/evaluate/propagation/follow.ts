import { setImmediate } from 'node:timers/promises';
import type { Videos } from '../../data/index.js';
import { noGrad, scope, type Tensor } from '../../engine/index.js';
import { AutodidactError } from '../../errors.js';
import {
  gridToMask,
  gridToPoints,
  maskToGrid,
  type Point,
  pointsToGrid,
  type Size,
} from '../../networks/propagation/grid.js';
import { LabelPropagation } from '../../networks/propagation/propagate.js';
import type { PropagationRule } from '../../networks/propagation/rule.js';
import { checkStopped } from '../inputs.js';
import { type Bitmap, boundaryF, type Course, courseOf, jaccard } from './mask-scores.js';
import { type PointHits, pointHits } from './point-scores.js';

/** What is known of a video, of which the first frame is given and the others score. */
export interface Truth {
  readonly id: string;
  readonly size: Size;
  /** uint8 (L, H, W), 0 for the ground; null where no masks are known. */
  readonly masks: Tensor | null;
  /** Points of every frame; null where none are known. */
  readonly points: readonly (readonly Point[])[] | null;
}

/** How well the things in one video were followed. */
export interface VideoScore {
  /** One per object of the first frame. */
  objects: { j: Course; f: Course }[];
  points: PointHits[];
}

/** Of a video of fewer frames none would score: the first is given, and the last is left out, as in DAVIS. */
export const LEAST_FRAMES = 3;

/**
 * What is known of a video.
 * @throws AutodidactError `DATA` for a video of fewer than three frames, of which none would score
 */
export function truthOf(videos: Videos, index: number): Truth {
  const masks = videos.allKnown('frame-masks', index);
  const joints = scope(() => {
    const found = videos.allKnown('joints', index);
    return found === null ? null : { values: found.toNumbers(), shape: found.shape as [number, number, number] };
  });
  const id = videos.ids[index]!;
  const [, height, width] = masks?.shape ?? [0, 0, 0];
  const length = videos.lengthOf(index);
  if (length < LEAST_FRAMES) {
    masks?.dispose();
    throw new AutodidactError(
      'DATA',
      `The video ${id} has ${length} frames; the first is given, the last does not score`,
      {
        remedy: 'Take videos of at least three frames.',
      },
    );
  }
  const points = joints === null || joints.shape[1] === 0 ? null : pointsOf(joints.values, joints.shape);
  return { id, size: { height: height!, width: width! }, masks, points };
}

function pointsOf(values: readonly number[], [length, count]: readonly [number, number, number]): Point[][] {
  return Array.from({ length }, (_, t) =>
    Array.from({ length: count }, (_, p) => {
      const at = 3 * (t * count + p);
      return { x: values[at]!, y: values[at + 1]!, isSeen: values[at + 2]! > 0 };
    }),
  );
}

/**
 * Follows the masks and the points of the first frame through the maps of a video, and scores them.
 *
 * @param maps (L, D, h, w)
 */
export async function follow(
  truth: Truth,
  maps: Tensor,
  rule: PropagationRule,
  signal?: AbortSignal,
): Promise<VideoScore> {
  const grid = { height: maps.size(2), width: maps.size(3) };
  const { size, masks, points } = truth;
  const objects = masks === null ? [] : await followMasks(masks, maps, grid, size, rule, signal);
  if (points === null) return { objects, points: [] };
  const answers: (readonly Point[])[] = [points[0]!];
  const first = pointsToGrid(points[0]!, grid, size);
  for await (const labels of propagated(first, maps, rule, signal)) answers.push(gridToPoints(labels, size));
  return { objects, points: pointHits(answers, points) };
}

/** The score of keeping the first frame's masks and points in place. */
export function stay({ size, masks, points }: Truth): VideoScore {
  const kept =
    points === null
      ? []
      : pointHits(
          points.map(() => points[0]!),
          points,
        );
  if (masks === null) return { objects: [], points: kept };
  const all = bytesOf(masks, size);
  return {
    objects: scoreObjects(
      all.map(() => all[0]!),
      all,
      size,
    ),
    points: kept,
  };
}

async function followMasks(
  masks: Tensor,
  maps: Tensor,
  grid: Size,
  size: Size,
  rule: PropagationRule,
  signal?: AbortSignal,
): Promise<VideoScore['objects']> {
  const all = bytesOf(masks, size);
  const classes = 1 + all[0]!.reduce((most, number) => Math.max(most, number), 0);
  const first = scope(() => maskToGrid(masks.select(0, 0).to(maps.device), classes, grid, rule.grid));
  const answers = [all[0]!];
  for await (const labels of propagated(first, maps, rule, signal))
    answers.push(scope(() => gridToMask(labels, size, size, rule.answer).toBytes()));
  return scoreObjects(answers, all, size);
}

/** The labels of all frames after the first, whose labels are freed; each is freed when the next is asked for. */
async function* propagated(
  first: Tensor,
  maps: Tensor,
  rule: PropagationRule,
  signal?: AbortSignal,
): AsyncGenerator<Tensor> {
  const video = scope(() => {
    const start = { features: maps.select(0, 0), labels: first.to(maps.device) };
    return new LabelPropagation(start, rule);
  });
  first.dispose();
  try {
    for (let t = 1; t < maps.size(0); t++) {
      checkStopped(signal);
      const labels = scope(() => noGrad(() => video.next(maps.select(0, t))));
      yield labels;
      labels.dispose();
      await setImmediate();
    }
  } finally {
    video.dispose();
  }
}

/** J and F of each object of the first frame, over all frames but the first and the last. */
function scoreObjects(answers: readonly Uint8Array[], truth: readonly Uint8Array[], size: Size): VideoScore['objects'] {
  const numbers = [...new Set(truth[0]!)].filter((number) => number > 0).sort((a, b) => a - b);
  return numbers.map((number) => {
    const only = (mask: Uint8Array): Bitmap => ({ ...size, data: mask.map((value) => Number(value === number)) });
    const pairs = truth.slice(1, -1).map((mask, i) => [only(answers[i + 1]!), only(mask)] as const);
    return {
      j: courseOf(pairs.map(([answer, wanted]) => jaccard(answer, wanted))),
      f: courseOf(pairs.map(([answer, wanted]) => boundaryF(answer, wanted))),
    };
  });
}

/** The masks of all frames, row by row. */
function bytesOf(masks: Tensor, { height, width }: Size): Uint8Array[] {
  const all = masks.to('cpu').contiguous().toBytes();
  const each = height * width;
  return Array.from({ length: masks.size(0) }, (_, t) => all.subarray(t * each, (t + 1) * each));
}
