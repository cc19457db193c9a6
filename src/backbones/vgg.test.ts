import { describe, expect, it } from 'vitest';
import { expectClose, expectGolden, fill, goldenCase, images } from '../../tests/golden/backbones.js';
import { noGrad, ops, scope } from '../engine/index.js';
import { Vgg } from './vgg.js';

const NARROW = { inputChannels: 3, imageSize: 224, width: 4 };

describe('VGG-16', () => {
  it('has the published parameters', () => {
    scope(() => {
      // torchvision's vgg16_bn has 138,365,992: 14,714,688 in convolutions, 8,448 in batch norms, the rest fully connected.
      expect(new Vgg('vgg16', { inputChannels: 3, imageSize: 224 }).parameterCount()).toBe(14_714_688 + 8_448);
      expect(new Vgg('vgg16-plain', { inputChannels: 3, imageSize: 224 }).parameterCount()).toBe(14_714_688);
    });
  });

  it("has the keys of torchvision's vgg16", () => {
    const convolutions = [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28];
    const keys = convolutions.flatMap((at) => [`features.${at}.weight`, `features.${at}.bias`]);
    expect([...new Vgg('vgg16-plain', NARROW).stateDict().keys()]).toEqual(keys);
  });

  it("has the keys of torchvision's vgg16_bn", () => {
    const keys = [...new Vgg('vgg16', NARROW).stateDict().keys()];
    const convolutions = [0, 3, 7, 10, 14, 17, 20, 24, 27, 30, 34, 37, 40];
    const norm = ['weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked'];
    expect(keys).toEqual(
      convolutions.flatMap((at) => [
        `features.${at}.weight`,
        `features.${at}.bias`,
        ...norm.map((name) => `features.${at + 1}.${name}`),
      ]),
    );
  });

  it('has the map sizes of the paper at 224 pixels, and larger ones with the small stem', () => {
    scope(() =>
      noGrad(() => {
        const sides = (network: Vgg, side: number): number[] => {
          const x = ops.randn([1, 3, side, side]);
          return network.layers.map((layer) => {
            const [, channels, height] = network.eval().maps(x, layer).shape;
            expect(channels).toBe(network.layerSize(layer));
            return height!;
          });
        };
        const large = new Vgg('vgg16', NARROW);
        const small = new Vgg('vgg16', { ...NARROW, imageSize: 32 });
        expect(large.layers).toEqual(['conv1', 'conv2', 'conv3', 'conv4', 'conv5']);
        expect(sides(large, 224)).toEqual([224, 112, 56, 28, 14]);
        expect(sides(small, 32)).toEqual([32, 32, 16, 8, 4]);
        expect(sides(small, 9)).toEqual([9, 9, 4, 2, 1]);
        expect(small.loadStateDict(large.stateDict())).toEqual({ missing: [], unexpected: [] });
      }),
    );
  });

  it.each([
    ['vgg16-imagenet', 'vgg16', 'imagenet', 37],
    ['vgg16-small', 'vgg16', 'small', 19],
    ['vgg16-plain', 'vgg16-plain', 'imagenet', 37],
  ] as const)('agrees with plain PyTorch: %s', (golden, name, stem, imageSize) => {
    scope(() => {
      const make = () => new Vgg(name, { inputChannels: 3, imageSize, width: 4, stem, pooling: 'flatten' });
      expectGolden(golden, make());
      const network = make();
      fill(network).eval();
      const { input, flat } = goldenCase(golden);
      const features = noGrad(() => network.features(images(input)));
      expect(features.shape).toEqual([input[0], network.featureSize]);
      expectClose(features, flat!);
    });
  });

  it('flattens 7x7 positions at 224 pixels, and as many at other sizes', () => {
    scope(() =>
      noGrad(() => {
        const network = new Vgg('vgg16', { ...NARROW, pooling: 'flatten' });
        expect(network.featureSize).toBe(32 * 7 * 7);
        for (const side of [224, 250, 96, 32])
          expect(network.eval().features(ops.randn([1, 3, side, side + 1])).shape).toEqual([1, 32 * 7 * 7]);
        expect(network.features(ops.randn([1, 3, 64, 64]), 'conv3').shape).toEqual([1, 16]);
      }),
    );
  });

  it('knows the smallest image of every layer exactly', () => {
    scope(() =>
      noGrad(() => {
        const network = new Vgg('vgg16', { ...NARROW, pooling: 'flatten' }).eval();
        for (const [layer, side] of [
          ['conv2', 2],
          ['conv3', 4],
          ['conv4', 8],
          ['conv5', 16],
        ] as const) {
          expect(network.maps(ops.randn([1, 3, side, side]), layer).shape.slice(2)).toEqual([1, 1]);
          expect(() => network.maps(ops.randn([1, 3, side - 1, side]), layer)).toThrow(`at least ${side} pixels`);
        }
        expect(() => network.features(ops.randn([1, 3, 31, 31]))).toThrow('at least 32 pixels');
        expect(() => new Vgg('vgg16', { ...NARROW, imageSize: 15, stem: 'imagenet' })).toThrow('or the stem `small`');
      }),
    );
  });
});
