import { describe, expect, it } from 'vitest';
import type { AutodidactError } from '../../errors.js';
import { manualSeed, memory, noGrad, ops, scope, Tensor, tensor } from '../index.js';
import { BatchNorm, Conv2d, Dropout, Identity, Lambda, Layer, Linear, Module, ReLU, Sequential } from './index.js';

class Block extends Layer {
  conv = new Conv2d(3, 4, 3, { bias: false });
  bn = new BatchNorm(4);

  override forward(x: Tensor): Tensor {
    return this.bn.forward(this.conv.forward(x)).relu();
  }
}

class Network extends Module {
  stem = new Block();
  heads = [new Linear(4, 2), new Linear(4, 3)];
  scale: Tensor;
  steps: Tensor;
  options = { a: 1 };

  constructor() {
    super();
    this.scale = this.parameter('scale', ops.ones([1]));
    this.steps = this.buffer('steps', ops.zeros([], { dtype: 'int64' }));
  }
}

const KEYS = [
  'scale',
  'steps',
  'stem.conv.weight',
  'stem.bn.weight',
  'stem.bn.bias',
  'stem.bn.running_mean',
  'stem.bn.running_var',
  'stem.bn.num_batches_tracked',
  'heads.0.weight',
  'heads.0.bias',
  'heads.1.weight',
  'heads.1.bias',
];

function fails(body: () => unknown): AutodidactError {
  try {
    body();
  } catch (error) {
    return error as AutodidactError;
  }
  throw new Error('Expected an error, none was thrown');
}

describe('names', () => {
  it('are property names, with indices for lists; parameters and buffers are separate', () => {
    const network = new Network();
    expect([...network.stateDict().keys()]).toEqual(KEYS);
    expect(network.namedBuffers().map(([name]) => name)).toEqual(
      KEYS.filter((key) => /running|tracked|steps/.test(key)),
    );
    expect(network.namedParameters().map(([name]) => name)).toEqual(
      KEYS.filter((key) => !/running|tracked|steps/.test(key)),
    );
    expect(network.modules().map(([name]) => name)).toEqual(['', 'stem', 'stem.conv', 'stem.bn', 'heads.0', 'heads.1']);
    expect(network.parameterCount()).toBe(1 + 4 * 27 + 4 + 4 + 10 + 15);
  });

  it('of a Sequential are indices; layers without weights count', () => {
    const layers = new Sequential(new Linear(2, 3), new ReLU(), new Sequential(new Linear(3, 1, { bias: false })));
    expect([...layers.stateDict().keys()]).toEqual(['0.weight', '0.bias', '2.0.weight']);
    const many = new Sequential(...Array.from({ length: 12 }, () => new Linear(1, 1, { bias: false })));
    expect([...many.stateDict().keys()]).toEqual(Array.from({ length: 12 }, (_, i) => `${i}.weight`));
    expect(many.layers.length).toBe(12);
  });

  it('of a shared module are listed once, and it is trained once', () => {
    const shared = new Linear(2, 2);
    const network = new Sequential(shared, new ReLU(), shared);
    expect([...network.stateDict().keys()]).toEqual(['0.weight', '0.bias']);
    expect(network.parameters()).toEqual([shared.weight, shared.bias]);
    network
      .forward(ops.ones([1, 2]))
      .sum()
      .backward();
    expect(shared.bias!.grad!.shape).toEqual([2]);
  });

  it('of a shared parameter are both state-dict keys, but it is trained once', () => {
    const network = new Sequential(new Linear(2, 2, { bias: false }), new Linear(2, 2, { bias: false }));
    const [first, second] = network.layers as [Linear, Linear];
    second.weight = first.weight;
    expect([...network.stateDict().keys()]).toEqual(['0.weight', '1.weight']);
    expect(network.parameters()).toEqual([first.weight]);
    network.to({ dtype: 'float64' });
    expect(second.weight).toBe(first.weight);
    expect(network.forward(ops.ones([1, 2], { dtype: 'float64' })).dtype).toBe('float64');
  });
});

it('a parameter that is not assigned to its property is an error', () => {
  class Mistaken extends Module {
    w = this.parameter('weight', ops.ones([1]));
  }
  expect(() => new Mistaken().parameters()).toThrow('Expected a property `weight` of Mistaken, found none');
});

describe('loadStateDict', () => {
  it('copies values into the same tensors', () => {
    manualSeed(1);
    const [from, to] = [new Network(), new Network()];
    const before = to.stateDict();
    noGrad(() => from.steps.fill_(7));
    expect(to.loadStateDict(from.stateDict())).toEqual({ missing: [], unexpected: [] });
    for (const [key, value] of to.stateDict()) {
      expect(value).toBe(before.get(key));
      expect(value.equal(from.stateDict().get(key)!), key).toBe(true);
      expect(value.requiresGrad).toBe(from.stateDict().get(key)!.requiresGrad);
    }
    noGrad(() => from.scale.fill_(5));
    expect(to.scale.item()).toBe(1);
  });

  it('reports missing and unexpected keys, or returns them', () => {
    const network = new Network();
    const state = network.stateDict();
    state.delete('scale');
    state.delete('heads.1.bias');
    state.set('fc.weight', tensor([1]));
    const error = fails(() => network.loadStateDict(state));
    expect(error.code).toBe('CHECKPOINT');
    expect(error.message).toContain('2 missing (scale, heads.1.bias); 1 unexpected (fc.weight)');
    expect(network.loadStateDict(state, { strict: false })).toEqual({
      missing: ['scale', 'heads.1.bias'],
      unexpected: ['fc.weight'],
    });
  });

  it('refuses another shape and then changes nothing', () => {
    const network = new Linear(2, 2);
    const before = network.weight.toNumbers();
    const state = new Map([
      ['weight', ops.zeros([2, 2])],
      ['bias', ops.zeros([3])],
    ]);
    const error = fails(() => network.loadStateDict(state, { strict: false }));
    expect([error.code, error.message]).toEqual(['CHECKPOINT', 'Expected [2] for the weight `bias`, received [3]']);
    expect(network.weight.toNumbers()).toEqual(before);
  });

  it('converts dtype and layout', () => {
    const network = new Conv2d(2, 2, 3, { bias: false }).to({ memoryFormat: 'channelsLast' });
    const values = ops.arange(0, 36).view([2, 2, 3, 3]);
    network.loadStateDict(new Map([['weight', values]]));
    expect(network.weight.dtype).toBe('float32');
    expect(network.weight.isContiguous('channelsLast')).toBe(true);
    expect(network.weight.toNumbers()).toEqual(values.toNumbers());
  });
});

describe('to', () => {
  it('changes the layout of four-dimensional weights, but no values', () => {
    const network = new Network();
    const before = new Map([...network.stateDict()].map(([key, value]) => [key, value.toNumbers()]));
    const tensors = [...network.stateDict().values()];
    expect(network.to({ memoryFormat: 'channelsLast' })).toBe(network);
    expect(network.stem.conv.weight.isContiguous('channelsLast')).toBe(true);
    expect([...network.stateDict().values()]).toEqual(tensors);
    for (const [key, value] of network.stateDict()) expect(value.toNumbers()).toEqual(before.get(key));
  });

  it('converts floating-point tensors; keeps integers, gradients and requiresGrad', () => {
    const network = new Network();
    network.heads[0]!.setRequiresGrad(false);
    network.scale.square().sum().backward();
    network.to({ dtype: 'float64' });
    expect([network.scale.dtype, network.stem.bn.running_mean.dtype, network.steps.dtype]).toEqual([
      'float64',
      'float64',
      'int64',
    ]);
    expect([network.scale.grad!.dtype, network.scale.grad!.item()]).toEqual(['float64', 2]);
    expect([network.scale.requiresGrad, network.heads[0]!.weight.requiresGrad]).toEqual([true, false]);
    expect(network.stem.bn.running_mean.requiresGrad).toBe(false);
    network.scale.square().sum().backward();
    expect(network.scale.grad!.item()).toBe(4);
  });

  it('creates no tensors when nothing changes, and leaks none otherwise', () => {
    const network = new Network();
    const [before, ids] = [memory().tensors, network.parameters().map((value) => value.id)];
    network.to({ device: 'cpu', dtype: 'float32' });
    expect(network.parameters().map((value) => value.id)).toEqual(ids);
    scope(() => network.to({ memoryFormat: 'channelsLast', dtype: 'float64' }));
    expect(memory().tensors).toBe(before);
    expect(network.scale.item()).toBe(1);
  });
});

describe('modes and memory', () => {
  it('train and eval reach every module', () => {
    const network = new Sequential(new Dropout(0.9), new Sequential(new BatchNorm(2)));
    expect(network.modules().map(([, module]) => module.isTraining)).toEqual([true, true, true, true]);
    expect(network.eval()).toBe(network);
    expect(network.modules().some(([, module]) => module.isTraining)).toBe(false);
    const x = ops.randn([3, 2]);
    expect(network.forward(x).sub(x).abs().max().item()).toBeLessThan(1e-4);
    network.train();
    expect(network.modules().every(([, module]) => module.isTraining)).toBe(true);
  });

  it('batch statistics change in training only, and can be reset', () => {
    const layer = new BatchNorm(2);
    layer.eval().forward(ops.ones([4, 2]));
    expect(layer.running_mean.toNumbers()).toEqual([0, 0]);
    layer.train().forward(ops.ones([4, 2]));
    expect(layer.running_mean.toNumbers()).toEqual([Math.fround(0.1), Math.fround(0.1)]);
    expect(layer.num_batches_tracked.item()).toBe(1);
    layer.resetStatistics();
    expect([layer.running_mean.toNumbers(), layer.running_var.toNumbers()]).toEqual([
      [0, 0],
      [1, 1],
    ]);
  });

  it('batch norm refuses one value per channel in training, and keeps its statistics', () => {
    const layer = new BatchNorm(3);
    for (const shape of [
      [1, 3],
      [1, 3, 1, 1],
    ]) {
      expect(() => layer.forward(ops.ones(shape))).toThrow(
        expect.objectContaining({ code: 'SHAPE', message: expect.stringMatching(/at least two values per channel/) }),
      );
      expect(layer.eval().forward(ops.ones(shape)).shape).toEqual(shape);
      layer.train();
    }
    expect(layer.running_var.toNumbers()).toEqual([1, 1, 1]);
    expect(layer.num_batches_tracked.item()).toBe(0);
    expect(layer.forward(ops.ones([1, 3, 2, 1])).shape).toEqual([1, 3, 2, 1]);
  });

  it('parameters and buffers outlive the scope that creates the module', () => {
    const network = scope(() => new Network());
    expect([...network.stateDict().values()].some((value) => value.isFreed)).toBe(false);
  });

  it('dispose frees every tensor, including gradients', () => {
    const before = memory().tensors;
    scope(() => {
      const network = new Network();
      network.scale.square().sum().backward();
      network.dispose();
      expect([...network.stateDict().values()].every((value) => value.isFreed)).toBe(true);
    });
    expect(memory().tensors).toBe(before);
  });

  it('zeroGrad clears gradients', () => {
    const layer = new Linear(2, 1);
    layer
      .forward(ops.ones([1, 2]))
      .sum()
      .backward();
    expect(layer.weight.grad).toBeInstanceOf(Tensor);
    layer.zeroGrad();
    expect(layer.parameters().every((value) => value.grad === null)).toBe(true);
  });

  it('layers without weights compute their function', () => {
    const x = tensor([-1, 2]);
    expect(new Identity().forward(x)).toBe(x);
    expect(new Lambda((y) => y.mul(3)).forward(x).toNumbers()).toEqual([-3, 6]);
    expect(new Sequential().forward(x)).toBe(x);
  });
});
