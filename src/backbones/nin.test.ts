import { describe, expect, it } from 'vitest';
import { expectGolden } from '../../tests/golden/backbones.js';
import { manualSeed, noGrad, ops, scope } from '../engine/index.js';
import { NetworkInNetwork } from './nin.js';

const CIFAR = { inputChannels: 3, imageSize: 32 };

describe('NetworkInNetwork', () => {
  it("has RotNet's parameters", () => {
    // Weights k^2 in out, and 2 out of batch norm. Block 1: 75*192 + 192*160 + 160*96 = 60,480 and 2 (192 + 160 + 96) = 896;
    // block 2: 25*96*192 + 2*192*192 = 534,528 and 6*192 = 1,152; blocks 3 and 4: 9*192*192 + 2*192*192 = 405,504 and 1,152.
    expect(new NetworkInNetwork(CIFAR).parameterCount()).toBe(1_410_368);
    expect(new NetworkInNetwork({ ...CIFAR, blocks: 3 }).parameterCount()).toBe(1_410_368 - 406_656);
    expect(new NetworkInNetwork({ ...CIFAR, blocks: 5 }).parameterCount()).toBe(1_410_368 + 406_656);
  });

  it('has a convolution without bias and a batch norm in each of three units of a block', () => {
    const keys = [...new NetworkInNetwork({ ...CIFAR, width: 6 }).stateDict().keys()];
    expect(keys.length).toBe(4 * 3 * 6);
    expect(keys.filter((key) => key.startsWith('block2.1.'))).toEqual([
      'block2.1.conv.weight',
      'block2.1.bn.weight',
      'block2.1.bn.bias',
      'block2.1.bn.running_mean',
      'block2.1.bn.running_var',
      'block2.1.bn.num_batches_tracked',
    ]);
  });

  it('agrees with plain PyTorch', () => {
    expectGolden('nin', new NetworkInNetwork({ ...CIFAR, width: 12 }));
  });

  it('has the expected map sizes', () => {
    scope(() =>
      noGrad(() => {
        const network = new NetworkInNetwork(CIFAR);
        const x = ops.randn([1, 3, 32, 32]);
        expect(network.layers.map((layer) => network.maps(x, layer).shape)).toEqual([
          [1, 96, 16, 16],
          [1, 192, 8, 8],
          [1, 192, 8, 8],
          [1, 192, 8, 8],
        ]);
        expect(network.featureSize).toBe(192);
        expect(network.features(x, 'block1').shape).toEqual([1, 96]);
        expect(new NetworkInNetwork({ ...CIFAR, blocks: 5, width: 6 }).layers.at(-1)).toBe('block5');
      }),
    );
  });

  it('scales 192, 160 and 96 together', () => {
    const network = new NetworkInNetwork({ ...CIFAR, width: 48 });
    const sizes = network
      .namedParameters()
      .flatMap(([key, value]) => (key.endsWith('conv.weight') ? [value.size(0)] : []));
    expect(sizes).toEqual([48, 40, 24, ...Array<number>(9).fill(48)]);
  });

  it('draws weights from N(0, sqrt(2 / (k^2 out)))', () => {
    manualSeed(2);
    const state = new NetworkInNetwork(CIFAR).stateDict();
    for (const key of ['block2.0', 'block3.0', 'block4.0']) {
      const weight = state.get(`${key}.conv.weight`)!.detach();
      const kernel = weight.size(2);
      expect(weight.std().item() * Math.sqrt((kernel * kernel * 192) / 2)).toBeCloseTo(1, 1.7);
    }
  });

  it('refuses unsupported numbers of blocks and small images', () => {
    expect(() => new NetworkInNetwork({ ...CIFAR, blocks: 2 })).toThrow(
      'Expected a whole number from 3 to 5 for `blocks`, received 2',
    );
    expect(() => new NetworkInNetwork({ ...CIFAR, imageSize: 3 })).toThrow('at least 4 pixels a side');
  });
});
