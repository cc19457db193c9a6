import { describe, expect, it } from 'vitest';
import type { AutodidactError } from '../errors.js';
import { type DType, float, ops, type Tensor, tensor } from './index.js';

function fails(body: () => unknown): AutodidactError {
  try {
    body();
  } catch (error) {
    return error as AutodidactError;
  }
  throw new Error('Expected an error, none was thrown');
}

/** The first and the last integer of each type that JavaScript numbers hold exactly. */
const RANGES: [DType, number, number][] = [
  ['uint8', 0, 255],
  ['int8', -128, 127],
  ['int16', -32768, 32767],
  ['int32', -(2 ** 31), 2 ** 31 - 1],
  ['int64', -(2 ** 63), 2 ** 63 - 1024],
];
const UNHELD: [DType, number][] = RANGES.flatMap(([dtype, least, most]): [DType, number][] => [
  [dtype, dtype === 'int64' ? -(2 ** 63) - 2048 : least - 1],
  [dtype, dtype === 'int64' ? 2 ** 63 : most + 1],
  [dtype, 0.5],
  [dtype, Number.NaN],
  [dtype, Number.POSITIVE_INFINITY],
]);

const index = (): Tensor => tensor([0], { dtype: 'int64' });
const mask = (): Tensor => ops.ones([1], { dtype: 'bool' });
const zero = (dtype: DType): Tensor => ops.zeros([1], { dtype });

/** Every way to bring a number into a tensor. */
const WRITERS: [string, (dtype: DType, value: number) => Tensor][] = [
  ['tensor of a number', (dtype, value) => tensor(value, { dtype })],
  ['tensor of a list', (dtype, value) => tensor([[0, value]], { dtype }).select(1, 1)],
  ['tensor of a typed array', (dtype, value) => tensor(new Float64Array([value]), { dtype })],
  ['full', (dtype, value) => ops.full([1], value, { dtype })],
  ['full of a float', (dtype, value) => ops.full([1], float(value), { dtype })],
  ['fullLike', (dtype, value) => ops.fullLike(zero(dtype), value)],
  ['fullLike with a dtype', (dtype, value) => ops.fullLike(zero('float32'), value, { dtype })],
  ['fill_', (dtype, value) => zero(dtype).fill_(value)],
  ['maskedFill', (dtype, value) => zero(dtype).maskedFill(mask(), value)],
  ['maskedFill_', (dtype, value) => zero(dtype).maskedFill_(mask(), value)],
  ['indexFill_', (dtype, value) => zero(dtype).indexFill_(0, index(), value)],
  ['scatterValue', (dtype, value) => zero(dtype).scatterValue(0, index(), value)],
  ['scatterValue_', (dtype, value) => zero(dtype).scatterValue_(0, index(), value)],
];

describe.each(WRITERS)('%s', (_name, write) => {
  it.each(UNHELD)('refuses what %s cannot hold: %d', (dtype, value) => {
    const error = fails(() => write(dtype, value));
    expect(error.code).toBe('SHAPE');
    expect(error.message).toMatch(
      /^Expected (an integer|integers) from -?\d[^ ]* to \d.* \(u?int\d+\) for `\w+`, received /,
    );
    expect(error.message).toContain(dtype);
  });

  it.each(RANGES)('keeps the bounds of %s: %d and %d', (dtype, least, most) => {
    for (const value of [least, most, 1]) expect(Number(write(dtype, value).toTypedArray()[0])).toBe(value);
  });

  it('keeps fractions in floats, and converts them to true in booleans', () => {
    expect(write('float32', 0.5).item()).toBe(0.5);
    expect(write('float64', Number.NaN).item()).toBe(Number.NaN);
    expect(write('bool', 0.5).item()).toBe(1);
  });
});

describe('tensor of a typed array', () => {
  it.each<[DType, ArrayBufferView]>([
    ['uint8', new Int32Array([0, 300])],
    ['uint8', new Int8Array([-1])],
    ['int8', new Uint8Array([128])],
    ['int32', new BigInt64Array([2n ** 31n])],
    ['int32', new BigInt64Array([-(2n ** 40n)])],
    ['int64', new Float32Array([2 ** 63])],
    ['int16', new Float32Array([1.5])],
  ])('refuses what %s cannot hold: %o', (dtype, elements) => {
    expect(fails(() => tensor(elements, { dtype })).code).toBe('SHAPE');
  });

  it('narrows numbers that fit', () => {
    expect(tensor(new Int32Array([0, 255]), { dtype: 'uint8' }).toNumbers()).toEqual([0, 255]);
    expect(tensor(new BigInt64Array([-128n, 127n]), { dtype: 'int8' }).toNumbers()).toEqual([-128, 127]);
    expect(tensor(new Float32Array([-5]), { dtype: 'int64' }).toNumbers()).toEqual([-5]);
  });
});

describe('a range', () => {
  it.each<[number, number, number, DType]>([
    [0, 400, 100, 'uint8'],
    [2, -2, -1, 'uint8'],
    [0, 3, 1.5, 'int64'],
    [0.5, 3, 1, 'int32'],
    [0, 3, Number.NaN, 'int32'],
  ])('from %d to %d by %d is refused in %s', (start, end, step, dtype) => {
    expect(fails(() => ops.arange(start, end, step, { dtype })).code).toBe('SHAPE');
  });

  it('may reach the bounds of its dtype', () => {
    expect(ops.arange(253, 256, 1, { dtype: 'uint8' }).toNumbers()).toEqual([253, 254, 255]);
    expect(ops.arange(1, -1, -1, { dtype: 'uint8' }).toNumbers()).toEqual([1, 0]);
    expect(ops.arange(0, 2.5, 1, { dtype: 'int16' }).toNumbers()).toEqual([0, 1, 2]);
    expect(ops.arange(0, 0, 1, { dtype: 'uint8' }).toNumbers()).toEqual([]);
    expect(ops.arange(0, 1, 0.25).toNumbers()).toEqual([0, 0.25, 0.5, 0.75]);
  });
});

describe('a number operand of an integer tensor', () => {
  const bytes = (): Tensor => tensor([100, 200], { dtype: 'uint8' });

  it.each<[string, (x: Tensor, value: number) => unknown]>([
    ['eq', (x, value) => x.eq(value)],
    ['ne', (x, value) => x.ne(value)],
    ['lt', (x, value) => x.lt(value)],
    ['le', (x, value) => x.le(value)],
    ['gt', (x, value) => x.gt(value)],
    ['ge', (x, value) => x.ge(value)],
    ['remainder', (x, value) => x.remainder(value)],
    ['floorDivide', (x, value) => x.floorDivide(value)],
    ['clamp', (x, value) => x.clamp(value)],
    ['clamp', (x, value) => x.clamp(0, value)],
    ['clamp_', (x, value) => x.clamp_(value)],
    ['clampMin', (x, value) => x.clampMin(value)],
    ['clampMin_', (x, value) => x.clampMin_(value)],
    ['clampMax', (x, value) => x.clampMax(value)],
    ['clampMax_', (x, value) => x.clampMax_(value)],
  ])('is refused by %s when the dtype would wrap it', (_name, call) => {
    for (const value of [300, -1, 2 ** 40]) expect(fails(() => call(bytes(), value)).code).toBe('SHAPE');
    expect(fails(() => call(tensor([1], { dtype: 'int32' }), 2 ** 40)).message).toContain('int32');
    call(bytes(), 200);
    call(tensor([1], { dtype: 'int16' }), -300);
    call(tensor([1.5]), 2 ** 40);
  });

  it('promotes the tensor when it is a fraction', () => {
    expect(bytes().lt(100.5).toNumbers()).toEqual([1, 0]);
    expect(bytes().clamp(0, 150.5).toNumbers()).toEqual([100, 150.5]);
    expect(tensor([1, 0], { dtype: 'bool' }).eq(1).toNumbers()).toEqual([1, 0]);
  });

  it('sets no limit when it is null', () => {
    expect(bytes().clamp(null, 150).toNumbers()).toEqual([100, 150]);
  });
});

it('null is refused with the name of the argument', () => {
  expect(fails(() => tensor([1]).add(null as never)).message).toContain('argument `other`: it is missing');
});
