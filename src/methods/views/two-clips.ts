import { uniforms } from '../../augment/index.js';
import { type Generator, scope, type Tensor } from '../../engine/index.js';
import { indexTensor } from '../index-tensor.js';
import type { Pair } from './two-views.js';

/** How likely each number of frames between the starts of two clips is. */
export type IntervalLaw = 'falling' | 'uniform';

/**
 * First frames of two clips of each video, in random order.
 *
 * The interval between them is drawn with a probability that falls linearly to 0 (CVRL, Qian et al. 2021: clips that are far apart may
 * show other things), or evenly; then the earlier start, evenly.
 *
 * @param starts S: a clip may begin at frames 0 to S - 1
 */
export function clipStarts(
  count: number,
  starts: number,
  law: IntervalLaw,
  random: Generator,
): readonly (readonly [number, number])[] {
  const draws = uniforms(count, 3, random);
  return Array.from({ length: count }, (_, i) => {
    const [u, v, w] = draws(i) as unknown as [number, number, number];
    const share = law === 'falling' ? 1 - Math.sqrt(1 - u) : u;
    const interval = Math.min(starts - 1, Math.floor(starts * share));
    const early = Math.min(starts - 1 - interval, Math.floor((starts - interval) * v));
    return w < 0.5 ? [early, early + interval] : [early + interval, early];
  });
}

/** Two clips of T frames of each video (N, F, C, H, W), from these first frames on: (N, T, C, H, W) each. */
export function twoClips(videos: Tensor, starts: readonly (readonly [number, number])[], frames: number): Pair {
  const length = videos.size(1);
  return scope(() => {
    const all = videos.flatten(0, 1);
    const clips = ([0, 1] as const).map((which) => {
      const places = starts.flatMap((pair, i) =>
        Array.from({ length: frames }, (_, t) => i * length + pair[which] + t),
      );
      return all.indexSelect(0, indexTensor(places, videos)).unflatten(0, [-1, frames]);
    });
    return clips as [Tensor, Tensor];
  });
}
