import { accessSync, constants, type Stats, statSync } from 'node:fs';
import { AutodidactError, expected, ioError } from '../errors.js';
import { type Device, MOST_DIMENSIONS, native } from './bridge.js';
import { type DType, describeRange, dtypeBytes, dtypeCode, dtypeOfArray, holds, isInteger } from './dtype.js';
import { fromFileBytes, Tensor } from './ops.generated.js';
import { keep, scope } from './scope.js';
import type { NestedNumbers } from './tensor-base.js';

export type { Device } from './bridge.js';
export { Tensor } from './ops.generated.js';
export type { NestedNumbers } from './tensor-base.js';

/**
 * A tensor from a number, nested lists or a typed array (copied once).
 *
 * Numbers and lists become float32 unless `dtype` is given; a typed array keeps its type. A `Uint16Array` with a 16-bit float
 * `dtype` is read as raw bits.
 *
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

function product(sizes: readonly number[]): number {
  return sizes.reduce((all, size) => all * size, 1);
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

/** JavaScript has no typed array of 16-bit floats; their bits are passed in a `Uint16Array`. */
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
      throw expected(`lists at most ${MOST_DIMENSIONS} deep`, 'data', 'deeper lists, or a list that contains itself', {
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
  if (!isLeaf || depth !== shape.length)
    throw expected('numbers in lists of equal length', 'data', data, { code: 'SHAPE' });
  into.push(Number(data));
}

/**
 * A tensor over part of a memory-mapped file: pages are read on first access, nothing is copied, and writes do not reach the
 * file. Truncating the file while the tensor is in use ends the process.
 *
 * @param offset bytes before the first element; a multiple of the element's size
 * @param fileBytes length of the mapped part from the file's beginning; up to the last element when left out
 * @throws AutodidactError `NOT_FOUND` or `IO` when the file cannot be opened, `DATA` when it is too short or the offset is misaligned
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
