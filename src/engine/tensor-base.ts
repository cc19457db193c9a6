import { inspect } from 'node:util';
import { getHeapStatistics } from 'node:v8';
import { AutodidactError, expected } from '../errors.js';
import { type Device, native, type TensorId } from './bridge.js';
import {
  arrayClass,
  type DType,
  dtypeCode,
  dtypeName,
  type MemoryFormat,
  memoryFormatCode,
  type TypedArray,
} from './dtype.js';
import { format, longestLevel } from './inspect.js';
import { leaveToCollector, track, untrack } from './scope.js';
import { optionalId } from './tensor-arguments.js';

/** Nested lists of numbers, one level per dimension. */
export type NestedNumbers = number | NestedNumbers[];

/** A tensor without its operators, which the generated `Tensor` adds: metadata, gradient, conversion, reading, disposal. */
export abstract class TensorBase {
  /** @internal */
  id: TensorId;
  /** @internal Whether it was marked by `keep`. */
  isKept = false;

  constructor(id: TensorId) {
    this.id = id;
    track(this);
  }

  abstract narrow(dim: number, start: number, length: number): TensorBase;
  abstract toCopy(options: { dtype?: DType; device?: Device; memoryFormat?: MemoryFormat }): TensorBase;

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
    return this.shape.reduce((product, size) => product * size, 1);
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

  /** The accumulated gradient, or null before the first `backward`. Each read returns a new handle on the same memory. */
  get grad(): this | null {
    const id = native().getGrad(this.id);
    return id === 0 ? null : new (this.constructor as new (id: TensorId) => this)(id);
  }

  set grad(gradient: this | null) {
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

  /** Converts the dtype, the device or the memory format; returns this tensor itself when nothing changes. */
  to(target: DType | Device | { dtype?: DType; device?: Device; memoryFormat?: MemoryFormat }): this {
    if (target === null || (typeof target !== 'string' && typeof target !== 'object'))
      throw expected('a dtype, a device or an object of these', 'to', target, { code: 'SHAPE' });
    const wanted =
      typeof target === 'object' ? target : isDType(target) ? { dtype: target } : { device: target as Device };
    const isSame =
      (wanted.dtype === undefined || wanted.dtype === this.dtype) &&
      (wanted.device === undefined || isSameDevice(wanted.device, this.device)) &&
      (wanted.memoryFormat === undefined || this.isContiguous(wanted.memoryFormat));
    return isSame ? this : (this.toCopy(wanted) as this);
  }

  /** Accumulates the gradient of this scalar (or of its inner product with `gradient`) in every leaf that requires one. */
  backward(options: { gradient?: TensorBase; retainGraph?: boolean } = {}): void {
    native().backward([this.id], [optionalId(options.gradient, 'gradient') ?? 0], options.retainGraph ?? false);
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
   * Takes over the memory of another tensor and frees its own, so that every holder of this object sees the new values.
   * @internal
   */
  become(other: TensorBase): void {
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

  toString(): string {
    return this.isFreed ? 'Tensor(freed)' : `Tensor ${this.describe()}\n${format(this)}`;
  }

  [inspect.custom](): string {
    return this.toString();
  }
}

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

/** Refuses more list items than the JavaScript heap can hold: nested items take up to 128 bytes, and a full heap is fatal. */
function checkListed(tensor: TensorBase, items: number): void {
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

function isDType(name: string): name is DType {
  return name !== 'cpu' && name !== 'mps' && !name.startsWith('cuda');
}

/** Shape, dtype and device, which a gradient shares with its tensor. */
function kindOf(tensor: TensorBase): string {
  return `${tensor.shape} ${tensor.dtype} ${tensor.device}`;
}

function isSameDevice(wanted: Device, actual: Device): boolean {
  return (
    wanted === actual || (wanted === 'cuda' && actual === 'cuda:0') || (wanted === 'mps' && String(actual) === 'mps:0')
  );
}
