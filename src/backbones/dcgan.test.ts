import { describe, expect, it } from 'vitest';
import { expectGolden } from '../../tests/golden/backbones.js';
import { manualSeed, noGrad, ops, scope } from '../engine/index.js';
import { Dcgan } from './dcgan.js';

const PUBLISHED = { inputChannels: 3, imageSize: 128 };

describe('Dcgan', () => {
  it('has the published parameters', () => {
    scope(() => {
      // 16 weights for each pair of channels in 3-64-64-128-256-512: 3,072 + 65,536 + 131,072 + 524,288 + 2,097,152; batch norm
      // 2 (64 + 128 + 256 + 512).
      expect(new Dcgan(PUBLISHED).parameterCount()).toBe(2_821_120 + 1_920);
      // At 64 pixels the code leaves out the second convolution.
      expect(new Dcgan({ ...PUBLISHED, imageSize: 64 }).parameterCount()).toBe(2_821_120 - 65_536 + 1_920 - 128);
    });
  });

  it.each([
    [128, [64, 32, 16, 8, 4], [8, 8, 16, 32, 64]],
    [64, [32, 16, 8, 4], [8, 16, 32, 64]],
    [48, [24, 12, 6, 3], [8, 16, 32, 64]],
    [32, [16, 8, 4], [8, 16, 32]],
    [28, [14, 7, 3], [8, 16, 32]],
    [8, [4], [8]],
    [3, [1], [8]],
  ])('halves images of %i pixels down to about 4x4 positions', (imageSize, sides, sizes) => {
    scope(() =>
      noGrad(() => {
        const network = new Dcgan({ ...PUBLISHED, imageSize, width: 8 });
        const x = ops.randn([1, 3, imageSize, imageSize]);
        expect(network.layers).toEqual(sides.map((_, i) => `conv${i + 1}`));
        expect(network.layers.map((layer) => network.maps(x, layer).size(2))).toEqual(sides);
        expect(network.layers.map((layer) => network.layerSize(layer))).toEqual(sizes);
        expect(network.featureSize).toBe(sizes.at(-1));
      }),
    );
  });

  it('has the requested number of convolutions', () => {
    scope(() => {
      const network = new Dcgan({ ...PUBLISHED, imageSize: 32, width: 4, blocks: 5 });
      expect(network.layers).toEqual(['conv1', 'conv2', 'conv3', 'conv4', 'conv5']);
      expect(network.layers.map((layer) => network.layerSize(layer))).toEqual([4, 4, 8, 16, 32]);
      expect(() => new Dcgan({ ...PUBLISHED, blocks: 11 })).toThrow('a whole number from 1 to 10 for `blocks`');
    });
  });

  it('agrees with plain PyTorch', () => {
    scope(() => expectGolden('dcgan', new Dcgan({ inputChannels: 3, imageSize: 48, width: 4, blocks: 5 })));
  });

  it('draws weights from N(0, 0.02), and those of norms from N(1, 0.02)', () => {
    manualSeed(1);
    scope(() => {
      for (const [key, value] of new Dcgan(PUBLISHED).namedParameters()) {
        if (key.endsWith('bias')) continue;
        const mean = value.ndim === 4 ? 0 : 1;
        const deviation = value.sub(mean).square().mean().sqrt().item();
        expect(Math.abs(deviation - 0.02), key).toBeLessThan(0.02 * (3 / Math.sqrt(2 * value.numel)));
      }
    });
  });

  it('knows the smallest image of every layer exactly', () => {
    scope(() =>
      noGrad(() => {
        const network = new Dcgan({ ...PUBLISHED, width: 2 }).eval();
        network.layers.forEach((layer, i) => {
          const side = 2 ** (i + 1);
          expect(network.maps(ops.randn([1, 3, side, side + 1]), layer).shape.slice(2)).toEqual([1, 1]);
          expect(() => network.maps(ops.randn([1, 3, side - 1, side]), layer)).toThrow(`at least ${side} pixels`);
        });
        expect(() => new Dcgan({ ...PUBLISHED, imageSize: 24, blocks: 5 })).toThrow(
          'Expected images of at least 32 pixels a side, as conv5 of dcgan needs, for `imageSize`, received 24',
        );
        expect(() => new Dcgan({ ...PUBLISHED, imageSize: 1 })).toThrow('at least 2 pixels');
      }),
    );
  });
});
