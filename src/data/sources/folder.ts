import { basename, extname, join, resolve } from 'node:path';
import { AutodidactError } from '../../errors.js';
import { encodeLabels, listed } from '../labels.js';
import { type CocoJoin, joinCoco } from './coco.js';
import { readCocoFiles } from './coco-file.js';
import { readLayout } from './folder-layout.js';
import { type FileKind, IMAGE_FILES, isRunFolder, type Listing, listFolder } from './folder-listing.js';
import { type FileSource, type Split, valAsTest } from './source.js';

/**
 * A folder of images, or of another kind of files, nested as deep as one likes; splits and classes are read from the names of its folders, see
 * `readLayout`. Hidden files and the folders of training runs are passed over; what else is left out is listed or noted.
 * Throws NOT_FOUND, IO, or DATA when there is no image.
 */
export async function openFolder(folder: string, kind: FileKind = IMAGE_FILES): Promise<FileSource> {
  const root = resolve(folder);
  if (await isRunFolder(root)) {
    throw new AutodidactError('DATA', `${folder} is the folder of a training run, not data`, {
      remedy: `Give the folder of the ${kind.noun}.`,
    });
  }
  const listing = await listFolder(root, kind);
  const { ids, skipped } = listing;
  if (ids.length === 0) throw nothingFound(folder, listing, kind);
  const { splits, names, notes } = readLayout(ids);
  const { coco, unread } = kind === IMAGE_FILES ? await cocoBeside(root, listing) : { coco: null, unread: [] };
  if (coco !== null) return withCoco(root, listing, { ...coco, notes: [...coco.notes, ...unread] }, splits);
  const { classes, labels } = encodeLabels(names);
  const files = ids.map((id, i) => ({ id, path: join(root, id), label: labels[i]!, split: splits[i]! }));
  const note = [...notes, ...passedOver(listing), ...unread].join(' ');
  const described = { name: basename(root), classes, skipped, ...(note !== '' && { note }) };
  return { form: 'files', kind: 'folder', ...described, files: valAsTest(files) };
}

/** What files in COCO's form say of the images, null when there is none; and which JSON files could not be read. */
async function cocoBeside(
  root: string,
  { ids, others }: Listing,
): Promise<{ coco: CocoJoin | null; unread: string[] }> {
  const names = others.filter((id) => extname(id).toLowerCase() === '.json');
  const { files, unread } = await readCocoFiles(root, names);
  return {
    coco: files.length === 0 ? null : joinCoco(root, files, ids),
    unread: unread.map((message) => `Passed over: ${message.replace(/\.?$/, '.')}`),
  };
}

/** Images with their annotations, which stand in place of the classes that folders say. */
function withCoco(root: string, listing: Listing, coco: CocoJoin, splits: readonly (Split | null)[]): FileSource {
  const { ids, skipped } = listing;
  const files = ids.flatMap((id, i) => {
    if (coco.companions.has(id)) return [];
    return [{ id, path: join(root, id), label: -1, split: splits[i] ?? coco.splits.get(id) ?? null }];
  });
  const note = [...coco.notes, ...passedOver(listing)].join(' ');
  return {
    ...{ form: 'files', kind: 'coco', name: basename(root), classes: null, skipped: [...skipped, ...coco.skipped] },
    ...(note === '' ? {} : { note }),
    ...{ files: valAsTest(files), annotations: coco.annotations },
  };
}

/** Images by their ending in formats that nothing here reads. */
const FOREIGN_ENDINGS = new Set(
  '.dng .cr2 .cr3 .nef .arw .raf .orf .rw2 .psd .exr .hdr .ppm .pgm .pbm .pnm .tga .ico .dcm .nii .mp4 .mov .avi'.split(
    ' ',
  ),
);

/** Tells of files that may have been meant as images, and of run folders. */
function passedOver({ others, runs }: Listing): string[] {
  const notes: string[] = [];
  const bare = others.filter((id) => extname(id) === '');
  const foreign = others.filter((id) => FOREIGN_ENDINGS.has(extname(id).toLowerCase()));
  if (bare.length > 0) notes.push(`Passed over: ${counted(bare, 'without an ending')}.`);
  if (foreign.length > 0)
    notes.push(`Passed over: ${counted(foreign, 'of other formats')}; convert them to PNG or JPEG.`);
  if (runs.length > 0) notes.push(`Passed over: the training runs in ${listed(runs)}.`);
  return notes;
}

const counted = (ids: readonly string[], what: string) =>
  `${ids.length.toLocaleString('en')} ${ids.length === 1 ? 'file' : 'files'} ${what}, such as ${listed(ids.slice(0, 1))}`;

function nothingFound(
  folder: string,
  { others, skipped }: Listing,
  { noun, endings: known }: FileKind,
): AutodidactError {
  const pickle = cifarPickle(others);
  if (pickle !== undefined) {
    return new AutodidactError('DATA', `${folder} holds CIFAR as Python pickles (${pickle}), which are not read`, {
      remedy: 'Get the binary version: cifar-10-binary.tar.gz or cifar-100-binary.tar.gz.',
    });
  }
  const endings = new Map<string, number>();
  for (const id of others) {
    const ending = extname(id).toLowerCase() || 'without an ending';
    endings.set(ending, (endings.get(ending) ?? 0) + 1);
  }
  const most = [...endings].sort(([, a], [, b]) => b - a).slice(0, 4);
  const found = most.map(([ending, count]) => `${count.toLocaleString('en')} ${ending}`);
  for (const { id, reason } of skipped.slice(0, 1)) found.push(`${id} (${reason})`);
  const content = found.length > 0 ? `It holds other files: ${found.join(', ')}. ` : '';
  return new AutodidactError('DATA', `${folder} holds no ${noun}`, {
    remedy: `${content}Files are taken for ${noun} by their ending: ${known.join(' ')}.`,
  });
}

/** A file of CIFAR-10 (`data_batch_1`, ...) or CIFAR-100 (`train` beside `meta`) in the version for Python. */
function cifarPickle(ids: readonly string[]): string | undefined {
  const named = (pattern: RegExp) => ids.find((id) => pattern.test(basename(id)));
  return named(/^(data_batch_\d|test_batch)$/) ?? (named(/^meta$/) && named(/^(train|test)$/));
}
