import { describe, expect, it } from 'vitest';
import { expectGolden } from '../../tests/golden/backbones.js';
import { noGrad, ops, scope } from '../engine/index.js';
import { ColorNet } from './colornet.js';

const IMAGENET = { inputChannels: 1, imageSize: 224 };
const SMALL = { inputChannels: 3, imageSize: 32, width: 4 };

describe('ColorNet', () => {
  it('has the published parameters', () => {
    scope(() => {
      // Weights and biases of conv1 to conv7: 640 + 36,928; 73,856 + 147,584; 295,168 + 2 * 590,080; 1,180,160 + 2 * 2,359,808;
      // 3 * 3 * 2,359,808. Batch norm: 2 (64 + 128 + 256 + 4 * 512).
      const convolutions = 640 + 36_928 + 73_856 + 147_584 + 295_168 + 1_180_160 + 1_180_160 + 11 * 2_359_808;
      expect(new ColorNet(IMAGENET).parameterCount()).toBe(convolutions + 4_992);
    });
  });

  it("has the keys of the authors' PyTorch code", () => {
    scope(() => {
      const stateDict = new ColorNet(SMALL).stateDict();
      const weights = [...stateDict.keys()].filter((key) => key.endsWith('.weight'));
      expect(weights.slice(0, 6)).toEqual([
        'model1.0.weight',
        'model1.2.weight',
        'model1.4.weight',
        'model2.0.weight',
        'model2.2.weight',
        'model2.4.weight',
      ]);
      expect(weights.at(-1)).toBe('model7.6.weight');
    });
  });

  it('has the map sizes of the paper at 224 pixels, and larger ones with the small stem', () => {
    scope(() =>
      noGrad(() => {
        const sides = (network: ColorNet, side: number): number[] => {
          const x = ops.randn([1, network.options.inputChannels, side, side]);
          return network.layers.map((layer) => {
            const [, channels, height] = network.maps(x, layer).shape;
            expect(channels).toBe(network.layerSize(layer));
            return height!;
          });
        };
        expect(sides(new ColorNet({ ...IMAGENET, width: 2 }), 224)).toEqual([112, 56, 28, 28, 28, 28, 28]);
        expect(sides(new ColorNet(SMALL), 32)).toEqual([32, 16, 8, 8, 8, 8, 8]);
      }),
    );
  });

  it.each([
    ['colornet-imagenet', 'imagenet', 1, 40],
    ['colornet-small', 'small', 3, 17],
  ] as const)('agrees with plain PyTorch: %s', (golden, stem, inputChannels, imageSize) => {
    scope(() => expectGolden(golden, new ColorNet({ inputChannels, imageSize, width: 4, stem })));
  });

  it('knows the smallest image of every layer exactly', () => {
    scope(() =>
      noGrad(() => {
        const network = new ColorNet({ ...IMAGENET, width: 2 }).eval();
        expect(network.maps(ops.randn([1, 1, 8, 8])).shape).toEqual([1, 16, 1, 1]);
        expect(() => network.maps(ops.randn([1, 1, 7, 8]))).toThrow('at least 8 pixels');
        expect(() => new ColorNet({ ...IMAGENET, imageSize: 6, stem: 'imagenet' })).toThrow('or the stem `small`');
      }),
    );
  });
});
