import { statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { asyncBufferFromFile, type FileMetaData, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { AutodidactError, ioError } from '../../../errors.js';
import { parseJson } from '../../../json.js';
import { listed } from '../../labels.js';
import { taggedSentence } from '../../text/tagged-words.js';
import { checkEncoding, checkUtf8, readLines, unixLines } from '../../text/utf8.js';
import { listFolder } from '../folder-listing.js';
import { fileIdentity, type Split, splitFromName } from '../source.js';
import { type TextDocument, type TextSource, UnreadableText } from './text-source.js';

export const TABLE_FILES = { noun: 'tables of texts', endings: ['.jsonl', '.ndjson', '.parquet'] };

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

/** A line with more bytes is left out: it would not fit into a text of JavaScript. */
const MOST_LINE_BYTES = 256 * 2 ** 20;
/** Rows of a Parquet file that are read at once, at most. */
const MOST_ROWS = 1000;
/** Columns that hold the texts where none is named. */
const USUAL_COLUMNS = ['text', 'content', 'document', 'body', 'sentence'];

/** One table: every row is a document. */
export async function textTable(path: string, columns: TableColumns): Promise<TextSource> {
  return tables([{ id: basename(path), path }], columns, basename(path));
}

/** All tables of a folder; the names of files may be those of a division, `train.jsonl` and `test.jsonl`. */
export async function tableFolder(folder: string, columns: TableColumns): Promise<TextSource> {
  const { ids, skipped } = await listFolder(folder, TABLE_FILES);
  const files = ids.map((id) => ({ id, path: join(folder, id) }));
  return { ...(await tables(files, columns, basename(folder))), skipped };
}

interface TableFile {
  id: string;
  path: string;
}

async function tables(files: readonly TableFile[], columns: TableColumns, name: string): Promise<TextSource> {
  const identity: string[] = [];
  for (const { path } of files) identity.push(await fileIdentity(path));
  const splits = files.map(({ id }) => splitFromName(basename(id, extname(id))) ?? null);
  const isDivided = new Set(splits).size > 1;
  return {
    ...{ name, kind: 'tables of texts', skipped: [], unit: 'bytes', sides: isDivided ? splits : [null] },
    identity: [identity, columns],
    ...(columns.tags === undefined ? {} : { isTagged: true }),
    size: files.reduce((sum, { path }) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0), 0),
    async *documents(onRead) {
      for (const [i, file] of files.entries()) {
        const split = isDivided ? splits[i]! : null;
        const isParquet = extname(file.path).toLowerCase() === '.parquet';
        const rows = isParquet ? parquetRows(file, columns, onRead) : jsonRows(file, onRead);
        for await (const { place, row } of rows) yield documentOf(file, place, row, columns, split);
      }
    },
  };
}

type Row = Readonly<Record<string, unknown>>;

/** A row as a document; `row` is an error for one that cannot be read. */
function documentOf(
  file: TableFile,
  place: string,
  row: Row | UnreadableText,
  { column, label, id, tags }: TableColumns,
  split: Split | null,
): TextDocument {
  const numbered = `${file.id}#${place}`;
  if (row instanceof UnreadableText) return { ...{ id: numbered, label: null, split }, text: failing(row) };
  const own = id === undefined ? undefined : row[id];
  const name = typeof own === 'string' || typeof own === 'number' || typeof own === 'bigint' ? String(own) : numbered;
  if (tags !== undefined) return taggedRow(file, name, row, { column, tags }, split);
  const text = row[column ?? usualColumn(row)];
  const kind = label === undefined ? undefined : row[label];
  const labelText = kind == null ? null : typeof kind === 'object' ? undefined : String(kind);
  if (label !== undefined && labelText === undefined)
    return { ...{ id: name, label: null, split }, text: failing(new UnreadableText(`its column ${label} is no text`)) };
  if (label !== undefined && !(label in row)) throw noColumn(file, label, row);
  if (typeof text === 'string')
    return {
      ...{ id: name, label: labelText ?? null, split },
      text: [unixLines(text.replace(/\p{Surrogate}/gu, '\ufffd'))],
    };
  const wanted = column ?? USUAL_COLUMNS[0]!;
  if (!(wanted in row) && column !== undefined) throw noColumn(file, wanted, row);
  const reason = text == null ? `its column ${wanted} is empty` : `its column ${wanted} is no text`;
  return { ...{ id: name, label: null, split }, text: failing(new UnreadableText(reason)) };
}

/** Columns that hold the words of tagged texts where none is named. */
const USUAL_LISTS = ['tokens', 'words'];

/** A sentence of words and tags. */
function taggedRow(
  file: TableFile,
  id: string,
  row: Row,
  { column = USUAL_LISTS.find((name) => name in row) ?? USUAL_LISTS[0]!, tags }: { column?: string; tags: string },
  split: Split | null,
): TextDocument {
  for (const wanted of [column, tags]) if (!(wanted in row)) throw noColumn(file, wanted, row);
  const [words, names] = [row[column], row[tags]].map((cell) => (Array.isArray(cell) ? cell : null));
  const isOf = (list: unknown[], kinds: readonly string[]) => list.every((item) => kinds.includes(typeof item));
  const failed = (reason: string): TextDocument => ({
    ...{ id, label: null, split },
    text: failing(new UnreadableText(reason)),
  });
  if (!words || !isOf(words, ['string'])) return failed(`its column ${column} is no list of words`);
  if (!names || !isOf(names, ['string', 'number', 'bigint'])) return failed(`its column ${tags} is no list of tags`);
  if (words.length !== names.length) return failed(`it has ${words.length} words and ${names.length} tags`);
  const sentence = taggedSentence(words as string[], names.map(String));
  const text = sentence.map((piece) => piece.text).join('');
  return { ...{ id, label: null, split, isInSentences: true }, text: [text], tagged: [sentence] };
}

function usualColumn(row: Row): string {
  const found = USUAL_COLUMNS.find((name) => typeof row[name] === 'string');
  return found ?? Object.keys(row).find((name) => typeof row[name] === 'string') ?? USUAL_COLUMNS[0]!;
}

function noColumn({ path }: TableFile, name: string, row: Row): AutodidactError {
  const columns = listed(Object.keys(row));
  return new AutodidactError('DATA', `${path} has no column ${name}; its columns are ${columns}`, {
    remedy: `Name the right one: text:${path}?column=...&label=...`,
  });
}

// biome-ignore lint/correctness/useYield: throws in place of giving a piece
function* failing(reason: UnreadableText): Generator<string> {
  throw reason;
}

interface PlacedRow {
  place: string;
  row: Row | UnreadableText;
}

async function* jsonRows({ path }: TableFile, onRead?: (bytes: number) => void): AsyncGenerator<PlacedRow> {
  for await (const { line, bytes } of readLines(path, MOST_LINE_BYTES, onRead)) {
    const row = bytes === null ? tooLong(line) : parsedLine(bytes, line);
    if (row !== null) yield { place: String(line), row };
  }
}

const tooLong = (line: number): UnreadableText =>
  new UnreadableText(`line ${line} has more than ${MOST_LINE_BYTES / 2 ** 20} MiB; cut its text into several rows`);

/** Null for an empty line. */
function parsedLine(bytes: Buffer, line: number): Row | UnreadableText | null {
  try {
    const start = line === 1 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
    checkEncoding(bytes);
    checkUtf8(bytes.subarray(start), line);
    const text = bytes.toString('utf8', start);
    if (text.trim() === '') return null;
    const value = parseJson(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch (error) {
    if (error instanceof UnreadableText) return error;
  }
  return new UnreadableText(`line ${line} is no JSON object`);
}

async function* parquetRows(
  { path }: TableFile,
  { column, label, id, tags }: TableColumns,
  onRead?: (bytes: number) => void,
): AsyncGenerator<PlacedRow> {
  const file = await asyncBufferFromFile(path).catch((cause) => {
    throw ioError('read', path, cause);
  });
  let metadata: FileMetaData;
  try {
    metadata = await parquetMetadataAsync(file);
  } catch (cause) {
    throw notParquet(path, cause);
  }
  const known = metadata.schema.slice(1).map(({ name }) => name);
  const asked = [column, label, id, tags].filter((name) => name !== undefined);
  const missing = asked.find((name) => !known.includes(name));
  if (missing !== undefined)
    throw noColumn({ id: '', path }, missing, Object.fromEntries(known.map((name) => [name, null])));
  const columns = column === undefined ? undefined : asked;
  const rows = Number(metadata.num_rows);
  for (let start = 0; start < rows; start += MOST_ROWS) {
    const end = Math.min(rows, start + MOST_ROWS);
    let read: Row[];
    try {
      read = await parquetReadObjects({ file, metadata, columns, rowStart: start, rowEnd: end });
    } catch (cause) {
      throw notParquet(path, cause);
    }
    onRead?.((file.byteLength * (end - start)) / rows);
    for (const [i, row] of read.entries()) yield { place: String(start + i + 1), row };
  }
}

function notParquet(path: string, cause: unknown): AutodidactError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AutodidactError('DATA', `${path} cannot be read as Parquet: ${reason}`, {
    remedy: 'Write it without compression or with Snappy, or as JSON Lines.',
    cause,
  });
}
