import { closeSync, fsyncSync, openSync, readSync, renameSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { AutodidactError, expected, ioError, show } from '../errors.js';
import { partialName, removePartial, systemCode } from '../files.js';
import { parseJson } from '../json.js';
import { MOST_DIMENSIONS, native } from './bridge.js';
import { arrayClass, type DType, dtypeBytes } from './dtype.js';
import { scope } from './scope.js';
import { type Tensor, tensor } from './tensor.js';

/** The format's names of the element types. */
const NAMES: Readonly<Record<DType, string>> = {
  uint8: 'U8',
  int8: 'I8',
  int16: 'I16',
  int32: 'I32',
  int64: 'I64',
  float16: 'F16',
  float32: 'F32',
  float64: 'F64',
  bool: 'BOOL',
  bfloat16: 'BF16',
};
const DTYPES = new Map(Object.entries(NAMES).map(([dtype, name]) => [name, dtype as DType]));

/** Header key of the metadata. */
const METADATA = '__metadata__';
/** Bytes of the header's length, a little-endian integer at the start of the file. */
const LENGTH_BYTES = 8;
/** The format's limit on the header. */
const MOST_HEADER_BYTES = 100_000_000;
/** The system reads and writes at most 2 GiB at once. */
const MOST_BYTES_AT_ONCE = 2 ** 30;

/** Header entry of one tensor; offsets count from the end of the header. */
interface Entry {
  name: string;
  dtype: DType;
  shape: number[];
  begin: number;
  end: number;
}

export interface SafetensorsContent {
  /** On the CPU, in the header's order. */
  tensors: Map<string, Tensor>;
  metadata: Record<string, string>;
}

/**
 * Writes tensors of any device and dtype in the safetensors format (https://github.com/huggingface/safetensors#format),
 * each in row-major order. The file is written and synced under a temporary name and then renamed, so a crash or a full
 * disk leaves the old file or none. Needs memory for one tensor at a time.
 *
 * @throws AutodidactError `IO` or `NOT_FOUND` when the file cannot be written, `FREED` for a freed tensor, `USAGE` for a tensor
 *   named `__metadata__`
 */
export function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): void {
  const { header, order } = makeHeader(tensors, metadata);
  const temporary = partialName(path);
  try {
    const file = openSync(temporary, 'wx');
    try {
      const length = new Uint8Array(LENGTH_BYTES);
      new DataView(length.buffer).setBigUint64(0, BigInt(header.byteLength), true);
      writeAll(file, length);
      writeAll(file, header);
      for (const value of order) writeAll(file, value.toBytes());
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    syncFolder(dirname(path));
  } catch (error) {
    removePartial(temporary);
    throw error instanceof AutodidactError ? error : ioError('write', path, error);
  }
}

function makeHeader(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>>,
): { header: Uint8Array; order: Tensor[] } {
  if (tensors.has(METADATA)) throw expected('names that the format does not reserve', 'tensors', METADATA);
  const described = [...tensors].map(([name, value]) => ({ name, value, dtype: value.dtype, shape: value.shape }));
  // Widest elements first, so that every tensor is aligned to its element size, as readers that map the file require.
  const order = [...described].sort((a, b) => dtypeBytes(b.dtype) - dtypeBytes(a.dtype));
  const ends = new Map<string, [begin: number, end: number]>();
  let end = 0;
  for (const { name, dtype, shape } of order) {
    const begin = end;
    end += byteCount(dtype, shape);
    ends.set(name, [begin, end]);
  }
  // Built by hand: an object would move numeric keys to the front.
  const fields = described.map(
    ({ name, dtype, shape }) =>
      `${JSON.stringify(name)}:${JSON.stringify({ dtype: NAMES[dtype], shape, data_offsets: ends.get(name) })}`,
  );
  if (Object.keys(metadata).length > 0) fields.unshift(`${JSON.stringify(METADATA)}:${JSON.stringify(metadata)}`);
  const text = new TextEncoder().encode(`{${fields.join(',')}}`);
  const header = new Uint8Array(Math.ceil(text.byteLength / 8) * 8).fill(0x20);
  header.set(text);
  return { header, order: order.map(({ value }) => value) };
}

function byteCount(dtype: DType, shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, dtypeBytes(dtype));
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.byteLength; )
    done += writeSync(file, bytes, done, Math.min(MOST_BYTES_AT_ONCE, bytes.byteLength - done));
}

/** What systems answer that cannot sync a folder, or do not let us: some network and container file systems. */
const UNSYNCED = ['EINVAL', 'ENOTSUP', 'EBADF', 'EACCES', 'EPERM'];

/** Syncs a folder, so that a rename in it survives a power cut. Where that is impossible, as on Windows, the file is whole all the same. */
function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  try {
    const folder = openSync(path, 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  } catch (error) {
    if (!UNSYNCED.includes(systemCode(error) ?? '')) throw error;
  }
}

/**
 * Reads a safetensors file. The tensors are copies on the CPU, independent of the file: it is read, not mapped, because
 * access to a mapped file that was truncated ends the process.
 *
 * @throws AutodidactError `CHECKPOINT` when the file is truncated, malformed or inconsistent; `NOT_FOUND` or
 *   `IO` when it cannot be read; `ENGINE` when a tensor does not fit into the memory
 */
export function readSafetensors(path: string): SafetensorsContent {
  try {
    const found = statSync(path); // before it is opened: a pipe would wait for a writer
    if (!found.isFile()) throw broken(path, 'it is no regular file');
    const file = openSync(path, 'r');
    try {
      const header = readHeader(path, file, found.size);
      const tensors = scope(
        () => new Map(header.entries.map((entry) => [entry.name, readTensor(path, file, header.start, entry)])),
      );
      return { tensors: inOrder(tensors, header.names), metadata: header.metadata };
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw error instanceof AutodidactError ? error : ioError('read', path, error);
  }
}

function inOrder<Value>(values: ReadonlyMap<string, Value>, names: readonly string[]): Map<string, Value> {
  return new Map(names.map((name) => [name, values.get(name)!]));
}

function readTensor(path: string, file: number, start: number, entry: Entry): Tensor {
  const length = entry.end - entry.begin;
  native().requireMemory(2 * length); // the bytes and the tensor
  const bytes = readAll(path, file, start + entry.begin, length);
  const elements = new (arrayClass(entry.dtype))(bytes.buffer);
  return tensor(elements, { shape: entry.shape, dtype: entry.dtype });
}

function readAll(path: string, file: number, position: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const count = readSync(file, bytes, done, Math.min(MOST_BYTES_AT_ONCE, length - done), position + done);
    if (count === 0) throw broken(path, `${position + length} bytes were expected, it ends after ${position + done}`);
    done += count;
  }
  return bytes;
}

function broken(path: string, reason: string): AutodidactError {
  return new AutodidactError('CHECKPOINT', `${path} is not a valid safetensors file: ${reason}`, {
    remedy: 'Download or write it again, or use another checkpoint.',
  });
}

interface Header {
  /** Offset of the data in the file. */
  start: number;
  /** In the order of their data. */
  entries: Entry[];
  /** In the order of the header. */
  names: string[];
  metadata: Record<string, string>;
}

function readHeader(path: string, file: number, fileBytes: number): Header {
  if (fileBytes < LENGTH_BYTES) throw broken(path, `at least ${LENGTH_BYTES} bytes were expected, it has ${fileBytes}`);
  const length = Number(new DataView(readAll(path, file, 0, LENGTH_BYTES).buffer).getBigUint64(0, true));
  if (length > MOST_HEADER_BYTES) throw broken(path, `its first bytes announce a header of ${length} bytes`);
  if (LENGTH_BYTES + length > fileBytes)
    throw broken(path, `a header of ${LENGTH_BYTES + length} bytes was expected, the file has ${fileBytes}`);
  const { header, keys } = parse(path, readAll(path, file, LENGTH_BYTES, length));
  const { [METADATA]: metadata = {} } = header;
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === 'string'))
    throw broken(path, `\`${METADATA}\` has values that are not strings`);
  const names = keys.filter((key) => key !== METADATA);
  const entries = names.map((name) => checkEntry(path, name, header[name]));
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let end = 0;
  for (const entry of entries) {
    if (entry.begin !== end) {
      const fault = entry.begin < end ? 'overlaps the one before' : 'leaves a gap after the one before';
      throw broken(path, `the data of ${show(entry.name)} ${fault} (${entry.begin} instead of ${end})`);
    }
    end = entry.end;
  }
  const start = LENGTH_BYTES + length;
  if (start + end !== fileBytes) throw broken(path, `${start + end} bytes were expected, it has ${fileBytes}`);
  return { start, entries, names, metadata: metadata as Record<string, string> };
}

function parse(path: string, bytes: Uint8Array): { header: Record<string, unknown>; keys: string[] } {
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    header = parseJson(text);
  } catch {
    // The parser's message shows binary data.
    throw broken(path, 'its header is not JSON in UTF-8');
  }
  if (!isRecord(header)) throw broken(path, 'its header is not a JSON object');
  return { header, keys: keysInOrder(path, text) };
}

/**
 * The keys of a valid JSON object in their order. `JSON.parse` moves numeric keys to the front and keeps the last of several
 * equal keys; here a repeated key, at any depth, is an error.
 */
function keysInOrder(path: string, text: string): string[] {
  const outer = new Set<string>();
  const open: Set<string>[] = [];
  const colon = /\s*:/y;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '{') open.push(open.length === 0 ? outer : new Set());
    else if (text[i] === '}') open.pop();
    if (text[i] !== '"') continue;
    const start = i++;
    while (text[i] !== '"') i += text[i] === '\\' ? 2 : 1;
    colon.lastIndex = i + 1;
    if (!colon.test(text)) continue;
    const name: string = JSON.parse(text.slice(start, i + 1));
    const names = open.at(-1)!;
    if (names.has(name)) throw broken(path, `its header has the key ${show(name)} twice`);
    names.add(name);
  }
  return [...outer];
}

function checkEntry(path: string, name: string, value: unknown): Entry {
  const isIndex = (item: unknown): item is number => Number.isSafeInteger(item) && (item as number) >= 0;
  const { dtype: dtypeName, shape, data_offsets: offsets } = isRecord(value) ? value : {};
  if (typeof dtypeName !== 'string' || !Array.isArray(shape) || !Array.isArray(offsets))
    throw broken(path, `its header describes ${show(name)} without dtype, shape and data_offsets`);
  const dtype = DTYPES.get(dtypeName);
  if (dtype === undefined)
    throw new AutodidactError(
      'CHECKPOINT',
      `Expected a dtype among ${[...DTYPES.keys()].join(', ')} for ${show(name)} in ${path}, received ${show(dtypeName)}`,
    );
  const [begin, end] = offsets as unknown[];
  if (!shape.every(isIndex) || offsets.length !== 2 || !isIndex(begin) || !isIndex(end) || end < begin)
    throw broken(path, `its header gives ${show(name)} the shape ${show(shape)} and the bytes ${show(offsets)}`);
  const wanted = byteCount(dtype, shape);
  // libtorch multiplies the sizes in 64 bits even when one of them is zero.
  const isPossible =
    shape.length <= MOST_DIMENSIONS && byteCount(dtype, shape.filter(Boolean)) <= Number.MAX_SAFE_INTEGER;
  if (end - begin !== wanted || !isPossible)
    throw broken(path, `${show(name)}, ${dtype} of shape ${show(shape)}, needs ${wanted} bytes and has ${end - begin}`);
  return { name, dtype, shape, begin, end };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
