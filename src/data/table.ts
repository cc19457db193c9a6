import { extname } from 'node:path';
import { AutodidactError, expected } from '../errors.js';
import { parseJson } from '../json.js';
import { listed } from './labels.js';
import { readText } from './regular-file.js';

/** A small table of text: manifests and label files. */
export interface Table {
  path: string;
  columns: string[];
  /** One array per row, in the order of `columns`; '' where a cell is empty. */
  rows: string[][];
  /** The line of the file in which each row begins, from 1. */
  lines: number[];
  /** For each column with a cell that is no text: the error that reading the column throws. */
  refused?: ReadonlyMap<string, AutodidactError>;
}

/**
 * Reads a CSV file (RFC 4180, with a header line; `.tsv` is split at tabs) or a JSON Lines file (`.jsonl`, `.ndjson`: one
 * object per line), in UTF-8. Throws NOT_FOUND or IO when it cannot be read, DATA with the line number when it is malformed.
 */
export async function readTable(path: string): Promise<Table> {
  const text = await readText(path);
  const kind = extname(path).toLowerCase();
  if (kind === '.jsonl' || kind === '.ndjson') return fromJsonLines(path, text);
  const [header, ...rows] = fromCsv(path, text, kind === '.tsv' ? '\t' : ',');
  if (!header) throw expected('a header line and rows', path, 'an empty file', { code: 'DATA' });
  const columns = header.cells.map((name) => name.trim());
  for (const { cells, line } of rows) {
    if (cells.length === columns.length) continue;
    const received = `${cells.length} cell${cells.length === 1 ? '' : 's'}`;
    throw expected(`${columns.length} cells`, `line ${line} of ${path}`, received, {
      code: 'DATA',
      remedy: 'A cell that holds a separator stands in quotes.',
    });
  }
  return { path, columns, rows: rows.map(({ cells }) => cells), lines: rows.map(({ line }) => line) };
}

/**
 * The cells of one column; its name is found in any case. Throws DATA, naming the columns there are, when it is missing,
 * and what `optionalColumn` throws.
 */
export function column(table: Table, name: string): string[] {
  const cells = optionalColumn(table, name);
  if (cells) return cells;
  throw new AutodidactError('DATA', `${table.path} has no column ${name}; its columns are ${listed(table.columns)}`, {
    remedy: otherSeparator(table) ?? `Rename the right one to ${name}.`,
  });
}

/** The remedy for a header that another separator divides; null for other headers. */
function otherSeparator({ path, columns }: Table): string | null {
  const [header = ''] = columns;
  if (columns.length > 1 || !/[,;|\t]/.test(header)) return null;
  if (extname(path).toLowerCase() === '.tsv') return 'Separate the cells by tabs.';
  return header.includes('\t')
    ? 'Separate the cells by commas, or let its name end in .tsv.'
    : 'Separate the cells by commas.';
}

/**
 * The cells of the column with the first of these names that is there, in any case; null without one. Throws DATA when
 * two columns have the name, or when a cell is a JSON object or array or a number that JSON cannot hold exactly.
 */
export function optionalColumn(table: Table, ...names: string[]): string[] | null {
  for (const name of names) {
    const found = table.columns.flatMap((own, at) => (own.trim().toLowerCase() === name ? [at] : []));
    if (found.length === 0) continue;
    if (found.length > 1) {
      const columns = found.map((at) => table.columns[at]!);
      throw new AutodidactError('DATA', `${table.path} has several columns ${name}: ${listed(columns)}`, {
        remedy: 'Keep one of them.',
      });
    }
    const at = found[0]!;
    const refused = table.refused?.get(table.columns[at]!);
    if (refused) throw refused;
    return table.rows.map((row) => row[at]!);
  }
  return null;
}

/** The class names of the rows, from the column `label` or, without it, `class`; null when the table has neither. */
export const labelColumn = (table: Table): string[] | null => optionalColumn(table, 'label', 'class');

/** A path or id in a table, whatever the system that wrote it. */
export function normalizeId(cell: string): string {
  return cell.trim().replaceAll('\\', '/').replace(/^\.\//, '');
}

interface Row {
  cells: string[];
  /** From 1. */
  line: number;
}

/** Blanks that may stand around a quoted cell. */
const isBlank = (character: string | undefined, separator: string): boolean =>
  character !== separator && (character === ' ' || character === '\t' || character === '\u00a0');

/**
 * Rows of cells; a quoted cell may hold separators, line ends and doubled quotes. Lines end with LF, CRLF or CR alone. Blank
 * lines are left out.
 */
function fromCsv(path: string, text: string, separator: string): Row[] {
  const rows: Row[] = [];
  let row: Row = { cells: [], line: 1 };
  let line = 1;
  let at = 0;
  const isEnd = (character: string | undefined): boolean => character === '\n' || character === '\r';
  while (at < text.length) {
    let quoted: string | null = null;
    let start = at;
    while (isBlank(text[start], separator)) start++;
    if (text[start] === '"') {
      let end = text.indexOf('"', start + 1);
      while (end >= 0 && text[end + 1] === '"') end = text.indexOf('"', end + 2);
      if (end < 0) throw expected('a closing quote', path, `a cell opened in line ${line}`, { code: 'DATA' });
      quoted = text.slice(start + 1, end);
      line += quoted.match(/\r\n?|\n/g)?.length ?? 0;
      at = end + 1;
      while (isBlank(text[at], separator)) at++;
    }
    start = at;
    while (at < text.length && text[at] !== separator && !isEnd(text[at])) at++;
    const plain = text.slice(start, at);
    row.cells.push(quoted === null ? plain : quoted.replaceAll('""', '"') + plain);
    if (text[at] === separator) {
      at++;
      if (at < text.length) continue;
      row.cells.push('');
    }
    if (text[at] === '\r' && text[at + 1] === '\n') at++;
    at++;
    line++;
    if (row.cells.length > 1 || row.cells[0]!.trim() !== '') rows.push(row);
    row = { cells: [], line };
  }
  return rows;
}

function fromJsonLines(path: string, text: string): Table {
  const records: Record<string, unknown>[] = [];
  const lines: number[] = [];
  const columns = new Set<string>();
  const refused = new Map<string, AutodidactError>();
  text.split(/\r\n|\n|\r/).forEach((line, i) => {
    if (line.trim() === '') return;
    const record = parseObject(line);
    if (!record) throw expected('a JSON object', `${path}, line ${i + 1}`, line.trim(), { code: 'DATA' });
    const twice = repeatedKey(line);
    if (twice !== null)
      throw new AutodidactError('DATA', `Line ${i + 1} of ${path} has ${twice} twice`, { remedy: 'Keep one of them.' });
    records.push(record);
    lines.push(i + 1);
    for (const [name, value] of Object.entries(record)) {
      columns.add(name);
      const problem = problemOf(value);
      if (problem === null || refused.has(name)) continue;
      const where = `${name} in line ${i + 1} of ${path}`;
      refused.set(name, expected(problem.wanted, where, value, { code: 'DATA', remedy: problem.remedy }));
    }
  });
  if (records.length === 0) throw expected('at least one line', path, 'an empty file', { code: 'DATA' });
  const names = [...columns];
  // Objects have no text, and one that says how it is converted could do anything.
  const cellOf = (value: unknown) => (value == null || typeof value === 'object' ? '' : String(value));
  const rows = records.map((record) => names.map((name) => cellOf(record[name])));
  return { path, columns: names, rows, lines, refused };
}

/** Why a JSON value cannot be a cell; null when it can. */
function problemOf(value: unknown): { wanted: string; remedy: string } | null {
  if (typeof value === 'object' && value !== null) {
    return { wanted: 'a text or a number', remedy: 'Write one text per row.' };
  }
  const isInexact =
    typeof value === 'number' && (Number.isInteger(value) ? !Number.isSafeInteger(value) : !Number.isFinite(value));
  if (!isInexact) return null;
  return { wanted: 'a whole number up to 2^53', remedy: 'Write it in quotes, which keeps every digit.' };
}

/** The first key that the object of a line of valid JSON has twice, of which `JSON.parse` would keep the last; null without one. */
function repeatedKey(line: string): string | null {
  const seen = new Set<string>();
  let depth = 0;
  for (const [token, text] of line.matchAll(/("(?:[^"\\]|\\.)*")\s*:|"(?:[^"\\]|\\.)*"|[{}[\]]/g)) {
    if (token === '{' || token === '[') depth += 1;
    if (token === '}' || token === ']') depth -= 1;
    if (text === undefined || depth > 1) continue;
    const key = JSON.parse(text) as string;
    if (seen.has(key)) return key;
    seen.add(key);
  }
  return null;
}

function parseObject(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = parseJson(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}
