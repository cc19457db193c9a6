import { constants, readFileSync, type Stats, statSync } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { TextDecoder } from 'node:util';
import { AutodidactError, ioError, show } from '../errors.js';

/** "a FIFO", "a folder", ...: what a path is when it is not a regular file; null for a regular file. */
export function irregularKind(entry: Pick<Stats, 'isFile' | 'isDirectory' | 'isFIFO' | 'isSocket'>): string | null {
  if (entry.isFile()) return null;
  if (entry.isDirectory()) return 'a folder';
  if (entry.isFIFO()) return 'a FIFO';
  return entry.isSocket() ? 'a socket' : 'a device';
}

/** The reason for a path at which there is nothing. */
export const NO_FILE = 'there is no such file';

/** Whether an error says that there is nothing at a path, directly or as the cause. */
export function saysMissing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'].includes(String(error.code))) return true;
  return error.cause !== undefined && saysMissing(error.cause);
}

/**
 * Opens a regular file for reading and gives its length. Anything else is refused before it is opened: a FIFO would block, a
 * device may act. Throws DATA for it, NOT_FOUND or IO when the file cannot be opened.
 */
export async function openRegular(path: string): Promise<{ handle: FileHandle; size: number }> {
  try {
    const entry = await stat(path);
    checkRegular(path, entry);
    // O_NONBLOCK: the path may have become a FIFO since. It changes nothing for regular files.
    return { handle: await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)), size: entry.size };
  } catch (error) {
    throw error instanceof AutodidactError ? error : ioError('read', path, error);
  }
}

function checkRegular(path: string, entry: Stats): void {
  const kind = irregularKind(entry);
  if (kind === null) return;
  throw new AutodidactError('DATA', `${path} is ${kind}, not a regular file`, {
    remedy: kind === 'a folder' ? 'Give the path of a file.' : 'Copy its content into a file and give that.',
  });
}

function checkSize(path: string, size: number, mostBytes: number): void {
  if (size > mostBytes)
    throw new AutodidactError('DATA', `${path} has ${size} bytes, more than the ${mostBytes} that are read`);
}

/** A whole file of at most `mostBytes`. Throws what `openRegular` throws, IO, and DATA when the file is longer. */
export async function readRegular(path: string, mostBytes: number): Promise<Buffer> {
  const { handle, size } = await openRegular(path);
  try {
    checkSize(path, size, mostBytes);
    return await handle.readFile();
  } catch (error) {
    throw error instanceof AutodidactError ? error : ioError('read', path, error);
  } finally {
    await handle.close();
  }
}

/** `readRegular` for callers that cannot wait. */
export function readRegularNow(path: string, mostBytes: number): Buffer {
  try {
    const entry = statSync(path);
    checkRegular(path, entry);
    checkSize(path, entry.size, mostBytes);
    return readFileSync(path);
  } catch (error) {
    throw error instanceof AutodidactError ? error : ioError('read', path, error);
  }
}

/** The longest text file that is read; JavaScript's strings end at 512 MiB. */
const MOST_TEXT_BYTES = 500_000_000;

/**
 * A UTF-8 text file, without its byte order mark. Throws what `readRegular` throws, and DATA with the line where the file
 * is not UTF-8.
 */
export async function readText(path: string): Promise<string> {
  const bytes = await readRegular(path, MOST_TEXT_BYTES);
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (isUtf16 || bytes.includes(0)) {
    throw new AutodidactError('DATA', `${path} is ${isUtf16 ? 'UTF-16' : 'no text: it holds zero bytes'}`, {
      remedy: 'Save it as UTF-8.',
    });
  }
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  try {
    return utf8.decode(bytes);
  } catch {
    throw notUtf8(path, bytes, utf8);
  }
}

/** No UTF-8 sequence contains a line feed, so the first line that fails alone holds the first wrong byte. */
function notUtf8(path: string, bytes: Buffer, utf8: TextDecoder): AutodidactError {
  let line = 1;
  for (let start = 0; ; line++) {
    const end = bytes.indexOf(0x0a, start);
    const content = bytes.subarray(start, end < 0 ? bytes.length : end);
    try {
      utf8.decode(content);
    } catch {
      const shown = show(content.toString('latin1').trim());
      return new AutodidactError('DATA', `${path} is not UTF-8 in line ${line}: ${shown}`, {
        remedy: 'Save it as UTF-8.',
      });
    }
    start = end + 1;
  }
}
