import { basename, extname } from 'node:path';
import { expected } from '../../../errors.js';
import { type Split, splitFromName } from '../source.js';
import { SPLIT_COLUMN } from './table-columns.js';
import { type Row, rowsOf, type TableFile } from './table-rows.js';
import { UnreadableText } from './text-source.js';

/** The number of a part of a table, as in train-00000-of-00002. */
const PART = /(?:[-_. ]?\d+(?:-of-\d+)?)$/;

/**
 * The side of a division that the name of a table says, else the folders above it, the nearest first; null where they say none. Understood are
 * `train.jsonl`, `train-00000-of-00002.parquet`, `reviews_test.jsonl` and `test/part-0.parquet`.
 */
export function splitOfFile(id: string): Split | null {
  const parts = id.split('/');
  const stem = basename(parts.at(-1)!, extname(parts.at(-1)!));
  const bare = stem.replace(PART, '');
  const words = bare.split(/[-_. ]/);
  const names = [stem, bare, words[0]!, words.at(-1)!, ...parts.slice(0, -1).reverse()];
  for (const name of names) {
    const split = splitFromName(name);
    if (split !== undefined) return split;
  }
  return null;
}

/**
 * Sides that the rows of tables name in a column `split`; null where the first row of none of them has such a word there.
 * @throws AutodidactError `DATA` for another word behind it
 */
export async function splitsInRows(files: readonly TableFile[]): Promise<Set<Split | null> | null> {
  let found: Set<Split | null> | null = null;
  for (const file of files) {
    let isFirst = true;
    for await (const { place, row } of rowsOf(file, [], { only: [SPLIT_COLUMN] })) {
      if (row instanceof UnreadableText) continue;
      if (isFirst && !saysSplit(row)) break;
      isFirst = false;
      found ??= new Set();
      found.add(splitOfRow(file, place, row));
    }
  }
  return found;
}

/** Whether a row names a side of a division. */
export const saysSplit = (row: Row): boolean =>
  typeof row[SPLIT_COLUMN] === 'string' && splitFromName(row[SPLIT_COLUMN]) !== undefined;

/** The side that a row names, null for an empty cell. @throws AutodidactError `DATA` for another word */
export function splitOfRow({ path }: TableFile, place: string, row: Row): Split | null {
  const cell = row[SPLIT_COLUMN];
  if (cell == null || (typeof cell === 'string' && cell.trim() === '')) return null;
  const split = typeof cell === 'string' ? splitFromName(cell) : undefined;
  if (split !== undefined) return split;
  throw expected('train, val or test', `split in row ${place} of ${path}`, cell, { code: 'DATA' });
}
