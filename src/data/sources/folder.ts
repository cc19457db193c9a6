import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { AutodidactError, ioError } from '../../errors.js';
import { encodeLabels } from '../labels.js';
import { type FileSource, type Split, splitFromName, valAsTest } from './source.js';

/** Which files of a folder are read. */
export interface FileKind {
  /** What they are called. */
  noun: string;
  /** In lower case, with the dot. */
  endings: readonly string[];
}

/** File name endings taken for images. What this build of sharp cannot decode is listed as skipped, not passed over. */
const IMAGE_FILES: FileKind = {
  noun: 'images',
  endings: '.jpg .jpeg .jpe .jfif .png .webp .tif .tiff .gif .avif .svg .bmp .heic .heif .jxl .jp2'.split(' '),
};

/**
 * A folder of images, nested as deep as one likes. Two conventions are understood:
 * - splits: when every image lies under a subfolder called train, val, valid, test, unlabeled or the like;
 * - classes: when (within a split) every image lies directly in one of two or more subfolders, their names are the labels.
 *
 * Hidden files and folders are passed over. Throws NOT_FOUND, IO, or DATA when there is no image.
 */
export async function openFolder(folder: string, kind: FileKind = IMAGE_FILES): Promise<FileSource> {
  const root = resolve(folder);
  const ids = (await listFiles(root, kind.endings)).sort();
  if (ids.length === 0) {
    throw new AutodidactError('DATA', `${folder} holds no ${kind.noun}`, {
      remedy: `Files are taken for ${kind.noun} by their ending: ${kind.endings.join(' ')}.`,
    });
  }
  const splits = splitsOf(ids);
  const names = classNamesOf(ids, splits);
  const { classes, labels } = encodeLabels(names);
  const files = ids.map((id, i) => ({ id, path: join(root, id), label: labels[i]!, split: splits[i]! }));
  return { form: 'files', kind: 'folder', name: basename(root), classes, skipped: [], files: valAsTest(files) };
}

/** Paths of all images below `root`, relative to it, with forward slashes. */
async function listFiles(root: string, endings: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  const visited = new Set<string>();
  const walk = async (relative: string): Promise<void> => {
    const folder = join(root, relative);
    let entries: Dirent[];
    try {
      const real = await realpath(folder);
      if (visited.has(real)) return;
      visited.add(real);
      entries = await readdir(folder, { withFileTypes: true });
    } catch (cause) {
      throw ioError('read', folder, cause);
    }
    for (const entry of entries) {
      if (entry.name.startsWith('.') || entry.name === '__MACOSX') continue;
      const id = relative === '' ? entry.name : `${relative}/${entry.name}`;
      const isFolder = entry.isSymbolicLink() ? await leadsToFolder(join(root, id)) : entry.isDirectory();
      if (isFolder) await walk(id);
      else if (endings.includes(extname(entry.name).toLowerCase())) found.push(id);
    }
  };
  await walk('');
  return found;
}

/** A broken link counts as a file: it is then listed as skipped with its reason. */
const leadsToFolder = (link: string) =>
  stat(link).then(
    (target) => target.isDirectory(),
    () => false,
  );

/** The split of each image; all null unless every image lies under a folder named for a split. */
function splitsOf(ids: string[]): (Split | null)[] {
  const splits = ids.map((id) => (id.includes('/') ? splitFromName(id.slice(0, id.indexOf('/'))) : undefined));
  return splits.every((split) => split !== undefined) ? splits : ids.map(() => null);
}

/** The class name of each image, null where its split is not sorted into class folders. */
function classNamesOf(ids: string[], splits: (Split | null)[]): (string | null)[] {
  const groups = new Map<string, { at: number; parts: string[] }[]>();
  ids.forEach((id, at) => {
    const parts = id.split('/');
    const group = splits[at] === null ? '' : parts.shift()!;
    const members = groups.get(group) ?? [];
    members.push({ at, parts });
    groups.set(group, members);
  });
  const names: (string | null)[] = ids.map(() => null);
  for (const members of groups.values()) {
    const folders = new Set(members.map(({ parts }) => parts[0]));
    if (folders.size < 2 || members.some(({ parts }) => parts.length !== 2)) continue;
    for (const { at, parts } of members) names[at] = parts[0]!;
  }
  return names;
}
