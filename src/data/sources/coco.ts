import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { AutodidactError } from '../../errors.js';
import { groupBy } from '../groups.js';
import { normalizeName, sortClasses } from '../labels.js';
import { clipped } from '../objects.js';
import { boxOf, type CocoAnnotation, type CocoCategory, type CocoFile } from './coco-file.js';
import { isSegmentation, paint, type Segmentation } from './coco-masks.js';
import { cocoNotes } from './coco-notes.js';
import {
  type Annotated,
  type Annotations,
  type NamedObject,
  type Skipped,
  type Split,
  splitFromName,
} from './source.js';

/** Most categories that a mask can number: 0 is the background, 255 void. */
const MOST_NUMBERED = 254;

/** COCO files joined with the images that lie in the folder. */
export interface CocoJoin {
  annotations: Annotations;
  /** Images that are named but not there. */
  skipped: Skipped[];
  /** Images that belong to others, such as their depth: an entry names them beside `file_name`, as `depth_file_name`. */
  companions: ReadonlySet<string>;
  /** The split of an image by the name of its file of annotations, where that says one. */
  splits: ReadonlyMap<string, Split>;
  /** What the user should know. */
  notes: string[];
}

/** What is known of one image. */
interface Known {
  width?: number;
  height?: number;
  annotations: CocoAnnotation[];
}

/**
 * Joins files of annotations with images. An image is found by the end of its path; annotations of one box with the same id are one, so that files
 * of boxes and of key points go together. Ids are the same as numbers and as texts. Categories are numbered in the order of their ids, gaps or not.
 *
 * @param ids of the images in the folder
 * @throws AutodidactError `DATA` when no image is there, when a name fits several, when two images have one id, or when files disagree on a category
 */
export function joinCoco(root: string, files: readonly CocoFile[], ids: readonly string[]): CocoJoin {
  const categories = joinCategories(files);
  const find = finder(ids);
  const known = new Map<string, Known>();
  const splits = new Map<string, Split>();
  const skipped = new Map<string, Skipped>();
  for (const file of files) {
    const split = splitOf(file.name);
    const byImage = new Map<string, Known>();
    checkImageIds(file);
    for (const { id, file_name, width, height } of file.images) {
      const path = find(file_name, file.name);
      if (path === null) {
        skipped.set(file_name, { id: file_name, reason: `${file.name} names it, but there is no such image` });
        byImage.set(String(id), { annotations: [] });
        continue;
      }
      const own = known.get(path) ?? { width, height, annotations: [] };
      known.set(path, own);
      byImage.set(String(id), own);
      if (split !== undefined) splits.set(path, split);
    }
    let strays = 0;
    const ownOfFile = new Set<CocoAnnotation>();
    for (const annotation of file.annotations) {
      const image = byImage.get(String(annotation.image_id));
      if (image === undefined) strays += 1;
      else addTo(image.annotations, annotation, ownOfFile);
    }
    if (strays > 0)
      skipped.set(file.name, {
        id: file.name,
        reason: `${strays} of its annotations are for images that it does not name`,
      });
  }
  if (known.size === 0)
    throw new AutodidactError('DATA', `${files[0]!.name} names no image of ${root}`, {
      remedy: `It names ${files[0]!.images[0]?.file_name ?? 'none'}; an image of the folder is ${ids[0]}.`,
    });
  const companions = companionsIn(files, ids);
  const unnamed = ids.length - known.size - companions.size;
  const notes =
    unnamed > 0
      ? [`Of ${unnamed} images nothing is known: ${files.map(({ name }) => name).join(', ')} does not name them.`]
      : [];
  for (const file of files) notes.push(...cocoNotes(file, pointNamesOf(categories).length));
  if (categories.size > MOST_NUMBERED && hasOutlines(known))
    notes.push(
      `Outlines are left out: a mask numbers ${MOST_NUMBERED} classes at most, and there are ${categories.size}.`,
    );
  return {
    ...{ annotations: annotationsOf(files, known, categories), skipped: [...skipped.values()] },
    ...{ companions, splits, notes },
  };
}

function companionsIn(files: readonly CocoFile[], ids: readonly string[]): Set<string> {
  const all = new Set(ids);
  const named = files.flatMap(({ name, images }) =>
    images.flatMap((image) =>
      Object.entries(image).flatMap(([key, value]) =>
        key.endsWith('_file_name') && typeof value === 'string' ? [value, `${dirname(name)}/${value}`] : [],
      ),
    ),
  );
  return new Set(named.filter((id) => all.has(id)));
}

/** @throws AutodidactError `DATA` for an id of two images: whose annotations are whose nobody knows */
function checkImageIds({ name, images }: CocoFile): void {
  const names = new Map<string, string>();
  for (const { id, file_name } of images) {
    const other = names.get(String(id));
    if (other !== undefined && other !== file_name)
      throw new AutodidactError('DATA', `${name} gives the id ${id} to two images, ${other} and ${file_name}`, {
        remedy: 'Give each image an id of its own.',
      });
    names.set(String(id), file_name);
  }
}

const hasOutlines = (known: ReadonlyMap<string, Known>): boolean =>
  [...known.values()].some(({ annotations }) => annotations.some(({ segmentation }) => isSegmentation(segmentation)));

/**
 * Joins an annotation with the one of the same id and box, if there is one: some programs give all objects one id. Where one has no box, it is
 * of another file or has the same outline.
 *
 * @param ownOfFile what was added of the file of this annotation
 */
function addTo(annotations: CocoAnnotation[], annotation: CocoAnnotation, ownOfFile: Set<CocoAnnotation>): void {
  const isSameShape = (other: CocoAnnotation) =>
    other.bbox === undefined || annotation.bbox === undefined
      ? !ownOfFile.has(other) || isDeepStrictEqual(other.segmentation, annotation.segmentation)
      : isDeepStrictEqual(other.bbox, annotation.bbox);
  const isSame = (other: CocoAnnotation) =>
    String(other.id) === String(annotation.id) &&
    String(other.category_id) === String(annotation.category_id) &&
    isSameShape(other);
  const same = annotation.id === undefined ? -1 : annotations.findIndex(isSame);
  const added = same < 0 ? annotation : { ...annotations[same]!, ...annotation };
  annotations[same < 0 ? annotations.length : same] = added;
  ownOfFile.add(added);
}

function joinCategories(files: readonly CocoFile[]): Map<string, CocoCategory> {
  const categories = new Map<string, CocoCategory>();
  for (const file of files)
    for (const given of file.categories) {
      const category = { ...given, name: normalizeName(given.name) };
      const same = categories.get(String(category.id));
      if (same !== undefined && same.name !== category.name)
        throw new AutodidactError(
          'DATA',
          `${file.name} calls category ${category.id} ${category.name}, another file calls it ${same.name}`,
          { remedy: 'Move one of the files out of the folder.' },
        );
      categories.set(String(category.id), { ...same, ...category });
    }
  const sorted = sortClasses(categories.keys()).map((id) => [id, categories.get(id)!] as const);
  const names = new Set<string>();
  for (const [id, { name }] of sorted) {
    if (names.has(name)) throw new AutodidactError('DATA', `Two categories are called ${name}; one has the id ${id}`);
    names.add(name);
  }
  return new Map(sorted);
}

/** Finds the image that a file of annotations means; null when there is none. */
function finder(ids: readonly string[]): (name: string, file: string) => string | null {
  const all = new Set(ids);
  const endOf = (id: string, parts: number): string => id.split('/').slice(-parts).join('/');
  /** The images by the last parts of their paths, for each number of parts that a written name has. */
  const byEnd = new Map<number, Map<string, string[]>>();
  const endingIn = (name: string): string[] => {
    const parts = name.split('/').length;
    const known = byEnd.get(parts) ?? groupBy(ids, (id) => endOf(id, parts));
    byEnd.set(parts, known);
    return known.get(name) ?? [];
  };
  return (written, file) => {
    const name = written.replaceAll('\\', '/').replace(/^\.?\//, '');
    const folder = dirname(file);
    const beside = folder === '.' ? name : `${folder}/${name}`;
    if (all.has(beside)) return beside;
    const fitting = endingIn(name);
    if (fitting.length <= 1) return fitting[0] ?? null;
    // instances_val2017.json is for val2017/.
    const meant = fitting.filter((id) =>
      id
        .split('/')
        .slice(0, -1)
        .some((part) => basename(file).includes(part)),
    );
    if (meant.length === 1) return meant[0]!;
    throw new AutodidactError('DATA', `${file} names ${name}, which may be ${fitting.slice(0, 3).join(' or ')}`, {
      remedy: 'Put the file of annotations into the folder of its images, or write the paths of the images into it.',
    });
  };
}

function splitOf(file: string): Split | undefined {
  const words = basename(file, '.json').split(/[-_. ]/);
  return words.map(splitFromName).find((split) => split !== undefined);
}

const pointNamesOf = (categories: ReadonlyMap<string, CocoCategory>): readonly string[] =>
  [...categories.values()].find(({ keypoints }) => keypoints !== undefined)?.keypoints ?? [];

function annotationsOf(
  files: readonly CocoFile[],
  known: ReadonlyMap<string, Known>,
  categories: ReadonlyMap<string, CocoCategory>,
): Annotations {
  const hasMasks = categories.size <= MOST_NUMBERED && hasOutlines(known);
  const pointNames = pointNamesOf(categories);
  const names = [...categories.values()].map(({ name }) => name);
  const hash = createHash('sha256').update(JSON.stringify(files.map(({ categories }) => categories)));
  for (const [id, own] of known) hash.update(JSON.stringify([id, own]));
  return {
    identity: hash.digest('hex'),
    hasMasks,
    classes: async () => names,
    pointNames,
    async read(id, size): Promise<Annotated> {
      const own = known.get(id);
      if (own === undefined) return { objects: null, mask: null, flaws: [] };
      if ((own.width ?? size.width) !== size.width || (own.height ?? size.height) !== size.height) {
        const flaw = `annotated for ${own.width} x ${own.height} pixels, the image has ${size.width} x ${size.height}`;
        return { objects: null, mask: null, flaws: [flaw] };
      }
      return marksOf(own.annotations, size, categories, pointNames.length, hasMasks);
    },
  };
}

function marksOf(
  annotations: readonly CocoAnnotation[],
  size: { width: number; height: number },
  categories: ReadonlyMap<string, CocoCategory>,
  pointCount: number,
  hasMasks: boolean,
): Annotated {
  const flaws: string[] = [];
  const objects: NamedObject[] = [];
  const outlines: { number: number; area: number; outline: Segmentation }[] = [];
  const numbers = new Map([...categories.keys()].map((id, i) => [id, i + 1]));
  let isMasked = hasMasks;
  for (const annotation of annotations) {
    const category = categories.get(String(annotation.category_id));
    if (category === undefined) {
      flaws.push(`an object of category ${annotation.category_id}, which is not in the file`);
      continue;
    }
    const object = objectOf(annotation, category.name, size, pointCount);
    if (typeof object === 'string') flaws.push(object);
    else objects.push(object);
    const { segmentation: outline } = annotation;
    const number = numbers.get(String(annotation.category_id))!;
    const area = Number(annotation.area ?? 0);
    if (isSegmentation(outline)) outlines.push({ number, area, outline });
    else isMasked = false;
  }
  if (!isMasked) return { objects, mask: null, flaws };
  const canvas = { ...size, data: new Uint8Array(size.width * size.height) };
  // Small objects lie on large ones.
  for (const { number, outline } of outlines.sort((a, b) => b.area - a.area)) {
    const flaw = paint(canvas, outline, number);
    if (flaw !== null) return { objects, mask: null, flaws: [...flaws, flaw] };
  }
  return { objects, mask: canvas.data, flaws };
}

/** The object of an annotation, or why there is none. */
function objectOf(
  annotation: CocoAnnotation,
  className: string,
  size: { width: number; height: number },
  pointCount: number,
): NamedObject | string {
  const { area, iscrowd, keypoints } = annotation;
  const whole = boxOf(annotation);
  if (whole === null) return 'an object without a box';
  const [left, top, width, height] = whole;
  if (!(width > 0 && height > 0)) return 'a box of no area';
  const box = clipped({ left, top, width, height }, { left: 0, top: 0, ...size });
  if (box === null) return 'a box outside of the image';
  const isArea = typeof area === 'number' && area > 0 && Number.isFinite(area);
  const isPoints = Array.isArray(keypoints) && keypoints.length === 3 * pointCount && keypoints.every(Number.isFinite);
  return {
    ...{ className, box },
    ...(isArea ? { area } : {}),
    ...(Number(iscrowd ?? 0) === 1 ? { isCrowd: true } : {}),
    ...(isPoints && pointCount > 0 ? { points: Float64Array.from(keypoints as number[]) } : {}),
  };
}
