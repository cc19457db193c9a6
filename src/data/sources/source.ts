import { stat } from 'node:fs/promises';
import { ioError } from '../../errors.js';

/** Which side of a benchmark's own division an image is on. */
export type Split = 'train' | 'val' | 'test';

/** An image that is left out, and why. */
export interface Skipped {
  id: string;
  reason: string;
}

interface Described {
  /** For people: "photos", "fashion-mnist (the shipped part)". */
  name: string;
  /** The kind of source: "folder", "idx", ... */
  kind: string;
  /** Class names by label, null when nothing is labeled. */
  classes: string[] | null;
  /** What was already left out while listing. */
  skipped: Skipped[];
  /** One sentence a person should see when the data is opened, such as "only a part of the set is here". */
  note?: string;
}

/** One encoded image file. */
export interface ImageFile {
  /** Unique in its source; for folders and manifests the path as written, with forward slashes. */
  id: string;
  path: string;
  /** Index into `classes`, -1 when unlabeled. */
  label: number;
  split: Split | null;
}

/** Images as files that sharp decodes. */
export interface FileSource extends Described {
  form: 'files';
  files: ImageFile[];
}

/** Pixels of images whose labels are found while they are made. */
export interface LabeledPixels {
  pixels: Uint8Array;
  /** One per image, index into `classes` or -1. */
  labels: Int32Array;
  /** Classes of the pixels, height x width for each image, where the source has `maskClasses`. */
  masks?: Uint8Array;
}

/** The pixels alone. */
export function pixelsOf(made: Uint8Array | LabeledPixels): Uint8Array {
  return made instanceof Uint8Array ? made : made.pixels;
}

/** A run of images that are stored, or made, as pixels. */
export interface PixelPart {
  /** Image i has the id `<idPrefix><i>`, or `ids[i]` where the images have names of their own. */
  idPrefix: string;
  ids?: readonly string[];
  split: Split | null;
  count: number;
  /** [count], index into `classes` or -1; null when the part is unlabeled or its labels come with the pixels. */
  labels: Int32Array | null;
  /** Changes whenever the pixels may have changed: it is part of the key of the pack. */
  identity: string;
  /** All pixels in order, uint8, height x width x channels, in pieces of one or more whole images. */
  pixels(): AsyncIterable<Uint8Array | LabeledPixels>;
}

/** Images of one size that come as pixels: IDX, CIFAR, STL, .npy, rendered scenes. */
export interface PixelSource extends Described {
  form: 'pixels';
  height: number;
  width: number;
  /** 1 is gray, 3 is color; up to 16 may stand for anything else, and are then neither resized nor converted. */
  channels: number;
  /** The classes of the masks that come with the pixels; the first is the background. */
  maskClasses?: string[];
  parts: PixelPart[];
}

/** What every kind of image source gives to the packer. */
export type ImageSource = FileSource | PixelSource;

/** What identifies a file without reading it: where it is, its size and its last change. */
export async function fileIdentity(path: string): Promise<string> {
  try {
    const { size, mtimeMs } = await stat(path);
    return `${path}|${size}|${mtimeMs}`;
  } catch (cause) {
    throw ioError('read', path, cause);
  }
}

/** When a source has a validation but no test part, the validation part is what one tests on (ImageNet, for one). */
export function valAsTest<T extends { split: Split | null }>(items: T[]): T[] {
  if (!items.some((item) => item.split === 'val') || items.some((item) => item.split === 'test')) return items;
  return items.map((item) => (item.split === 'val' ? { ...item, split: 'test' as const } : item));
}

const SPLIT_NAMES: Record<string, Split> = {
  train: 'train',
  training: 'train',
  unlabeled: 'train',
  unlabelled: 'train',
  val: 'val',
  valid: 'val',
  validation: 'val',
  test: 'test',
  testing: 'test',
};

/** The split that a folder name or a manifest's cell stands for, undefined for any other word. */
export function splitFromName(name: string): Split | undefined {
  return SPLIT_NAMES[name.trim().toLowerCase()];
}
