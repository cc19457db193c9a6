import { describe, expect, it } from 'vitest';
import { expectGolden } from '../../tests/golden/backbones.js';
import { manualSeed, noGrad, ops, scope } from '../engine/index.js';
import type { BackboneOptions } from './backbone.js';
import { ResNet, type ResNetName } from './resnet.js';

const IMAGENET: BackboneOptions = { inputChannels: 3, imageSize: 224 };
const TINY: BackboneOptions = { inputChannels: 3, imageSize: 32, width: 4 };

/** torchvision's state-dict keys in its order, without `fc`. */
function torchvisionKeys(convolutions: 2 | 3, depths: readonly number[]): string[] {
  const norm = (name: string): string[] =>
    ['weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked'].map((part) => `${name}.${part}`);
  const keys = ['conv1.weight', ...norm('bn1')];
  depths.forEach((depth, layer) => {
    for (let block = 0; block < depth; block++) {
      const name = `layer${layer + 1}.${block}`;
      for (let i = 1; i <= convolutions; i++) keys.push(`${name}.conv${i}.weight`, ...norm(`${name}.bn${i}`));
      const changesShape = block === 0 && (layer > 0 || convolutions === 3);
      if (changesShape) keys.push(`${name}.downsample.0.weight`, ...norm(`${name}.downsample.1`));
    }
  });
  return keys;
}

describe('ResNet', () => {
  // Published counts with a classifier of 1000 classes, and entries of the state dict with its weight and bias.
  it.each([
    ['resnet18', 11_689_512, 122, 2, [2, 2, 2, 2]],
    ['resnet34', 21_797_672, 218, 2, [3, 4, 6, 3]],
    ['resnet50', 25_557_032, 320, 3, [3, 4, 6, 3]],
    ['resnet101', 44_549_160, 626, 3, [3, 4, 23, 3]],
  ] as const)('%s has the published parameters and keys', (name, published, entries, convolutions, depths) => {
    scope(() => {
      const network = new ResNet(name, IMAGENET);
      const { featureSize } = network;
      expect(featureSize).toBe(convolutions === 2 ? 512 : 2048);
      expect(network.parameterCount() + 1000 * featureSize + 1000).toBe(published);
      const keys = [...network.stateDict().keys()];
      expect(keys).toEqual(torchvisionKeys(convolutions, depths));
      expect(keys.length + 2).toBe(entries);
      network.dispose();
    });
  });

  it.each([
    ['resnet18-small', 'resnet18', 8, 'small'],
    ['resnet18-imagenet', 'resnet18', 8, 'imagenet'],
    ['resnet50-small', 'resnet50', 4, 'small'],
  ] as const)('agrees with plain PyTorch: %s', (golden, name, width, stem) => {
    expectGolden(golden, new ResNet(name, { inputChannels: 3, imageSize: 64, width, stem }));
  });

  it('keeps the size of its maps from the output stride on, with the same weights', () => {
    scope(() => {
      const shapes = (given: Partial<BackboneOptions>) => {
        const network = new ResNet('resnet18', { ...TINY, ...given });
        const maps = network.pyramid(ops.ones([1, 3, 32, 32]), network.layers);
        return {
          sides: maps.map((map) => map.size(2)),
          keys: [...network.stateDict()].map(([key, { shape }]) => `${key} ${shape}`),
        };
      };
      const published = shapes({});
      expect(published.sides).toEqual([32, 32, 16, 8, 4]);
      const { sides, keys } = shapes({ outputStride: 4 });
      expect(sides).toEqual([32, 32, 16, 8, 8]);
      expect(keys).toEqual(published.keys);
      expect(shapes({ outputStride: 4, stem: 'imagenet' }).sides).toEqual([8, 8, 8, 8, 8]);
      expect(shapes({ outputStride: 64 }).sides).toEqual(published.sides);
      expect(() => new ResNet('resnet18', { ...TINY, stem: 'imagenet', outputStride: 2 })).toThrow(
        /at least 4, the stride of the stem `imagenet`, for `outputStride`, received 2/,
      );
    });
  });

  it('mirrors pictures at their edges where it is told: of a flat one all places are the same', () => {
    scope(() => {
      const spread = (padding: 'zeros' | 'reflect') => {
        const network = new ResNet('resnet18', { ...TINY, padding });
        expect(network.options.padding).toBe(padding === 'zeros' ? undefined : padding);
        const map = noGrad(() => network.eval().maps(ops.ones([1, 3, 32, 32])));
        return map
          .amax([2, 3])
          .sub(map.amin([2, 3]))
          .amax()
          .item();
      };
      expect(spread('reflect')).toBeLessThan(1e-5);
      expect(spread('zeros')).toBeGreaterThan(0.01);
    });
  });

  it('chooses the stem by the image size', () => {
    const stem = (imageSize: number): unknown => new ResNet('resnet18', { ...TINY, imageSize }).options.stem;
    expect([28, 64, 65, 224].map(stem)).toEqual(['small', 'small', 'imagenet', 'imagenet']);
    expect(new ResNet('resnet18', { ...TINY, imageSize: 224, stem: 'small' }).conv1.weight.shape).toEqual([4, 3, 3, 3]);
    expect(new ResNet('resnet18', { ...TINY, stem: 'imagenet' }).conv1.weight.shape).toEqual([4, 3, 7, 7]);
  });

  it.each([
    ['resnet18', 32, [4, 4, 8, 16, 32], [32, 32, 16, 8, 4]],
    ['resnet50', 32, [4, 16, 32, 64, 128], [32, 32, 16, 8, 4]],
    ['resnet18', 224, [4, 4, 8, 16, 32], [56, 56, 28, 14, 7]],
  ] as const)('%s has the expected maps at %i pixels', (name, imageSize, channels, sides) => {
    scope(() =>
      noGrad(() => {
        const network = new ResNet(name, { ...TINY, imageSize });
        const x = ops.randn([1, 3, imageSize, imageSize]);
        const shapes = network.layers.map((layer) => network.maps(x, layer).shape);
        expect(shapes).toEqual(channels.map((size, i) => [1, size, sides[i], sides[i]]));
        expect(network.features(x).shape).toEqual([1, network.featureSize]);
        expect(network.features(x, 'layer1').shape).toEqual([1, network.layerSize('layer1')]);
      }),
    );
  });

  it('draws normal weights with variance 2 / fan out', () => {
    manualSeed(1);
    const network = new ResNet('resnet18', { ...TINY, width: 32 });
    for (const [key, weight] of network.namedParameters()) {
      if (weight.ndim === 1) {
        expect(new Set(weight.toNumbers())).toEqual(new Set([key.endsWith('weight') ? 1 : 0]));
      } else if (weight.numel > 20_000) {
        const [out = 0, , height = 0, width = 0] = weight.shape;
        const expectedStd = Math.sqrt(2 / (out * height * width));
        // The deviation of n draws is known to within 1 / sqrt(2 n): 0.5 % here, so 2 % is four standard errors.
        expect(weight.detach().std().item() / expectedStd).toBeCloseTo(1, 1.7);
        expect(Math.abs(weight.detach().mean().item())).toBeLessThan((4 * expectedStd) / Math.sqrt(weight.numel));
      }
    }
  });

  it.each<ResNetName>(['resnet18', 'resnet50'])('starts every block of %s as the identity on request', (name) => {
    manualSeed(3);
    scope(() =>
      noGrad(() => {
        const x = ops.randn([2, 3, 16, 16]);
        const inLayer1 = (zeroInitResidual: boolean): [before: number, after: number] => {
          const network = new ResNet(name, { ...TINY, zeroInitResidual });
          const blocks = network.layer1.layers;
          const first = name === 'resnet18' ? network.maps(x, 'stem') : blocks[0]!.forward(network.maps(x, 'stem'));
          const last = network.maps(x, 'layer1');
          return [first.sum().item(), last.sum().item()];
        };
        const [before, after] = inLayer1(true);
        expect(after).toBeCloseTo(before, 3);
        const [start, end] = inLayer1(false);
        expect(Math.abs(end - start)).toBeGreaterThan(1);
      }),
    );
  });

  it('refuses images that leave less than one cell, with a remedy', () => {
    const network = new ResNet('resnet18', { ...TINY, imageSize: 64, stem: 'imagenet' });
    const x = ops.randn([1, 3, 8, 40]);
    expect(() => network.features(x)).toThrow(
      'Expected images of at least 32 pixels a side, as layer4 of resnet18 needs, for `x`, received float32[1, 3, 8, 40] on cpu. Use larger images, or the stem `small`.',
    );
    expect(network.eval().features(x, 'layer2').shape).toEqual([1, 8]);
    expect(() => new ResNet('resnet18', { ...TINY, imageSize: 8, stem: 'imagenet' })).toThrow(
      '`imageSize`, received 8',
    );
    expect(new ResNet('resnet18', { ...TINY, imageSize: 8 }).eval().maps(ops.randn([1, 3, 8, 8])).shape).toEqual([
      1, 32, 1, 1,
    ]);
  });
});
