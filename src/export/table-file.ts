import { extname } from 'node:path';
import { fileWriter, parquetWrite } from 'hyparquet-writer';
import { expected } from '../errors.js';
import { ensureParent, writeAtomically } from '../files.js';
import { replace } from './embeddings.js';

/** A cell of a table of results. */
export type CellValue = string | number | null;

/** The endings of files that `writeTable` writes. */
export const TABLE_ENDINGS = ['.parquet', '.json', '.csv'] as const;

/** @throws AutodidactError `USAGE` for another ending than `writeTable` knows */
export function checkTablePath(path: string): void {
  if (!TABLE_ENDINGS.some((ending) => extname(path).toLowerCase() === ending))
    throw expected(`a file that ends in ${TABLE_ENDINGS.join(', ')}`, 'out', path);
}

/**
 * Writes rows of one form to a file that a reader sees whole or not at all: Parquet, a JSON list of objects, or CSV (RFC 4180).
 * @throws AutodidactError `USAGE` for another ending, `IO` when it cannot be written
 */
export function writeTable(path: string, columns: readonly string[], rows: readonly (readonly CellValue[])[]): void {
  checkTablePath(path);
  ensureParent(path);
  const ending = extname(path).toLowerCase();
  if (ending === '.json') {
    const objects = rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i]])));
    writeAtomically(path, `${JSON.stringify(objects, null, 1)}\n`);
  } else if (ending === '.csv') {
    const lines = [columns, ...rows].map((row) => row.map(csvCell).join(','));
    writeAtomically(path, `${lines.join('\r\n')}\r\n`);
  } else {
    replace(path, (temporary) =>
      parquetWrite({
        writer: fileWriter(temporary),
        columnData: columns.map((name, i) => {
          const data = rows.map((row) => row[i]!);
          return { name, data, type: typeOf(data), nullable: data.some((value) => value === null) };
        }),
        createdBy: 'autodidact',
      }),
    );
  }
}

function typeOf(values: readonly CellValue[]): 'STRING' | 'INT32' | 'DOUBLE' {
  const known = values.filter((value) => value !== null);
  if (known.some((value) => typeof value === 'string') || known.length === 0) return 'STRING';
  return known.every((value) => Number.isInteger(value)) ? 'INT32' : 'DOUBLE';
}

function csvCell(value: CellValue | undefined): string {
  const text = String(value ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
