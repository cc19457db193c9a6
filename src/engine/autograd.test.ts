import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  autocast,
  enableGrad,
  fullPrecision,
  gradientsOf,
  manualSeed,
  memory,
  noGrad,
  ops,
  parameter,
  scope,
  type Tensor,
  tensor,
  withoutGraph,
} from './index.js';
import { Linear } from './nn/index.js';

describe('gradients', () => {
  const functions: Record<string, [shapes: number[][], f: (...x: Tensor[]) => Tensor]> = {
    'mm, tanh': [
      [
        [3, 4],
        [4, 2],
      ],
      (a, b) => a!.mm(b!).tanh().sum(),
    ],
    'broadcast division': [[[3, 4], [4]], (a, b) => a!.div(b!.square().add(1)).sum()],
    conv2d: [
      [
        [1, 2, 5, 5],
        [3, 2, 3, 3],
      ],
      (x, w) => ops.conv2d(x!, w!, null, 2, 1).square().sum(),
    ],
    layerNorm: [[[2, 6]], (x) => ops.layerNorm(x!, [6]).pow(3).sum()],
    'log softmax and cross-entropy': [[[3, 4]], (x) => ops.crossEntropy(x!, tensor([0, 3, 1], { dtype: 'int64' }))],
    'indexing and cat': [
      [[3, 4]],
      (x) =>
        ops
          .cat([x!.narrow(0, 0, 2), x!.indexSelect(0, tensor([2, 2], { dtype: 'int64' }))])
          .pow(3)
          .sum(),
    ],
    'max and exp': [[[3, 4]], (x) => x!.maxDim(1)[0].exp().sum()],
  };

  it.each(Object.keys(functions))('of %s match finite differences', (name) => {
    scope(() => {
      manualSeed(2);
      const [shapes, f] = functions[name]!;
      const inputs = shapes.map((shape) => ops.randn(shape, { dtype: 'float64' }));
      for (const input of inputs) input.requiresGrad = true;
      f(...inputs).backward();
      const step = 1e-6;
      inputs.forEach((input, which) => {
        const gradient = input.grad!.toNumbers();
        for (let i = 0; i < input.numel; i++) {
          const at = (offset: number): number => {
            const moved = inputs.map((x) => x.detach().clone());
            moved[which]!.view([-1]).narrow(0, i, 1).add_(offset);
            return f(...moved).item();
          };
          expect(Math.abs((at(step) - at(-step)) / (2 * step) - gradient[i]!)).toBeLessThan(1e-6);
        }
      });
    });
  });

  it('accumulate over backward passes until they are cleared', () => {
    const x = parameter(tensor([3]));
    x.square().sum().backward();
    x.square().sum().backward();
    expect(x.grad!.toNumbers()).toEqual([12]);
    x.grad = null;
    expect(x.grad).toBe(null);
  });

  it('weigh a non-scalar result by the given gradient', () => {
    const x = parameter(tensor([1, 2]));
    expect(() => x.square().backward()).toThrow('scalar outputs');
    x.square().backward({ gradient: tensor([10, 1]) });
    expect(x.grad!.toNumbers()).toEqual([20, 4]);
  });

  it('can be computed twice from one graph only when it is retained', () => {
    const x = parameter(tensor([3]));
    const retained = x.square().sum();
    retained.backward({ retainGraph: true });
    retained.backward();
    expect(x.grad!.item()).toBe(12);
    expect(() => retained.backward()).toThrow('second time');
  });

  it('stop at detach', () => {
    const x = parameter(tensor([3]));
    x.mul(x.detach()).sum().backward();
    expect(x.grad!.item()).toBe(3);
  });
});

describe('gradientsOf', () => {
  it('returns nothing without inputs, and null per input without outputs', () => {
    const x = parameter(tensor([1]));
    expect([gradientsOf([x.mul(2)], []), gradientsOf([], []), gradientsOf([], [x, x])]).toEqual([[], [], [null, null]]);
  });

  it('does not change grad, and returns null for an unused input', () => {
    const [x, y, z] = [tensor([2]), tensor([5]), tensor([1])].map(parameter) as [Tensor, Tensor, Tensor];
    const gradients = gradientsOf([x.mul(y).sum()], [x, y, z]);
    expect(gradients.map((gradient) => gradient?.item() ?? null)).toEqual([5, 2, null]);
    expect(x.grad).toBe(null);
  });

  it('supports second derivatives', () => {
    const x = parameter(tensor([2]));
    const [first] = gradientsOf([x.pow(3).sum()], [x], { createGraph: true });
    const [second] = gradientsOf([first!.sum()], [x]);
    expect([first!.item(), second!.item()]).toEqual([12, 12]);
  });

  it('weighs several outputs, and keeps the graph on request', () => {
    const x = parameter(tensor([1, 2]));
    const outputs = [x.square(), x.mul(3)];
    const gradients = [tensor([1, 0]), tensor([0, 1])];
    const both = (): number[] => gradientsOf(outputs, [x], { gradients, retainGraph: true })[0]!.toNumbers();
    expect([both(), both()]).toEqual([
      [2, 3],
      [2, 3],
    ]);
  });
});

describe('grad mode', () => {
  const x = parameter(tensor([2]));

  it('is off in noGrad, on in enableGrad, and restored after errors', () => {
    expect(noGrad(() => x.mul(2)).requiresGrad).toBe(false);
    expect(noGrad(() => enableGrad(() => x.mul(2))).requiresGrad).toBe(true);
    noGrad(() => {
      enableGrad(() => x.mul(2));
      expect(x.mul(2).requiresGrad).toBe(false);
    });
    expect(() =>
      noGrad(() => {
        throw new Error('mine');
      }),
    ).toThrow('mine');
    expect(x.mul(2).requiresGrad).toBe(true);
  });

  it('allows in-place changes of a leaf only when it is off', () => {
    expect(() => x.add_(1)).toThrow('`aten::add_.Scalar`');
    noGrad(() => x.add_(1));
    expect(x.item()).toBe(3);
  });

  it.each<[string, (body: () => unknown) => unknown]>([
    ['noGrad', noGrad],
    ['enableGrad', enableGrad],
    ['autocast', (body) => autocast('cpu', 'bfloat16', body)],
    ['autocast', (body) => autocast('cpu', null, body)],
    ['fullPrecision', (body) => fullPrecision('cpu', body)],
  ])('cannot span an await in %s', async (name, run) => {
    expect(() => run(async () => setImmediate())).toThrow(`Expected a synchronous function for \`${name}\``);
    expect(x.mul(2).requiresGrad).toBe(true);
    expect(matrix().mm(matrix()).dtype).toBe('float32');
  });
});

const matrix = (): Tensor => ops.ones([2, 2]);

describe('autocast', () => {
  const product = (): string => matrix().mm(matrix()).dtype;

  it('computes products in 16 bits and losses in float32, and ends with its body', () => {
    expect(autocast('cpu', 'bfloat16', product)).toBe('bfloat16');
    expect(autocast('cpu', 'float16', product)).toBe('float16');
    expect(autocast('cpu', null, product)).toBe('float32');
    const loss = autocast('cpu', 'bfloat16', () =>
      ops.crossEntropy(matrix().mm(matrix()), tensor([0, 1], { dtype: 'int64' })),
    );
    expect(loss.dtype).toBe('float32');
    expect(product()).toBe('float32');
    expect(() =>
      autocast('cpu', 'bfloat16', () => {
        throw new Error('mine');
      }),
    ).toThrow('mine');
    expect(product()).toBe('float32');
  });

  it('can be disabled inside, and resumes its type afterwards', () => {
    for (const dtype of ['bfloat16', 'float16'] as const)
      expect(autocast('cpu', dtype, () => [product(), fullPrecision('cpu', product), product()])).toEqual([
        dtype,
        'float32',
        dtype,
      ]);
    expect(autocast('cpu', 'float16', () => [autocast('cpu', 'bfloat16', product), product()])).toEqual([
      'bfloat16',
      'float16',
    ]);
    expect(fullPrecision('cpu', () => autocast('cpu', 'bfloat16', product))).toBe('bfloat16');
  });

  it('gives float32 gradients to float32 weights, also after a pass without a graph', () => {
    const layer = new Linear(3, 2);
    const x = ops.ones([4, 3]);
    const loss = autocast('cpu', 'bfloat16', () => {
      noGrad(() => layer.forward(x));
      return layer.forward(x).sum();
    });
    loss.backward();
    expect(layer.weight.grad!.dtype).toBe('float32');
    expect(layer.weight.grad!.toNumbers()).toEqual(Array(6).fill(4));
  });

  it('uses weights that changed between two regions', () => {
    const layer = new Linear(1, 1, { bias: false });
    const run = (): number => autocast('cpu', 'bfloat16', () => layer.forward(ops.ones([1, 1]))).item();
    noGrad(() => layer.weight.fill_(1));
    expect(run()).toBe(1);
    noGrad(() => layer.weight.fill_(2));
    expect(run()).toBe(2);
  });
});

it('computes without a graph and frees what lies between', () => {
  const weight = parameter(tensor([2]));
  expect(weight.mul(3).requiresGrad).toBe(true);
  const before = memory().tensors;
  const result = withoutGraph(() => weight.mul(3).add(1));
  expect([result.item(), result.requiresGrad, memory().tensors]).toEqual([7, false, before + 1]);
});
