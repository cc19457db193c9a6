import { AutodidactError, expected } from '../../../errors.js';
import { listed } from '../../labels.js';
import type { Row, TableFile } from './table-rows.js';

export interface TableColumns {
  /** The texts. */
  column?: string;
  /** Names of classes. */
  label?: string;
  /** Names of documents; by default they are numbered. */
  id?: string;
  /** Lists of tags, where `column` holds lists of words. */
  tags?: string;
}

/** Column that holds the side of a division, where it does. */
export const SPLIT_COLUMN = 'split';
/** Columns that hold the texts where none is named. */
const USUAL_COLUMNS = ['text', 'content', 'document', 'body', 'sentence'];
/** Columns that hold the words of tagged texts where none is named. */
const USUAL_LISTS = ['tokens', 'words'];
/** What is no text where none is named. */
const BESIDE_TEXTS = ['id', 'label', 'labels', 'class', SPLIT_COLUMN];

/**
 * The column that holds the texts of a table, by its first row: the one that is named, else one of the usual names, else the only one that holds text.
 *
 * @throws AutodidactError `DATA` where several might be meant
 */
export function textColumn(row: Row, { column, ...others }: TableColumns, file: TableFile): string {
  if (column !== undefined) return column;
  if (others.tags !== undefined) return USUAL_LISTS.find((name) => name in row) ?? USUAL_LISTS[0]!;
  const usual =
    USUAL_COLUMNS.find((name) => typeof row[name] === 'string') ??
    USUAL_COLUMNS.find((name) => Object.hasOwn(row, name) && row[name] == null);
  if (usual !== undefined) return usual;
  const taken = new Set([...BESIDE_TEXTS, ...Object.values(others)]);
  const possible = Object.keys(row).filter((name) => typeof row[name] === 'string' && !taken.has(name.toLowerCase()));
  if (possible.length <= 1) return possible[0] ?? USUAL_COLUMNS[0]!;
  throw new AutodidactError('DATA', `Any of the columns ${listed(possible)} of ${file.path} may hold the texts`, {
    remedy: `Name the one that is meant: text:${file.path}?column=${encodeURIComponent(possible[0]!)}`,
  });
}

/**
 * A cell as a name: of a class, a document, a tag. Null for an empty one, undefined for what is no name.
 * @throws AutodidactError `DATA` for a number that JSON does not hold exactly: different ones would become the same
 */
export function nameIn(row: Row, column: string, file: TableFile, place: string): string | null | undefined {
  const cell = row[column];
  if (cell == null) return null;
  if (typeof cell === 'object') return undefined;
  if (typeof cell === 'number' && !(Number.isInteger(cell) ? Number.isSafeInteger(cell) : Number.isFinite(cell)))
    throw expected('a whole number up to 2^53', `${column} in row ${place} of ${file.path}`, cell, {
      code: 'DATA',
      remedy: 'Write it in quotes, which keeps every digit.',
    });
  return String(cell);
}
