import { stat } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { AutodidactError, expected, ioError } from '../../errors.js';
import { openRegular } from '../regular-file.js';

/** A file of equally long records after a header, plain or gzipped (ending `.gz`). */
export interface RecordFile {
  path: string;
  headerBytes: number;
  recordBytes: number;
  count: number;
}

/** About this much is handed on at a time. */
const PIECE_BYTES = 4 * 1024 * 1024;
/** The longest record: one is held in memory at a time. */
const MOST_RECORD_BYTES = 512 * 1024 * 1024;
/** Deflate shrinks by less than this. */
const MOST_DEFLATION = 1032;

/**
 * Holds what a header announces against the length of its file, before memory is taken for it. Throws DATA when the file is
 * shorter or longer (of a gzipped file: when it cannot be long enough) or when a record is too long, NOT_FOUND or IO.
 */
export async function checkLength(file: RecordFile): Promise<void> {
  const { path, headerBytes, recordBytes, count } = file;
  if (!(recordBytes <= MOST_RECORD_BYTES)) {
    throw expected(`images of at most ${MOST_RECORD_BYTES} bytes`, path, `${recordBytes} bytes`, { code: 'DATA' });
  }
  const { size } = await stat(path).catch((cause) => {
    throw ioError('read', path, cause);
  });
  const total = headerBytes + recordBytes * count;
  if (path.endsWith('.gz')) {
    if (total <= MOST_DEFLATION * size) return;
    throw wrongLength(file, `its ${size} compressed bytes cannot hold them`);
  }
  if (size < total)
    throw wrongLength(file, `it ends after ${Math.max(0, Math.floor((size - headerBytes) / recordBytes))}`);
  if (size > total) throw wrongLength(file, 'more bytes follow');
}

/**
 * The records in order, in pieces of one or more whole records. Throws DATA when the file ends before `count` records or
 * goes on after them, IO when it cannot be read.
 */
export async function* readRecords(file: RecordFile): AsyncGenerator<Buffer, void, undefined> {
  const { path, recordBytes, count } = file;
  const pieceBytes = Math.max(1, Math.floor(PIECE_BYTES / recordBytes)) * recordBytes;
  const total = recordBytes * count;
  let toSkip = file.headerBytes;
  let sent = 0;
  let piece = Buffer.allocUnsafe(Math.min(pieceBytes, total));
  let filled = 0;
  for await (let chunk of decompressed(path)) {
    const skipped = Math.min(toSkip, chunk.length);
    toSkip -= skipped;
    chunk = chunk.subarray(skipped);
    while (chunk.length > 0) {
      if (sent === total) throw wrongLength(file, 'more bytes follow');
      const taken = chunk.copy(piece, filled);
      filled += taken;
      chunk = chunk.subarray(taken);
      if (filled < piece.length) continue;
      yield piece;
      sent += filled;
      filled = 0;
      piece = Buffer.allocUnsafe(Math.min(pieceBytes, total - sent));
    }
  }
  if (sent < total) throw wrongLength(file, `it ends after ${Math.floor((sent + filled) / recordBytes)}`);
}

function wrongLength({ path, count }: RecordFile, what: string): AutodidactError {
  return new AutodidactError('DATA', `${path} should hold ${count} records, but ${what}`, {
    remedy: 'The file is damaged or of another format; get it again.',
  });
}

/** The first bytes of a file, decompressed when its name ends in `.gz`; fewer when the file is shorter. */
export async function readHead(path: string, bytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of decompressed(path)) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= bytes) break;
  }
  return Buffer.concat(chunks).subarray(0, bytes);
}

/** The content in pieces, decompressed when the name ends in `.gz`. Throws NOT_FOUND, IO, or DATA when it is damaged. */
export async function* decompressed(path: string): AsyncGenerator<Buffer, void, undefined> {
  const file = (await openRegular(path)).handle.createReadStream({ highWaterMark: 1 << 20 });
  // The loop below reports what goes wrong; `pipeline` makes sure that both streams are closed.
  const stream: Readable = path.endsWith('.gz') ? pipeline(file, createGunzip(), () => {}) : file;
  try {
    for await (const chunk of stream) yield chunk;
  } catch (cause) {
    const isSystemError = cause instanceof Error && 'syscall' in cause;
    throw isSystemError ? ioError('read', path, cause) : gunzipError(path, cause);
  }
}

function gunzipError(path: string, cause: unknown): AutodidactError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AutodidactError('DATA', `Could not decompress ${path}: ${reason}`, {
    remedy: 'The file is damaged or no gzip file; get it again.',
    cause,
  });
}
