import type { Tensor } from '../../engine/index.js';
import type { FrameTargetKind } from '../frame-targets.js';
import type { Skipped, Split } from './source.js';

/** Takes the frames of one video as they come. */
export interface FrameSink {
  /**
   * @param frames one or more, uint8 (n, H, W, C)
   * @param times n, in seconds, ascending over the whole video
   */
  append(frames: Uint8Array, times: Float64Array): Promise<void>;
}

/** A video before it is packed. */
export interface VideoEntry {
  /** Relative path, or a place in a generated set; unique. */
  id: string;
  split: Split | null;
  /** Index into `classes`, -1 when unlabeled. */
  label: number;
}

/** What was read of a video; or why it is left out. */
export type VideoResult =
  | {
      /** In place of the entry's, where only reading tells. */
      label?: number;
      /** What a person should know of a video that was kept, such as that it ends early. */
      flaw?: string;
    }
  | { reason: string };

/** Videos that can be read one after the other, in frames of one size. */
export interface VideoSource {
  name: string;
  /** What sort of source, part of the pack's key. */
  kind: string;
  classes: string[] | null;
  shape: { height: number; width: number; channels: number };
  /** What the frames depend on; plain JSON. */
  identity: unknown;
  entries: readonly VideoEntry[];
  skipped: readonly Skipped[];
  /** About how many bytes all frames will take, to refuse a disk that is too small. */
  bytes: number;
  /** Reads the video of an entry from its first to its last frame. Throws only what ends all reading. */
  read(entry: number, sink: FrameSink, signal?: AbortSignal): Promise<VideoResult>;
  /** What is known of the frames of each entry. */
  targets?: readonly { kind: FrameTargetKind; read(row: number, frames: Int32Array): Tensor }[];
}
