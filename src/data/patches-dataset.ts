import { scope, tensor } from '../engine/index.js';
import { channelsInWords } from './channels.js';
import { Dataset, type DatasetInfo } from './dataset.js';
import { ImageDataset } from './image-dataset.js';
import { PackedRecords } from './records.js';
import type { PatchesSpec, SampleSpec, SamplesOf } from './spec.js';

/** Pairs of patches of one size in a pack, and the video that each is of. Made by `openPatches`; subsets share the file. */
export class PatchesDataset extends Dataset<PatchesSpec> {
  readonly plural = 'pairs of patches';
  private measured: PatchesSpec | null = null;

  /**
   * @param records uint8 (rows, 2, H, W, C)
   * @param videos the number of the video of each row
   * @param rows the row of each pair; null when the pairs are the file's rows from first to last
   */
  constructor(
    info: DatasetInfo,
    private readonly records: PackedRecords,
    private readonly videos: Int32Array,
    private readonly rows: Int32Array | null = null,
  ) {
    super(info);
  }

  /** Mean and deviation are measured at the first use, on at most 2,000 of the patches. */
  override get spec(): PatchesSpec {
    if (this.measured === null) {
      const { mean, std } = this.images().spec;
      this.measured = { modality: 'patches', ...this.patchForm, mean, std };
    }
    return this.measured;
  }

  /** The spec without what must be measured. */
  get patchForm(): Pick<PatchesSpec, 'channels' | 'height' | 'width'> {
    const [, height, width, channels] = this.records.layout.shape as [number, number, number, number];
    return { channels, height, width };
  }

  /** The pairs at these positions (repetitions allowed), copied; each patch lies in channels-last memory. */
  override collate(indices: ArrayLike<number>): SamplesOf<PatchesSpec> {
    const rows = this.identityOf(this.checked(indices));
    return {
      patches: scope(() => this.records.copy(rows).permute([0, 1, 4, 2, 3])),
      video: scope(() => tensor(rows.map((row) => this.videos[row]!)).to('int64')),
    };
  }

  /** Number of the video that a pair is of. */
  videoOf(index: number): number {
    return this.videos[this.identityOf(this.checked([index]))[0]!]!;
  }

  /** The first patch of each pair as an image. */
  images(): ImageDataset {
    const [, ...shape] = this.records.layout.shape;
    const { path, layout, count } = this.records;
    const rows = this.rows ?? Int32Array.from({ length: this.count }, (_, i) => i);
    return new ImageDataset(
      this.info,
      new PackedRecords(path, { ...layout, shape }, 2 * count),
      rows.map((row) => 2 * row),
    );
  }

  /** For an encoder of images, the first patch of each pair. */
  override seenBy(spec: SampleSpec): Dataset | null {
    return spec.modality === 'image' ? this.images() : super.seenBy(spec);
  }

  protected override form(): string {
    const { channels, height, width } = this.patchForm;
    return `${width} x ${height}, ${channelsInWords(channels)}`;
  }

  protected override derive(info: DatasetInfo, positions: Int32Array | null): PatchesDataset {
    return new PatchesDataset(
      info,
      this.records,
      this.videos,
      positions === null ? this.rows : this.identityOf(positions),
    );
  }

  /** Rows of the file. */
  protected override identityOf(positions: Int32Array): Int32Array {
    const { rows } = this;
    return rows === null ? positions : positions.map((position) => rows[position]!);
  }
}
