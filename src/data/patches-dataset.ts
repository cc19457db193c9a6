import { scope, tensor } from '../engine/index.js';
import type { DatasetInfo } from './dataset.js';
import type { PackedRecords } from './records.js';
import type { PatchesSpec, SamplesOf } from './spec.js';
import { TwoPicturesDataset } from './two-pictures-dataset.js';

/** Pairs of patches of one size in a pack, and the video that each is of. Made by `openPatches`; subsets share the file. */
export class PatchesDataset extends TwoPicturesDataset<PatchesSpec> {
  readonly plural = 'pairs of patches';
  private measured: PatchesSpec | null = null;

  /**
   * @param records uint8 (rows, 2, H, W, C)
   * @param videos the number of the video of each row
   * @param rows the row of each pair; null when the pairs are the file's rows from first to last
   */
  constructor(
    info: DatasetInfo,
    records: PackedRecords,
    private readonly videos: Int32Array,
    rows: Int32Array | null = null,
  ) {
    super(info, records, rows);
  }

  /** Mean and deviation are measured at the first use, on at most 2,000 of the patches. */
  override get spec(): PatchesSpec {
    if (this.measured === null) {
      const { mean, std } = this.images().spec;
      this.measured = { modality: 'patches', ...this.pictureForm, mean, std };
    }
    return this.measured;
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

  protected override derive(info: DatasetInfo, positions: Int32Array | null): PatchesDataset {
    return new PatchesDataset(
      info,
      this.records,
      this.videos,
      positions === null ? this.rows : this.identityOf(positions),
    );
  }
}
