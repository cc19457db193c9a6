import { expected } from '../errors.js';

/** The element types, with the codes of c10::ScalarType and the typed arrays that hold them. */
const TABLE = {
  uint8: { code: 0, bytes: 1, array: Uint8Array },
  int8: { code: 1, bytes: 1, array: Int8Array },
  int16: { code: 2, bytes: 2, array: Int16Array },
  int32: { code: 3, bytes: 4, array: Int32Array },
  int64: { code: 4, bytes: 8, array: BigInt64Array },
  float16: { code: 5, bytes: 2, array: Uint16Array },
  float32: { code: 6, bytes: 4, array: Float32Array },
  float64: { code: 7, bytes: 8, array: Float64Array },
  bool: { code: 11, bytes: 1, array: Uint8Array },
  bfloat16: { code: 15, bytes: 2, array: Uint16Array },
} as const;

export type DType = keyof typeof TABLE;

export type TypedArray =
  | Uint8Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint16Array
  | Float32Array
  | Float64Array;

export const dtypes = Object.keys(TABLE) as DType[];

const names = new Map<number, DType>(dtypes.map((name) => [TABLE[name].code, name]));

/** The c10 code of a dtype; `undefined` passes through, so that operators keep their default. */
export function dtypeCode(dtype: DType | undefined): number | undefined {
  if (dtype === undefined) return undefined;
  if (!Object.hasOwn(TABLE, dtype)) throw expected(`one of ${dtypes.join(', ')}`, 'dtype', dtype, { code: 'SHAPE' });
  return TABLE[dtype].code;
}

export function dtypeName(code: number): DType {
  const name = names.get(code);
  if (name === undefined)
    throw expected(`a dtype among ${dtypes.join(', ')}`, 'dtype', `c10 code ${code}`, { code: 'SHAPE' });
  return name;
}

/** Bytes of one element. */
export function dtypeBytes(dtype: DType): number {
  return TABLE[dtype].bytes;
}

/** The typed-array class of a dtype; 16-bit floats are raw bits in a `Uint16Array`. */
export function arrayClass(dtype: DType): (typeof TABLE)[DType]['array'] {
  return TABLE[dtype].array;
}

/** The default dtype of a typed array. */
export function dtypeOfArray(array: ArrayBufferView): DType {
  if (array instanceof Float32Array) return 'float32';
  if (array instanceof Float64Array) return 'float64';
  if (array instanceof Uint8Array || array instanceof Uint8ClampedArray) return 'uint8';
  if (array instanceof Int8Array) return 'int8';
  if (array instanceof Int16Array) return 'int16';
  if (array instanceof Int32Array) return 'int32';
  if (array instanceof BigInt64Array) return 'int64';
  throw expected('a typed array with a matching dtype', 'data', array, { code: 'SHAPE' });
}

export function isFloating(dtype: DType): boolean {
  return dtype === 'float32' || dtype === 'float64' || dtype === 'bfloat16' || dtype === 'float16';
}

/** Range of each integer dtype: from `least` to below `end`. */
const RANGES = new Map<DType, readonly [least: number, end: number]>([
  ['uint8', [0, 2 ** 8]],
  ['int8', [-(2 ** 7), 2 ** 7]],
  ['int16', [-(2 ** 15), 2 ** 15]],
  ['int32', [-(2 ** 31), 2 ** 31]],
  ['int64', [-(2 ** 63), 2 ** 63]],
]);

export function isInteger(dtype: DType): boolean {
  return RANGES.has(dtype);
}

/** Whether an integer dtype represents the number exactly; true for all other dtypes. */
export function holds(dtype: DType, value: number | bigint): boolean {
  const range = RANGES.get(dtype);
  if (range === undefined) return true;
  return (typeof value === 'bigint' || Number.isInteger(value)) && value >= range[0] && value < range[1];
}

/** The range of an integer dtype for messages: `from 0 to 255 (uint8)`. */
export function describeRange(dtype: DType): string {
  const [least, end] = RANGES.get(dtype)!;
  return dtype === 'int64' ? 'from -2^63 to 2^63 - 1 (int64)' : `from ${least} to ${end - 1} (${dtype})`;
}

const FORMATS = { contiguous: 0, preserve: 1, channelsLast: 2, channelsLast3d: 3 } as const;

/** Order of the elements in memory: `contiguous` is row-major NCHW, `channelsLast` is NHWC under an NCHW shape. */
export type MemoryFormat = keyof typeof FORMATS;

export function memoryFormatCode(format: MemoryFormat | undefined): number | undefined {
  if (format === undefined) return undefined;
  if (!Object.hasOwn(FORMATS, format))
    throw expected(`one of ${Object.keys(FORMATS).join(', ')}`, 'memoryFormat', format, { code: 'SHAPE' });
  return FORMATS[format];
}
