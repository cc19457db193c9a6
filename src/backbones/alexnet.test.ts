import { describe, expect, it } from 'vitest';
import { expectClose, expectGolden, fill, goldenCase, images } from '../../tests/golden/backbones.js';
import { noGrad, ops, scope } from '../engine/index.js';
import { AlexNet } from './alexnet.js';

const IMAGENET = { inputChannels: 3, imageSize: 224 };
const SMALL = { inputChannels: 3, imageSize: 32, width: 8 };

describe('AlexNet', () => {
  it('has the published parameters', () => {
    scope(() => {
      // Weights and biases: 23,296 + 307,392 + 663,936 + 884,992 + 590,080 (torchvision's five convolutions, 2,469,696); batch
      // norm 2 (64 + 192 + 384 + 256 + 256) = 2,304.
      expect(new AlexNet('alexnet', IMAGENET).parameterCount()).toBe(2_469_696 + 2_304);
      // 34,944 + 614,656 + 885,120 + 1,327,488 + 884,992, and 2 (96 + 256 + 384 + 384 + 256).
      expect(new AlexNet('caffenet', IMAGENET).parameterCount()).toBe(3_747_200 + 2_752);
    });
  });

  it('has the map sizes of the paper at 224 pixels, and larger ones with the small stem', () => {
    scope(() =>
      noGrad(() => {
        const sides = (network: AlexNet, side: number): number[] => {
          const x = ops.randn([1, 3, side, side]);
          return network.layers.map((layer) => {
            const [, channels, height] = network.maps(x, layer).shape;
            expect(channels).toBe(network.layerSize(layer));
            return height!;
          });
        };
        expect(sides(new AlexNet('alexnet', { ...IMAGENET, width: 8 }), 224)).toEqual([55, 27, 13, 13, 13]);
        expect(sides(new AlexNet('alexnet', SMALL), 32)).toEqual([32, 16, 8, 8, 8]);
        expect(sides(new AlexNet('alexnet', SMALL), 12)).toEqual([12, 6, 3, 3, 3]);
      }),
    );
  });

  it.each([
    ['alexnet-imagenet', 'alexnet', 8, 'imagenet', 96],
    ['alexnet-small', 'alexnet', 8, 'small', 17],
    ['caffenet-small', 'caffenet', 12, 'small', 12],
  ] as const)('agrees with plain PyTorch: %s', (golden, name, width, stem, imageSize) => {
    scope(() => {
      const make = () => new AlexNet(name, { inputChannels: 3, imageSize, width, stem, pooling: 'flatten' });
      expectGolden(golden, make());
      const network = make();
      fill(network).eval();
      const { input, flat } = goldenCase(golden);
      const features = noGrad(() => network.features(images(input)));
      expect(features.shape).toEqual([input[0], network.featureSize]);
      expectClose(features, flat!);
    });
  });

  it('flattens 6x6 positions at 224 pixels, and as many at other sizes', () => {
    scope(() =>
      noGrad(() => {
        const network = new AlexNet('alexnet', { ...IMAGENET, width: 8, pooling: 'flatten' });
        expect(network.featureSize).toBe(32 * 6 * 6);
        for (const side of [224, 251, 96, 63])
          expect(network.eval().features(ops.randn([1, 3, side, side + 1])).shape).toEqual([1, 32 * 6 * 6]);
        expect(network.features(ops.randn([1, 3, 224, 224]), 'conv3').shape).toEqual([1, 48]);
      }),
    );
  });

  it('knows the smallest image of every layer exactly', () => {
    scope(() =>
      noGrad(() => {
        const network = new AlexNet('alexnet', { ...IMAGENET, width: 8, pooling: 'flatten' }).eval();
        for (const [layer, side] of [
          ['conv1', 7],
          ['conv2', 15],
          ['conv3', 31],
          ['conv4', 31],
        ] as const) {
          expect(network.maps(ops.randn([1, 3, side, side]), layer).shape.slice(2)).toEqual([1, 1]);
          expect(() => network.maps(ops.randn([1, 3, side - 1, side]), layer)).toThrow(`at least ${side} pixels`);
        }
        expect(() => network.features(ops.randn([1, 3, 62, 62]))).toThrow('at least 63 pixels');
        expect(() => new AlexNet('alexnet', { ...IMAGENET, imageSize: 30, stem: 'imagenet' })).toThrow(
          'or the stem `small`',
        );
      }),
    );
  });

  describe('with conv1 of stride 2', () => {
    const TILE = { inputChannels: 3, imageSize: 64, width: 8, stem: 'imagenet', conv1Stride: 2 } as const;

    it('has larger maps and the same weights', () => {
      scope(() =>
        noGrad(() => {
          const network = new AlexNet('caffenet', TILE);
          const sides = network.layers.map((layer) => network.maps(ops.randn([1, 3, 64, 64]), layer).size(2));
          expect(sides).toEqual([29, 14, 6, 6, 6]);
          const published = new AlexNet('caffenet', { ...TILE, imageSize: 224, conv1Stride: 4 });
          expect(published.loadStateDict(network.stateDict())).toEqual({ missing: [], unexpected: [] });
          expect(new AlexNet('caffenet', { ...IMAGENET, width: 8 }).options.conv1Stride).toBe(4);
        }),
      );
    });

    it('knows the smallest image of every layer exactly', () => {
      scope(() =>
        noGrad(() => {
          const network = new AlexNet('caffenet', { ...TILE, pooling: 'flatten' }).eval();
          for (const [layer, side] of [
            ['conv1', 7],
            ['conv2', 11],
            ['conv5', 19],
          ] as const) {
            expect(network.maps(ops.randn([1, 3, side, side]), layer).shape.slice(2)).toEqual([1, 1]);
            expect(() => network.maps(ops.randn([1, 3, side - 1, side]), layer)).toThrow(`at least ${side} pixels`);
          }
          expect(new AlexNet('caffenet', { ...TILE, imageSize: 35, pooling: 'flatten' }).featureSize).toBe(21);
          expect(() => new AlexNet('caffenet', { ...TILE, imageSize: 34, pooling: 'flatten' })).toThrow(
            'at least 35 pixels',
          );
        }),
      );
    });

    it('is refused with the small stem, and at 0', () => {
      expect(() => new AlexNet('caffenet', { ...TILE, stem: 'small' })).toThrow(
        'Expected no stride with the stem small for `conv1Stride`, received 2',
      );
      expect(() => new AlexNet('caffenet', { ...TILE, conv1Stride: 0 })).toThrow(
        'Expected a whole number of at least 1 for `conv1Stride`, received 0',
      );
    });
  });
});
