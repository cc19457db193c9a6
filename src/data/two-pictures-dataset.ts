import { channelsInWords } from './channels.js';
import { Dataset, type DatasetInfo } from './dataset.js';
import { ImageDataset } from './image-dataset.js';
import { PackedRecords } from './records.js';
import type { ImageSpec, SampleSpec } from './spec.js';

/** Samples of two pictures of one size each, in a pack. For an encoder of images they are the first pictures. */
export abstract class TwoPicturesDataset<S extends SampleSpec> extends Dataset<S> {
  /**
   * @param records uint8 (rows, 2, H, W, C)
   * @param rows the row of each sample; null when the samples are the file's rows from first to last
   */
  constructor(
    info: DatasetInfo,
    protected readonly records: PackedRecords,
    protected readonly rows: Int32Array | null,
  ) {
    super(info);
  }

  /** The form of each picture, without what must be measured. */
  get pictureForm(): Pick<ImageSpec, 'channels' | 'height' | 'width'> {
    const [, height, width, channels] = this.records.layout.shape as [number, number, number, number];
    return { channels, height, width };
  }

  /** The first picture of each sample as an image. */
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

  override seenBy(spec: SampleSpec): Dataset | null {
    return spec.modality === 'image' ? this.images() : super.seenBy(spec);
  }

  protected override form(): string {
    const { channels, height, width } = this.pictureForm;
    return `${width} x ${height}, ${channelsInWords(channels)}`;
  }

  /** Rows of the file. */
  protected override identityOf(positions: Int32Array): Int32Array {
    const { rows } = this;
    return rows === null ? positions : positions.map((position) => rows[position]!);
  }
}
