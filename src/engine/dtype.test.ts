import { expect, it } from 'vitest';
import {
  arrayClass,
  type DType,
  dtypeBytes,
  dtypeCode,
  dtypeName,
  dtypeOfArray,
  dtypes,
  isFloating,
  memoryFormatCode,
} from './dtype.js';
import { ops } from './index.js';

it.each(dtypes)('code, width and array of %s agree with libtorch', (dtype: DType) => {
  expect(dtypeName(dtypeCode(dtype)!)).toBe(dtype);
  const x = ops.zeros([3], { dtype });
  expect(x.dtype).toBe(dtype);
  expect(x.toBytes().length).toBe(3 * dtypeBytes(dtype));
  expect(arrayClass(dtype).BYTES_PER_ELEMENT).toBe(dtypeBytes(dtype));
});

it('typed arrays and dtypes correspond one to one', () => {
  const own = dtypes.filter((dtype) => !['bool', 'float16', 'bfloat16'].includes(dtype));
  for (const dtype of own) expect(dtypeOfArray(new (arrayClass(dtype))(1))).toBe(dtype);
});

it('floating-point dtypes are recognized', () => {
  expect(dtypes.filter(isFloating)).toEqual(['float16', 'float32', 'float64', 'bfloat16']);
});

it('undefined stays undefined, so that operators keep their defaults', () => {
  expect(dtypeCode(undefined)).toBe(undefined);
  expect(memoryFormatCode(undefined)).toBe(undefined);
});

it('unknown names and codes are refused', () => {
  expect(() => dtypeCode('complex64' as DType)).toThrow('Expected one of uint8');
  expect(() => dtypeCode('toString' as DType)).toThrow('Expected one of uint8');
  expect(() => memoryFormatCode('toString' as never)).toThrow('Expected one of contiguous');
  expect(() => dtypeName(8)).toThrow('c10 code 8');
  expect(() => dtypeOfArray(new BigUint64Array(1))).toThrow('BigUint64Array of 8 bytes');
});
