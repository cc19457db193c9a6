import { readdir, stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { expected, ioError } from '../errors.js';
import { noSplit } from './dataset.js';
import { readHeader } from './decode.js';
import { drawPart } from './draw.js';
import { ImageDataset } from './image-dataset.js';
import type { ImageHeader } from './image-header.js';
import { joinLabels } from './join-labels.js';
import { multiLabelTargets } from './label-sets.js';
import { defaultSide, type PackOptions, pack } from './pack.js';
import { mapInOrder } from './parallel.js';
import { isCifarFolder, openCifar } from './sources/cifar.js';
import { openFolder } from './sources/folder.js';
import { isIdxName, openIdx } from './sources/idx.js';
import { openManifest } from './sources/manifest.js';
import { namedBy, namedSources } from './sources/named.js';
import { openNpy } from './sources/npy.js';
import { type ImageSource, idsOf, type Split } from './sources/source.js';
import { isStlFolder, openStl } from './sources/stl.js';
import { isVocFolder, openVoc } from './sources/voc.js';
import { unknownData } from './unknown-data.js';

export interface OpenOptions extends PackOptions {
  /**
   * Which side of the source's own division: `train` is all that is neither validation nor test, `all` (the default)
   * everything. A source that has validation but no test images tests on the former.
   */
  split?: Split | 'all';
  /** A CSV or JSON Lines file with the columns `id` and `label` (or `labels`, several), which replace the source's own. */
  labels?: string;
}

/**
 * Opens images: a folder (with annotations in the form of COCO or PASCAL VOC, if any), a manifest (.csv, .tsv, .jsonl), IDX, CIFAR-10/100, STL-10, .npy, or a data set by name. They are
 * packed at the first opening (see `pack`), and ready at once afterwards.
 * Throws NOT_FOUND when the spec is neither a name nor a path, DATA when it gives no images, and what `pack` throws.
 */
export async function openImages(spec: string, options: OpenOptions = {}): Promise<ImageDataset> {
  const all = await openSource(spec, options);
  const source = selectSplit(all, options.split ?? 'all');
  const packed = ImageDataset.fromPack(await pack(source, options), source.name, source.note);
  const sets = source.labelSets;
  const dataset =
    sets === undefined
      ? packed
      : packed.withTargets(
          multiLabelTargets(
            packed.ids.map((id) => sets.get(id) ?? null),
            source.name,
          ),
        );
  return options.labels === undefined ? dataset : joinLabels(dataset, options.labels, idsOf(all));
}

/** Images whose headers are read to tell the side of all. */
const SURVEYED = 200;

/** The side in pixels that images get when none is asked for; null when only packing tells. */
export async function sideOf(spec: string, options: OpenOptions = {}): Promise<number | null> {
  const source = selectSplit(await openSource(spec, options), options.split ?? 'all');
  if (source.form === 'pixels') return source.channels > 3 ? null : Math.min(source.height, source.width);
  const some = Array.from(drawPart(source.files.length, SURVEYED), (i) => source.files[i]!);
  const headers: ImageHeader[] = [];
  for await (const header of mapInOrder(some, ({ path }) => readHeader(path).catch(() => null)))
    if (header !== null) headers.push(header);
  return defaultSide(headers);
}

/** Finds out what a spec stands for, and lists its images without reading their pixels. */
export async function openSource(spec: string, options: { cacheFolder?: string } = {}): Promise<ImageSource> {
  const named = namedBy(spec);
  if (named !== undefined) return named.source.open(named.variant, options);
  const entry = await stat(spec).catch((cause) => {
    throw cause.code === 'ENOENT' ? unknownData(spec, Object.keys(namedSources)) : ioError('read', spec, cause);
  });
  return entry.isDirectory() ? openAnyFolder(spec) : openFile(spec);
}

async function openAnyFolder(folder: string): Promise<ImageSource> {
  const names = await readdir(folder).catch((cause) => {
    throw ioError('read', folder, cause);
  });
  if (names.some(isIdxName)) return openIdx(folder);
  if (isCifarFolder(names)) return openCifar(folder);
  if (isStlFolder(names)) return openStl(folder);
  if (isVocFolder(names)) return openVoc(folder);
  return openFolder(folder);
}

const TABLE_ENDINGS = ['.csv', '.tsv', '.jsonl', '.ndjson'];

function openFile(path: string): Promise<ImageSource> {
  const ending = extname(path).toLowerCase();
  if (TABLE_ENDINGS.includes(ending)) return openManifest(path);
  if (ending === '.npy') return openNpy(path);
  if (isIdxName(basename(path))) return openIdx(path);
  const kinds = `a folder, a manifest (${TABLE_ENDINGS.join(', ')}), a .npy file or an IDX file (...images-idx3-ubyte)`;
  throw expected(kinds, 'data', path, { remedy: 'For single images, give the folder they are in.' });
}

function selectSplit(source: ImageSource, split: Split | 'all'): ImageSource {
  if (!['train', 'val', 'test', 'all'].includes(split)) throw expected('train, val, test or all', 'split', split);
  if (split === 'all') return source;
  const isOn = (item: { split: Split | null }) => item.split === split || (split === 'train' && item.split === null);
  if (source.form === 'files') {
    const files = source.files.filter(isOn);
    if (files.length === 0) throw noSplit(source.name, split);
    return { ...source, files };
  }
  const parts = source.parts.filter(isOn);
  if (parts.length === 0) throw noSplit(source.name, split);
  return { ...source, parts };
}
