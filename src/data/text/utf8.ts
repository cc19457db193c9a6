import { isUtf8 } from 'node:buffer';
import { ioError } from '../../errors.js';
import { openRegular } from '../regular-file.js';
import { UnreadableText } from '../sources/text/text-source.js';

const PIECE = 2 ** 20;
const LINE_FEED = 0x0a;

/**
 * The text of a UTF-8 file in pieces, in memory that does not grow with the file or its lines: without a byte order mark, with line feeds at
 * the ends of lines.
 *
 * @throws UnreadableText for anything else, with the line
 * @throws AutodidactError `IO`, `NOT_FOUND`, `DATA` for what is no file
 */
export async function* readUtf8(path: string, onRead?: (bytes: number) => void): AsyncGenerator<string> {
  let line = 1;
  let kept = Buffer.alloc(0);
  let isFirst = true;
  let endsInReturn = false;
  for await (const bytes of readBytes(path, Buffer.alloc(PIECE))) {
    onRead?.(bytes.length);
    let all = kept.length === 0 ? bytes : Buffer.concat([kept, bytes]);
    if (isFirst) {
      checkEncoding(all);
      if (all[0] === 0xef && all[1] === 0xbb && all[2] === 0xbf) all = all.subarray(3);
      isFirst = false;
    }
    const end = completeLength(all);
    const whole = all.subarray(0, end);
    checkUtf8(whole, line);
    line += countLines(whole);
    kept = Buffer.from(all.subarray(end));
    const text: string = (endsInReturn ? '\r' : '') + whole.toString('utf8');
    endsInReturn = text.endsWith('\r');
    const given = unixLines(endsInReturn ? text.slice(0, -1) : text);
    if (given !== '') yield given;
  }
  if (kept.length > 0) checkUtf8(kept, line);
  if (endsInReturn) yield '\n';
}

/**
 * The lines of a file as bytes, without their ends. A line that is too long is given as its number alone, without its bytes.
 * @throws AutodidactError as `readUtf8`
 */
export async function* readLines(
  path: string,
  mostBytes: number,
  onRead?: (bytes: number) => void,
): AsyncGenerator<{ line: number; bytes: Buffer | null }> {
  let parts: Buffer[] = [];
  let length = 0;
  let line = 1;
  const finish = (): { line: number; bytes: Buffer | null } => {
    const bytes = length > mostBytes ? null : parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    [parts, length] = [[], 0];
    return { line: line++, bytes };
  };
  const take = (part: Buffer): void => {
    length += part.length;
    if (length > mostBytes) parts = [];
    else parts.push(part);
  };
  for await (const bytes of readBytes(path)) {
    onRead?.(bytes.length);
    let start = 0;
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
      take(bytes.subarray(start, end));
      yield finish();
      start = end + 1;
    }
    if (start < bytes.length) take(Buffer.from(bytes.subarray(start)));
  }
  if (length > 0) yield finish();
}

/** @param shared a buffer that is filled again and again; without one, each piece has its own */
async function* readBytes(path: string, shared?: Buffer): AsyncGenerator<Buffer> {
  const { handle } = await openRegular(path);
  try {
    for (;;) {
      const { bytesRead, buffer } = await handle.read(shared ?? Buffer.allocUnsafe(PIECE), 0, PIECE, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } catch (cause) {
    throw cause instanceof Error && 'syscall' in cause ? ioError('read', path, cause) : cause;
  } finally {
    await handle.close();
  }
}

/** @throws UnreadableText for UTF-16 */
export function checkEncoding(bytes: Buffer): void {
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (isUtf16) throw new UnreadableText('it is UTF-16; save it as UTF-8');
}

/**
 * @param line number of the first line
 * @throws UnreadableText that names the line of the first wrong byte
 */
export function checkUtf8(bytes: Buffer, line: number): void {
  const zero = bytes.indexOf(0);
  if (zero >= 0)
    throw new UnreadableText(`it is no text: line ${line + countLines(bytes.subarray(0, zero))} holds a zero byte`);
  if (isUtf8(bytes)) return;
  // No sequence contains a line feed: the first line that fails alone holds the first wrong byte.
  for (let start = 0, number = line; start < bytes.length; number++) {
    const end = bytes.indexOf(LINE_FEED, start);
    const content = bytes.subarray(start, end < 0 ? bytes.length : end);
    if (!isUtf8(content)) {
      const byte = content[firstWrong(content)]!.toString(16).toUpperCase().padStart(2, '0');
      throw new UnreadableText(`it is not UTF-8 in line ${number} (byte 0x${byte}); save it as UTF-8`);
    }
    start = end < 0 ? bytes.length : end + 1;
  }
}

/** Where the first sequence begins that is none. */
function firstWrong(bytes: Buffer): number {
  let low = 0;
  let high = bytes.length;
  // The longest start that is UTF-8 but for a sequence that is cut.
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    const start = bytes.subarray(0, middle);
    if (isUtf8(start.subarray(0, completeLength(start)))) low = middle;
    else high = middle - 1;
  }
  return Math.min(bytes.length - 1, completeLength(bytes.subarray(0, low)));
}

/** Length without a sequence at the end that goes on in the bytes that follow. */
function completeLength(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if ((byte & 0xc0) === 0x80) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return needed > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) count++;
  return count;
}

/** CRLF and CR alone as line feeds. */
export const unixLines = (text: string): string => (text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text);
