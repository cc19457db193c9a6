import { stat } from 'node:fs/promises';
import { ioError } from '../../errors.js';
import type { ImageObject } from '../objects.js';

/** The part of a data set's own division that an image belongs to. */
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
  /** Images that were left out while listing. */
  skipped: Skipped[];
  /** What the user should read when the data is opened, such as "only a part of the set is here". */
  note?: string;
  /** Several labels per image, by id; null for an image of which nothing is known. */
  labelSets?: ReadonlyMap<string, readonly string[] | null>;
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

/** An object whose class is given by name. */
export type NamedObject = Omit<ImageObject, 'class'> & { className: string };

/** What is marked in an image. */
export interface Annotated {
  /** In pixels of the image as it is in its file; null when nothing is known of its objects. */
  objects: NamedObject[] | null;
  /** One number per pixel of the image as it is in its file, 255 for void; null when it has none. */
  mask: Uint8Array | null;
  /** What was left out, in phrases: "a box of no area". */
  flaws: string[];
}

/** What is marked in the images of a source. */
export interface Annotations {
  /** Part of the pack's key: changes whenever the annotations may have changed. */
  identity: string;
  /** Whether there are masks. Their number 0 is the background, and number c + 1 is class c. */
  hasMasks: boolean;
  /** All classes in their order, also those of images that are not packed. */
  classes(): Promise<readonly string[]>;
  /** Names of the key points of an object; empty where there are none. */
  pointNames: readonly string[];
  /** What is marked in the image with this id and of this size. */
  read(id: string, size: { width: number; height: number }): Promise<Annotated>;
}

/** Images in files that sharp decodes. */
export interface FileSource extends Described {
  form: 'files';
  files: ImageFile[];
  annotations?: Annotations;
}

/** Pixels of generated images with the labels that result from generating them. */
export interface LabeledPixels {
  pixels: Uint8Array;
  /** One per image, index into `classes` or -1. */
  labels: Int32Array;
  /** Classes of the pixels, height x width for each image, where the source has `maskClasses`. */
  masks?: Uint8Array;
  /** The objects of each image, where the source has `objectClasses`. */
  objects?: ImageObject[][];
}

/** The pixels alone. */
export function pixelsOf(made: Uint8Array | LabeledPixels): Uint8Array {
  return made instanceof Uint8Array ? made : made.pixels;
}

/** A series of images that are stored or generated as pixels. */
export interface PixelPart {
  /** Image i has the id `<idPrefix><i>`, or `ids[i]` where the images have names. */
  idPrefix: string;
  ids?: readonly string[];
  split: Split | null;
  count: number;
  /** [count], index into `classes` or -1; null when the part is unlabeled or its labels come with the pixels. */
  labels: Int32Array | null;
  /** Part of the pack's key: changes whenever the pixels may have changed. */
  identity: string;
  /** All pixels in order, uint8, height x width x channels, in pieces of one or more whole images. */
  pixels(): AsyncIterable<Uint8Array | LabeledPixels>;
}

/** The id of image i of a part. */
export const idIn = ({ ids, idPrefix }: PixelPart, i: number): string => ids?.[i] ?? `${idPrefix}${i}`;

/** Images of one size as pixels: IDX, CIFAR, STL, .npy, rendered scenes. */
export interface PixelSource extends Described {
  form: 'pixels';
  height: number;
  width: number;
  /** 1 is gray, 3 is color; other numbers up to 16 are measured or rendered channels, which are not resized or converted. */
  channels: number;
  /** The classes of the masks that come with the pixels; the first is the background. */
  maskClasses?: string[];
  /** The classes of the objects that come with the pixels. */
  objectClasses?: string[];
  parts: PixelPart[];
}

/** What the packer takes. */
export type ImageSource = FileSource | PixelSource;

/** The ids of all images of a source. */
export function idsOf(source: ImageSource): string[] {
  if (source.form === 'files') return source.files.map(({ id }) => id);
  return source.parts.flatMap((part) => Array.from({ length: part.count }, (_, i) => idIn(part, i)));
}

/** Identifies a file without reading it: its path, size and time of change. Throws NOT_FOUND or IO. */
export async function fileIdentity(path: string): Promise<string> {
  try {
    const { size, mtimeMs } = await stat(path);
    return `${path}|${size}|${mtimeMs}`;
  } catch (cause) {
    throw ioError('read', path, cause);
  }
}

/** Makes the validation part the test part when there is no test part (as in ImageNet). */
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

/**
 * The split that a folder name or a manifest's cell stands for, undefined for any other word. A year or a plain word for
 * data may follow the name: `train2017` (COCO), `test_set`, `val-images`.
 */
export function splitFromName(name: string): Split | undefined {
  const [, stem] = /^([a-z]+?)(?:[-_ ]?(?:(?:19|20)\d\d|set|data|images|imgs))?$/.exec(name.trim().toLowerCase()) ?? [];
  return stem !== undefined && Object.hasOwn(SPLIT_NAMES, stem) ? SPLIT_NAMES[stem] : undefined;
}
