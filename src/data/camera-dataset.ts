import { scope, tensor } from '../engine/index.js';
import type { DatasetInfo } from './dataset.js';
import { DEGREES, type Motion, motionQuantiles } from './egomotion.js';
import type { PackedRecords } from './records.js';
import type { CameraSpec, SamplesOf } from './spec.js';
import { TwoPicturesDataset } from './two-pictures-dataset.js';

/** Pairs of frames of one video in a pack, and how the camera moved between them. Made by `openCamera`; subsets share the file. */
export class CameraDataset extends TwoPicturesDataset<CameraSpec> {
  readonly plural = 'pairs of frames';
  private measured: CameraSpec | null = null;

  /**
   * @param records uint8 (rows, 2, H, W, C)
   * @param motions of each row
   * @param rows the row of each pair; null when the pairs are the file's rows from first to last
   */
  constructor(
    info: DatasetInfo,
    records: PackedRecords,
    private readonly motions: readonly Motion[],
    rows: Int32Array | null = null,
  ) {
    super(info, records, rows);
  }

  /** Mean and deviation are measured at the first use, on at most 2,000 of the frames; the quantiles on all motions. */
  override get spec(): CameraSpec {
    if (this.measured === null) {
      const { mean, std } = this.images().spec;
      const quantiles = motionQuantiles(Array.from({ length: this.count }, (_, i) => this.motionOf(i)));
      this.measured = { modality: 'camera', ...this.pictureForm, mean, std, quantiles };
    }
    return this.measured;
  }

  /** The pairs at these positions (repetitions allowed), copied; each frame lies in channels-last memory. */
  override collate(indices: ArrayLike<number>): SamplesOf<CameraSpec> {
    const rows = this.identityOf(this.checked(indices));
    const values = Array.from(rows).flatMap((row) => DEGREES.map((degree) => this.motions[row]![degree]));
    return {
      frames: scope(() => this.records.copy(rows).permute([0, 1, 4, 2, 3])),
      motion: tensor(Float32Array.from(values), { shape: [rows.length, DEGREES.length] }),
    };
  }

  /** How the camera moved from the first frame of a pair to the second. */
  motionOf(index: number): Motion {
    return this.motions[this.identityOf(this.checked([index]))[0]!]!;
  }

  protected override derive(info: DatasetInfo, positions: Int32Array | null): CameraDataset {
    return new CameraDataset(
      info,
      this.records,
      this.motions,
      positions === null ? this.rows : this.identityOf(positions),
    );
  }
}
