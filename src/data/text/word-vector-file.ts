/** Word vectors in the formats of word2vec (text and binary) and GloVe (text). */
import { closeSync, openSync, readSync } from 'node:fs';
import { AutodidactError, ioError } from '../../errors.js';
import { writeAtomically } from '../../files.js';
import { counted } from '../../format.js';

/** `word2vec-text` and `word2vec-binary` begin with a line of two numbers, words and size; `glove` has no such line. */
export const VECTOR_FORMATS = ['word2vec-text', 'word2vec-binary', 'glove'] as const;
export type VectorFormat = (typeof VECTOR_FORMATS)[number];

export interface WordVectorTable {
  words: string[];
  /** Numbers per word, D. */
  size: number;
  /** (V, D) in row-major order. */
  vectors: Float32Array;
}

export interface ReadVectors extends WordVectorTable {
  format: VectorFormat;
  /** Words that stood there before, which were left out. */
  repeated: number;
}

const BLANK = 0x20;
const LINE_END = 0x0a;
const CHUNK = 2 ** 20;
/** No word or number is longer; a file with longer ones is something else. */
const LONGEST_FIELD = 2 ** 16;
/** What a program may write for a number, NaN and infinity included. */
const NUMBER_LIKE = /^[-+.\deinaft]+$/i;
const decoder = new TextDecoder('utf-8');

/**
 * Reads word vectors; the format is recognized by the first bytes.
 *
 * @param most take only the first words, the frequent ones in files of word2vec and GloVe
 * @throws AutodidactError `DATA` for a file of another kind, one that ends early, and what is no number, with the line; `IO`, `NOT_FOUND`
 */
export function readWordVectors(path: string, most = Number.POSITIVE_INFINITY): ReadVectors {
  const file = new ByteReader(path);
  try {
    const header = /^(\d+) (\d+)\s*$/.exec(file.peekLine() ?? '');
    if (header === null) return readLines(file, null, most);
    const [count, size] = [Number(header[1]), Number(header[2])];
    if (count === 0 || size === 0) throw file.problem('it announces no vectors');
    file.line();
    const [, ...numbers] = fieldsOf(file.peekLine() ?? '');
    const isText = numbers.length > 0 && numbers.every((field) => NUMBER_LIKE.test(field));
    return isText ? readLines(file, { count, size }, most) : readBinary(file, { count, size }, most);
  } finally {
    file.close();
  }
}

interface Header {
  count: number;
  size: number;
}

const fieldsOf = (line: string): string[] => line.trimEnd().split(' ');

function readLines(file: ByteReader, header: Header | null, most: number): ReadVectors {
  const wanted = Math.min(most, header?.count ?? Number.POSITIVE_INFINITY);
  let rows: Rows | null = header && new Rows(header.size);
  for (let read = 0; read < wanted; read++) {
    const line = file.line();
    if (line === null && header !== null) throw file.problem(`it ends after ${read} of ${header.count} words`);
    if (line === null) break;
    if (line.trim() === '') continue;
    const fields = fieldsOf(line);
    rows ??= new Rows(fields.length - 1);
    // GloVe has some words with a blank in them.
    const at = Math.max(1, fields.length - rows.size);
    if (fields.slice(1, at).some((field) => field !== '' && Number.isFinite(Number(field))))
      throw file.problem(
        `line ${file.lines} has ${counted(fields.length - 1, 'field')} where ${rows.size} follow a word`,
      );
    const numbers = fields.slice(at).map(Number);
    // Numbers that a float32 does not hold would become infinite.
    const bad = numbers.findIndex((value) => !Number.isFinite(Math.fround(value)));
    if (bad >= 0 || numbers.length < Math.max(1, rows.size) || fields.slice(at).includes('')) {
      const found = bad >= 0 ? `"${fields[at + bad]!.slice(0, 20)}"` : counted(numbers.length, 'number');
      throw file.problem(`line ${file.lines} has ${found} where ${Math.max(1, rows.size)} follow a word`);
    }
    rows.add(fields.slice(0, at).join(' '), numbers);
  }
  if (rows === null || rows.words.length === 0) throw file.problem('it is empty');
  return { ...rows.table(), format: header === null ? 'glove' : 'word2vec-text' };
}

function readBinary(file: ByteReader, { count, size }: Header, most: number): ReadVectors {
  const rows = new Rows(size);
  for (let read = 0; read < Math.min(most, count); read++) {
    const word = file.until(BLANK);
    const bytes = word === null ? null : file.take(4 * size);
    if (bytes === null) throw file.problem(`it ends after ${read} of ${count} words`);
    const numbers = new Float32Array(bytes.slice().buffer);
    if (!numbers.every(Number.isFinite)) throw file.problem(`a number of word ${read + 1} is not finite`);
    // Some programs write the end of a line after each vector, some do not.
    rows.add(word!.replace(/^\n/, ''), numbers);
  }
  return { ...rows.table(), format: 'word2vec-binary' };
}

/** Vectors as they are read, each word once. */
class Rows {
  readonly words: string[] = [];
  private readonly known = new Set<string>();
  private repeated = 0;
  private values: Float32Array;

  constructor(readonly size: number) {
    this.values = new Float32Array(1024 * size);
  }

  add(word: string, numbers: ArrayLike<number>): void {
    if (this.known.has(word)) {
      this.repeated++;
      return;
    }
    const end = (this.words.length + 1) * this.size;
    if (end > this.values.length) {
      const larger = new Float32Array(2 * this.values.length);
      larger.set(this.values);
      this.values = larger;
    }
    this.values.set(numbers, end - this.size);
    this.known.add(word);
    this.words.push(word);
  }

  table(): WordVectorTable & { repeated: number } {
    const { words, size, repeated } = this;
    return { words, size, vectors: this.values.subarray(0, words.length * size), repeated };
  }
}

/** Reads a file in pieces: words, vectors, lines. */
class ByteReader {
  lines = 0;
  private readonly file: number;
  private buffer: Uint8Array = new Uint8Array(0);
  private at = 0;
  private isAtEnd = false;

  constructor(private readonly path: string) {
    try {
      this.file = openSync(path, 'r');
    } catch (error) {
      throw (error as NodeJS.ErrnoException).code === 'ENOENT'
        ? new AutodidactError('NOT_FOUND', `There is no file of word vectors at ${path}`)
        : ioError('read', path, error);
    }
  }

  close(): void {
    closeSync(this.file);
  }

  problem(reason: string): AutodidactError {
    return new AutodidactError('DATA', `${this.path} cannot be read as word vectors: ${reason}`, {
      remedy: "Formats are word2vec's (text and binary) and GloVe's text: a word and its numbers on each line.",
    });
  }

  /** The line that comes next, without its end; it stays. Null at the end of the file. */
  peekLine(): string | null {
    const end = this.find(LINE_END);
    if (end === null) return this.at < this.buffer.length ? this.text(this.at, this.buffer.length) : null;
    return this.text(this.at, end);
  }

  line(): string | null {
    const line = this.peekLine();
    const end = this.find(LINE_END);
    this.at = end === null ? this.buffer.length : end + 1;
    if (line !== null) this.lines++;
    return line;
  }

  /** The text before the next such byte, which is skipped; null where there is none. */
  until(byte: number): string | null {
    const end = this.find(byte);
    if (end === null) return null;
    const text = this.text(this.at, end);
    this.at = end + 1;
    return text;
  }

  /** So many bytes; null where the file ends before. */
  take(count: number): Uint8Array | null {
    while (this.buffer.length - this.at < count) if (!this.more()) return null;
    this.at += count;
    return this.buffer.subarray(this.at - count, this.at);
  }

  private text(from: number, to: number): string {
    return decoder.decode(this.buffer.subarray(from, to));
  }

  private find(byte: number): number | null {
    for (;;) {
      const found = this.buffer.indexOf(byte, this.at);
      if (found >= 0) return found;
      if (byte === BLANK && this.buffer.length - this.at > LONGEST_FIELD) return null;
      if (!this.more()) return null;
    }
  }

  private more(): boolean {
    if (this.isAtEnd) return false;
    const chunk = new Uint8Array(CHUNK);
    let count: number;
    try {
      count = readSync(this.file, chunk, 0, CHUNK, null);
    } catch (error) {
      throw ioError('read', this.path, error);
    }
    this.isAtEnd = count === 0;
    const left = this.buffer.subarray(this.at);
    const joined = new Uint8Array(left.length + count);
    joined.set(left);
    joined.set(chunk.subarray(0, count), left.length);
    this.buffer = joined;
    this.at = 0;
    return !this.isAtEnd;
  }
}

/** Writes word vectors so that a reader sees them whole or not at all. Text holds each number to the last bit of its float32. */
export function writeWordVectors(path: string, table: WordVectorTable, format: VectorFormat): void {
  writeAtomically(path, parts(table, format));
}

/** Rows that are written at a time. */
const ROWS = 1024;

function* parts({ words, size, vectors }: WordVectorTable, format: VectorFormat): Iterable<string | Uint8Array> {
  if (format !== 'glove') yield `${words.length} ${size}\n`;
  for (let from = 0; from < words.length; from += ROWS) {
    const some = words.slice(from, from + ROWS).map((word, i) => {
      const row = vectors.subarray((from + i) * size, (from + i + 1) * size);
      if (format === 'word2vec-binary')
        return Buffer.concat([
          Buffer.from(`${word} `),
          Buffer.from(row.buffer, row.byteOffset, row.byteLength),
          Buffer.from('\n'),
        ]);
      return Buffer.from(`${word} ${Array.from(row, shortest).join(' ')}\n`);
    });
    yield Buffer.concat(some);
  }
}

/** Digits that give the same float32 again, eight if they do. */
function shortest(value: number): string {
  const short = Number(value.toPrecision(8));
  return String(Math.fround(short) === value ? short : Number(value.toPrecision(9)));
}
