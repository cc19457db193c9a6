import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { generate, TARGET } from '../../scripts/generate-ops.js';
import { AutodidactError } from '../errors.js';
import { native } from './bridge.js';
import { ops, tensor } from './index.js';

describe('ops.generated.ts', () => {
  it('is what `npm run generate` writes for this libtorch', () => {
    const wanted = generate();
    expect(wanted.length).toBeGreaterThan(50_000);
    expect(readFileSync(TARGET, 'utf8') === wanted, `${TARGET} is stale: run \`npm run generate\``).toBe(true);
  });
});

describe('operators', () => {
  it('that work in place return the tensor itself', () => {
    const x = tensor([1, 4]);
    expect(x.sqrt_()).toBe(x);
    expect(x.add_(1).mul_(tensor([2, 3]))).toBe(x);
    expect(x.toNumbers()).toEqual([4, 9]);
  });

  it('return lists and tuples', () => {
    const [values, places] = tensor([3, 1, 2]).sort();
    expect([values.toNumbers(), places.toNumbers()]).toEqual([
      [1, 2, 3],
      [1, 2, 0],
    ]);
    expect(
      ops
        .arange(0, 6)
        .chunk(3)
        .map((part) => part.toNumbers()),
    ).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ]);
  });

  it('expand a number to a list of fixed length', () => {
    expect(ops.maxPool2d(ops.zeros([1, 1, 6, 6]), 2).shape).toEqual([1, 1, 3, 3]);
    expect(ops.maxPool2d(ops.zeros([1, 1, 6, 6]), [2, 3]).shape).toEqual([1, 1, 3, 2]);
  });

  it('use their defaults for omitted arguments, also before given ones', () => {
    expect(ops.zeros([1]).dtype).toBe('float32');
    expect(ops.avgPool2d(ops.ones([1, 1, 2, 2]), 2, undefined, 1, undefined, false).toNumbers()).toEqual([1, 1, 1, 1]);
  });

  it('accept booleans, strings and null tensors', () => {
    const x = tensor([[1, 2]]);
    expect(ops.linear(x, tensor([[3, 4]]), null).toNumbers()).toEqual([11]);
    expect(x.gelu({ approximate: 'tanh' }).shape).toEqual([1, 2]);
    expect(x.equal(x)).toBe(true);
    expect(x.index([null, tensor([1], { dtype: 'int64' })]).toNumbers()).toEqual([2]);
  });

  it('refuse a fraction for an integer argument', () => {
    expect(() => ops.zeros([1.5])).toThrow('`aten::zeros`: argument `size`: expected an integer');
  });

  it('that libtorch lacks are an error', () => {
    expect(() => native().resolve('aten::nonsense', '')).toThrow(AutodidactError);
  });
});
