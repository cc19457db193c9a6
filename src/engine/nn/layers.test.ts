import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { autocast, type NestedNumbers, ops, scope, type Tensor, tensor } from '../index.js';
import * as nn from './index.js';

interface Case {
  state: Record<string, NestedNumbers>;
  inputs: NestedNumbers[];
  outputs: NestedNumbers[];
  inputGradients: (NestedNumbers | null)[];
  gradients: Record<string, NestedNumbers>;
  buffers: Record<string, NestedNumbers>;
}
const golden = JSON.parse(readFileSync(new URL('../../../tests/golden/nn.json', import.meta.url), 'utf8')) as {
  allowed: NestedNumbers;
  realKeys: NestedNumbers;
  biases: NestedNumbers;
  cases: Record<string, Case>;
};

interface Subject {
  module: nn.Module;
  run: (...inputs: Tensor[]) => Tensor[];
}

const layer = (module: nn.Layer): Subject => ({ module, run: (x) => [module.forward(x)] });

function attention(
  module: nn.MultiheadAttention,
  masks: () => Pick<nn.AttentionInput, 'mask' | 'keyMask' | 'isCausal'> = () => ({}),
): Subject {
  return { module, run: (query, key, value) => [module.forward(query, { key, value, ...masks() })] };
}

function gru(module: nn.GRU): Subject {
  const run = (x: Tensor, start?: Tensor): Tensor[] => {
    const { output, state } = module.forward(x, start);
    return [output, state];
  };
  return { module, run };
}

function lstm(module: nn.LSTM): Subject {
  const run = (x: Tensor, hidden?: Tensor, cell?: Tensor): Tensor[] => {
    const { output, state } = module.forward(x, hidden && cell && { hidden, cell });
    return [output, state.hidden, state.cell];
  };
  return { module, run };
}

const flags = (values: NestedNumbers): Tensor => tensor(values, { dtype: 'bool' });
const keyMask = (): Tensor => flags(golden.realKeys);

const SUBJECTS: Record<string, () => Subject> = {
  Linear: () => layer(new nn.Linear(3, 2)),
  Conv1d: () => layer(new nn.Conv1d(4, 2, 3, { stride: 2, padding: 1 })),
  Conv2d: () => layer(new nn.Conv2d(4, 6, [3, 2], { stride: 2, padding: 1, groups: 2, bias: false })),
  Conv3d: () => layer(new nn.Conv3d(2, 3, 2, { dilation: 2 })),
  ConvTranspose2d: () => layer(new nn.ConvTranspose2d(4, 3, 3, { stride: 2, padding: 1, outputPadding: 1 })),
  BatchNorm: () => layer(new nn.BatchNorm(4)),
  'BatchNorm, cumulative': () => layer(new nn.BatchNorm(4, { momentum: null })),
  'BatchNorm, eval': () => layer(new nn.BatchNorm(3).eval()),
  LayerNorm: () => layer(new nn.LayerNorm(8)),
  GroupNorm: () => layer(new nn.GroupNorm(2, 4)),
  ReLU: () => layer(new nn.ReLU()),
  LeakyReLU: () => layer(new nn.LeakyReLU(0.2)),
  PReLU: () => layer(new nn.PReLU(3)),
  GELU: () => layer(new nn.GELU()),
  'GELU, tanh': () => layer(new nn.GELU('tanh')),
  SiLU: () => layer(new nn.SiLU()),
  Tanh: () => layer(new nn.Tanh()),
  Sigmoid: () => layer(new nn.Sigmoid()),
  MaxPool2d: () => layer(new nn.MaxPool2d(3, { stride: 2, padding: 1, ceilMode: true })),
  'MaxPool2d, default stride': () => layer(new nn.MaxPool2d(2)),
  AvgPool2d: () => layer(new nn.AvgPool2d(2, { padding: 1, countIncludePad: false })),
  AdaptiveAvgPool2d: () => layer(new nn.AdaptiveAvgPool2d([2, 3])),
  GlobalAvgPool: () => layer(new nn.GlobalAvgPool()),
  PixelShuffle: () => layer(new nn.PixelShuffle(2)),
  PixelUnshuffle: () => layer(new nn.PixelUnshuffle(2)),
  Embedding: () => layer(new nn.Embedding(5, 3, { paddingIndex: 1 })),
  MultiheadAttention: () => attention(new nn.MultiheadAttention(8, 2)),
  'MultiheadAttention, no bias': () => attention(new nn.MultiheadAttention(8, 4, { bias: false })),
  'MultiheadAttention, keys': () => attention(new nn.MultiheadAttention(8, 2)),
  'MultiheadAttention, keys and values': () => attention(new nn.MultiheadAttention(8, 2)),
  'MultiheadAttention, causal': () => attention(new nn.MultiheadAttention(8, 2), () => ({ isCausal: true })),
  'MultiheadAttention, mask': () => attention(new nn.MultiheadAttention(8, 2), () => ({ mask: flags(golden.allowed) })),
  'MultiheadAttention, key mask': () => attention(new nn.MultiheadAttention(8, 2), () => ({ keyMask: keyMask() })),
  'MultiheadAttention, numbers and key mask': () =>
    attention(new nn.MultiheadAttention(8, 2), () => ({ mask: tensor(golden.biases), keyMask: keyMask() })),
  'MultiheadAttention, causal and key mask': () =>
    attention(new nn.MultiheadAttention(8, 2), () => ({ isCausal: true, keyMask: keyMask() })),
  GRU: () => gru(new nn.GRU(3, 4)),
  'GRU, deep': () => gru(new nn.GRU(3, 4, { layers: 2, bidirectional: true })),
  'GRU, batch first': () => gru(new nn.GRU(3, 4, { bias: false, batchFirst: true })),
  LSTM: () => lstm(new nn.LSTM(3, 4)),
  'LSTM, deep': () => lstm(new nn.LSTM(3, 4, { layers: 2, bidirectional: true })),
  'LSTM, batch first': () => lstm(new nn.LSTM(3, 4, { bias: false, batchFirst: true })),
  'LSTM, projection': () => lstm(new nn.LSTM(3, 4, { layers: 2, projectionSize: 2 })),
  'BatchNorm, clips': () => layer(new nn.BatchNorm(2)),
  MaxPool3d: () => layer(new nn.MaxPool3d([1, 3, 3], { stride: [1, 2, 2], padding: [0, 1, 1], ceilMode: true })),
  'MaxPool3d, default stride': () => layer(new nn.MaxPool3d(2)),
  AdaptiveAvgPool3d: () => layer(new nn.AdaptiveAvgPool3d([2, 1, 3])),
};

function expectClose(actual: Tensor, wanted: NestedNumbers, what: string): void {
  const reference = tensor(wanted);
  expect(actual.shape, what).toEqual(reference.shape);
  const error = actual.detach().to('float32').sub(reference).abs().max().item();
  expect(error, what).toBeLessThan(1e-5);
}

describe('layers', () => {
  it('cover every case of the golden file', () => {
    expect(Object.keys(SUBJECTS).sort()).toEqual(Object.keys(golden.cases).sort());
  });

  it.each(Object.keys(SUBJECTS))('%s: keys, outputs, gradients and buffers match PyTorch', (name) => {
    scope(() => {
      const wanted = golden.cases[name]!;
      const { module, run } = SUBJECTS[name]!();
      expect([...module.stateDict().keys()]).toEqual(Object.keys(wanted.state));
      module.loadStateDict(new Map(Object.entries(wanted.state).map(([key, values]) => [key, tensor(values)])));

      const inputs = wanted.inputs.map((values, i) => {
        const isSymbols = wanted.inputGradients[i] === null;
        return tensor(values, isSymbols ? { dtype: 'int64' } : { requiresGrad: true });
      });
      const outputs = run(...inputs);
      outputs.forEach((output, i) => {
        expectClose(output, wanted.outputs[i]!, `output ${i}`);
      });

      const losses = outputs.map((output) => output.pow(3).add(output).mean());
      losses.reduce((sum, loss) => sum.add(loss)).backward();
      inputs.forEach((input, i) => {
        const gradient = wanted.inputGradients[i]!;
        if (gradient !== null) expectClose(input.grad!, gradient, `gradient of input ${i}`);
      });
      for (const [key, parameter] of module.namedParameters())
        expectClose(parameter.grad!, wanted.gradients[key]!, `gradient of ${key}`);
      for (const [key, buffer] of module.namedBuffers()) expectClose(buffer, wanted.buffers[key]!, key);
      module.dispose();
    });
  });

  it.each(['Conv2d', 'BatchNorm', 'GroupNorm', 'MaxPool2d', 'PixelShuffle', 'GlobalAvgPool', 'ReLU'])(
    '%s gives the same in channels-last memory',
    (name) => {
      scope(() => {
        const wanted = golden.cases[name]!;
        const { module, run } = SUBJECTS[name]!();
        module.loadStateDict(new Map(Object.entries(wanted.state).map(([key, values]) => [key, tensor(values)])));
        module.to({ memoryFormat: 'channelsLast' });
        const values = tensor(wanted.inputs[0]!);
        const x = values.ndim === 4 ? values.to({ memoryFormat: 'channelsLast' }) : values;
        expectClose(run(x)[0]!, wanted.outputs[0]!, 'output');
      });
    },
  );
});

describe('dropout', () => {
  it('drops elements and scales the rest in training only', () => {
    const layer = new nn.Dropout(0.25);
    const x = ops.ones([10_000]);
    const y = layer.forward(x);
    expect(new Set(y.toNumbers().map((value) => Math.fround(value)))).toEqual(new Set([0, Math.fround(1 / 0.75)]));
    // Five standard deviations of 10,000 draws around 7,500 that stay.
    expect(Math.abs(y.gt(0).sum().item() - 7500)).toBeLessThan(5 * Math.sqrt(10_000 * 0.25 * 0.75));
    expect(layer.eval().forward(x).toNumbers()).toEqual(x.toNumbers());
  });

  it('of channels drops whole channels', () => {
    const y = new nn.Dropout2d(0.5)
      .forward(ops.ones([8, 16, 3, 3]))
      .mean([2, 3])
      .toNumbers();
    expect(new Set(y)).toEqual(new Set([0, 2]));
  });

  it('refuses a probability outside [0, 1]', () => {
    expect(() => new nn.Dropout(1.5)).toThrow('`p`, received 1.5');
    expect(() => new nn.Dropout2d(Number.NaN)).toThrow('`p`, received NaN');
  });

  it('in attention acts in training only', () => {
    const module = new nn.MultiheadAttention(8, 2, { dropout: 0.5 });
    const x = ops.randn([2, 6, 8]);
    const [a, b] = [module.forward(x), module.forward(x)];
    expect(a.equal(b)).toBe(false);
    module.eval();
    expect(module.forward(x).equal(module.forward(x))).toBe(true);
  });

  it('between recurrent layers acts in training only', () => {
    const module = new nn.GRU(3, 4, { layers: 2, dropout: 0.5 });
    const x = ops.randn([5, 2, 3]);
    const output = (): Tensor => module.forward(x).output;
    expect(output().equal(output())).toBe(false);
    module.eval();
    expect(output().equal(output())).toBe(true);
  });
});

describe('attention', () => {
  it('of a query without allowed keys is the output projection of zero', () => {
    const module = new nn.MultiheadAttention(8, 2);
    const y = module.forward(ops.randn([1, 3, 8]), { keyMask: ops.zeros([1, 3], { dtype: 'bool' }) });
    expect(y.toNumbers()).toEqual(Array(24).fill(0));
  });

  it('does not look ahead when causal, and does otherwise', () => {
    const module = new nn.MultiheadAttention(8, 2);
    const x = ops.randn([1, 4, 8]);
    const changed = x.clone();
    changed.select(1, 3).fill_(5);
    const first = (input: Tensor, isCausal: boolean): Tensor => module.forward(input, { isCausal }).narrow(1, 0, 3);
    expect(first(x, true).equal(first(changed, true))).toBe(true);
    expect(first(x, false).equal(first(changed, false))).toBe(false);
  });

  it.each([3, 0, -2, 0.5, Number.NaN])('refuses %d heads for 8 features', (heads) => {
    expect(() => new nn.MultiheadAttention(8, heads)).toThrow(
      `Expected a divisor of 8 for \`heads\`, received ${heads}`,
    );
  });
});

describe('an embedding', () => {
  it.each([-1, 10, 1.5, Number.NaN])('of 10 symbols refuses %d as its padding', (paddingIndex) => {
    expect(() => new nn.Embedding(10, 2, { paddingIndex })).toThrow(
      'Expected an integer from 0 to 9 for `paddingIndex`',
    );
  });
});

describe('recurrent networks', () => {
  it.each([0, -1, 1.5, Number.NaN])('refuse %d layers', (layers) => {
    expect(() => new nn.LSTM(2, 3, { layers })).toThrow('Expected an integer of at least 1 for `layers`');
  });

  it('carry their state: two halves give the same as the whole', () => {
    const module = new nn.LSTM(3, 4, { layers: 2 });
    const x = ops.randn([6, 2, 3]);
    const whole = module.forward(x);
    const first = module.forward(x.narrow(0, 0, 3));
    const second = module.forward(x.narrow(0, 3, 3), first.state);
    expect(ops.cat([first.output, second.output]).sub(whole.output).abs().max().item()).toBeLessThan(1e-6);
    const reset = module.forward(x.narrow(0, 3, 3));
    expect(reset.output.sub(second.output).abs().max().item()).toBeGreaterThan(1e-3);
  });

  it('work after the module has been converted', () => {
    const module = new nn.GRU(3, 4).to({ dtype: 'float64' });
    expect(module.forward(ops.randn([5, 2, 3], { dtype: 'float64' })).output.dtype).toBe('float64');
  });

  it('name the expected shape', () => {
    expect(() => new nn.GRU(3, 4).forward(ops.zeros([5, 3]))).toThrow('received float32[5, 3] on cpu');
    expect(() => new nn.LSTM(3, 4, { layers: 0 })).toThrow('`layers`, received 0');
  });
});

describe('a strided 1 x 1 convolution of few channels, channels last', () => {
  it.each([1, 3, 4, 7, 8, 12])('has the gradients of the explicit sum: %i channels', (channels) => {
    scope(() => {
      const module = new nn.Conv2d(channels, 8, 1, { stride: 2, bias: false }).to({ memoryFormat: 'channelsLast' });
      const x = ops.randn([4, channels, 8, 8]).to({ memoryFormat: 'channelsLast' });
      const weights = ops.randn([4, 8, 4, 4]).to({ memoryFormat: 'channelsLast' });
      x.requiresGrad = true;
      module.forward(x).mul(weights).sum().backward();
      const kept = x.detach().slice(2, 0, null, 2).slice(3, 0, null, 2);
      const expected = ops.einsum('nohw,nihw->oi', [weights, kept]);
      const received = module.weight.grad!.reshape(expected.shape);
      expect(received.sub(expected).abs().max().item()).toBeLessThan(1e-4);
      const back = ops.einsum('nohw,oi->nihw', [weights, module.weight.detach().reshape(expected.shape)]);
      const atKept = x.grad!.slice(2, 0, null, 2).slice(3, 0, null, 2);
      expect(atKept.sub(back).abs().max().item()).toBeLessThan(1e-4);
      expect(Math.abs(x.grad!.sum().sub(back.sum()).item())).toBeLessThan(1e-3);
    });
  });
});

it('a convolution with reflected padding is one without padding of the mirrored picture', () => {
  scope(() => {
    const module = new nn.Conv2d(2, 3, [3, 5], { stride: 2, padding: [1, 2], paddingMode: 'reflect' });
    const x = ops.randn([2, 2, 6, 7]);
    x.requiresGrad = true;
    const y = module.forward(x);
    const rows = [1, 0, 1, 2, 3, 4, 5, 4];
    const columns = [2, 1, 0, 1, 2, 3, 4, 5, 6, 5, 4];
    const at = (places: number[]) => tensor(BigInt64Array.from(places, BigInt));
    const mirrored = x.detach().indexSelect(2, at(rows)).indexSelect(3, at(columns));
    const literal = ops.conv2d(mirrored, module.weight, module.bias, 2);
    expect(y.shape).toEqual([2, 3, 3, 4]);
    expect(y.sub(literal).abs().amax().item()).toBeLessThan(1e-5);
    y.sum().backward();
    expect(x.grad!.shape).toEqual(x.shape);
    const none = new nn.Conv2d(2, 3, 3, { paddingMode: 'reflect' });
    expect(none.forward(x).shape).toEqual([2, 3, 4, 5]);
  });
});

it('a 3-D convolution on the CPU has the answers and gradients of float32 under autocast', () => {
  scope(() => {
    const module = new nn.Conv3d(8, 8, 3, { padding: 1, bias: false }).to({ memoryFormat: 'channelsLast' });
    const run = (cast: 'bfloat16' | null, input: Tensor): [Tensor, Tensor] => {
      module.zeroGrad();
      const y = autocast('cpu', cast, () => module.forward(input));
      y.to('float32').square().mean().backward();
      return [y, module.weight.grad!];
    };
    const x = ops.randn([4, 8, 2, 16, 16]).to('bfloat16');
    const wanted = run(null, x.to('float32'));
    const received = run('bfloat16', x);
    for (const [i, value] of received.entries()) expect(value.equal(wanted[i]!)).toBe(true);
    expect(module.weight.dtype).toBe('float32');
  });
});

describe('initial values', () => {
  it('have the range of those of PyTorch', () => {
    const bound = (module: nn.Module, key: string): number => module.stateDict().get(key)!.detach().abs().max().item();
    const attention = new nn.MultiheadAttention(64, 4);
    // Xavier's bound of the joint (3 E, E) matrix, nearly reached by 12,288 uniform draws.
    const xavier = Math.sqrt(6 / (4 * 64));
    expect(bound(attention, 'in_proj_weight')).toBeLessThanOrEqual(xavier);
    expect(bound(attention, 'in_proj_weight')).toBeGreaterThan(0.99 * xavier);
    expect(bound(attention, 'in_proj_bias') + bound(attention, 'out_proj.bias')).toBe(0);
    const recurrent = new nn.GRU(3, 25);
    expect(bound(recurrent, 'weight_hh_l0')).toBeLessThanOrEqual(Math.fround(0.2));
    expect(bound(recurrent, 'weight_hh_l0')).toBeGreaterThan(0.19);
    const embedding = new nn.Embedding(200, 50, { paddingIndex: 7 });
    expect(embedding.weight.detach().select(0, 7).abs().max().item()).toBe(0);
    expect(Math.abs(embedding.weight.detach().std().item() - 1)).toBeLessThan(0.05);
    expect(new nn.PReLU(2).weight.toNumbers()).toEqual([0.25, 0.25]);
  });
});
