import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { AutodidactError, expected } from '../../errors.js';
import { encodeLabels, listed } from '../labels.js';
import { mapInOrder } from '../parallel.js';
import { column, optionalColumn, readTable, type Table } from '../table.js';
import { type FileSource, type ImageFile, type Skipped, type Split, splitFromName, valAsTest } from './source.js';

/**
 * A table of images, CSV or JSON Lines: column `path` (relative to the table's folder, or absolute), optionally `label`
 * (empty = unlabeled) and `split` (train, val, test; empty = none). A path that is not there, or that comes twice, is
 * listed as skipped. Throws DATA for a missing column, an unknown split, or when no image remains.
 */
export async function openManifest(path: string): Promise<FileSource> {
  const table = await readTable(path);
  const ids = column(table, 'path').map(manifestId);
  const splits = splitColumn(table);
  const { classes, labels } = encodeLabels(optionalColumn(table, 'label') ?? ids.map(() => null));
  const skipped: Skipped[] = [];
  const files: ImageFile[] = [];
  const seen = new Set<string>();
  const root = dirname(resolve(path));
  const isThere = (id: string) =>
    stat(resolve(root, id)).then(
      (entry) => entry.isFile(),
      () => false,
    );
  let i = 0;
  for await (const there of mapInOrder(ids, isThere)) {
    const id = ids[i]!;
    if (!there) skipped.push({ id, reason: 'there is no such file' });
    else if (seen.has(id)) skipped.push({ id, reason: 'listed more than once; the first line counts' });
    else files.push({ id, path: resolve(root, id), label: labels[i]!, split: splits[i]! });
    seen.add(id);
    i++;
  }
  if (files.length === 0) {
    const missing = ids.length > 0 ? `none of its files exists, such as ${listed(ids.slice(0, 1))}` : 'it has no rows';
    throw new AutodidactError('DATA', `${path} gives no images: ${missing}`, {
      remedy: `Paths are taken relative to ${root}.`,
    });
  }
  return { form: 'files', kind: 'manifest', name: basename(path), classes, skipped, files: valAsTest(files) };
}

/** What a path in a manifest is called, whatever the system that wrote it. */
export function manifestId(path: string): string {
  return path.replaceAll('\\', '/').replace(/^\.\//, '');
}

function splitColumn(table: Table): (Split | null)[] {
  const cells = optionalColumn(table, 'split') ?? table.rows.map(() => '');
  return cells.map((cell, i) => {
    if (cell.trim() === '') return null;
    const split = splitFromName(cell);
    if (split) return split;
    throw expected('train, val or test', `split in row ${i + 1} of ${table.path}`, cell, { code: 'DATA' });
  });
}
