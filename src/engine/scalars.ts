import { expected } from '../errors.js';
import { native, type TensorId } from './bridge.js';
import { type DType, describeRange, dtypeName, holds, isInteger } from './dtype.js';

/** A number that libtorch sees as an integer when it is integral, or as a float when wrapped by `float`. */
export type Scalar = number | boolean | { readonly float: number };

/** Marks a number as floating point even when it is integral, so that integer tensors are promoted. */
export const float = (value: number): Scalar => ({ float: value });

/** Every integer dtype holds the integers from 0 to here: the common case, for which no dtype is looked up. */
const ALWAYS_HELD = 127;

/**
 * Checks a number that an operator stores in a tensor. libtorch would drop the fraction and wrap negative numbers in uint8.
 *
 * @param target the dtype, or the tensor; undefined when the number itself decides the dtype
 * @throws AutodidactError `SHAPE` when an integer dtype cannot hold the number
 */
export function stored(value: Scalar, target: DType | TensorId | undefined, name: string): Scalar {
  const number = typeof value === 'object' ? value?.float : value;
  if (typeof number !== 'number' || target === undefined || isAlwaysHeld(number)) return value;
  return check(value, number, target, name);
}

/**
 * Checks a number that a tensor is compared with, divided by or limited to. libtorch converts an integral one to the dtype
 * of an integer tensor and wraps it: 100 < 300 would be false in uint8. A fraction promotes the tensor instead.
 *
 * @throws AutodidactError `SHAPE` when the tensor's dtype is an integer type that cannot hold the integral number
 */
export function operand<Value extends Scalar | null | undefined>(value: Value, tensor: TensorId, name: string): Value {
  if (typeof value !== 'number' || isAlwaysHeld(value) || !Number.isInteger(value)) return value;
  return check(value, value, tensor, name);
}

/** Checks the first and the last number of a range, and its step, as `stored` does. */
export function storedRange(start: Scalar, end: Scalar, step: Scalar | undefined, dtype: DType | undefined): void {
  if (dtype === undefined || !isInteger(dtype)) return;
  const [first, limit, by] = [start, end, step ?? 1].map((value) =>
    Number(typeof value === 'object' ? value.float : value),
  );
  stored(first!, dtype, 'start');
  if (!Number.isInteger(by)) throw expected(`an integer (${dtype})`, 'step', by, { code: 'SHAPE' });
  const count = Math.ceil((limit! - first!) / by!);
  if (count > 0 && !holds(dtype, first! + (count - 1) * by!))
    throw expected(`a range of integers ${describeRange(dtype)}`, 'end', limit, { code: 'SHAPE' });
}

function isAlwaysHeld(value: number): boolean {
  return value >= 0 && value <= ALWAYS_HELD && Number.isInteger(value);
}

function check<Value>(value: Value, number: number, target: DType | TensorId, name: string): Value {
  const dtype = typeof target === 'number' ? dtypeName(native().dtype(target)) : target;
  if (!holds(dtype, number)) throw expected(`an integer ${describeRange(dtype)}`, name, number, { code: 'SHAPE' });
  return value;
}
