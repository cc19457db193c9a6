import type { Tensor } from '../engine/index.js';
import { channelsInWords } from './channels.js';
import type { ClipDataset } from './clip-dataset.js';
import { Dataset, type DatasetInfo, type Draw } from './dataset.js';
import type { StepTargetKind } from './frame-targets.js';
import type { EpisodeSpec, SampleSpec, SamplesOf } from './spec.js';

/** Episodes of an agent: pictures, kept as a video at one picture a second, with the actions between them. Made by `openEpisodes`. */
export class EpisodeDataset extends Dataset<EpisodeSpec> {
  readonly plural = 'episodes';

  /** @param clips one for each sample, in their order, of which `actions` are known */
  constructor(
    info: DatasetInfo,
    private readonly clips: ClipDataset,
    /** Names of the actions. */
    readonly actions: readonly string[],
  ) {
    super(info);
  }

  override get spec(): EpisodeSpec {
    const { mean, std } = this.clips.spec;
    return { modality: 'episode', ...this.episodeForm, mean, std };
  }

  /** The spec without what must be measured. */
  get episodeForm(): Omit<EpisodeSpec, 'modality' | 'mean' | 'std'> {
    const { frames, channels, height, width } = this.clips.clipForm;
    return { frames, actions: this.actions.length, channels, height, width };
  }

  override collate(indices: ArrayLike<number>, draw?: Draw): SamplesOf<EpisodeSpec> {
    return { frames: this.clips.collate(indices, draw), actions: this.known('actions', indices, draw) };
  }

  /** What is known of the steps that `collate` shows with the same arguments: (N, T) actions, or (N, T, 3) states. */
  known(kind: StepTargetKind, indices: ArrayLike<number>, draw?: Draw): Tensor {
    return this.clips.known(kind, indices, draw);
  }

  /** For encoders of clips or images: the pictures alone. */
  override seenBy(spec: SampleSpec): Dataset | null {
    return super.seenBy(spec) ?? this.clips.seenBy(spec);
  }

  protected override form(): string {
    const { width, height, channels, frames } = this.episodeForm;
    return `${width} x ${height}, ${channelsInWords(channels)}, in ${frames} steps by ${this.actions.length} actions`;
  }

  protected override derive(info: DatasetInfo, positions: Int32Array | null): EpisodeDataset {
    return new EpisodeDataset(info, positions === null ? this.clips : this.clips.subset(positions), this.actions);
  }
}
