import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { fromFile, keep, scope, type Tensor, tensor } from '../engine/index.js';
import { AutodidactError, expected, ioError } from '../errors.js';
import { channelsInWords } from './channels.js';
import type { PixelShape } from './decode.js';
import { indexInto, listed } from './labels.js';
import type { Pack } from './pack-file.js';
import type { Skipped, Split } from './sources/source.js';
import { randomSplit, stratifiedSplit } from './split.js';

/** What a person wants to know of a data set before using it; JSON-safe. */
export interface DatasetSummary {
  name: string;
  count: number;
  height: number;
  width: number;
  channels: number;
  /** Images per class name, null when nothing is labeled. */
  perClass: Record<string, number> | null;
  unlabeled: number;
  splits: Record<Split | 'none', number>;
  skipped: Skipped[];
  fingerprint: string;
  packPath: string;
  bytes: number;
  note: string | null;
}

/** Everything that describes the images of a data set, in their order. */
interface Rows {
  ids: string[];
  labels: Int32Array | null;
  splits: (Split | null)[];
  /** The row in the pack of each image; null when the images are the pack's rows from first to last. */
  rows: Int32Array | null;
  fingerprint: string;
}

/** What a subset shares with the whole. */
interface Shared {
  name: string;
  note: string | null;
  classes: string[] | null;
  skipped: Skipped[];
  pixels: PackedPixels;
}

/**
 * Images of one size, packed in one file on disk that is mapped into memory: opening it costs nothing and the system keeps
 * in memory what is used. Made by `openImages`; subsets share the file.
 */
export class ImageDataset {
  readonly name: string;
  /** A sentence to show when the data is opened, such as "only a part of the set is here". */
  readonly note: string | null;
  readonly count: number;
  readonly size: { height: number; width: number };
  /** 1 is gray, 3 is color; generated and measured data may have up to 16. */
  readonly channels: number;
  /** One per image, unique: a path relative to the folder or manifest, or a place in a binary file. */
  readonly ids: string[];
  /** [count], index into `classes`, -1 when unlabeled; null when nothing is labeled. */
  readonly labels: Int32Array | null;
  readonly classes: string[] | null;
  /** The side of the source's own division that each image is on, null where it has none. */
  readonly splits: (Split | null)[];
  /** The images that could not be read, with reasons. */
  readonly skipped: Skipped[];
  /** SHA-256 over the pixels and ids, the same on every machine; a subset has its own. */
  readonly fingerprint: string;
  /** The file of all pixels, uint8, N x H x W x C; a subset uses some of its rows. */
  readonly packPath: string;

  constructor(
    private readonly shared: Shared,
    private readonly own: Rows,
  ) {
    const { height, width, channels, path } = shared.pixels;
    this.name = shared.name;
    this.note = shared.note;
    this.count = own.ids.length;
    this.size = { height, width };
    this.channels = channels;
    this.ids = own.ids;
    this.labels = own.labels;
    this.classes = shared.classes;
    this.splits = own.splits;
    this.skipped = shared.skipped;
    this.fingerprint = own.fingerprint;
    this.packPath = path;
  }

  /** The images of a pack. */
  static fromPack({ index, pixelPath }: Pack, name: string, note: string | null = null): ImageDataset {
    const { ids, labels, splits, fingerprint, classes, skipped } = index;
    return new ImageDataset(
      { name, note, classes, skipped, pixels: new PackedPixels(pixelPath, index, index.count) },
      { ids, labels: labels && Int32Array.from(labels), splits, rows: null, fingerprint },
    );
  }

  /**
   * All images, uint8 [N, C, H, W] in channels-last memory: a view of the file, or a copy for a scattered subset. The view
   * is shared: do not write to it in place (the file would keep its content, other readers would not).
   */
  pixels(): Tensor {
    const { pixels } = this.shared;
    const { rows } = this.own;
    return scope(() => toChannelsFirst(rows === null ? pixels.mapped() : pixels.take(rows)));
  }

  /**
   * The images at these positions (repetitions allowed), uint8 [B, C, H, W] in channels-last memory, copied.
   * Throws USAGE for a position out of range.
   */
  batch(indices: ArrayLike<number>): Tensor {
    return scope(() => toChannelsFirst(this.shared.pixels.copy(this.toRows(indices))));
  }

  /** One image as it lies in the file, uint8 H x W x C, without the engine. */
  readImage(index: number): Uint8Array {
    return this.shared.pixels.readRow(this.toRows([index])[0]!);
  }

  /** The images at these positions, in this order, as a data set of its own. */
  subset(indices: ArrayLike<number>): ImageDataset {
    const rows = this.toRows(indices);
    const { ids, labels, splits, fingerprint } = this.own;
    const at = Array.from(indices);
    return new ImageDataset(this.shared, {
      ids: at.map((i) => ids[i]!),
      labels: labels && Int32Array.from(at, (i) => labels[i]!),
      splits: at.map((i) => splits[i]!),
      rows,
      fingerprint: createHash('sha256').update(fingerprint).update(new Uint8Array(rows.buffer)).digest('hex'),
    });
  }

  /** The images of one side of the source's own division; `train` is all that is neither validation nor test. */
  only(split: Split): ImageDataset {
    const isOn = (own: Split | null) => own === split || (split === 'train' && own === null);
    const indices = [...this.splits.keys()].filter((i) => isOn(this.splits[i]!));
    if (indices.length === 0) throw noSplit(this.name, split);
    return indices.length === this.count ? this : this.subset(indices);
  }

  /** The images that have a label. Throws DATA when there are none. */
  labeled(): ImageDataset {
    const { labels } = this;
    const indices = [...this.ids.keys()].filter((i) => labels !== null && labels[i]! >= 0);
    if (indices.length === 0) {
      const remedy = 'Sort the images into class folders, or give a table of ids and labels.';
      throw new AutodidactError('DATA', `${this.name} has no labels`, { remedy });
    }
    return indices.length === this.count ? this : this.subset(indices);
  }

  /**
   * Parts the images at random: `held` gets the fraction, `kept` the rest; with the same share of every class when all
   * images are labeled. The same seed gives the same parts.
   */
  holdOut(fraction: number, seed = 0): { kept: ImageDataset; held: ImageDataset } {
    const isLabeled = this.labels?.every((label) => label >= 0) ?? false;
    const options = { fraction, seed };
    const { kept, held } = isLabeled ? stratifiedSplit(this.labels!, options) : randomSplit(this.count, options);
    return { kept: this.subset(kept), held: this.subset(held) };
  }

  /** The same images with other labels, [count], index into `classes` or -1; `skipped` is added to what was skipped. */
  withLabels(classes: string[], labels: Int32Array, skipped: Skipped[] = []): ImageDataset {
    if (labels.length !== this.count) throw expected(`${this.count} labels`, 'labels', labels, { code: 'SHAPE' });
    const shared = { ...this.shared, classes, skipped: [...this.skipped, ...skipped] };
    return new ImageDataset(shared, { ...this.own, labels });
  }

  /**
   * The same images with labels numbered by another data set's classes, so that a test set opened on its own agrees with its
   * training set. Throws DATA when it has a class that is not among them.
   */
  withClasses(classes: string[]): ImageDataset {
    const { labels, classes: own } = this;
    if (labels === null || own === null) return this;
    const renumbered = indexInto(classes, own);
    if (renumbered === null) {
      throw new AutodidactError('DATA', `${this.name} has other classes: ${listed(own)} instead of ${listed(classes)}`);
    }
    return this.withLabels(
      classes,
      labels.map((label) => (label < 0 ? -1 : renumbered[label]!)),
    );
  }

  summary(): DatasetSummary {
    const { name, count, channels, labels, classes, splits, skipped, fingerprint, packPath, note } = this;
    const perClass = classes && Object.fromEntries(classes.map((className) => [className, 0]));
    for (const label of labels ?? []) if (perClass && label >= 0) perClass[classes![label]!]! += 1;
    const inSplit = { train: 0, val: 0, test: 0, none: 0 };
    for (const split of splits) inSplit[split ?? 'none'] += 1;
    const { height, width } = this.size;
    return {
      ...{ name, count, height, width, channels, perClass },
      unlabeled: labels ? labels.filter((label) => label < 0).length : count,
      splits: inSplit,
      ...{ skipped, fingerprint, packPath, note },
      bytes: count * height * width * channels,
    };
  }

  /** One phrase: "photos: 1,204 images of 96 x 96, color, 10 classes, 3 skipped". */
  describe(): string {
    const { height, width } = this.size;
    const parts = [
      `${this.count.toLocaleString('en')} image${this.count === 1 ? '' : 's'} of ${width} x ${height}`,
      channelsInWords(this.channels),
      this.classes ? `${this.classes.length} classes` : 'unlabeled',
    ];
    if (this.skipped.length > 0) parts.push(`${this.skipped.length} skipped`);
    return `${this.name}: ${parts.join(', ')}`;
  }

  /** Positions in this data set to rows of the file. */
  private toRows(indices: ArrayLike<number>): Int32Array {
    const { rows } = this.own;
    return Int32Array.from(indices, (index) => {
      if (!(Number.isInteger(index) && index >= 0 && index < this.count)) {
        throw expected(`positions from 0 to ${this.count - 1}`, 'indices', index);
      }
      return rows === null ? index : rows[index]!;
    });
  }
}

/** The error for a side of the division that is not there. */
export function noSplit(name: string, split: Split): AutodidactError {
  return new AutodidactError('DATA', `${name} has no ${split} images`, {
    remedy: 'Put the images below train/ and test/, give a manifest with a column split, or hold a part out.',
  });
}

const toChannelsFirst = (images: Tensor) => images.permute([0, 3, 1, 2]);

/** The file of a pack, mapped at its first use and shared by all subsets. */
class PackedPixels implements PixelShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  private map: Tensor | null = null;

  constructor(
    readonly path: string,
    { height, width, channels }: PixelShape,
    private readonly count: number,
  ) {
    this.height = height;
    this.width = width;
    this.channels = channels;
  }

  /** The whole file, uint8 [N, H, W, C]. */
  mapped(): Tensor {
    const shape = [this.count, this.height, this.width, this.channels];
    this.map ??= keep(fromFile(this.path, { shape, dtype: 'uint8' }));
    return this.map;
  }

  /** These rows, as a view when they are successive. */
  take(rows: Int32Array): Tensor {
    const isRun = rows.every((row, i) => row === rows[0]! + i);
    return isRun && rows.length > 0 ? this.mapped().narrow(0, rows[0]!, rows.length) : this.copy(rows);
  }

  /** A copy of these rows, uint8 [B, H, W, C]. */
  copy(rows: Int32Array): Tensor {
    return this.mapped().indexSelect(0, tensor(rows));
  }

  readRow(row: number): Uint8Array {
    const image = new Uint8Array(this.height * this.width * this.channels);
    try {
      const file = openSync(this.path, 'r');
      try {
        readSync(file, image, 0, image.length, row * image.length);
      } finally {
        closeSync(file);
      }
    } catch (cause) {
      throw ioError('read', this.path, cause);
    }
    return image;
  }
}
