import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { AutodidactError, expected } from '../../errors.js';
import { readText } from '../regular-file.js';

/** An image that a file names. */
export interface CocoImage {
  id: number | string;
  file_name: string;
  width?: number;
  height?: number;
}

/** An object in an image. */
export interface CocoAnnotation {
  id?: number | string;
  image_id: number | string;
  category_id: number | string;
  bbox?: unknown;
  area?: unknown;
  iscrowd?: unknown;
  segmentation?: unknown;
  keypoints?: unknown;
}

/** A class of objects. */
export interface CocoCategory {
  id: number | string;
  name: string;
  keypoints?: string[];
}

/** A file in the form of COCO's object annotations. */
export interface CocoFile {
  /** Relative to the folder of the images. */
  name: string;
  images: CocoImage[];
  annotations: CocoAnnotation[];
  categories: CocoCategory[];
}

/** Parsed files whose texts come to at most this many characters are kept: a folder is opened several times in a row. */
const MOST_KEPT = 2 ** 25;
const kept = new Map<string, CocoFile | null>();

/**
 * Those of these JSON files that are annotations of objects in COCO's form; captions and other files are passed over.
 *
 * @param names relative to the folder
 * @returns also why files could not be read as text, which need not concern the images
 * @throws AutodidactError `DATA` for a file that seems to be one and is damaged
 */
export async function readCocoFiles(
  root: string,
  names: readonly string[],
): Promise<{ files: CocoFile[]; unread: string[] }> {
  const files: CocoFile[] = [];
  const unread: string[] = [];
  for (const name of names) {
    const text = await readText(join(root, name)).catch((error) => {
      if (error instanceof AutodidactError) return error;
      throw error;
    });
    if (text instanceof AutodidactError) {
      unread.push(text.message);
      continue;
    }
    const key = createHash('sha256').update(join(root, name)).update(text).digest('hex');
    let file = kept.get(key);
    if (file === undefined) {
      file = parseCoco(join(root, name), name, text);
      if (text.length <= MOST_KEPT) {
        if (kept.size >= 4) kept.clear();
        kept.set(key, file);
      }
    }
    if (file !== null) files.push(file);
  }
  return { files, unread };
}

function parseCoco(path: string, name: string, text: string): CocoFile | null {
  if (!['"images"', '"annotations"'].every((word) => text.includes(word))) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AutodidactError('DATA', `${path} is damaged: ${cause instanceof Error ? cause.message : cause}`, {
      remedy: 'Get the file again, or move it out of the folder.',
      cause,
    });
  }
  const { images, annotations, categories = [] } = (value ?? {}) as Partial<Record<keyof CocoFile, unknown>>;
  if (!Array.isArray(images) || !Array.isArray(annotations) || !Array.isArray(categories)) return null;
  // Captions and answers to questions have no categories.
  if (categories.length === 0 && !annotations.some((one) => isRecord(one) && isObject(one))) return null;
  if (categories.length === 0)
    throw expected('categories with `id` and `name`', path, 'none', {
      code: 'DATA',
      remedy: 'Write the categories of its annotations into it, or move it out of the folder.',
    });
  const isId = (id: unknown) => typeof id === 'number' || typeof id === 'string';
  const check = (isRight: (one: Record<string, unknown>) => boolean, what: string, list: unknown[]) => {
    const wrong = list.findIndex((one) => !isRecord(one) || !isRight(one));
    if (wrong >= 0) throw expected(what, `${path}, entry ${wrong}`, list[wrong], { code: 'DATA' });
  };
  check((one) => isId(one.id) && typeof one.file_name === 'string', 'images with `id` and `file_name`', images);
  check((one) => isId(one.id) && typeof one.name === 'string', 'categories with `id` and `name`', categories);
  check((one) => isId(one.image_id), 'annotations with `image_id`', annotations);
  return { name, images, annotations, categories } as CocoFile;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Whether an annotation marks an object. */
const isObject = ({ bbox, category_id, segmentation }: Record<string, unknown>): boolean =>
  bbox !== undefined || category_id !== undefined || segmentation !== undefined;

/** The box of an annotation as left, top, width and height; null where it has none. */
export function boxOf({ bbox }: CocoAnnotation): [left: number, top: number, width: number, height: number] | null {
  if (!Array.isArray(bbox) || bbox.length !== 4 || !bbox.every(Number.isFinite)) return null;
  return bbox as [number, number, number, number];
}
