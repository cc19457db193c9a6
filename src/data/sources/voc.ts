import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { basename, join, parse, resolve } from 'node:path';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { AutodidactError, ioError } from '../../errors.js';
import { counted } from '../../format.js';
import { listed, normalizeName, sortClasses } from '../labels.js';
import { readMaskFile } from '../mask-file.js';
import { clipped } from '../objects.js';
import { mapInOrder } from '../parallel.js';
import { readRegular, readText } from '../regular-file.js';
import { listFolder } from './folder-listing.js';
import {
  type Annotated,
  type Annotations,
  type FileSource,
  fileIdentity,
  type NamedObject,
  type Split,
  valAsTest,
} from './source.js';

const IMAGES = 'JPEGImages';
const OBJECTS = 'Annotations';
const MASKS = 'SegmentationClass';
/** Pixels of no class in a mask. */
const VOID = 255;

/** The classes of PASCAL VOC: number c + 1 of its masks is class c. */
const VOC_CLASSES = (
  'aeroplane bicycle bird boat bottle bus car cat chair cow diningtable dog horse motorbike person pottedplant sheep sofa train ' +
  'tvmonitor'
).split(' ');

/** Whether a folder with these entries is in the form of PASCAL VOC. */
export const isVocFolder = (names: readonly string[]): boolean => names.includes(IMAGES) && names.includes(OBJECTS);

/**
 * A folder in the form of PASCAL VOC: `JPEGImages/`, `Annotations/` with an XML file per image, masks with a palette in
 * `SegmentationClass/`, and the splits in `ImageSets/Main/`. The classes are VOC's twenty, or those that occur, sorted, where others do.
 *
 * @throws AutodidactError `DATA` without images, `IO`
 */
export async function openVoc(folder: string): Promise<FileSource> {
  const root = resolve(folder);
  const { ids, skipped } = await listFolder(join(root, IMAGES));
  if (ids.length === 0) throw new AutodidactError('DATA', `${join(folder, IMAGES)} holds no images`);
  const [objectFiles, maskFiles] = [await filesOf(join(root, OBJECTS)), await filesOf(join(root, MASKS))];
  const names = new Set(ids.map((id) => parse(id).name));
  const { splits, unknown } = await readSplits(join(root, 'ImageSets', 'Main'), names);
  for (const file of [...objectFiles].sort())
    if (file.endsWith('.xml') && !names.has(parse(file).name))
      skipped.push({ id: `${OBJECTS}/${file}`, reason: 'there is no such image' });
  const files = ids.map((id) => ({
    id,
    path: join(root, IMAGES, id),
    label: -1,
    split: splits.get(parse(id).name) ?? null,
  }));
  const annotations = await annotationsOf(root, ids, objectFiles, maskFiles);
  return {
    ...{ form: 'files', kind: 'voc', name: basename(root), classes: null, skipped },
    ...{ files: valAsTest(files), annotations },
    ...(unknown.length === 0
      ? {}
      : {
          note: `ImageSets/Main lists ${counted(unknown.length, 'name')} of images that are not there, such as ${listed(unknown.slice(0, 1))}.`,
        }),
  };
}

async function annotationsOf(
  root: string,
  ids: readonly string[],
  objectFiles: ReadonlySet<string>,
  maskFiles: ReadonlySet<string>,
): Promise<Annotations> {
  const objectPaths = pathsOf(ids, join(root, OBJECTS), '.xml', objectFiles);
  const maskPaths = pathsOf(ids, join(root, MASKS), '.png', maskFiles);
  const hash = createHash('sha256');
  const paths = [...objectPaths.values(), ...maskPaths.values()];
  for await (const identity of mapInOrder(paths, fileIdentity, 64)) hash.update(`${identity}\n`);
  const findClasses = async (): Promise<readonly string[]> => {
    const found = new Set<string>();
    for await (const annotation of mapInOrder(objectPaths.values(), readVoc))
      for (const { name } of objectsIn(annotation)) if (nameOf(name) !== '') found.add(nameOf(name));
    return [...found].every((name) => VOC_CLASSES.includes(name)) ? VOC_CLASSES : sortClasses(found);
  };
  let found: Promise<readonly string[]> | undefined;
  const classes = () => {
    found ??= findClasses();
    return found;
  };
  return {
    identity: hash.digest('hex'),
    hasMasks: maskPaths.size > 0,
    classes,
    pointNames: [],
    async read(id, size): Promise<Annotated> {
      const marks: Annotated = { objects: null, mask: null, flaws: [] };
      const [objectPath, maskPath] = [objectPaths.get(id), maskPaths.get(id)];
      if (objectPath !== undefined) {
        const { objects, flaws } = objectsOf(await readVoc(objectPath), size);
        marks.objects = objects;
        marks.flaws.push(...flaws);
      }
      if (maskPath !== undefined) {
        const mask = await readVocMask(maskPath, size, await classes());
        if (typeof mask === 'string') marks.flaws.push(mask);
        else marks.mask = mask;
      }
      return marks;
    },
  };
}

/** Those of these images that have a file of their name in a folder. */
function pathsOf(ids: readonly string[], folder: string, ending: string, files: ReadonlySet<string>) {
  const named = ids.map((id) => [id, `${parse(id).name}${ending}`] as const);
  return new Map(named.filter(([, file]) => files.has(file)).map(([id, file]) => [id, join(folder, file)]));
}

/** The mask in a file, or why it is no mask of an image of this size. */
async function readVocMask(
  path: string,
  size: { width: number; height: number },
  classes: readonly string[],
): Promise<Uint8Array | string> {
  const mask = await readMaskFile(path).catch(reasonOf);
  if (typeof mask === 'string') return mask;
  const { width, height, data } = mask;
  if (width !== size.width || height !== size.height)
    return `its mask has ${width} x ${height} pixels, the image ${size.width} x ${size.height}`;
  const wrong = data.find((number) => number > classes.length && number !== VOID);
  if (wrong !== undefined)
    return `its mask has pixels of class ${wrong}; there are ${classes.length} classes, and 0 for the background`;
  return data;
}

/** Why a file of one image cannot be used. Failures of the system are thrown. */
function reasonOf(error: unknown): string {
  if (error instanceof AutodidactError && error.code === 'DATA') return error.message;
  throw error;
}

/** The content of a file of annotations; a sentence when it cannot be used. */
async function readVoc(path: string): Promise<VocAnnotation | string> {
  const bytes = await readRegular(path, MOST_XML_BYTES).catch(reasonOf);
  if (typeof bytes === 'string') return bytes;
  const encoding = encodingOf(bytes);
  try {
    return parseVoc(new TextDecoder(encoding, { fatal: true }).decode(bytes));
  } catch {
    return `its annotations cannot be read as ${encoding}; save them as UTF-8`;
  }
}

const MOST_XML_BYTES = 2 ** 28;

/** The encoding of an XML file, by its byte order mark or else by its declaration. */
function encodingOf(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  const [, declared = 'utf-8'] =
    /^<\?xml[^>]*\sencoding\s*=\s*["']([\w.:-]+)["']/.exec(bytes.toString('latin1', 0, 200)) ?? [];
  // What can be read without a mark has one byte a letter, whatever it says.
  return /^utf-?16/i.test(declared) ? 'utf-8' : declared.toLowerCase();
}

const parser = new XMLParser({ parseTagValue: false, isArray: (name) => name === 'object' });

/** The content of a file of annotations; a sentence when it is damaged. */
function parseVoc(text: string): VocAnnotation | string {
  try {
    const found = XMLValidator.validate(text);
    if (found !== true) return `its annotations are damaged: ${found.err.msg}`;
    const { annotation } = parser.parse(text) as { annotation?: VocAnnotation };
    return typeof annotation === 'object' ? annotation : 'its annotations have no element `annotation`';
  } catch (error) {
    // Entities, very deep nesting and some names are refused by the parser, for safety.
    return `its annotations are XML of a kind that is not read: ${error instanceof Error ? error.message : error}`;
  }
}

/**
 * The objects in a file of PASCAL VOC. Its boxes name the first and the last pixel and count from 1.
 *
 * @param size of the image; objects of a file for another size are not read
 */
export const readVocObjects = (text: string, size: { width: number; height: number }): VocObjects =>
  objectsOf(parseVoc(text), size);

interface VocObjects {
  objects: NamedObject[] | null;
  /** What was left out, in phrases. */
  flaws: string[];
}

function objectsOf(annotation: VocAnnotation | string, size: { width: number; height: number }): VocObjects {
  if (typeof annotation === 'string') return { objects: null, flaws: [annotation] };
  const [width, height] = [Number(annotation.size?.width ?? 0), Number(annotation.size?.height ?? 0)];
  // Some programs leave the size at 0.
  if (width > 0 && height > 0 && (width !== size.width || height !== size.height))
    return {
      objects: null,
      flaws: [`annotated for ${width} x ${height} pixels, the image has ${size.width} x ${size.height}`],
    };
  const flaws: string[] = [];
  const objects = objectsIn(annotation).flatMap((object): NamedObject[] => {
    const made = objectOf(object, size);
    if (typeof made !== 'string') return [made];
    flaws.push(made);
    return [];
  });
  return { objects, flaws };
}

interface VocAnnotation {
  size?: { width?: string; height?: string };
  object?: VocObject[];
}

interface VocObject {
  name?: string;
  difficult?: string;
  bndbox?: Partial<Record<'xmin' | 'ymin' | 'xmax' | 'ymax', string>>;
}

const objectsIn = (annotation: VocAnnotation | string): VocObject[] =>
  typeof annotation === 'string' ? [] : (annotation.object ?? []);

const nameOf = (name: string | undefined): string => normalizeName(String(name ?? ''));

function objectOf(
  { name, difficult, bndbox = {} }: VocObject,
  size: { width: number; height: number },
): NamedObject | string {
  const className = nameOf(name);
  if (className === '') return 'an object without a name';
  const edges = (['xmin', 'ymin', 'xmax', 'ymax'] as const).map((edge) => Number(bndbox[edge] ?? Number.NaN));
  if (!edges.every(Number.isFinite)) return `a ${className} without a box`;
  const [left, top, right, bottom] = edges as [number, number, number, number];
  const whole = { left: left - 1, top: top - 1, width: right - left + 1, height: bottom - top + 1 };
  if (!(whole.width > 0 && whole.height > 0)) return `a ${className} with a box of no area`;
  const box = clipped(whole, { left: 0, top: 0, ...size });
  if (box === null) return `a ${className} with a box outside of the image`;
  return { className, box, ...(Number(difficult ?? 0) === 1 ? { isDifficult: true } : {}) };
}

/** The names in a folder; none when there is no such folder. */
async function filesOf(folder: string): Promise<Set<string>> {
  try {
    return new Set(await readdir(folder));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return new Set();
    throw ioError('read', folder, cause);
  }
}

/**
 * The split of each image by its name without ending; those in `trainval` alone are training images. A line is a name, with or without an ending,
 * and a number may follow.
 *
 * @param names of the images
 */
async function readSplits(
  folder: string,
  names: ReadonlySet<string>,
): Promise<{ splits: Map<string, Split>; unknown: string[] }> {
  const files = await filesOf(folder);
  const splits = new Map<string, Split>();
  const unknown = new Set<string>();
  const nameIn = (line: string): string | undefined => {
    const bare = line.replace(/\s+-?\d+$/, '');
    return [line, bare, parse(line).name, parse(bare).name].find((name) => names.has(name));
  };
  for (const [file, split] of [
    ['trainval', 'train'],
    ['test', 'test'],
    ['val', 'val'],
    ['train', 'train'],
  ] as const) {
    if (!files.has(`${file}.txt`)) continue;
    for (const written of (await readText(join(folder, `${file}.txt`))).split(/\r\n|\n|\r/)) {
      const line = written.trim();
      const name = nameIn(line);
      if (name !== undefined) splits.set(name, split);
      else if (line !== '') unknown.add(line);
    }
  }
  return { splits, unknown: [...unknown] };
}
