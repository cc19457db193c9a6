import { scope, type Tensor } from '../engine/index.js';
import { channelsInWords } from './channels.js';
import { Dataset, type DatasetInfo } from './dataset.js';
import { type Pack, recordsOf, targetsOf } from './pack-file.js';
import type { PackedRecords } from './records.js';
import type { ImageSpec } from './spec.js';
import { describePixels } from './statistics.js';

/**
 * Images of one size, packed in one file on disk that is mapped into memory: opening it costs nothing and the system keeps
 * in memory what is used. Made by `openImages`; subsets share the file.
 */
export class ImageDataset extends Dataset<ImageSpec> {
  readonly plural = 'images';
  readonly size: { readonly height: number; readonly width: number };
  /** 1 is gray, 3 is color; generated and measured data may have up to 16. */
  readonly channels: number;
  private measured: ImageSpec | null = null;

  /**
   * @param records uint8 (rows, H, W, C)
   * @param rows the row of each image; null when the images are the file's rows from first to last
   */
  constructor(
    info: DatasetInfo,
    private readonly records: PackedRecords,
    private readonly rows: Int32Array | null = null,
  ) {
    super(info);
    const [height, width, channels] = records.layout.shape as [number, number, number];
    this.size = { height, width };
    this.channels = channels;
  }

  /** The images of a pack. */
  static fromPack(pack: Pack, name: string, note: string | null = null): ImageDataset {
    const { ids, splits, fingerprint, skipped, flaws = [], notes = [] } = pack.index;
    const targets = targetsOf(pack);
    const all = [...(note === null ? [] : [note]), ...notes].join(' ');
    const info = { name, note: all === '' ? null : all, ids, splits, fingerprint, skipped, partial: flaws, targets };
    return new ImageDataset(info, recordsOf(pack));
  }

  /** Mean and deviation are measured at the first use, on at most 2,000 images drawn from these. */
  override get spec(): ImageSpec {
    this.measured ??= {
      modality: 'image',
      ...{ channels: this.channels, ...this.size },
      ...describePixels(this.count, this.size, (indices) => this.collate(indices)),
    };
    return this.measured;
  }

  /** The file of all pixels, uint8, N x H x W x C; a subset uses some of its rows. */
  get packPath(): string {
    return this.records.path;
  }

  /** Bytes of these images in the pack. */
  get bytes(): number {
    return this.count * this.size.height * this.size.width * this.channels;
  }

  /**
   * All images, uint8 [N, C, H, W] in channels-last memory: a view of the file, or a copy for a scattered subset. The view
   * is shared: do not write to it in place (the file would keep its content, other readers would not).
   */
  pixels(): Tensor {
    const { rows, records } = this;
    return scope(() => toChannelsFirst(rows === null ? records.mapped() : records.take(rows)));
  }

  /** The images at these positions (repetitions allowed), uint8 [B, C, H, W] in channels-last memory, copied. */
  override collate(indices: ArrayLike<number>): Tensor {
    return scope(() => toChannelsFirst(this.records.copy(this.identityOf(this.checked(indices)))));
  }

  /** The same as `collate`. */
  batch(indices: ArrayLike<number>): Tensor {
    return this.collate(indices);
  }

  /** One image as it lies in the file, uint8 H x W x C, without the engine. */
  readImage(index: number): Uint8Array {
    return this.records.readRow(this.identityOf(this.checked([index]))[0]!);
  }

  protected override form(): string {
    const { height, width } = this.size;
    return `${width} x ${height}, ${channelsInWords(this.channels)}`;
  }

  protected override derive(info: DatasetInfo, positions: Int32Array | null): ImageDataset {
    return new ImageDataset(info, this.records, positions === null ? this.rows : this.identityOf(positions));
  }

  /** Rows of the file. */
  protected override identityOf(positions: Int32Array): Int32Array {
    const { rows } = this;
    return rows === null ? positions : positions.map((position) => rows[position]!);
  }
}

const toChannelsFirst = (images: Tensor) => images.permute([0, 3, 1, 2]);
