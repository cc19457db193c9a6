import type { Tensor } from '../engine/index.js';
import { expected } from '../errors.js';
import type { Targets } from './targets.js';

/**
 * What may be known of the frames of a clip, and the tensor of it for T frames:
 *
 * - `frame-masks`: uint8 (T, H, W), 0 for the ground, 1, 2, ... for objects
 * - `tracks`: float32 (T, P, 3), x, y and whether it is seen (1 or 0) of P points that stay on their objects
 * - `joints`: float32 (T, J, 3), the same of the joints of bodies
 * - `boxes`: float32 (T, K, 4), left, top, right, bottom of what is seen of K objects; all -1 where nothing is
 * - `flow`: float32 (T - 1, 2, H, W), how far (x, y) what each pixel shows moves to the next of these frames
 *
 * Places are in pixels, x to the right and y down; (0, 0) is the upper left corner of the picture, (0.5, 0.5) the middle of its first pixel.
 */
export const FRAME_TARGETS = ['frame-masks', 'tracks', 'joints', 'boxes', 'flow'] as const;

/**
 * What may be known of the steps of an episode, and the tensor of it for T of them:
 *
 * - `actions`: int64 (T), which action led to each of these pictures, -1 where none did
 * - `states`: float32 (T, 3), column, row and heading of the agent, which no single picture says
 */
export const STEP_TARGETS = ['actions', 'states'] as const;
export type StepTargetKind = (typeof STEP_TARGETS)[number];

export type FrameTargetKind = (typeof FRAME_TARGETS)[number] | StepTargetKind;

/** What is known of every frame of the videos of a data set. `ClipDataset.known` gives it for the frames of its clips. */
export class FrameTargets implements Targets {
  /**
   * @param read what is known of these frames, by number, of the video in this row
   * @param rows the row of each sample
   */
  constructor(
    readonly kind: FrameTargetKind,
    private readonly read: (row: number, frames: Int32Array) => Tensor,
    private readonly rows: Int32Array,
  ) {}

  get count(): number {
    return this.rows.length;
  }

  isKnown(): boolean {
    return true;
  }

  subset(positions: ArrayLike<number>): FrameTargets {
    const rows = Int32Array.from(positions, (i) => this.rows[i]!);
    return new FrameTargets(this.kind, this.read, rows);
  }

  /** What is known of these frames of the sample at a position; frames are counted from the start of its video. */
  at(position: number, frames: Int32Array): Tensor {
    if (!(position in this.rows)) throw expected(`positions from 0 to ${this.count - 1}`, 'position', position);
    return this.read(this.rows[position]!, frames);
  }
}

/** Data whose samples are videos, for tasks that follow things from frame to frame. */
export interface Videos {
  readonly count: number;
  readonly ids: readonly string[];
  /** Number of frames of a video. */
  lengthOf(index: number): number;
  /** All frames of a video, uint8 (L, C, H, W). */
  allFrames(index: number): Tensor;
  /** What is known of all frames of a video, with the shape of `FRAME_TARGETS` for L frames; null where it is not known. */
  allKnown(kind: FrameTargetKind, index: number): Tensor | null;
}
