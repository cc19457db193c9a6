import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { AutodidactError } from '../../errors.js';
import {
  manualSeed,
  memory,
  type NestedNumbers,
  noGrad,
  ops,
  parameter,
  scope,
  type Tensor,
  tensor,
} from '../index.js';
import { Conv2d } from '../nn/index.js';
import { Adafactor, Adagrad, Adam, AdamW, Lamb, Lars, type Optimizer, type ParameterGroup, Sgd } from './index.js';

interface Golden {
  start: NestedNumbers[];
  gradients: (NestedNumbers | null)[][];
  factors: number[];
  rules: Record<string, NestedNumbers[][]>;
}
const golden = JSON.parse(readFileSync(new URL('../../../tests/golden/optim.json', import.meta.url), 'utf8')) as Golden;

type Make = (params: readonly Tensor[] | readonly ParameterGroup[]) => Optimizer;

/** The names are those of the golden file; the other rules are compared with literal versions in their own tests. */
const RULES: Record<string, Make> = {
  sgd: (params) => new Sgd(params, { learningRate: 0.1 }),
  'sgd, weight decay': (params) => new Sgd(params, { learningRate: 0.1, weightDecay: 0.05 }),
  'sgd, momentum': (params) => new Sgd(params, { learningRate: 0.1, momentum: 0.9, weightDecay: 0.05 }),
  'sgd, dampening': (params) => new Sgd(params, { learningRate: 0.1, momentum: 0.9, dampening: 0.3 }),
  'sgd, Nesterov': (params) =>
    new Sgd(params, { learningRate: 0.1, momentum: 0.9, weightDecay: 0.05, useNesterov: true }),
  adam: (params) => new Adam(params, { learningRate: 0.01 }),
  'adam, weight decay': (params) =>
    new Adam(params, { learningRate: 0.01, betas: [0.5, 0.98], eps: 1e-6, weightDecay: 0.05 }),
  adamw: (params) => new AdamW(params, { learningRate: 0.01, betas: [0.9, 0.99], weightDecay: 0.1 }),
  adagrad: (params) => new Adagrad(params, { learningRate: 0.1 }),
  'adagrad, weight decay': (params) => new Adagrad(params, { learningRate: 0.1, weightDecay: 0.05, eps: 1e-6 }),
};
const ALL: Record<string, Make> = {
  ...RULES,
  lars: (params) => new Lars(params, { learningRate: 0.5, weightDecay: 0.01, trustCoefficient: 0.01 }),
  lamb: (params) => new Lamb(params, { learningRate: 0.05, weightDecay: 0.1 }),
  'lamb, bias not corrected': (params) => new Lamb(params, { learningRate: 0.05, correctsBias: false }),
  adafactor: (params) => new Adafactor(params, { learningRate: 0.05, weightDecay: 0.1, leastFactored: 2 }),
  'adafactor, not factored': (params) => new Adafactor(params, { learningRate: 0.05 }),
};

const startParams = (): Tensor[] => golden.start.map((values) => parameter(tensor(values)));

function setGradients(params: readonly Tensor[], step: number): void {
  params.forEach((param, i) => {
    const values = golden.gradients[step]![i]!;
    param.grad = values === null ? null : tensor(values);
  });
}

function run(optimizer: Optimizer, params: readonly Tensor[], steps: Iterable<number>): void {
  for (const step of steps)
    scope(() => {
      setGradients(params, step);
      optimizer.scaleLearningRate(golden.factors[step]!);
      optimizer.step();
    });
}

const bits = (tensors: Iterable<Tensor>): number[][] => [...tensors].map((value) => [...value.toBytes()]);

function fails(body: () => unknown): AutodidactError {
  try {
    body();
  } catch (error) {
    expect(error).toBeInstanceOf(AutodidactError);
    return error as AutodidactError;
  }
  throw new Error('Expected an error, none was thrown');
}

describe('updates', () => {
  it('cover every rule of the golden file', () => {
    expect(Object.keys(RULES).sort()).toEqual(Object.keys(golden.rules).sort());
  });

  it.each(Object.keys(RULES))('of %s match PyTorch over five steps', (name) => {
    const params = startParams();
    const optimizer = RULES[name]!(params);
    let largest = 0;
    for (let step = 0; step < golden.factors.length; step++) {
      run(optimizer, params, [step]);
      params.forEach((param, i) => {
        const wanted = tensor(golden.rules[name]![step]![i]!);
        largest = Math.max(largest, param.detach().sub(wanted).abs().max().item());
      });
    }
    expect(largest).toBeLessThan(1e-6);
  });

  it('differ between the rules by more than the tolerance above', () => {
    const ends = Object.values(golden.rules).map((steps) => (steps.at(-1)![0] as number[][])[0]![0]!);
    const sorted = [...ends].sort((a, b) => a - b);
    for (let i = 1; i < sorted.length; i++) expect(sorted[i]! - sorted[i - 1]!).toBeGreaterThan(1e-5);
  });

  it.each(Object.keys(ALL))('of %s do not depend on the memory format of parameter and gradient', (name) => {
    manualSeed(3);
    const [start, ...gradients] = Array.from({ length: 4 }, () => ops.randn([2, 3, 4, 5]));
    const ends = (['contiguous', 'channelsLast'] as const).flatMap((own) =>
      (['contiguous', 'channelsLast'] as const).map((other) => {
        const param = parameter(start!.clone().to({ memoryFormat: own }));
        const optimizer = ALL[name]!([param]);
        for (const gradient of gradients) {
          param.grad = gradient.to({ memoryFormat: other });
          optimizer.step();
        }
        return param.detach();
      }),
    );
    // Norms and means are summed in another order; a mistaken layout would be wrong by the size of the gradients.
    const largest = (a: Tensor, b: Tensor): number => a.sub(b).abs().max().item();
    for (const end of ends.slice(1)) expect(largest(end, ends[0]!)).toBeLessThan(1e-6);
    expect(largest(start!, ends[0]!)).toBeGreaterThan(1e-3);
  });

  it.each(Object.keys(ALL))('of %s skip parameters without a gradient, and do not change gradients', (name) => {
    const params = startParams();
    const before = bits(params);
    const optimizer = ALL[name]!(params);
    const gradient = ops.ones([3, 4]);
    params[0]!.grad = gradient;
    optimizer.step();
    expect(bits(params.slice(1))).toEqual(before.slice(1));
    expect(bits(params)[0]).not.toEqual(before[0]);
    expect(gradient.toNumbers()).toEqual(Array(12).fill(1));
    optimizer.zeroGrad();
    expect(params.every((param) => param.grad === null)).toBe(true);
  });

  it('use the rate and decay of each group, with several dtypes', () => {
    const params = [tensor([1, 1]), tensor([1, 1]), tensor([1], { dtype: 'float64' })].map(parameter);
    const [a, b, c] = params as [Tensor, Tensor, Tensor];
    const optimizer = new Sgd([{ params: [a, c] }, { params: [b], learningRate: 0.5, weightDecay: 0.25 }], {
      learningRate: 0.125,
    });
    for (const param of params) param.grad = ops.onesLike(param).detach();
    optimizer.step();
    expect([a, b, c].map((param) => param.toNumbers())).toEqual([[0.875, 0.875], [0.375, 0.375], [0.875]]);
    optimizer.scaleLearningRate(2);
    expect(optimizer.groups.map((group) => group.learningRate)).toEqual([0.25, 1]);
    expect(optimizer.groups.map((group) => group.peakLearningRate)).toEqual([0.125, 0.5]);
    expect(optimizer.parameters()).toEqual([a, c, b]);
  });

  it('are not recorded in a graph and keep the parameters leaves', () => {
    const params = startParams();
    const optimizer = new Adam(params, { learningRate: 0.1 });
    const loss = params[0]!.square().sum();
    loss.backward();
    optimizer.step();
    params[0]!.sum().backward();
    expect(params[0]!.requiresGrad).toBe(true);
    expect([...optimizer.stateDict().values()].some((value) => value.requiresGrad)).toBe(false);
  });
});

describe('state', () => {
  it.each(Object.keys(ALL))('of %s restores identical steps', (name) => {
    const params = startParams();
    const optimizer = ALL[name]!(params);
    run(optimizer, params, [0, 1, 2]);
    const saved = new Map([...optimizer.stateDict()].map(([key, value]) => [key, value.clone()]));
    const copies = params.map((param) => parameter(param.detach().clone()));
    run(optimizer, params, [3, 4]);

    const resumed = ALL[name]!(copies);
    resumed.loadStateDict(saved);
    run(resumed, copies, [3, 4]);
    expect(bits(copies)).toEqual(bits(params));
    expect(bits(resumed.stateDict().values())).toEqual(bits(optimizer.stateDict().values()));
    if (saved.size === 0) return;

    const forgetful = copies.map((_, i) => parameter(tensor(golden.start[i]!)));
    noGrad(() => {
      for (const [i, param] of forgetful.entries()) param.copy_(copies[i]!);
    });
    const control = ALL[name]!(forgetful);
    run(control, forgetful, [3, 4]);
    run(resumed, copies, [3, 4]);
    expect(bits(forgetful)).not.toEqual(bits(copies));
  });

  it.each(Object.keys(ALL))('of %s restores a parameter that was never updated', (name) => {
    const params = startParams();
    const optimizer = ALL[name]!(params);
    run(optimizer, params, [0, 1]);
    const copies = params.map((param) => parameter(param.detach().clone()));
    const resumed = ALL[name]!(copies);
    resumed.loadStateDict(optimizer.stateDict());
    run(optimizer, params, [2, 3]);
    run(resumed, copies, [2, 3]);
    expect(bits(copies)).toEqual(bits(params));
  });

  it('has the names of the parameters in its keys', () => {
    const params = startParams().slice(0, 2);
    const optimizer = new Adam([{ params, names: ['conv.weight', 'conv.bias'] }], { learningRate: 0.1 });
    expect(optimizer.stateDict().size).toBe(0);
    run(optimizer, params, [0]);
    expect([...optimizer.stateDict().keys()]).toEqual(
      ['conv.weight', 'conv.bias'].flatMap((name) => ['step', 'expAvg', 'expAvgSq'].map((slot) => `${name}.${slot}`)),
    );
    expect(optimizer.stateDict().get('conv.bias.step')!.item()).toBe(1);
  });

  it('loads from another memory format into the layout of the parameters', () => {
    const param = parameter(ops.randn([2, 3, 4, 5]).to({ memoryFormat: 'channelsLast' }));
    const momentum = ops.randn([2, 3, 4, 5]);
    const optimizer = new Sgd([{ params: [param], names: ['w'] }], { learningRate: 0.1, momentum: 0.9 });
    optimizer.loadStateDict(new Map([['w.momentum', momentum]]));
    const loaded = optimizer.stateDict().get('w.momentum')!;
    expect(loaded.strides).toEqual(param.strides);
    expect(loaded.toNumbers()).toEqual(momentum.toNumbers());
  });

  it.each(Object.keys(ALL))('of %s follows a network that is converted between steps', (name) => {
    const [moved, still] = [0, 1].map(() => {
      manualSeed(5);
      return new Conv2d(2, 3, 3);
    }) as [Conv2d, Conv2d];
    const optimizers = [moved, still].map((model) => ALL[name]!(model.parameters()));
    for (let step = 0; step < 4; step++) {
      const gradients = still.parameters().map((param) => ops.randn(param.shape));
      [moved, still].forEach((model, m) => {
        model.parameters().forEach((param, i) => {
          param.grad = gradients[i]!.clone();
        });
        optimizers[m]!.step();
      });
      if (step === 1) moved.to({ memoryFormat: 'channelsLast' });
    }
    expect(moved.weight.isContiguous('channelsLast')).toBe(true);
    expect(moved.weight.detach().sub(still.weight).abs().max().item()).toBeLessThan(1e-6);
    const states = optimizers.map((optimizer) => [...optimizer.stateDict()]);
    expect(states[0]!.map(([key]) => key)).toEqual(states[1]!.map(([key]) => key));
    for (const [i, [, value]] of states[0]!.entries())
      expect(value.sub(states[1]![i]![1]).abs().max().item()).toBeLessThan(1e-6);
  });

  it('is refused when it does not fit, and nothing changes', () => {
    const params = startParams().slice(0, 2);
    const optimizer = new Adam([{ params, names: ['a', 'b'] }], { learningRate: 0.1 });
    run(optimizer, params, [0]);
    const state = optimizer.stateDict();
    const before = bits(state.values());
    const unknown = fails(() => optimizer.loadStateDict(new Map([...state, ['c.step', tensor(1)]])));
    expect([unknown.code, unknown.message]).toEqual(['CHECKPOINT', expect.stringContaining('c.step')]);
    const partial = fails(() => optimizer.loadStateDict(new Map([['a.step', tensor(1)]])));
    expect([partial.code, partial.message]).toEqual(['CHECKPOINT', expect.stringContaining('`a`')]);
    const misshapen = fails(() => optimizer.loadStateDict(new Map([...state, ['b.expAvg', tensor([1])]])));
    expect([misshapen.code, misshapen.message]).toEqual([
      'CHECKPOINT',
      expect.stringContaining('`b.expAvg`, received [1]'),
    ]);
    expect(bits(optimizer.stateDict().values())).toEqual(before);
  });

  it('of another form is refused: rows and columns where all squares are kept', () => {
    const params = startParams().slice(0, 2);
    const [factored, whole] = [2, 128].map(
      (leastFactored) => new Adafactor([{ params, names: ['a', 'b'] }], { learningRate: 0.1, leastFactored }),
    );
    run(factored!, params, [0]);
    const error = fails(() => whole!.loadStateDict(factored!.stateDict()));
    expect([error.code, error.message]).toEqual([
      'CHECKPOINT',
      "Expected step, square for the optimizer's parameter `a`, received only step",
    ]);
    const row = new Map([...factored!.stateDict(), ['a.row', ops.ones([3, 4])]]);
    expect(fails(() => factored!.loadStateDict(row)).message).toBe(
      "Expected [1, 4] for the optimizer's state `a.row`, received [3, 4]",
    );
  });
});

describe('memory', () => {
  it.each(Object.keys(ALL))('of %s does not grow over 50 steps, and dispose frees the state', (name) => {
    const params = startParams();
    const none = memory().tensors;
    const optimizer = ALL[name]!(params);
    run(optimizer, params, [2]);
    optimizer.zeroGrad();
    const settled = memory().tensors;
    for (let i = 0; i < 50; i++) run(optimizer, params, [i % 5]);
    optimizer.zeroGrad();
    expect(memory().tensors).toBe(settled);
    optimizer.dispose();
    expect(memory().tensors).toBe(none);
    run(optimizer, params, [2]);
    expect(memory().tensors).toBe(settled);
    optimizer.dispose();
  });

  it('of steps outside every scope does not grow either', () => {
    const params = startParams();
    const optimizer = new Lars(params, { learningRate: 0.1, weightDecay: 0.1 });
    const gradients = params.map((param) => ops.onesLike(param).detach());
    params.forEach((param, i) => {
      param.grad = gradients[i]!;
    });
    optimizer.step();
    const settled = memory().tensors;
    for (let i = 0; i < 50; i++) optimizer.step();
    expect(memory().tensors).toBe(settled);
  });
});

describe('mistakes', () => {
  const param = parameter(tensor([1, 2]));
  afterAll(() => param.dispose());

  it.each<[string, () => unknown, string]>([
    ['no parameters', () => new Sgd([], { learningRate: 1 }), 'at least one parameter'],
    ['a parameter twice', () => new Sgd([param, param], { learningRate: 1 }), 'each parameter once'],
    [
      'a name twice',
      () =>
        new Sgd(
          [
            { params: [param], names: ['a'] },
            { params: [parameter(tensor([1]))], names: ['a'] },
          ],
          {
            learningRate: 1,
          },
        ),
      'each name once',
    ],
    ['too few names', () => new Sgd([{ params: [param], names: [] }], { learningRate: 1 }), '1 names'],
    ['a negative rate', () => new Sgd([param], { learningRate: -1 }), '`learningRate`, received -1'],
    ['a rate that is no number', () => new Adam([param], { learningRate: Number.NaN }), '`learningRate`, received NaN'],
    [
      'a dampening that is no number',
      () => new Sgd([param], { learningRate: 1, dampening: Number.NaN }),
      '`dampening`, received NaN',
    ],
    ['a negative decay', () => new Adam([param], { learningRate: 1, weightDecay: -1 }), '`weightDecay`'],
    ['a momentum of 1', () => new Sgd([param], { learningRate: 1, momentum: 1 }), '`momentum`'],
    ["Nesterov's without momentum", () => new Sgd([param], { learningRate: 1, useNesterov: true }), '`useNesterov`'],
    ['a beta of 1', () => new AdamW([param], { learningRate: 1, betas: [0.9, 1] }), '`betas[1]`'],
    [
      'a parameter with gaps',
      () => new Sgd([parameter(ops.zeros([4, 4]).narrow(1, 0, 2))], { learningRate: 1 }),
      'dense in memory',
    ],
    [
      'an expanded parameter',
      () => new Sgd([parameter(ops.zeros([1, 4]).expand([3, 4]))], { learningRate: 1 }),
      'dense in memory',
    ],
  ])('are reported: %s', (_name, body, message) => {
    const error = fails(body);
    expect(error.code).toBe('USAGE');
    expect(error.message).toContain(message);
  });
});
