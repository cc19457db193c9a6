import { extname } from 'node:path';
import {
  asyncBufferFromFile,
  cachedAsyncBuffer,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
} from 'hyparquet';
import { AutodidactError, ioError } from '../../../errors.js';
import { parseJson } from '../../../json.js';
import { listed } from '../../labels.js';
import { checkEncoding, checkUtf8, readLines } from '../../text/utf8.js';
import { UnreadableText } from './text-source.js';

export interface TableFile {
  id: string;
  path: string;
}

export type Row = Readonly<Record<string, unknown>>;

/** A row by its number or line, from 1; `row` is an error for one that cannot be read. */
export interface PlacedRow {
  place: string;
  row: Row | UnreadableText;
}

/** A line with more bytes is left out: it would not fit into a text of JavaScript. */
const MOST_LINE_BYTES = 256 * 2 ** 20;
/** Fewer rows of a Parquet file are not decoded by themselves. */
const LEAST_ROWS = 1000;
/** A row group is decoded in at most so many parts: each goes through the pages before it, and through all pages of lists. */
const MOST_PARTS = 16;

/**
 * The rows of a table, JSON Lines or Parquet, in their order.
 *
 * @param asked columns that must be there
 * @param only of Parquet, the columns that are read, where they are there; by default all
 * @throws AutodidactError `DATA` for a file that is no table or lacks a column, `IO`, `NOT_FOUND`
 */
export function rowsOf(
  file: TableFile,
  asked: readonly string[],
  { only, onRead }: { only?: readonly string[]; onRead?: (bytes: number) => void } = {},
): AsyncGenerator<PlacedRow> {
  const isParquet = extname(file.path).toLowerCase() === '.parquet';
  return isParquet ? parquetRows(file, asked, only, onRead) : jsonRows(file, onRead);
}

/** The error for a table without a column. */
export function noColumn({ path }: TableFile, name: string, row: Row): AutodidactError {
  const columns = listed(Object.keys(row));
  return new AutodidactError('DATA', `${path} has no column ${name}; its columns are ${columns}`, {
    remedy: `Name the right one: text:${path}?column=...&label=...`,
  });
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
  asked: readonly string[],
  only: readonly string[] | undefined,
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
  const missing = asked.find((name) => !known.includes(name));
  if (missing !== undefined)
    throw noColumn({ id: '', path }, missing, Object.fromEntries(known.map((name) => [name, null])));
  const columns = only?.filter((name) => known.includes(name));
  if (columns?.length === 0) return;
  const rows = Number(metadata.num_rows);
  let first = 0;
  for (const group of metadata.row_groups) {
    const next = first + Number(group.num_rows);
    const size = Math.max(LEAST_ROWS, Math.ceil((next - first) / MOST_PARTS));
    // Every part asks for all bytes of its columns: they are read once, and forgotten with the row group.
    const cached = cachedAsyncBuffer(file, { minSize: 0 });
    for (let start = first; start < next; start += size) {
      const end = Math.min(next, start + size);
      let read: Row[];
      try {
        read = await parquetReadObjects({ file: cached, metadata, columns, rowStart: start, rowEnd: end });
      } catch (cause) {
        throw notParquet(path, cause);
      }
      onRead?.((file.byteLength * (end - start)) / rows);
      for (const [i, row] of read.entries()) yield { place: String(start + i + 1), row };
    }
    first = next;
  }
}

function notParquet(path: string, cause: unknown): AutodidactError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AutodidactError('DATA', `${path} cannot be read as Parquet: ${reason}`, {
    remedy: 'Write it without compression or with Snappy, or as JSON Lines.',
    cause,
  });
}
