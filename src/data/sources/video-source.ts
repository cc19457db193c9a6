import type { Tensor } from '../../engine/index.js';
import type { PixelShape } from '../decode.js';
import type { FrameTargetKind } from '../frame-targets.js';
import type { Skipped, Split } from './source.js';

/** A part of a video that is a sample, or several. */
export interface VideoPart {
  /** Unique in its source. */
  id: string;
  split: Split | null;
  /** Index into `classes`, -1 when unlabeled. */
  label: number;
  /** Seconds from the start of the video; the whole video by default. */
  range?: { from: number; to: number };
}

/** A video before it is packed: decoded once, whatever its parts. */
export interface VideoEntry {
  /** Relative path, or a place in a generated set; unique. */
  id: string;
  parts: readonly VideoPart[];
}

export interface ReadVideoOptions {
  shape: PixelShape;
  /** Frames per second to keep at most. */
  rate: number;
  signal?: AbortSignal;
  /** Called with the share of the video that is done. */
  onProgress?(share: number): void;
}

/** What was read of a video, or why it is left out. */
export type VideoResult =
  | {
      /** When each frame is shown, in seconds from the start of the video; ascending. */
      times: Float64Array;
      /** Why frames of it are missing; null for a whole video. */
      flaw: string | null;
    }
  | { reason: string };

/** Videos that can be read one after the other, in frames of one size. */
export interface VideoSource {
  name: string;
  /** What sort of source, part of the pack's key. */
  kind: string;
  classes: readonly string[] | null;
  entries: readonly VideoEntry[];
  skipped: readonly Skipped[];
  /** What the user should read when the data is opened. */
  note?: string;
  /** What the frames of an entry depend on beside its id, the shape and the rate. Throws NOT_FOUND or IO. */
  identity(entry: number): Promise<string>;
  /** The shape of the frames, where the source alone settles it. */
  shape: PixelShape | null;
  /** The shape of the frames of these entries when none is asked for: square. May read some of the files. */
  usualShape(entries: readonly number[], signal?: AbortSignal): Promise<PixelShape>;
  /**
   * Reads a video from its first to its last frame.
   *
   * @param onFrame is given each frame, uint8 (H, W, C) in a buffer that is used again, and waited for
   * @throws AutodidactError for what ends all reading
   */
  read(entry: number, options: ReadVideoOptions, onFrame: (frame: Uint8Array) => Promise<void>): Promise<VideoResult>;
  /** Frames of all entries together, where that is known: a disk that is too small is refused at once. */
  frames?: number;
  /** What is known of the frames of each entry, whose numbers are those of the frames that were kept. */
  targets?: readonly { kind: FrameTargetKind; read(entry: number, frames: Int32Array, kept: KeptFrames): Tensor }[];
}

/** The frames of a video that were kept, and how. */
export interface KeptFrames {
  /** When each is shown, in seconds. */
  times: Float64Array;
  shape: PixelShape;
}
