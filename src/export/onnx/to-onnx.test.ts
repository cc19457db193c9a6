import { describe, expect, it } from 'vitest';
import type { BackboneOptions } from '../../backbones/backbone.js';
import { backbones, createBackbone } from '../../backbones/registry.js';
import { Generator, manualSeed, noGrad, ops, type Tensor, tensor } from '../../engine/index.js';
import { BatchNorm } from '../../engine/nn/index.js';
import { checkOnnx, OnnxModel, relativeDifference } from './check.js';
import { lowerings } from './lowerings/index.js';
import { ofOneTensor, type TracedFunction, toOnnx } from './to-onnx.js';

const names = { name: 'test', inputs: ['x'], outputs: ['y'] };
const random = new Generator(1);

const WIDTH = 4;
/** A multiple of the heads of every transformer. */
const TRANSFORMER_WIDTH = 12;
/** Those that are tried at a second size: one of each way to depend on it. */
const RESIZED: readonly string[] = ['resnet18', 'alexnet', 'vit-micro', 'r3d18', 'sound', 'patched-resnet18'];
const FRAMES = 4;

interface Made {
  shape: readonly number[];
  options: BackboneOptions;
}

/** A small network of each kind, and the shape of what it reads. */
function formOf(architecture: string, size: number): Made {
  const reads = architecture.startsWith('frames-') ? 'clips' : (backbones[architecture]?.reads ?? 'images');
  const width = architecture.includes('vit') ? TRANSFORMER_WIDTH : WIDTH;
  const options: BackboneOptions = { inputChannels: 3, imageSize: size, width };
  if (reads === 'sounds')
    return {
      shape: [1, size * 50],
      options: { inputChannels: 1, imageSize: size * 50, length: size * 50, width: WIDTH },
    };
  if (reads === 'images') return { shape: [3, size, size], options };
  const takesFrames = backbones[architecture]?.takes.includes('frames');
  return { shape: [FRAMES, 3, size, size], options: { ...options, ...(takesFrames ? { frames: FRAMES } : {}) } };
}

/** Networks of text read ids and a mask: text-graphs.test.ts has them. */
const EXPORTED = Object.keys(backbones).filter((name) => backbones[name]!.reads !== 'tokens');

const FORMS: Readonly<Record<string, (size: number) => Made>> = {
  ...Object.fromEntries(EXPORTED.map((name) => [name, (size: number) => formOf(name, size)])),
  'split-resnet18': (size) => ({
    ...formOf('resnet18', size),
    options: { ...formOf('resnet18', size).options, splitAt: 1 },
  }),
  'patched-resnet18': (size) => ({
    ...formOf('resnet18', size),
    options: { ...formOf('resnet18', size).options, patches: { side: 16, stride: 8 } },
  }),
  'frames-resnet18': (size) => formOf('frames-resnet18', size),
  'recurrent-r3d18': (size) => ({
    shape: [FRAMES, 5, size, size],
    options: {
      ...formOf('r3d18', size).options,
      recurrent: { blockFrames: 2, contextSize: 6, layout: 'map', actions: 2 },
    },
  }),
  'recurrent-resnet18': (size) => ({
    shape: [FRAMES, 5, size, size],
    options: {
      ...formOf('resnet18', size).options,
      recurrent: { blockFrames: 2, contextSize: 6, layout: 'map', actions: 2 },
    },
  }),
};

function functionOf(architecture: string, size: number): TracedFunction {
  const { shape, options } = FORMS[architecture]!(size);
  manualSeed(7);
  const network = createBackbone(architecture, options);
  noGrad(() => {
    for (const [, module] of network.modules())
      if (module instanceof BatchNorm) {
        module.running_mean.uniform_(-0.2, 0.2);
        module.running_var.uniform_(0.5, 1.5);
      }
  });
  network.eval();
  return ofOneTensor(
    (count) => ops.rand([count, ...shape], { generator: random }),
    (x) => network.features(x),
    network.stateDict(),
  );
}

describe('every backbone', () => {
  it.each(Object.keys(FORMS))('%s gives in ONNX what it gives here', async (architecture) => {
    for (const size of RESIZED.includes(architecture) ? [32, 48] : [32]) {
      const traced = functionOf(architecture, size);
      expect(await checkOnnx(toOnnx(traced, names), traced, architecture)).toBeLessThan(5e-6);
    }
  });

  it('is among these', () => {
    expect(Object.keys(FORMS)).toEqual(expect.arrayContaining(EXPORTED));
  });
});

describe('the check', () => {
  it('fails when one sign of a weight is flipped', async () => {
    const traced = functionOf('resnet18', 32);
    const bytes = toOnnx(traced, names);
    const weight = traced.weights.get('conv1.weight')!;
    noGrad(() => {
      const one = weight.narrow(0, 0, 1).narrow(1, 0, 1).narrow(2, 1, 1).narrow(3, 1, 1);
      one.copy_(one.neg());
    });
    await expect(checkOnnx(bytes, traced, 'The model')).rejects.toThrow(/The model differs from the network by/);
  });

  it('fails when the batch is a part of the graph', async () => {
    const sample = (count: number) => ops.rand([count, 2], { generator: random });
    const whole = ofOneTensor(
      () => sample(3),
      (x) => x.reshape([3, 2]),
    );
    const bytes = toOnnx(whole, names);
    const model = await OnnxModel.load(bytes, 'The model');
    await expect(model.run(new Float32Array(10), [5, 2])).rejects.toThrow('does not run The model on a batch of 5');
    await model.release();
  });

  it('counts a difference as a share of the largest number, and NaN as a failure', () => {
    expect(relativeDifference([1, 100], [1, 100.5])).toBeCloseTo(0.5 / 100.5, 10);
    expect(relativeDifference([0, 0], [0, 0])).toBe(0);
    expect(relativeDifference([Number.NaN, 1], [0, 1])).toBe(Number.POSITIVE_INFINITY);
  });

  it('says when the runtime does not take a model', async () => {
    await expect(OnnxModel.load(new Uint8Array([1, 2, 3]), 'The model')).rejects.toMatchObject({ code: 'ENGINE' });
  });
});

describe('a graph', () => {
  const of = (run: (x: Tensor) => Tensor, weights = new Map<string, Tensor>()): TracedFunction =>
    ofOneTensor((count) => ops.rand([count, 4], { generator: random }), run, weights);

  it('is refused for an operator without a lowering, by its name', () => {
    expect(Object.keys(lowerings)).not.toContain('aten::cumprod');
    expect(() =>
      toOnnx(
        of((x) => x.cumprod(1)),
        names,
      ),
    ).toThrow('`aten::cumprod`, which has no lowering to ONNX');
  });

  it('is refused where a part of a tensor is changed in place, which the whole would not show', () => {
    const changed = (x: Tensor): Tensor => {
      const y = x.mul(2);
      y.narrow(1, 0, 2).zero_();
      return y;
    };
    expect(() => toOnnx(of(changed), names)).toThrow('`aten::zero_`, which has no lowering to ONNX');
  });

  it('is refused in training mode', () => {
    const norm = new BatchNorm(4);
    expect(() =>
      toOnnx(
        of((x) => norm.forward(x)),
        names,
      ),
    ).toThrow('`aten::batch_norm` is in training mode');
    expect(() =>
      toOnnx(
        of((x) => ops.dropout(x, 0.5, true)),
        names,
      ),
    ).toThrow('training mode');
  });

  it('is refused for random numbers, and for a constant that is another one for another batch', () => {
    expect(() =>
      toOnnx(
        of((x) => x.add(ops.rand([4], { generator: random }))),
        names,
      ),
    ).toThrow('a constant in aten::add');
    expect(() =>
      toOnnx(
        of((x) => x.add(x.size(0))),
        names,
      ),
    ).toThrow(/not the same for batches|ONNX cannot say/);
    expect(() =>
      toOnnx(
        of((x) => (x.size(0) === 2 ? x.exp() : x.sin())),
        names,
      ),
    ).toThrow('aten::exp or aten::sin');
  });

  it('is refused for a size that grows in another way, and for constants that are not alike for all samples', () => {
    expect(() =>
      toOnnx(
        of((x) => x.narrow(0, 0, x.size(0) - 1)),
        names,
      ),
    ).toThrow(/(a size in|an argument of) aten::narrow/);
    expect(() =>
      toOnnx(
        of((x) => x.add(ops.arange(0, x.size(0)).unsqueeze(1))),
        names,
      ),
    ).toThrow('a constant in aten::add');
  });

  it('is refused for more weights than a file holds', () => {
    const large = { numel: 5e8 } as Tensor;
    expect(() =>
      toOnnx(
        of((x) => x, new Map([['large', large]])),
        names,
      ),
    ).toThrow('2.0 GB of weights');
  });

  it('names weights as the network does, and keeps what is needed alone', async () => {
    const weight = tensor([1, 2, 3, 4]);
    const unused = tensor([9, 9, 9, 9]);
    const traced = of(
      (x) => {
        x.add(unused);
        return x.mul(weight);
      },
      new Map([
        ['fc.weight', weight],
        ['fc.unused', unused],
      ]),
    );
    const text = Buffer.from(toOnnx(traced, names)).toString('latin1');
    expect(text).toContain('fc.weight');
    expect(text).not.toContain('fc.unused');
    expect(text).not.toContain('Add_');
    expect(await checkOnnx(toOnnx(traced, names), traced, 'a product')).toBe(0);
  });
});
