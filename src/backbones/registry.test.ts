import { describe, expect, it } from 'vitest';
import { autocast, manualSeed, memory, noGrad, ops, scope, type Tensor } from '../engine/index.js';
import { AutodidactError } from '../errors.js';
import type { Backbone, BackboneOptions } from './backbone.js';
import { backbones, createBackbone } from './registry.js';

const all = Object.keys(backbones);
/** Those of images, clips and sounds; networks of text have tests of their own. */
const names = all.filter((name) => backbones[name]!.reads !== 'tokens');
/** Narrow, but a multiple of every transformer's heads. */
const WIDTH = 12;
const SMALL: BackboneOptions = { inputChannels: 3, imageSize: 32, width: WIDTH };

const codeOf = (body: () => unknown): string => {
  try {
    body();
  } catch (error) {
    if (error instanceof AutodidactError) return error.code;
    throw error;
  }
  return 'no error';
};

describe('the registry', () => {
  it('holds the architectures', () => {
    expect(all).toEqual([
      'resnet18',
      'resnet34',
      'resnet50',
      'resnet101',
      'nin',
      'alexnet',
      'caffenet',
      'vgg16',
      'vgg16-plain',
      'dcgan',
      'colornet',
      'srresnet',
      'amdim',
      'vit-micro',
      'vit-tiny',
      'vit-small',
      'vit-base',
      'sound',
      'r3d18',
      'r2plus1d18',
      'c3d',
      'video-vit-micro',
      'video-vit-small',
      'video-vit-base',
      'gpt1-micro',
      'gpt1-117m',
      'gpt2-micro',
      'gpt2-124m',
      'gpt2-355m',
      'gpt2-774m',
      'gpt2-1558m',
      'gpt-modern-micro',
      'gpt-modern-124m',
      'bert-micro',
      'bert-tiny',
      'bert-mini',
      'bert-small',
      'bert-medium',
      'bert-base',
      'bert-large',
      'electra-small',
      'bart-micro',
      'bart-base',
      'bart-large',
      'pegasus-micro',
      'pegasus-base',
      'pegasus-large',
      't5-micro',
      't5-small',
      't5-base',
      't5-large',
      'gru-text',
      'combined-gru-text',
      'bi-lm',
      'sentence-gru',
      'word-table',
    ]);
  });

  it.each(names)('knows the published width of %s', (name) => {
    expect(createBackbone(name, { inputChannels: 3, imageSize: 64 }).options.width).toBe(backbones[name]!.width);
  });

  it('suggests the nearest architecture for an unknown name', () => {
    expect(() => createBackbone('resnet19', SMALL)).toThrow('received "resnet19". Did you mean `resnet18`?');
    expect(() => createBackbone('toString', SMALL)).toThrow('Did you mean');
    expect(codeOf(() => createBackbone('resnet', SMALL))).toBe('USAGE');
  });

  it('refuses options that an architecture does not have', () => {
    expect(() => createBackbone('resnet18', { ...SMALL, blocks: 4 })).toThrow(
      'The backbone resnet18 has no option `blocks`. Its options are inputChannels, imageSize, width, zeroInitResidual, stem, norm, outputStride, padding.',
    );
    expect(codeOf(() => createBackbone('nin', { ...SMALL, stem: 'imagenet' }))).toBe('USAGE');
    expect(codeOf(() => createBackbone('nin', { ...SMALL, stem: 'auto', zeroInitResidual: true }))).toBe('no error');
    expect(codeOf(() => createBackbone('alexnet', { ...SMALL, pooling: 'class' }))).toBe('USAGE');
    expect(codeOf(() => createBackbone('vit-micro', { ...SMALL, pooling: 'flatten' }))).toBe('USAGE');
  });

  it.each([
    ['width', 0],
    ['width', 1.5],
    ['inputChannels', 0],
    ['imageSize', Number.NaN],
  ] as const)('refuses %s %d', (name, value) => {
    for (const architecture of names)
      expect(() => createBackbone(architecture, { ...SMALL, [name]: value })).toThrow(
        `a whole number of at least 1 for \`${name}\``,
      );
  });
});

describe.each(names)('%s', (name) => {
  const make = (options: Partial<BackboneOptions> = {}): Backbone => createBackbone(name, { ...SMALL, ...options });
  const isForSounds = name === 'sound';
  const isForClips = ['r3d18', 'r2plus1d18', 'c3d'].includes(name) || name.startsWith('video-');
  /** Random images, clips of two frames, or sounds with as many samples as images have pixels. */
  const noise = (count: number, height: number, width = height, channels = 3): Tensor => {
    if (isForSounds) return ops.randn([count, channels, height * width]);
    return ops.randn(isForClips ? [count, 2, channels, height, width] : [count, channels, height, width]);
  };

  it('can be rebuilt from its options', () => {
    for (const options of [{}, { imageSize: 224 }, { inputChannels: 1 }]) {
      const first = make(options);
      expect(first.architecture).toBe(name);
      const again = createBackbone(first.architecture, JSON.parse(JSON.stringify(first.options)));
      expect(again.options).toEqual(first.options);
      expect(again.loadStateDict(first.stateDict())).toEqual({ missing: [], unexpected: [] });
      expect(again.featureSize).toBe(first.featureSize);
      expect(again.layers).toEqual(first.layers);
    }
  });

  it('depends only on the seed', () => {
    const weights = (seed: number): number[][] => {
      manualSeed(seed);
      return make()
        .parameters()
        .filter((value) => value.ndim > 1)
        .map((value) => value.toNumbers());
    };
    const first = weights(3);
    expect(weights(3)).toEqual(first);
    expect(weights(4)[0]).not.toEqual(first[0]);
  });

  it.each([32, 224])('gives maps and features of the announced sizes at %i pixels', (imageSize) => {
    scope(() =>
      noGrad(() => {
        const backbone = make({ imageSize }).eval();
        const x = noise(1, imageSize);
        for (const layer of [backbone.layers[0]!, backbone.layers[1]!]) {
          expect(backbone.maps(x, layer).shape.slice(0, 2)).toEqual([1, backbone.layerSize(layer)]);
          expect(backbone.features(x, layer).shape).toEqual([1, backbone.layerSize(layer)]);
        }
        const last = backbone.layers.at(-1)!;
        expect(backbone.maps(x).shape).toEqual(backbone.maps(x, last).shape);
        expect(backbone.features(x).shape).toEqual([1, backbone.featureSize]);
      }),
    );
  });

  it('accepts other, odd and oblong image sizes', () => {
    scope(() =>
      noGrad(() => {
        const patch = name.startsWith('vit') ? 4 : name.startsWith('video-') ? 8 : null;
        const sides = patch !== null ? [7 * patch, 9 * patch, patch] : [29, 37, { amdim: 24, sound: 13 }[name] ?? 8];
        const backbone = make().eval();
        for (const height of sides)
          for (const width of sides) {
            const features = backbone.features(noise(3, height, width));
            expect(features.shape).toEqual([3, backbone.featureSize]);
            expect(features.isfinite().all().item()).toBe(1);
          }
      }),
    );
  });

  it('has a gradient for every parameter', () => {
    manualSeed(5);
    const backbone = make();
    scope(() => {
      const features = backbone.features(noise(4, 32));
      features.mul(ops.randn(features.shape)).sum().backward();
      for (const [key, value] of backbone.namedParameters()) {
        const gradient = value.grad;
        expect(gradient, key).not.toBeNull();
        expect(gradient!.isfinite().all().item(), key).toBe(1);
      }
      const [, first] = backbone.namedParameters().find(([, value]) => value.ndim >= 4)!;
      expect(first.grad!.abs().sum().item()).toBeGreaterThan(0);
    });
  });

  it('runs forward and backward in bfloat16', () => {
    const backbone = make();
    scope(() => {
      const x = noise(4, 32);
      const features = autocast('cpu', 'bfloat16', () => backbone.features(x));
      features.to('float32').square().mean().backward();
      expect(backbone.parameters().every((value) => value.grad!.dtype === 'float32')).toBe(true);
      expect(backbone.parameters().every((value) => value.grad!.isfinite().all().item() === 1)).toBe(true);
    });
  });

  it('treats images independently in eval mode', () => {
    scope(() =>
      noGrad(() => {
        const backbone = make().eval();
        const x = noise(3, 32);
        const together = backbone.features(x).select(0, 1);
        const alone = backbone.features(x.narrow(0, 1, 1)).select(0, 0);
        const difference = together.sub(alone).abs().max().item();
        expect(difference / together.abs().max().item()).toBeLessThan(1e-4);
      }),
    );
  });

  it('frees the intermediate results of a forward pass', () => {
    const backbone = make();
    const run = (): void => scope(() => void backbone.features(noise(2, 32)).sum().backward());
    run();
    const before = memory().tensors;
    for (let i = 0; i < 3; i++) run();
    expect(memory().tensors).toBe(before);
  });

  it('refuses unknown layers and wrong inputs', () => {
    const backbone = make();
    expect(() => backbone.maps(noise(1, 32), 'layer9')).toThrow(/Expected one of .* Did you mean/);
    expect(codeOf(() => backbone.layerSize('nothing'))).toBe('USAGE');
    expect(codeOf(() => backbone.features(noise(1, 32, 32, 1)))).toBe('SHAPE');
    expect(codeOf(() => backbone.features(ops.randn([3, 32, 32])))).toBe('SHAPE');
    const form = isForSounds
      ? 'waveforms of shape (N, 3, L) with at least 160 samples'
      : isForClips
        ? 'clips of shape (N, T, 3, H, W)'
        : 'images of shape (N, 3, H, W)';
    expect(() => backbone.features(ops.zeros([1, 3, 32, 32], { dtype: 'uint8' }))).toThrow(
      `Expected floating-point ${form} for \`x\`, received uint8[1, 3, 32, 32] on cpu`,
    );
  });

  it('keeps its convolutions in channels-last memory', () => {
    const weights = make()
      .parameters()
      .filter((value) => value.ndim >= 4);
    expect(weights.length).toBeGreaterThan(0);
    const format = isForClips ? 'channelsLast3d' : 'channelsLast';
    expect(weights.every((value) => value.isContiguous(format))).toBe(true);
  });
});
