import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { memory, ops, tensor } from './index.js';

describe('the text of a tensor', () => {
  it('shows dtype, shape, device and aligned values', () => {
    expect(
      inspect(
        tensor([
          [1, -2.5],
          [100, Number.NaN],
        ]),
      ),
    ).toBe('Tensor float32[2, 2] on cpu\n[[  1.0000,  -2.5000],\n [100.0000,      NaN]]');
    expect(`${tensor([1, 20], { dtype: 'int64' })}`).toBe('Tensor int64[2] on cpu\n[ 1, 20]');
    expect(inspect(tensor(3))).toBe('Tensor float32[] on cpu\n3');
    expect(inspect(ops.zeros([2, 0]))).toBe('Tensor float32[2, 0] on cpu\n[[],\n []]');
    expect(inspect(tensor([1e-7, 1e7]))).toContain('1.000e-7, 1.000e+7');
  });

  it('shows integers that numbers do not hold', () => {
    const values = new BigInt64Array([2n ** 53n + 1n, -1n, 2n ** 62n]);
    const shown = '[   9007199254740993,                  -1, 4611686018427387904]';
    expect(`${tensor(values)}`).toBe(`Tensor int64[3] on cpu\n${shown}`);
    expect(String(tensor(values).repeat([1000]))).toContain('...,    9007199254740993');
  });

  it('abbreviates long dimensions', () => {
    const before = memory().tensors;
    const long = ops.arange(0, 5000).view([50, 100]);
    const text = inspect(long);
    expect(text).toContain('[[   0,    1,    2, ...,   97,   98,   99],');
    expect(text).toContain(' ...,\n');
    expect(text).toContain('4997, 4998, 4999]]');
    expect(text.split('\n').length).toBe(8);
    long.dispose();
    expect(memory().tensors).toBe(before + 1);
  });
});

it('abbreviates every long dimension of many, and reads no others', () => {
  const x = ops.arange(0, 7 * 2 * 9 * 10).view([7, 2, 9, 10]);
  const text = String(x);
  const kept = (size: number): number[] =>
    size > 6 ? [0, 1, 2, size - 3, size - 2, size - 1] : [...Array(size).keys()];
  const numbers = kept(7).flatMap((a) =>
    kept(2).flatMap((b) => kept(9).flatMap((c) => kept(10).map((d) => ((a * 2 + b) * 9 + c) * 10 + d))),
  );
  expect([...text.slice(text.indexOf('\n')).matchAll(/\d+/g)].map(Number)).toEqual(numbers);
  expect(String(ops.zeros([2000, 1, 2])).match(/0/g)!.length).toBeLessThan(40);
});
