import type { ScoreTitle } from '../result.js';
import type { VideoScore } from './follow.js';
import type { Course } from './mask-scores.js';
import { PCK_SHARES, pck } from './point-scores.js';

const MASKS: ScoreTitle = { metric: 'J&F', title: 'J&F', better: 'higher', isShare: true };
const POINTS: ScoreTitle = { metric: `PCK@${PCK_SHARES[0]}`, title: 'PCK', better: 'higher', isShare: true };

/** The score of videos in which masks are known, or points alone. */
export const scoreTitle = (hasMasks: boolean): ScoreTitle => (hasMasks ? MASKS : POINTS);

/**
 * The figures of a set of videos by name. Those of masks are means over objects, not over videos, as in DAVIS; those of points over
 * points.
 */
export function measureVideos(videos: readonly VideoScore[]): Record<string, number> {
  const objects = videos.flatMap((video) => video.objects);
  const mean = (of: (object: { j: Course; f: Course }) => number) =>
    objects.reduce((sum, object) => sum + of(object), 0) / objects.length;
  const masks = {
    'J&F': mean(({ j, f }) => (j.mean + f.mean) / 2),
    J: mean(({ j }) => j.mean),
    'J recall': mean(({ j }) => j.recall),
    'J decay': mean(({ j }) => j.decay),
    F: mean(({ f }) => f.mean),
    'F recall': mean(({ f }) => f.recall),
    'F decay': mean(({ f }) => f.decay),
  };
  const found = pck(videos.map(({ points }) => points));
  const points = Object.fromEntries(PCK_SHARES.map((share, i) => [`PCK@${share}`, found[i]!]));
  return {
    ...(objects.length > 0 ? masks : {}),
    ...(videos.some((video) => video.points.some(({ asked }) => asked > 0)) ? points : {}),
  };
}
