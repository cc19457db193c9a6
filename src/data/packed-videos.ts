import type { Tensor } from '../engine/index.js';
import { type Pack, recordsOf } from './pack-file.js';
import { PackedRecords, readAt } from './records.js';

/** Videos of one size in a pack: frames one after the other, uint8 (H, W, C), with the time of each. */
export class PackedVideos {
  readonly records: PackedRecords;
  private read: Float64Array | null = null;
  private images: PackedRecords | null = null;

  constructor(private readonly pack: Pack) {
    this.records = recordsOf(pack);
  }

  /** Height, width, channels. */
  get shape(): readonly [height: number, width: number, channels: number] {
    return this.records.layout.shape as [number, number, number];
  }

  /** Number of videos. */
  get count(): number {
    return this.records.count;
  }

  /** Number of a video's first frame among the frames of all. */
  firstOf(video: number): number {
    return this.records.offsetOf(video);
  }

  /** When each frame of a video is shown, in seconds; ascending. */
  timesOf(video: number): Float64Array {
    this.read ??= readTimes(`${this.pack.path}.times`, this.records.offsetOf(this.count));
    return this.read.subarray(this.firstOf(video), this.firstOf(video + 1));
  }

  /** Frames by their numbers among the frames of all videos, uint8 (B, H, W, C), copied. */
  copy(frames: Int32Array): Tensor {
    return this.asImages().copy(frames);
  }

  /** The same file as images of one size. */
  asImages(): PackedRecords {
    const { path, layout } = this.records;
    this.images ??= new PackedRecords(path, { ...layout, isVarying: false }, this.records.offsetOf(this.count));
    return this.images;
  }
}

function readTimes(path: string, count: number): Float64Array {
  const times = new Float64Array(count);
  readAt(path, new Uint8Array(times.buffer), 0);
  return times;
}
