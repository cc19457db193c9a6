import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { AutodidactError, expected, ioError } from '../../errors.js';
import { labelSetsIn } from '../label-sets.js';
import { encodeLabels, isUnlabeled, listed, normalizeName, sortClasses } from '../labels.js';
import { mapInOrder } from '../parallel.js';
import { irregularKind, NO_FILE, saysMissing } from '../regular-file.js';
import { column, labelColumn, normalizeId, optionalColumn, readTable, type Table } from '../table.js';
import { type FileSource, type ImageFile, type Skipped, type Split, splitFromName, valAsTest } from './source.js';

/**
 * A table of images, CSV or JSON Lines: column `path` (relative to the table's folder, or absolute), optionally `label` or
 * `class` (empty or negative = unlabeled), `labels` (several, "cat; dog", see `labelSetsIn`) and `split` (train, val, test; empty = none). A path that is not there, or that
 * comes twice, is listed as skipped. Throws DATA for a missing column, an unknown split, a path with two labels, or when no image remains.
 */
export async function openManifest(path: string): Promise<FileSource> {
  const table = await readTable(path);
  const ids = column(table, 'path').map(normalizeId);
  const splits = splitColumn(table);
  const names = labelColumn(table);
  const cells = optionalColumn(table, 'labels');
  const sets = cells && labelSetsIn(cells, path);
  const skipped: Skipped[] = [];
  const files: (Omit<ImageFile, 'label'> & { name: string | null })[] = [];
  const labelSets = new Map<string, readonly string[] | null>();
  /** What is said of each image, by the first row that names it. */
  const seen = new Map<string, string>();
  const said = ids.map((_, i) => shownLabels(names?.[i], sets?.[i]));
  const root = dirname(resolve(path));
  let i = 0;
  for await (const reason of mapInOrder(ids, (id) => whyNoFile(resolve(root, id)))) {
    const id = ids[i]!;
    if (reason !== null) skipped.push({ id, reason });
    else if (seen.has(id)) skipped.push({ id, reason: 'listed more than once; the first line counts' });
    else files.push({ id, path: resolve(root, id), name: names?.[i] ?? null, split: splits[i]! });
    if (sets !== null && !seen.has(id)) labelSets.set(id, sets[i]!);
    const before = seen.get(id) ?? said[i]!;
    if (before !== said[i])
      throw new AutodidactError('DATA', `${path} labels ${id} both ${before} and ${said[i]}`, {
        remedy: 'Keep one of the rows.',
      });
    seen.set(id, before);
    i++;
  }
  if (files.length === 0) {
    const missing = ids.length > 0 ? `none of its files exists, such as ${listed(ids.slice(0, 1))}` : 'it has no rows';
    throw new AutodidactError('DATA', `${path} gives no images: ${missing}`, {
      remedy: `Paths are taken relative to ${root}.`,
    });
  }
  // The classes are those of the images that are there.
  const { classes, labels } = encodeLabels(files.map((file) => file.name));
  const labeled = files.map(({ name: _, ...file }, i) => ({ ...file, label: labels[i]! }));
  const note = unreadColumns(table);
  const name = basename(path);
  return {
    ...{ form: 'files', kind: 'manifest', name, classes, skipped, files: valAsTest(labeled) },
    ...(note && { note }),
    ...(sets === null ? {} : { labelSets }),
  };
}

/** What the columns `label` and `labels` say of an image, as it is compared and shown. */
function shownLabels(label: string | undefined, labels: readonly string[] | null | undefined): string {
  const name = normalizeName(label ?? '');
  const parts = [
    ...(isUnlabeled(name) ? [] : [name]),
    ...(labels == null ? [] : [sortClasses(labels).join('; ') || 'none']),
  ];
  return parts.join(' with ') || 'as unlabeled';
}

/**
 * Why there is no regular file at a path, null when there is one. Throws IO when the system does not say, such as for a
 * folder without permission.
 */
export async function whyNoFile(path: string): Promise<string | null> {
  let entry: Stats;
  try {
    entry = await stat(path);
  } catch (cause) {
    if (saysMissing(cause)) return NO_FILE;
    throw ioError('read', path, cause);
  }
  const kind = irregularKind(entry);
  return kind === null ? null : `${kind}, not a regular file`;
}

/** Tells of columns that may have been meant as labels; undefined when there is nothing to tell. */
function unreadColumns(table: Table): string | undefined {
  if (labelColumn(table) !== null) return undefined;
  const others = table.columns.filter(
    (name) => !['path', 'split', 'depth', 'labels'].includes(name.trim().toLowerCase()),
  );
  if (others.length === 0) return undefined;
  return `${basename(table.path)} has no column label, so its images are unlabeled. Not read: ${listed(others)}.`;
}

/** The column `split`; null where it is empty or missing. Throws DATA for another word. */
export function splitColumn(table: Table): (Split | null)[] {
  const cells = optionalColumn(table, 'split') ?? table.rows.map(() => '');
  return cells.map((cell, i) => {
    if (cell.trim() === '') return null;
    const split = splitFromName(cell);
    if (split) return split;
    throw expected('train, val or test', `split in line ${table.lines[i]} of ${table.path}`, cell, { code: 'DATA' });
  });
}
