import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type DType, fromFile, keep, type Tensor, tensor } from '../engine/index.js';
import { AutodidactError, expected, ioError } from '../errors.js';

/** How the records of a pack lie in its file: one after the other, each an array of this type and shape. */
export interface RecordLayout {
  readonly dtype: RecordType;
  /** Of one record; of one item where records vary in length. */
  readonly shape: readonly number[];
  /** Whether a record is a run of items, (length, ...shape); the pack then has a file of offsets. */
  readonly isVarying: boolean;
}

export const RECORD_TYPES = ['uint8', 'int16', 'int32', 'float32'] as const;
export type RecordType = (typeof RECORD_TYPES)[number];

const BYTES: Record<RecordType, number> = { uint8: 1, int16: 2, int32: 4, float32: 4 };

/** Bytes of one record of fixed size, or of one item. */
export function recordBytes({ dtype, shape }: RecordLayout): number {
  return BYTES[dtype] * shape.reduce((product, size) => product * size, 1);
}

/** Closes the files of packs that nothing uses any more. */
const forgotten = new FinalizationRegistry<number>((file) => closeSync(file));

/** The file of a pack, mapped at its first use and shared by all subsets. */
export class PackedRecords {
  private map: { tensor: Tensor; file: number; bytes: number } | null = null;
  private bounds: BigInt64Array | null = null;

  /** @param offsetPath the file of count + 1 int64 offsets in items, for records of varying length */
  constructor(
    readonly path: string,
    readonly layout: RecordLayout,
    readonly count: number,
    private readonly offsetPath: string | null = null,
  ) {}

  /**
   * The whole file, (N, ...shape), or all items of all records.
   * @throws AutodidactError `IO` when the file has been cut since: the system ends a process that reads behind the end of a mapped file
   */
  mapped(): Tensor {
    this.map ??= this.open();
    const { tensor, file, bytes } = this.map;
    const { size } = fstatSync(file);
    if (size < bytes) throw cut(this.path, size, bytes);
    return tensor;
  }

  /** These rows, as a view when they are successive. */
  take(rows: Int32Array): Tensor {
    const isRun = rows.every((row, i) => row === rows[0]! + i);
    return isRun && rows.length > 0 ? this.mapped().narrow(0, rows[0]!, rows.length) : this.copy(rows);
  }

  /** A copy of these rows, (B, ...shape). */
  copy(rows: Int32Array): Tensor {
    return this.mapped().indexSelect(0, tensor(rows));
  }

  /** Number of the first item of a record of varying length; of `count`, the number of all items. */
  offsetOf(row: number): number {
    return Number(this.offsets()[row]);
  }

  /** Items in a record of varying length. */
  lengthOf(row: number): number {
    const offsets = this.offsets();
    return Number(offsets[row + 1]! - offsets[row]!);
  }

  /** Items `from` to before `from + length` of a record of varying length, (length, ...shape), as a view. */
  slice(row: number, from = 0, length = this.lengthOf(row) - from): Tensor {
    if (from < 0 || length < 0 || from + length > this.lengthOf(row))
      throw expected(`a part of the ${this.lengthOf(row)} items of record ${row}`, 'slice', `${from} + ${length}`);
    return this.mapped().narrow(0, Number(this.offsets()[row]) + from, length);
  }

  /** One record of fixed size as it lies in the file, without the engine. */
  readRow(row: number): Uint8Array {
    const record = new Uint8Array(recordBytes(this.layout));
    readAt(this.path, record, row * record.length);
    return record;
  }

  private open() {
    const items = this.layout.isVarying ? Number(this.offsets()[this.count]) : this.count;
    const shape = [items, ...this.layout.shape];
    const tensor = keep(fromFile(this.path, { shape, dtype: this.layout.dtype as DType }));
    const file = openFile(this.path);
    forgotten.register(this, file);
    return { tensor, file, bytes: items * recordBytes(this.layout) };
  }

  private offsets(): BigInt64Array {
    if (this.bounds === null) {
      const bounds = new BigInt64Array(this.count + 1);
      readAt(this.offsetPath!, new Uint8Array(bounds.buffer), 0);
      this.bounds = bounds;
    }
    return this.bounds;
  }
}

/** Fills `bytes` from a file. @throws AutodidactError `IO` */
export function readAt(path: string, bytes: Uint8Array, position: number): void {
  let read: number;
  try {
    const file = openSync(path, 'r');
    try {
      read = readSync(file, bytes, 0, bytes.length, position);
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    throw ioError('read', path, cause);
  }
  if (read < bytes.length) throw cut(path, position + read, position + bytes.length);
}

function openFile(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (cause) {
    throw ioError('read', path, cause);
  }
}

function cut(path: string, bytes: number, wanted: number): AutodidactError {
  return new AutodidactError('IO', `${path} was cut while it was in use: it has ${bytes} of at least ${wanted} bytes`, {
    remedy: 'Run this again: the file is then made anew.',
  });
}
