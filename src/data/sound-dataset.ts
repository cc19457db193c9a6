import { scope, type Tensor } from '../engine/index.js';
import { Dataset, type DatasetInfo } from './dataset.js';
import { type Pack, recordsOf, targetsOf } from './pack-file.js';
import type { PackedRecords } from './records.js';
import type { SoundSpec } from './spec.js';

/** Waveforms of one length and rate, packed as 16-bit samples. Made by `openSounds`; subsets share the file. */
export class SoundDataset extends Dataset<SoundSpec> {
  readonly plural = 'sounds';
  override readonly spec: SoundSpec;

  /**
   * @param records int16 (rows, L)
   * @param rate samples per second
   * @param rows the row of each sound; null when the sounds are the file's rows from first to last
   */
  constructor(
    info: DatasetInfo,
    private readonly records: PackedRecords,
    rate: number,
    private readonly rows: Int32Array | null = null,
  ) {
    super(info);
    this.spec = { modality: 'sound', rate, length: records.layout.shape[0]! };
  }

  /** The sounds of a pack. */
  static fromPack(pack: Pack, name: string, note: string | null = null): SoundDataset {
    const { ids, splits, fingerprint, skipped, details } = pack.index;
    // Parts of one recording are numbered behind its name.
    const owners = ids.map((id) => id.replace(/#\d+$/, ''));
    const info = { name, note, ids, labeledAs: owners, owners, splits, fingerprint, skipped, targets: targetsOf(pack) };
    return new SoundDataset(info, recordsOf(pack), Number(details.rate));
  }

  /** The sounds at these positions (repetitions allowed), int16 (B, L), copied. */
  override collate(indices: ArrayLike<number>): Tensor {
    return scope(() => this.records.copy(this.identityOf(this.checked(indices))));
  }

  protected override form(): string {
    const { rate, length } = this.spec;
    return `${length.toLocaleString('en')} samples, ${(length / rate).toFixed(2)} s at ${rate.toLocaleString('en')} Hz`;
  }

  protected override derive(info: DatasetInfo, positions: Int32Array | null): SoundDataset {
    const rows = positions === null ? this.rows : this.identityOf(positions);
    return new SoundDataset(info, this.records, this.spec.rate, rows);
  }

  /** Rows of the file. */
  protected override identityOf(positions: Int32Array): Int32Array {
    const { rows } = this;
    return rows === null ? positions : positions.map((position) => rows[position]!);
  }
}

const FULL_SCALE = 32_768;

/** Samples of 16 bits, int16 of any shape, as float32 in [-1, 1). */
export function toWaves(samples: Tensor): Tensor {
  return scope(() => samples.to('float32').div(FULL_SCALE));
}
