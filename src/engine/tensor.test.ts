import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { AutodidactError } from '../errors.js';
import {
  type DType,
  dtypes,
  float,
  isFloating,
  keep,
  memory,
  type NestedNumbers,
  ops,
  parameter,
  scope,
  Tensor,
  tensor,
} from './index.js';

function fails(body: () => unknown): AutodidactError {
  try {
    body();
  } catch (error) {
    expect(error).toBeInstanceOf(AutodidactError);
    return error as AutodidactError;
  }
  throw new Error('Expected an error, none was thrown');
}

const circular: NestedNumbers[] = [];
circular.push(circular);
const spiral: NestedNumbers[] = [1];
spiral.push(spiral);
const cycle: { self?: unknown } = {};
cycle.self = cycle;

function nested(depth: number): NestedNumbers {
  let value: NestedNumbers = 1;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

describe('making tensors', () => {
  it('from numbers and lists gives float32 with their shape', () => {
    expect([tensor(3).dtype, tensor(3).shape, tensor(3).item()]).toEqual(['float32', [], 3]);
    const matrix = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect([matrix.dtype, matrix.shape, matrix.ndim, matrix.numel]).toEqual(['float32', [2, 3], 2, 6]);
    expect(matrix.toList()).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect([tensor([]).shape, tensor([[], []]).shape]).toEqual([[0], [2, 0]]);
    expect(tensor([[[1], [2]]]).toList()).toEqual([[[1], [2]]]);
    expect(tensor(nested(64)).toList()).toEqual(nested(64));
  });

  it('from a boolean gives bool', () => {
    expect([tensor(true).dtype, tensor(true).item(), tensor(false).item()]).toEqual(['bool', 1, 0]);
    expect(tensor([0, 0.5, 2], { dtype: 'bool' }).toNumbers()).toEqual([0, 1, 1]);
  });

  it.each([
    new Uint8Array([0, 255]),
    new Int8Array([-128, 127]),
    new Int16Array([-32768, 32767]),
    new Int32Array([-(2 ** 31), 2 ** 31 - 1]),
    new BigInt64Array([-(2n ** 63n), 2n ** 63n - 1n]),
    new Float32Array([Math.fround(0.1), Number.POSITIVE_INFINITY]),
    new Float64Array([0.1, -1e300]),
  ])('from a typed array keeps the type and every bit: %o', (array) => {
    const made = tensor(array);
    expect(made.toTypedArray()).toEqual(array);
    expect(`${made.dtype}`).toBe(array.constructor.name.replace(/(Big|Array)/g, '').toLowerCase());
    expect(made.toBytes()).toEqual(new Uint8Array(array.buffer));
    array[0] = array[1]!;
    expect(made.toTypedArray()).not.toEqual(array);
  });

  it('accepts parts of buffers, clamped arrays and shared arrays', () => {
    const whole = new Float32Array([1, 2, 3, 4]);
    expect(tensor(whole.subarray(1, 3)).toNumbers()).toEqual([2, 3]);
    expect(tensor(new Uint8ClampedArray([1, 300])).toNumbers()).toEqual([1, 255]);
    const shared = new Float32Array(new SharedArrayBuffer(8));
    shared[1] = 5;
    expect(tensor(shared).toNumbers()).toEqual([0, 5]);
  });

  it('reads the bits of 16-bit floats from a Uint16Array', () => {
    expect(tensor(new Uint16Array([0x3f80, 0xc000]), { dtype: 'bfloat16' }).toNumbers()).toEqual([1, -2]);
    expect(tensor(new Uint16Array([0x3c00, 0xc000]), { dtype: 'float16' }).toNumbers()).toEqual([1, -2]);
  });

  it('normalizes booleans from any bytes', () => {
    expect([...tensor(new Uint8Array([0, 1, 2, 255]), { dtype: 'bool' }).toBytes()]).toEqual([0, 1, 1, 1]);
  });

  it.each(dtypes)('converts lists to %s', (dtype: DType) => {
    const last = isFloating(dtype) ? 2.75 : 2;
    const made = tensor([0, 1, last], { dtype });
    expect([made.dtype, made.toNumbers()]).toEqual([dtype, [0, 1, dtype === 'bool' ? 1 : last]]);
  });

  it('returns 16-bit floats as float32', () => {
    expect(tensor([1.5], { dtype: 'bfloat16' }).toTypedArray()).toEqual(new Float32Array([1.5]));
    expect(tensor([0.1], { dtype: 'float16' }).item()).toBe(0.0999755859375);
  });

  it('and reading them back gives every empty list of a shape', () => {
    const shapes: [number[], unknown][] = [
      [[0], []],
      [[0, 3], []],
      [
        [3, 0],
        [[], [], []],
      ],
      [
        [2, 0, 3],
        [[], []],
      ],
      [
        [2, 2, 0],
        [
          [[], []],
          [[], []],
        ],
      ],
    ];
    for (const [shape, list] of shapes) expect(ops.zeros(shape).toList()).toEqual(list);
    expect(ops.zeros([3, 0]).toNumbers()).toEqual([]);
  });

  it('reshapes on creation', () => {
    expect(tensor(new Float32Array(6), { shape: [2, 3] }).shape).toEqual([2, 3]);
    expect(tensor([1, 2, 3, 4], { shape: [2, 2] }).toList()).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('leaks no tensors', () => {
    const before = memory().tensors;
    const made = [tensor([1, 2], { dtype: 'int64' }), tensor([1], { dtype: 'bfloat16', requiresGrad: true })];
    for (const value of made) value.toNumbers();
    inspect(made[0]);
    expect(memory().tensors).toBe(before + 2);
    for (const value of made) value.dispose();
    expect(memory().tensors).toBe(before);
  });

  it.each<[string, () => unknown, string]>([
    ['ragged lists', () => tensor([[1, 2], [3]]), 'Expected lists of 2 items at depth 1 for `data`'],
    ['a number among lists', () => tensor([[1, 2], 3]), 'numbers in lists of equal length'],
    ['a list among numbers', () => tensor([1, [2]]), 'lists of no items at depth 1'],
    ['a shape that does not fit', () => tensor([1, 2, 3], { shape: [2, 2] }), 'Expected 4 elements for shape [2, 2]'],
    ['negative sizes', () => tensor(new Float32Array(4), { shape: [-2, -2] }), 'sizes of at least 0'],
    ['an unknown dtype', () => tensor([1], { dtype: 'float8' as DType }), 'Expected one of uint8'],
    ['a typed array without a matching dtype', () => tensor(new Uint32Array(1)), 'a typed array with a matching dtype'],
    ['a DataView', () => tensor(new DataView(new ArrayBuffer(4))), 'a typed array with a matching dtype'],
    ['a list that contains itself', () => tensor(circular), 'lists at most 64 deep'],
    ['a list that contains itself behind a number', () => tensor(spiral), 'lists of no items at depth 1'],
    ['lists that are too deep', () => tensor(nested(65)), 'lists at most 64 deep'],
    ['lists far too deep', () => tensor(nested(1e6)), 'lists at most 64 deep'],
    ['an object that contains itself', () => tensor([cycle as never]), 'numbers in lists of equal length'],
    ['bigints in lists', () => tensor([1n as never]), 'received 1n'],
    [
      'a property of every object as a dtype',
      () => tensor([1], { dtype: 'constructor' as DType }),
      'Expected one of uint8',
    ],
    ['sizes that are no numbers', () => tensor([1], { shape: [Number.NaN] }), 'received [NaN]'],
  ])('refuses %s', (_name, body, message) => {
    const error = fails(body);
    expect(error.code).toBe('SHAPE');
    expect(error.message).toContain(message);
  });
});

describe('numbers as operands', () => {
  const integers = (): Tensor => tensor([1, 2], { dtype: 'int64' });

  it('keep the dtype of integer tensors when they are integral', () => {
    expect([integers().add(2).dtype, integers().add(2).toNumbers()]).toEqual(['int64', [3, 4]]);
    expect(tensor([1], { dtype: 'uint8' }).mul(2).dtype).toBe('uint8');
    expect(integers().add(true).dtype).toBe('int64');
  });

  it('promote integer tensors to float32 when they are fractions or marked as floats', () => {
    expect([integers().add(0.5).dtype, integers().add(0.5).toNumbers()]).toEqual(['float32', [1.5, 2.5]]);
    expect([integers().mul(float(2)).dtype, integers().mul(float(2)).toNumbers()]).toEqual(['float32', [2, 4]]);
    expect(integers().div(2).dtype).toBe('float32');
  });

  it('never change a floating-point dtype', () => {
    for (const dtype of ['float16', 'bfloat16', 'float32', 'float64'] as const)
      expect([ops.ones([1], { dtype }).add(2).dtype, ops.ones([1], { dtype }).mul(0.5).dtype]).toEqual([dtype, dtype]);
  });

  it('can be on either side of an operator', () => {
    expect(tensor([1, 2]).rsub(10).toNumbers()).toEqual([9, 8]);
    expect(
      tensor([1, 2])
        .sub(tensor([5]))
        .toNumbers(),
    ).toEqual([-4, -3]);
    expect(
      tensor([1, 2])
        .add(tensor([1, 1]), { alpha: 10 })
        .toNumbers(),
    ).toEqual([11, 12]);
  });
});

describe('conversion', () => {
  it('returns the same tensor when nothing changes', () => {
    const x = ops.zeros([1, 2, 3, 3]);
    expect(x.to('float32')).toBe(x);
    expect(x.to('cpu')).toBe(x);
    expect(x.to({ dtype: 'float32', memoryFormat: 'contiguous' })).toBe(x);
    expect(x.to('float64')).not.toBe(x);
  });

  it('changes the layout but not the values', () => {
    const x = ops.arange(0, 24, 1, { dtype: 'float32' }).view([1, 2, 3, 4]);
    const last = x.to({ memoryFormat: 'channelsLast' });
    expect([x.strides, last.strides]).toEqual([
      [24, 12, 4, 1],
      [24, 1, 8, 2],
    ]);
    expect([last.isContiguous(), last.isContiguous('channelsLast')]).toEqual([false, true]);
    expect(last.toNumbers()).toEqual(x.toNumbers());
    expect(last.equal(x)).toBe(true);
  });

  it('sizes count from the front and from the back', () => {
    const x = ops.zeros([2, 3, 4]);
    expect([x.size(0), x.size(-1)]).toEqual([2, 4]);
    expect(fails(() => x.size(3)).message).toContain('float32[2, 3, 4] on cpu');
  });
});

describe('errors', () => {
  it('of operators name the operator and the shapes', () => {
    const error = fails(() => ops.ones([2, 3]).mm(ops.ones([4, 5])));
    expect(error.code).toBe('ENGINE');
    expect(error.message).toContain('`aten::mm`');
    expect(error.message).toContain('self Float[2, 3], mat2 Float[4, 5]');
    expect(error.stack).toContain('tensor.test');
    expect(fails(() => ops.ones([2, 3]).view([4])).message).toContain('size [4]');
  });

  it('of the wrong dtype are errors too', () => {
    expect(fails(() => ops.embedding(ops.ones([2, 2]), ops.ones([1]))).message).toContain('indices Float[1]');
    expect(fails(() => tensor([1], { dtype: 'int64', requiresGrad: true })).code).toBe('ENGINE');
  });

  it('of a missing device are short', () => {
    const error = fails(() => ops.zeros([1], { device: 'cuda:99' }));
    expect(error.code).toBe('ENGINE');
    expect(error.message.length).toBeLessThan(300);
  });

  it('of item report the number of elements', () => {
    expect(fails(() => tensor([1, 2]).item()).message).toContain('one element, received Float[2]');
    expect(fails(() => tensor([]).item())).toMatchObject({ code: 'SHAPE' });
  });

  it('are raised for integers that JavaScript numbers cannot hold', () => {
    const big = tensor(BigInt64Array.of(2n ** 53n + 1n));
    for (const read of [() => big.item(), () => big.toNumbers(), () => big.toList()]) {
      expect(fails(read)).toMatchObject({ code: 'SHAPE', message: expect.stringContaining('9007199254740993') });
    }
    for (const exact of [2n ** 60n, -(2n ** 63n), -(2n ** 53n) + 1n]) {
      const value = tensor(BigInt64Array.of(exact));
      expect([value.item(), value.toNumbers()]).toEqual([Number(exact), [Number(exact)]]);
    }
    expect(fails(() => tensor(BigInt64Array.of(2n ** 63n - 1n)).item()).code).toBe('SHAPE');
  });

  it('of an unknown device or memory format name those that exist', () => {
    expect(fails(() => ops.zeros([1], { device: 'gpu' as never })).message).toBe(
      'Expected cpu, cuda, cuda:<number> or mps for `device`, received "gpu"',
    );
    for (const memoryFormat of ['nhwc', 'constructor'] as never[])
      expect(fails(() => ops.empty([1], { memoryFormat })).message).toContain('Expected one of contiguous, ');
  });

  it('of a gradient of another shape are raised before it is stored', () => {
    const weight = parameter(tensor([1, 2]));
    const error = fails(() => {
      weight.grad = tensor([1, 2, 3]);
    });
    expect([error.code, error.message]).toEqual(['SHAPE', expect.stringContaining('float32[3]')]);
    expect(weight.grad).toBe(null);
    fails(() => {
      weight.grad = tensor([1, 2], { dtype: 'float64' });
    });
  });

  it('leave the engine usable', () => {
    const before = memory().tensors;
    for (let i = 0; i < 100; i++) scope(() => fails(() => ops.ones([2, 3]).mm(ops.ones([4, 5]))));
    expect(memory().tensors).toBe(before);
    expect(tensor([1]).add(1).item()).toBe(2);
  });
});

describe('a freed tensor', () => {
  const freed = (): Tensor => {
    const value = tensor([1, 2]);
    value.dispose();
    return value;
  };

  it.each<[string, (value: Tensor) => unknown]>([
    ['a method', (value) => value.add(1)],
    ['an operand', (value) => tensor([1]).add(value)],
    ['a list', (value) => ops.cat([tensor([1]), value])],
    ['shape', (value) => value.shape],
    ['strides', (value) => value.strides],
    ['dtype', (value) => value.dtype],
    ['device', (value) => value.device],
    ['item', (value) => value.item()],
    ['toTypedArray', (value) => value.toTypedArray()],
    ['toBytes', (value) => value.toBytes()],
    ['backward', (value) => value.backward()],
    ['grad', (value) => value.grad],
    ['requiresGrad', (value) => value.requiresGrad],
    ['an in-place operator', (value) => value.add_(1)],
    ['to', (value) => value.to('float64')],
  ])('used by %s is an error', (_name, use) => {
    const error = fails(() => use(freed()));
    expect(error.code).toBe('FREED');
    expect(error.message).toContain('already freed');
    expect(error.remedy).toContain('keep');
  });

  it('stays freed when its slot is reused', () => {
    const old = freed();
    const others = Array.from({ length: 100 }, (_, i) => tensor(i));
    expect(old.isFreed).toBe(true);
    expect(fails(() => old.item()).code).toBe('FREED');
    for (const other of others) other.dispose();
  });

  it('can be printed, and freed again', () => {
    const value = freed();
    value.dispose();
    expect([inspect(value), `${value}`, value.describe()]).toEqual([
      'Tensor(freed)',
      'Tensor(freed)',
      'a freed tensor',
    ]);
  });

  it('does not free views on its memory', () => {
    const base = tensor([1, 2, 3]);
    const view = base.narrow(0, 1, 2);
    base.dispose();
    expect(view.toNumbers()).toEqual([2, 3]);
  });
});

describe('become', () => {
  it("puts another tensor's memory behind the same object", () => {
    const before = memory().tensors;
    const value = keep(tensor([1]));
    scope(() => value.become(tensor([2, 3])));
    expect(value.toNumbers()).toEqual([2, 3]);
    expect(memory().tensors).toBe(before + 1);
    value.become(value);
    expect(value.toNumbers()).toEqual([2, 3]);
    value.dispose();
    expect(memory().tensors).toBe(before);
  });
});

it('has one class, however it was created', () => {
  expect(tensor([1]).add(1)).toBeInstanceOf(Tensor);
  expect(tensor([1, 2]).chunk(2)[1]).toBeInstanceOf(Tensor);
});
