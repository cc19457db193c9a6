import type { Dirent, Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { ioError } from '../../errors.js';
import { irregularKind, saysMissing } from '../regular-file.js';
import type { Skipped } from './source.js';

/** Which files of a folder are read. */
export interface FileKind {
  /** What they are called. */
  noun: string;
  /** In lower case, with the dot. */
  endings: readonly string[];
}

/** What this build of sharp cannot decode is listed as skipped, not passed over. */
export const IMAGE_FILES: FileKind = {
  noun: 'images',
  endings: '.jpg .jpeg .jpe .jfif .png .webp .tif .tiff .gif .avif .svg .bmp .heic .heif .jxl .jp2'.split(' '),
};

/** What lies in a folder and below it. Paths are relative to it, with forward slashes. */
export interface Listing {
  /** The files that are read, sorted. */
  ids: string[];
  skipped: Skipped[];
  /** Other files. */
  others: string[];
  /** Folders of training runs, which are not entered. */
  runs: string[];
}

/**
 * Lists a folder, nested as deep as one likes, through links to folders as well. Hidden files and folders, `__MACOSX` and
 * the folders of training runs are passed over. Throws NOT_FOUND or IO.
 */
export async function listFolder(root: string, kind: FileKind = IMAGE_FILES): Promise<Listing> {
  const listing: Listing = { ids: [], skipped: [], others: [], runs: [] };
  await walk(root, '', [], listing, kind);
  listing.ids.sort();
  return listing;
}

/** `parents` are the real paths of the folders that lead here: a link back to one of them is a circle. */
async function walk(
  root: string,
  relative: string,
  parents: readonly string[],
  listing: Listing,
  wanted: FileKind,
): Promise<void> {
  const folder = join(root, relative);
  let real: string;
  let entries: Dirent<Buffer>[];
  try {
    real = await realpath(folder);
    if (parents.includes(real)) return;
    entries = await readdir(folder, { withFileTypes: true, encoding: 'buffer' });
  } catch (cause) {
    throw ioError('read', folder, cause);
  }
  const named = entries
    .map((entry) => ({ entry, name: entry.name.toString() }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { entry, name } of named) {
    if (name.startsWith('.') || name === '__MACOSX') continue;
    const id = relative === '' ? name : `${relative}/${name}`;
    const kind = await kindOf(Buffer.concat([Buffer.from(`${folder}/`), entry.name]), entry);
    const isWanted = wanted.endings.includes(extname(name).toLowerCase());
    if (kind !== 'a folder' && !isWanted) listing.others.push(id);
    else if (!Buffer.from(name).equals(entry.name)) {
      listing.skipped.push({ id, reason: 'its name is not UTF-8; rename it' });
    } else if (kind === 'a folder') {
      if ((await isRunFolder(join(root, id))) || (name === 'runs' && (await holdsRuns(join(root, id))))) {
        listing.runs.push(id);
      } else await walk(root, id, [...parents, real], listing, wanted);
    } else if (kind === null) listing.ids.push(id);
    else listing.skipped.push({ id, reason: `${kind}, not a regular file` });
  }
}

/** As `irregularKind`. A broken link counts as a file: it is then listed as skipped with its reason. */
async function kindOf(path: Buffer, entry: Dirent<Buffer>): Promise<string | null> {
  if (!entry.isSymbolicLink()) return irregularKind(entry);
  let target: Stats;
  try {
    target = await stat(path);
  } catch (cause) {
    if (saysMissing(cause)) return null;
    throw ioError('read', path.toString(), cause);
  }
  return irregularKind(target);
}

/** Whether a folder is one of a training run: its previews are no data. */
export async function isRunFolder(path: string): Promise<boolean> {
  const [config, checkpoints] = await Promise.all(
    ['config.json', 'checkpoints'].map((name) => stat(join(path, name)).catch(() => null)),
  );
  return config?.isFile() === true && checkpoints?.isDirectory() === true;
}

async function holdsRuns(path: string): Promise<boolean> {
  const names = await readdir(path).catch(() => []);
  for (const name of names) if (await isRunFolder(join(path, name))) return true;
  return false;
}
