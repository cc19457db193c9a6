import { accessSync, constants, type Stats, statSync } from 'node:fs';
import { inspect } from 'node:util';
import { getHeapStatistics } from 'node:v8';
import { AutodidactError, expected, ioError } from '../errors.js';
import { MOST_DIMENSIONS, native, type TensorId } from './bridge.js';
import {
  arrayClass,
  type DType,
  describeRange,
  dtypeBytes,
  dtypeCode,
  dtypeName,
  dtypeOfArray,
  holds,
  isInteger,
  type MemoryFormat,
  memoryFormatCode,
  type TypedArray,
} from './dtype.js';
import { format, longestLevel } from './inspect.js';
import { fromFileBytes, setTensorFactory, TensorOperators, toCopy } from './ops.generated.js';
import { keep, leaveToCollector, scope, track, untrack } from './scope.js';

/** Nested lists of numbers, as deep as a tensor has dimensions. */
export type NestedNumbers = number | NestedNumbers[];

/** Where a tensor lives: `cpu`, `cuda`, `cuda:1`, `mps`. */
export type Device = 'cpu' | 'cuda' | `cuda:${number}` | 'mps';

/**
 * An n-dimensional array on a device: a number that names a libtorch tensor. Its operators are PyTorch's in camelCase, with
 * the underscore of in-place operators kept (`add_`). Free it with `scope`, `using` or `dispose`; using it afterwards throws
 * `FREED`.
 */
export class Tensor extends TensorOperators {
  override id: TensorId;
  isKept = false;

  constructor(id: TensorId) {
    super();
    this.id = id;
    track(this);
  }

  get shape(): number[] {
    return native().sizes(this.id);
  }

  get strides(): number[] {
    return native().strides(this.id);
  }

  get ndim(): number {
    return this.shape.length;
  }

  get numel(): number {
    return product(this.shape);
  }

  get dtype(): DType {
    return dtypeName(native().dtype(this.id));
  }

  get device(): Device {
    return native().device(this.id) as Device;
  }

  get isFreed(): boolean {
    return !native().isAlive(this.id);
  }

  get requiresGrad(): boolean {
    return native().requiresGrad(this.id);
  }

  set requiresGrad(value: boolean) {
    native().setRequiresGrad(this.id, value);
  }

  /** The accumulated gradient, or null before the first `backward`. Each reading makes a new handle on the same memory. */
  get grad(): Tensor | null {
    const id = native().getGrad(this.id);
    return id === 0 ? null : new Tensor(id);
  }

  set grad(gradient: Tensor | null) {
    if (gradient !== null && kindOf(gradient) !== kindOf(this))
      throw expected(`a gradient like its tensor, ${this.describe()}`, 'grad', gradient, { code: 'SHAPE' });
    native().setGrad(this.id, gradient?.id ?? 0);
  }

  /** Size of one dimension; negative numbers count from the end. */
  size(dim: number): number {
    const shape = this.shape;
    const size = shape[dim < 0 ? dim + shape.length : dim];
    if (size === undefined) throw expected(`a dimension of ${this.describe()}`, 'dim', dim, { code: 'SHAPE' });
    return size;
  }

  isContiguous(memoryFormat: MemoryFormat = 'contiguous'): boolean {
    return native().isContiguous(this.id, memoryFormatCode(memoryFormat)!);
  }

  /** Converts the dtype, the device or the memory format; returns this very tensor when nothing changes. */
  to(target: DType | Device | { dtype?: DType; device?: Device; memoryFormat?: MemoryFormat }): Tensor {
    const wanted =
      typeof target === 'object' ? target : isDType(target) ? { dtype: target } : { device: target as Device };
    const isSame =
      (wanted.dtype === undefined || wanted.dtype === this.dtype) &&
      (wanted.device === undefined || isSameDevice(wanted.device, this.device)) &&
      (wanted.memoryFormat === undefined || this.isContiguous(wanted.memoryFormat));
    return isSame ? this : toCopy(this, wanted);
  }

  /** Gradients of this scalar (or of its inner product with `gradient`) for every leaf that requires one. */
  backward(options: { gradient?: Tensor; retainGraph?: boolean } = {}): void {
    native().backward([this.id], [options.gradient?.id ?? 0], options.retainGraph ?? false);
  }

  /**
   * The only element as a JavaScript number.
   *
   * @throws AutodidactError `SHAPE` for any other number of elements, or an integer that JavaScript numbers cannot hold
   */
  item(): number {
    return native().item(this.id);
  }

  /** The elements in row-major order, copied once; 16-bit floats are widened to float32 first. */
  toTypedArray(): TypedArray {
    const dtype = this.dtype;
    if (dtype === 'bfloat16' || dtype === 'float16')
      return over(native().toBytes(this.id, dtypeCode('float32')), Float32Array);
    return over<TypedArray>(native().toBytes(this.id), arrayClass(dtype));
  }

  /** The raw bytes in row-major order, whatever the dtype. */
  toBytes(): Uint8Array {
    return over(native().toBytes(this.id), Uint8Array);
  }

  /**
   * The elements in row-major order as JavaScript numbers.
   *
   * @throws AutodidactError `SHAPE` when they are too many for a list, or integers that JavaScript numbers cannot hold
   */
  toNumbers(): number[] {
    checkListed(this, this.numel);
    const elements = this.toTypedArray();
    return elements instanceof BigInt64Array ? Array.from(elements, exactNumber) : Array.from(elements);
  }

  /** The elements as nested lists of the tensor's shape; throws as `toNumbers` does. */
  toList(): NestedNumbers {
    const shape = this.shape;
    checkListed(this, longestLevel(shape));
    const numbers = this.toNumbers();
    let next = 0;
    const rowsOf = (dim: number): NestedNumbers =>
      dim === shape.length ? numbers[next++]! : Array.from({ length: shape[dim]! }, () => rowsOf(dim + 1));
    return rowsOf(0);
  }

  /** Frees the memory now. Calling it twice is allowed. */
  dispose(): void {
    if (this.id <= 0) return;
    untrack(this);
    native().free(this.id);
    this.id = -1;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /**
   * Takes over another tensor's memory and gives up its own, so that everything that holds this object sees the new one.
   * @internal
   */
  become(other: Tensor): void {
    if (other === this) return;
    const isCollected = untrack(this);
    untrack(other);
    native().free(this.id);
    this.id = other.id;
    other.id = -1;
    if (isCollected) leaveToCollector(this);
  }

  /** Dtype, shape and device in one phrase, for messages: `float32[2, 3] on cpu`. */
  describe(): string {
    return this.isFreed ? 'a freed tensor' : `${this.dtype}[${this.shape.join(', ')}] on ${this.device}`;
  }

  override toString(): string {
    return this.isFreed ? 'Tensor(freed)' : `Tensor ${this.describe()}\n${format(this)}`;
  }

  [inspect.custom](): string {
    return this.toString();
  }
}

setTensorFactory((id) => new Tensor(id));

/** A typed array over a whole buffer. */
function over<Elements extends TypedArray>(
  buffer: ArrayBuffer,
  Elements: new (buffer: ArrayBuffer) => Elements,
): Elements {
  try {
    return new Elements(buffer);
  } catch (cause) {
    const received = `${buffer.byteLength} bytes`;
    throw new AutodidactError('SHAPE', `Expected a tensor that one typed array can hold, received ${received}`, {
      cause,
    });
  }
}

/** Refuses more list items than JavaScript's heap can hold: nested, each takes up to 128 bytes, and a full heap is fatal. */
function checkListed(tensor: Tensor, items: number): void {
  const most = Math.floor(getHeapStatistics().heap_size_limit / 128);
  if (items > most)
    throw expected(`a tensor of at most ${most} list items`, 'toNumbers', tensor, {
      code: 'SHAPE',
      remedy: 'Use `toTypedArray`.',
    });
}

function exactNumber(value: bigint): number {
  const number = Number(value);
  if (BigInt(number) !== value)
    throw expected('integers that JavaScript numbers hold exactly', 'toNumbers', value, {
      code: 'SHAPE',
      remedy: 'Use `toTypedArray`.',
    });
  return number;
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((all, size) => all * size, 1);
}

function isDType(name: string): name is DType {
  return name !== 'cpu' && name !== 'mps' && !name.startsWith('cuda');
}

/** Shape, dtype and device: what a tensor and its gradient have in common. */
function kindOf(tensor: Tensor): string {
  return `${tensor.shape} ${tensor.dtype} ${tensor.device}`;
}

function isSameDevice(wanted: Device, actual: Device): boolean {
  return (
    wanted === actual || (wanted === 'cuda' && actual === 'cuda:0') || (wanted === 'mps' && String(actual) === 'mps:0')
  );
}

/**
 * A tensor from a number, nested lists or a typed array (copied once).
 *
 * Numbers and lists become float32 unless `dtype` says otherwise; a typed array keeps its own type. A `Uint16Array` with a
 * 16-bit float as its `dtype` holds the bits of those.
 * @throws AutodidactError `SHAPE` when lists are ragged, contain themselves or are more than 64 deep, when the length does
 *   not fit `shape`, or when an integer dtype cannot hold a number: NaN, a fraction, or one out of its range
 */
export function tensor(
  data: NestedNumbers | boolean | readonly NestedNumbers[] | ArrayBufferView,
  options: { shape?: readonly number[]; dtype?: DType; device?: Device; requiresGrad?: boolean } = {},
): Tensor {
  return scope(() => {
    const made = ArrayBuffer.isView(data) ? fromView(data, options.shape, options.dtype) : fromNested(data, options);
    const placed = options.device === undefined ? made : made.to(options.device);
    if (options.requiresGrad) placed.requiresGrad = true;
    return placed;
  });
}

function fromView(data: ArrayBufferView, shape: readonly number[] | undefined, dtype: DType | undefined): Tensor {
  const source = dtype !== undefined && isRaw(data, dtype) ? dtype : dtypeOfArray(data);
  const length = data.byteLength / dtypeBytes(source);
  const wanted = shape ?? [length];
  checkShape(wanted);
  const count = product(wanted);
  if (count !== length)
    throw expected(`${count} elements for shape [${wanted.join(', ')}]`, 'data', `${length} elements`, {
      code: 'SHAPE',
    });
  if (dtype !== undefined && dtype !== source) checkElements(data as unknown as ArrayLike<number | bigint>, dtype);
  const made = new Tensor(native().fromBytes(data, dtypeCode(source)!, wanted));
  return dtype === undefined ? made : made.to(dtype);
}

function checkShape(shape: readonly number[]): void {
  if (shape.every((size) => Number.isSafeInteger(size) && size >= 0)) return;
  throw new AutodidactError(
    'SHAPE',
    `Expected whole sizes of at least 0 for \`shape\`, received [${shape.join(', ')}]`,
  );
}

function checkElements(elements: ArrayLike<number | bigint>, dtype: DType): void {
  if (!isInteger(dtype)) return;
  for (let i = 0; i < elements.length; i++)
    if (!holds(dtype, elements[i]!))
      throw expected(`integers ${describeRange(dtype)}`, 'data', elements[i], { code: 'SHAPE' });
}

/** 16-bit floats have no typed array of their own: their bits come in an unsigned one. */
function isRaw(data: ArrayBufferView, dtype: DType): boolean {
  return (dtype === 'bfloat16' || dtype === 'float16') && data instanceof Uint16Array;
}

function fromNested(
  data: number | boolean | readonly NestedNumbers[],
  options: { shape?: readonly number[]; dtype?: DType },
): Tensor {
  const dtype = options.dtype ?? (typeof data === 'boolean' ? 'bool' : 'float32');
  const shape: number[] = [];
  for (let level: unknown = data; Array.isArray(level); level = level[0]) {
    if (shape.length === MOST_DIMENSIONS)
      throw expected(`lists at most ${MOST_DIMENSIONS} deep`, 'data', 'deeper ones, or a list that contains itself', {
        code: 'SHAPE',
      });
    shape.push(level.length);
  }
  const flat: number[] = [];
  flatten(data as NestedNumbers, shape, 0, flat);
  checkElements(flat, dtype);
  const elements = dtype === 'int64' ? BigInt64Array.from(flat, BigInt) : Float64Array.from(flat);
  return fromView(elements, options.shape ?? shape, undefined).to(dtype);
}

function flatten(data: NestedNumbers | boolean, shape: readonly number[], depth: number, into: number[]): void {
  if (Array.isArray(data)) {
    if (data.length !== shape[depth])
      throw expected(`lists of ${shape[depth] ?? 'no'} items at depth ${depth}`, 'data', `a list of ${data.length}`, {
        code: 'SHAPE',
      });
    for (const item of data) flatten(item, shape, depth + 1, into);
    return;
  }
  const isLeaf = typeof data === 'number' || typeof data === 'boolean';
  if (!isLeaf || depth !== shape.length) throw expected('numbers in even lists', 'data', data, { code: 'SHAPE' });
  into.push(Number(data));
}

/**
 * A tensor over a part of a file, mapped into memory: nothing is read until it is touched, nothing is copied, writes do not
 * reach the file. The file must not become shorter while the tensor is in use.
 *
 * @param offset bytes before the first element; a multiple of the element's size
 * @param fileBytes length of the mapped part from the file's beginning; up to the last element when left out
 * @throws AutodidactError `NOT_FOUND` or `IO` when the file cannot be opened, `DATA` when it is too short or the offset is odd
 */
export function fromFile(
  path: string,
  options: { shape: readonly number[]; dtype: DType; offset?: number; fileBytes?: number },
): Tensor {
  const { shape, dtype, offset = 0 } = options;
  checkShape(shape);
  const width = dtypeBytes(dtype);
  const bytes = product(shape) * width;
  if (!Number.isSafeInteger(offset) || offset < 0 || offset % width !== 0)
    throw expected(`a multiple of ${width} for ${path}`, 'offset', offset, { code: 'DATA' });
  const mapped = options.fileBytes ?? offset + bytes;
  if (!Number.isSafeInteger(mapped) || mapped < offset + bytes)
    throw expected(`at least ${offset + bytes}`, 'fileBytes', mapped, { code: 'DATA' });
  const present = fileSize(path);
  if (present < mapped)
    throw new AutodidactError('DATA', `Expected at least ${mapped} bytes in ${path}, received ${present}`);
  return scope(() => {
    const part = fromFileBytes(path, false, mapped, { dtype: 'uint8' }).narrow(0, offset, bytes);
    return (dtype === 'uint8' ? part : part.viewDtype(dtype)).view(shape);
  });
}

function fileSize(path: string): number {
  const found = stat(path);
  if (!found.isFile()) throw new AutodidactError('DATA', `Expected a regular file at ${path}`);
  return found.size;
}

function stat(path: string): Stats {
  try {
    accessSync(path, constants.R_OK);
    return statSync(path);
  } catch (error) {
    throw ioError('open', path, error);
  }
}

/** A leaf tensor that requires a gradient and outlives every scope. */
export function parameter(data: Tensor): Tensor {
  const leaf = keep(data.detach());
  leaf.requiresGrad = true;
  return leaf;
}
