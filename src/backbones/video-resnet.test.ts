import { expect, it } from 'vitest';
import { expectGoldenVideo } from '../../tests/golden/video-backbones.js';
import { manualSeed, noGrad, ops, scope } from '../engine/index.js';
import { Conv3d } from '../engine/nn/index.js';
import type { BackboneOptions } from './backbone.js';
import { createBackbone } from './registry.js';
import { VideoResNet } from './video-resnet.js';

const TINY: BackboneOptions = { inputChannels: 3, imageSize: 32, width: 4 };

it.each([
  ['r3d18', 33_371_472],
  ['r2plus1d18', 31_505_325],
] as const)('%s has the keys, the shapes and the answers of torchvision', (name, published) => {
  scope(() => {
    const network = new VideoResNet(name, { inputChannels: 3, imageSize: 112 });
    // With a classifier of 400 classes.
    expect(network.parameterCount() + 401 * 400 + 111 * 400 + 400).toBe(published);
    expectGoldenVideo(name, network);
    network.dispose();
  });
});

it.each(['r3d18', 'r2plus1d18'] as const)('%s halves time and space from the second layer on', (name) => {
  scope(() =>
    noGrad(() => {
      const small = new VideoResNet(name, TINY).eval();
      expect(small.options.stem).toBe('small');
      const maps = small.pyramid(ops.randn([2, 8, 3, 32, 24]), small.layers);
      expect(maps.map(({ shape }) => shape)).toEqual([
        [2, 4, 8, 32, 24],
        [2, 4, 8, 32, 24],
        [2, 8, 4, 16, 12],
        [2, 16, 2, 8, 6],
        [2, 32, 1, 4, 3],
      ]);
      const published = new VideoResNet(name, { ...TINY, stem: 'imagenet' }).eval();
      expect(published.maps(ops.randn([1, 8, 3, 32, 24]), 'stem').shape).toEqual([1, 4, 8, 16, 12]);
      // A single frame is a clip too.
      expect(small.features(ops.randn([1, 1, 3, 32, 32])).shape).toEqual([1, 32]);
    }),
  );
});

it('is built again from its options, the usual number of frames among them', () => {
  for (const name of ['r3d18', 'r2plus1d18', 'c3d']) {
    const network = createBackbone(name, { ...TINY, frames: 16 });
    expect(network.options.frames).toBe(16);
    const again = createBackbone(network.architecture, JSON.parse(JSON.stringify(network.options)));
    expect(again.options).toEqual(network.options);
    expect(() => createBackbone(name, { ...TINY, frames: 0 })).toThrow('a whole number of at least 1 for `frames`');
  }
});

it('has normal weights with variance 2 / fan out, and residual branches that can start at zero', () => {
  manualSeed(1);
  const network = new VideoResNet('r2plus1d18', { ...TINY, width: 32, zeroInitResidual: true });
  const [, conv] = network.modules().find(([name]) => name === 'layer4.1.conv2.0.0')!;
  const { weight, outChannels } = conv as Conv3d;
  const std = weight.std(null, { correction: 0 }).item();
  expect(std * Math.sqrt((9 * outChannels) / 2)).toBeCloseTo(1, 1);
  const state = network.stateDict();
  for (const key of ['layer1.0.conv2.1.weight', 'layer4.1.conv2.1.weight'])
    expect(state.get(key)!.abs().max().item()).toBe(0);
  expect(state.get('layer1.0.conv1.1.weight')!.min().item()).toBe(1);
  expect(network.modules().filter(([, module]) => module instanceof Conv3d).length).toBe(37);
});

it('reads motion: clips with the same frames in another order have other features', () => {
  scope(() =>
    noGrad(() => {
      manualSeed(2);
      const network = createBackbone('r3d18', TINY).eval();
      const clip = ops.rand([1, 4, 3, 16, 16]);
      const turned = clip.flip([1]);
      const change = network.features(clip).sub(network.features(turned)).abs().max().item();
      expect(change).toBeGreaterThan(1e-4);
      const still = clip.narrow(1, 0, 1).expand([-1, 4, -1, -1, -1]);
      expect(network.features(still).equal(network.features(still.flip([1])))).toBe(true);
    }),
  );
});
