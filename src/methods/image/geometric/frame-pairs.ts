/** What `egomotion` asks about: pairs of frames and the classes of the motion between them, over still images or in videos. */
import type { Description } from '../../../augment/index.js';
import type { Degree, Motion, Samples } from '../../../data/index.js';
import type { Generator, Tensor } from '../../../engine/index.js';

export interface FramePairs<X extends Samples = Samples> {
  /** Side of both frames in pixels. */
  readonly side: number;
  readonly degrees: readonly Degree[];
  /** Classes of each degree of freedom. */
  readonly bins: number;
  /** Decimals of shifts in words; rotations have one less. */
  readonly decimals: number;
  readonly description: Description;
  /** A pair of each sample. */
  draw(samples: X, random: Generator): DrawnPairs;
  /** The motion in the middle of these classes, one of each degree of freedom. */
  motionOf(classes: readonly number[]): Motion;
}

export interface DrawnPairs {
  /** float32 (N, C, side, side) in [0, 1]. */
  first: Tensor;
  second: Tensor;
  motions: readonly Motion[];
  /** The class of each degree of freedom, pair by pair: [N D]. */
  labels: readonly number[];
  /** What the camera would have seen instead of the second frames after these motions, (N, C, side, side). */
  seenAfter(motions: readonly Motion[]): Tensor;
}
