import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { AutodidactError, expected, ioError } from '../errors.js';
import { listed } from './labels.js';

/** A small table of text: manifests and label files. */
export interface Table {
  path: string;
  columns: string[];
  /** One array per row, in the order of `columns`; '' where a cell is empty. */
  rows: string[][];
}

/**
 * Reads a CSV file (RFC 4180, with a header line; `.tsv` is split at tabs) or a JSON Lines file (`.jsonl`, `.ndjson`: one
 * object per line). Throws NOT_FOUND or IO when it cannot be read, DATA with the line number when it is malformed.
 */
export async function readTable(path: string): Promise<Table> {
  let text: string;
  try {
    text = (await readFile(path, 'utf8')).replace(/^\uFEFF/, '');
  } catch (cause) {
    throw ioError('read', path, cause);
  }
  const kind = extname(path).toLowerCase();
  if (kind === '.jsonl' || kind === '.ndjson') return fromJsonLines(path, text);
  const [header, ...rows] = fromCsv(path, text, kind === '.tsv' ? '\t' : ',');
  if (!header) throw expected('a header line and rows', path, 'an empty file', { code: 'DATA' });
  const columns = header.map((name) => name.trim());
  rows.forEach((row, i) => {
    if (row.length !== columns.length) {
      throw expected(`${columns.length} cells in row ${i + 2}`, path, `${row.length} cells`, { code: 'DATA' });
    }
  });
  return { path, columns, rows };
}

/** The cells of one column. Throws DATA, naming the columns there are, when a required one is missing. */
export function column(table: Table, name: string): string[] {
  const cells = optionalColumn(table, name);
  if (cells) return cells;
  throw new AutodidactError('DATA', `${table.path} has no column ${name}; its columns are ${listed(table.columns)}`, {
    remedy: `Rename the right one to ${name}.`,
  });
}

/** The cells of one column, null when there is no such column. */
export function optionalColumn(table: Table, name: string): string[] | null {
  const at = table.columns.indexOf(name);
  return at < 0 ? null : table.rows.map((row) => row[at]!);
}

/** Rows of cells; a quoted cell may hold separators, line ends and doubled quotes. Blank lines are left out. */
function fromCsv(path: string, text: string, separator: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    let cell = '';
    if (text[at] === '"') {
      let end = text.indexOf('"', at + 1);
      while (end >= 0 && text[end + 1] === '"') end = text.indexOf('"', end + 2);
      if (end < 0) throw expected('a closing quote', path, `a cell opened in row ${rows.length + 1}`, { code: 'DATA' });
      cell = text.slice(at + 1, end).replaceAll('""', '"');
      at = end + 1;
    }
    const start = at;
    while (at < text.length && text[at] !== separator && text[at] !== '\n') at++;
    cell += text.slice(start, at).replace(/\r$/, '');
    row.push(cell);
    if (text[at] === separator) {
      at++;
      if (at < text.length) continue;
      row.push('');
    }
    at++;
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
  }
  return rows;
}

function fromJsonLines(path: string, text: string): Table {
  const records: Record<string, unknown>[] = [];
  const columns = new Set<string>();
  text.split('\n').forEach((line, i) => {
    if (line.trim() === '') return;
    const record = parseObject(line);
    if (!record) throw expected('a JSON object', `${path}, line ${i + 1}`, line.trim(), { code: 'DATA' });
    records.push(record);
    for (const name of Object.keys(record)) columns.add(name);
  });
  if (records.length === 0) throw expected('at least one line', path, 'an empty file', { code: 'DATA' });
  const names = [...columns];
  const cellOf = (value: unknown) => (value === undefined || value === null ? '' : String(value));
  return { path, columns: names, rows: records.map((record) => names.map((name) => cellOf(record[name]))) };
}

function parseObject(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}
