import { ops, scope, type Tensor } from '../engine/index.js';
import { AutodidactError } from '../errors.js';
import { channelsInWords } from './channels.js';
import { Dataset, type DatasetInfo, type Draw } from './dataset.js';
import type { FrameTargetKind, FrameTargets, Videos } from './frame-targets.js';
import { ImageDataset } from './image-dataset.js';
import type { PackedVideos } from './packed-videos.js';
import { Prng } from './prng.js';
import type { ClipSpec, SampleSpec } from './spec.js';
import { describePixels } from './statistics.js';
import { ClassTargets, type Targets } from './targets.js';

/** A sample: frames `from` to before `to` of a packed video. */
export interface Stretch {
  readonly video: number;
  readonly from: number;
  readonly to: number;
}

/** What a clip is: T frames, so many a second. */
export type ClipForm = Pick<ClipSpec, 'frames' | 'fps'>;

/**
 * Videos of one size, of which a batch shows clips of T frames at regular times: with a draw, clips that begin anywhere; without one, the
 * clips in the middle. Every frame of a clip is the video's frame that is nearest in time. Made by `openClips`; subsets share the file.
 */
export class ClipDataset extends Dataset<ClipSpec> implements Videos {
  readonly plural = 'videos';
  private measured: ClipSpec | null = null;

  /** @param stretches long enough for a clip, see `fitsClip` */
  constructor(
    info: DatasetInfo,
    private readonly videos: PackedVideos,
    private readonly clip: ClipForm,
    private readonly stretches: readonly Stretch[],
  ) {
    super(info);
  }

  /** Mean and deviation are measured at the first use, on at most 2,000 frames spread evenly over these videos. */
  override get spec(): ClipSpec {
    this.measured ??= { modality: 'clip', ...this.clipForm, ...this.statistics() };
    return this.measured;
  }

  /** The spec without what must be measured. */
  get clipForm(): Omit<ClipSpec, 'modality' | 'mean' | 'std'> {
    const [height, width, channels] = this.videos.shape;
    return { ...this.clip, channels, height, width };
  }

  /** Clips of the videos at these positions (repetitions allowed), uint8 (B, T, C, H, W), copied; each frame lies in channels-last memory. */
  override collate(indices: ArrayLike<number>, draw?: Draw): Tensor {
    const [height, width, channels] = this.videos.shape;
    return scope(() => {
      const chosen = this.framesOf(indices, draw).map((frames, i) => {
        const first = this.videos.firstOf(this.stretches[indices[i]!]!.video);
        return Int32Array.from(frames, (frame) => first + frame);
      });
      const numbers = Int32Array.from(chosen.flatMap((frames) => [...frames]));
      return this.videos
        .copy(numbers)
        .view([chosen.length, this.clip.frames, height, width, channels])
        .permute([0, 1, 4, 2, 3]);
    });
  }

  /** The frames that `collate` shows with the same arguments: T numbers per clip, counted from the start of each video. */
  framesOf(indices: ArrayLike<number>, draw?: Draw): Int32Array[] {
    return Array.from(this.checked(indices), (index) => this.choose(index, draw));
  }

  /**
   * What is known of the frames that `collate` shows with the same arguments, (B, ...) with the shape of `FRAME_TARGETS` for T frames.
   * @throws AutodidactError `DATA` when it is not known of these videos
   */
  known(kind: FrameTargetKind, indices: ArrayLike<number>, draw?: Draw): Tensor {
    return scope(() => {
      const parts = this.framesOf(indices, draw).map((frames, i) => this.knownOf(kind, indices[i]!, frames));
      return ops.stack(parts, 0);
    });
  }

  /** What is known of these frames of one video, counted from its start. @throws AutodidactError `DATA` */
  knownOf(kind: FrameTargetKind, index: number, frames: Int32Array): Tensor {
    const targets = this.target<FrameTargets>(kind);
    if (targets !== null) return targets.at(index, frames);
    throw new AutodidactError('DATA', `Of the ${this.plural} of ${this.name} no ${kind} are known`, {
      remedy: 'Take generated videos, such as synthetic:sprites.',
    });
  }

  /** Number of the video that a sample is a stretch of; stretches of one video have the same. */
  videoOf(index: number): number {
    return this.stretchAt(index).video;
  }

  /** When each frame of a sample is shown, in seconds from the start of its video; ascending. */
  timesOf(index: number): Float64Array {
    const { video, from, to } = this.stretchAt(index);
    return this.videos.timesOf(video).subarray(from, to);
  }

  lengthOf(index: number): number {
    const { from, to } = this.stretchAt(index);
    return to - from;
  }

  /** All frames of a sample, uint8 (L, C, H, W) in channels-last memory, copied; `timesOf` says when each is shown. */
  allFrames(index: number): Tensor {
    const { video, from, to } = this.stretchAt(index);
    return scope(() =>
      this.videos.records
        .slice(video, from, to - from)
        .clone()
        .permute([0, 3, 1, 2]),
    );
  }

  allKnown(kind: FrameTargetKind, index: number): Tensor | null {
    const { from, to } = this.stretchAt(index);
    const frames = Int32Array.from({ length: to - from }, (_, i) => from + i);
    return this.target<FrameTargets>(kind)?.at(index, frames) ?? null;
  }

  override asVideos(): Videos {
    return this;
  }

  /** What is known of samples that are cut from these videos, by the position of the video of each. */
  infoOf(videos: Int32Array): Omit<DatasetInfo, 'ids' | 'fingerprint'> {
    const { name, note, skipped, partial, splits, labeledAs, owners } = this;
    return {
      ...{ name, note, skipped, partial },
      splits: Array.from(videos, (video) => splits[video]!),
      labeledAs: Array.from(videos, (video) => labeledAs[video]!),
      owners: Array.from(videos, (video) => owners[video]!),
      targets: ofVideos(this.targets).map((targets) => targets.subset(videos)),
    };
  }

  /** Every frame of these videos as an image, with its video's label. */
  images(): ImageDataset {
    const rows = this.stretches.flatMap(({ video, from, to }, sample) =>
      Array.from({ length: to - from }, (_, i) => ({ sample, frame: this.videos.firstOf(video) + from + i, i })),
    );
    const { ids, info } = this;
    const seconds = this.stretches.map((_, sample) => this.timesOf(sample));
    return new ImageDataset(
      {
        ...this.infoOf(Int32Array.from(rows, ({ sample }) => sample)),
        fingerprint: info.fingerprint,
        ids: rows.map(({ sample, i }) => `${ids[sample]}@${seconds[sample]![i]!.toFixed(3)}`),
      },
      this.videos.asImages(),
      Int32Array.from(rows, ({ frame }) => frame),
    );
  }

  /** For encoders of images: the frame in the middle of each video; for those of shorter or other clips: clips of their form. */
  override seenBy(spec: SampleSpec): Dataset | null {
    if (spec.modality === 'clip') return this.inClipsOf(spec as ClipSpec);
    if (spec.modality !== 'image') return super.seenBy(spec);
    const middles = this.stretches.map(
      ({ video, from, to }) => this.videos.firstOf(video) + Math.floor((from + to - 1) / 2),
    );
    return new ImageDataset(
      { ...this.info, targets: ofVideos(this.targets) },
      this.videos.asImages(),
      Int32Array.from(middles),
    );
  }

  /** These videos in clips of another form, where all are long enough for it; otherwise as they are. */
  private inClipsOf({ frames, fps }: ClipForm): ClipDataset {
    if (frames === this.clip.frames && fps === this.clip.fps) return this;
    const isLongEnough = this.stretches.every((_, i) => fitsClip(this.timesOf(i), { frames, fps }));
    return isLongEnough ? new ClipDataset(this.info, this.videos, { frames, fps }, this.stretches) : this;
  }

  protected override form(): string {
    const [height, width, channels] = this.videos.shape;
    const { frames, fps } = this.clip;
    return `${width} x ${height}, ${channelsInWords(channels)}, in clips of ${frames} frames at ${Number(fps.toPrecision(4))} a second`;
  }

  protected override derive(info: DatasetInfo, positions: Int32Array | null): ClipDataset {
    const kept = positions === null ? this.stretches : Array.from(positions, (i) => this.stretches[i]!);
    return new ClipDataset(info, this.videos, this.clip, kept);
  }

  /** Numbers of the stretches' first frames in the file. */
  protected override identityOf(positions: Int32Array): Int32Array {
    return positions.map((position) => {
      const { video, from } = this.stretches[position]!;
      return this.videos.firstOf(video) + from;
    });
  }

  private stretchAt(index: number): Stretch {
    return this.stretches[this.checked([index])[0]!]!;
  }

  private choose(index: number, draw?: Draw): Int32Array {
    const { from } = this.stretches[index]!;
    const times = this.timesOf(index);
    const starts = startsOf(times, this.clip);
    const start = draw === undefined ? (starts - 1) >> 1 : new Prng(draw.seed, draw.epoch, index).below(starts);
    return Int32Array.from({ length: this.clip.frames }, (_, t) => {
      return from + nearest(times, times[start]! + t / this.clip.fps);
    });
  }

  private statistics(): Pick<ClipSpec, 'mean' | 'std'> {
    const [height, width] = this.videos.shape;
    const ends: number[] = [];
    let total = 0;
    for (const { from, to } of this.stretches) {
      total += to - from;
      ends.push(total);
    }
    return describePixels(total, { height, width }, (places) => {
      let sample = 0;
      const numbers = places.map((place) => {
        while (place >= ends[sample]!) sample++;
        const { video, to } = this.stretches[sample]!;
        return this.videos.firstOf(video) + to - (ends[sample]! - place);
      });
      return this.videos.copy(numbers).permute([0, 3, 1, 2]);
    });
  }
}

/** What is known of a video as a whole. */
const ofVideos = (targets: readonly Targets[]) => targets.filter((part) => part instanceof ClassTargets);

/** Whether a clip fits between the first and the last of these times. */
export function fitsClip(times: Float64Array, clip: ClipForm): boolean {
  return times.length > 0 && times[0]! <= latestStart(times, clip);
}

/** The latest time at which a clip may begin; half a frame of the video is forgiven, so that rounded times make no difference. */
function latestStart(times: Float64Array, { frames, fps }: ClipForm): number {
  const length = times.at(-1)! - times[0]!;
  const interval = times.length === 1 ? 1 / fps : Math.min(1 / fps, length / (times.length - 1));
  return times.at(-1)! - (frames - 1) / fps + interval / 2;
}

/** How many frames, from the first on, a clip may begin with; at least 1. */
function startsOf(times: Float64Array, clip: ClipForm): number {
  const latest = latestStart(times, clip);
  let low = 1;
  let high = times.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (times[middle - 1]! <= latest) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Seconds by which two distances may differ that count as equal: times are sums of rounded parts. */
const TIE = 1e-6;

/** The position of the time nearest to `wanted`; the earlier of two that are as near. */
function nearest(times: Float64Array, wanted: number): number {
  let low = 0;
  let high = times.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low > 0 && wanted - times[low - 1]! <= times[low]! - wanted + TIE ? low - 1 : low;
}
