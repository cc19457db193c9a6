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
import { readText } from '../regular-file.js';
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
  const paths = ids.flatMap((id) => {
    const { name } = parse(id);
    return [
      ...(objectFiles.has(`${name}.xml`) ? [join(root, OBJECTS, `${name}.xml`)] : []),
      ...(maskFiles.has(`${name}.png`) ? [join(root, MASKS, `${name}.png`)] : []),
    ];
  });
  const hash = createHash('sha256');
  for await (const identity of mapInOrder(paths, fileIdentity, 64)) hash.update(`${identity}\n`);
  return {
    identity: hash.digest('hex'),
    hasMasks: ids.some((id) => maskFiles.has(`${parse(id).name}.png`)),
    async classes() {
      const found = new Set<string>();
      const files = [...objectFiles].filter((file) => file.endsWith('.xml')).sort();
      for await (const text of mapInOrder(files, (file) => readText(join(root, OBJECTS, file))))
        for (const { name } of objectsIn(parseVoc(text))) if (nameOf(name) !== '') found.add(nameOf(name));
      return [...found].every((name) => VOC_CLASSES.includes(name)) ? VOC_CLASSES : sortClasses(found);
    },
    pointNames: [],
    async read(id, size): Promise<Annotated> {
      const { name } = parse(id);
      const marks: Annotated = { objects: null, mask: null, flaws: [] };
      if (objectFiles.has(`${name}.xml`)) {
        const text = await readText(join(root, OBJECTS, `${name}.xml`));
        const { objects, flaws } = readVocObjects(text, size);
        marks.objects = objects;
        marks.flaws.push(...flaws);
      }
      if (maskFiles.has(`${name}.png`)) {
        const mask = await readMaskFile(join(root, MASKS, `${name}.png`)).catch((error) => {
          if (error instanceof AutodidactError && error.code === 'DATA') return error.message;
          throw error;
        });
        if (typeof mask === 'string') marks.flaws.push(mask);
        else if (mask.width === size.width && mask.height === size.height) marks.mask = mask.data;
        else
          marks.flaws.push(
            `its mask has ${mask.width} x ${mask.height} pixels, the image ${size.width} x ${size.height}`,
          );
      }
      return marks;
    },
  };
}

const parser = new XMLParser({ parseTagValue: false, isArray: (name) => name === 'object' });

/** The content of a file of annotations; a sentence when it is damaged. */
function parseVoc(text: string): VocAnnotation | string {
  const found = XMLValidator.validate(text);
  if (found !== true) return `its annotations are damaged: ${found.err.msg}`;
  const { annotation } = parser.parse(text) as { annotation?: VocAnnotation };
  return typeof annotation === 'object' ? annotation : 'its annotations have no element `annotation`';
}

/**
 * The objects in a file of PASCAL VOC. Its boxes name the first and the last pixel and count from 1.
 *
 * @param size of the image; objects of a file for another size are not read
 */
export function readVocObjects(
  text: string,
  size: { width: number; height: number },
): { objects: NamedObject[] | null; flaws: string[] } {
  const annotation = parseVoc(text);
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
