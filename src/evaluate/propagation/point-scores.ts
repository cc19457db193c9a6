/**
 * How well points follow the true ones: the percentage of correct key-points (PCK) as `eval/eval_pck.py` of
 * github.com/ajabri/videowalk measures it on JHMDB.
 */
import type { Point } from '../../networks/propagation/grid.js';

/** Distances at which a point counts as found, as shares of `BODY` of the body's size. */
export const PCK_SHARES = [0.1, 0.2] as const;
/** The size of a body, as a share of the diagonal of the box around its points. */
const BODY = 0.6;

/** For each point of a video: in how many frames it was looked for, and in how many it was found at each of the distances. */
export interface PointHits {
  asked: number;
  found: number[];
}

/**
 * The hits of each point over the frames of a video after the first. A frame counts for a point that is answered; a point whose place is
 * not known there, or was not in the first frame, is left out. The size of the body is that of the box around the true points that are
 * answered.
 *
 * @param answers of all frames; those of the first are not looked at
 */
export function pointHits(answers: readonly (readonly Point[])[], truth: readonly (readonly Point[])[]): PointHits[] {
  const first = truth[0]!;
  const hits = first.map((): PointHits => ({ asked: 0, found: PCK_SHARES.map(() => 0) }));
  for (let t = 1; t < truth.length; t++) {
    const [answer, wanted] = [answers[t]!, truth[t]!];
    const counted = wanted.map(({ isSeen }, p) => isSeen && first[p]!.isSeen && answer[p]!.isSeen);
    const size = BODY * diagonal(wanted.filter((_, p) => counted[p]));
    for (const [p, { asked, found }] of hits.entries()) {
      if (!counted[p]) continue;
      const distance = Math.hypot(answer[p]!.x - wanted[p]!.x, answer[p]!.y - wanted[p]!.y);
      hits[p]!.asked = asked + 1;
      for (const [i, share] of PCK_SHARES.entries()) if (distance <= share * size) found[i]! += 1;
    }
  }
  return hits;
}

/** Of the smallest upright box around points. */
function diagonal(points: readonly Point[]): number {
  const side = (values: number[]) => Math.max(...values) - Math.min(...values);
  return points.length === 0 ? 0 : Math.hypot(side(points.map(({ x }) => x)), side(points.map(({ y }) => y)));
}

/** PCK at each of the distances: the mean over the points of the share of frames, over all videos, in which each was found. */
export function pck(videos: readonly (readonly PointHits[])[]): number[] {
  const points = Math.max(0, ...videos.map((hits) => hits.length));
  const sums = Array.from({ length: points }, (_, p) => {
    const own = videos.flatMap((hits) => (hits[p] === undefined ? [] : [hits[p]]));
    const asked = own.reduce((sum, hit) => sum + hit.asked, 0);
    return { asked, found: PCK_SHARES.map((_, i) => own.reduce((sum, { found }) => sum + found[i]!, 0)) };
  }).filter(({ asked }) => asked > 0);
  return PCK_SHARES.map((_, i) => sums.reduce((sum, { asked, found }) => sum + found[i]! / asked, 0) / sums.length);
}
