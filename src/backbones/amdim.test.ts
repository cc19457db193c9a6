import { describe, expect, it } from 'vitest';
import { noGrad, ops, scope } from '../engine/index.js';
import { AmdimEncoder } from './amdim.js';

describe('AmdimEncoder', () => {
  it.each([
    [24, [5, 3, 1, 1]],
    [28, [6, 4, 2, 1]],
    [32, [7, 5, 3, 1]],
    [64, [7, 5, 3, 1]],
    [128, [7, 5, 3, 1]],
  ])('maps images of %i pixels to the sides %j', (imageSize, sides) => {
    scope(() =>
      noGrad(() => {
        const network = new AmdimEncoder({ inputChannels: 3, imageSize, width: 2, blocks: 2 });
        const x = ops.randn([2, 3, imageSize, imageSize]);
        expect(network.pyramid(x, network.layers).map((map) => map.size(3))).toEqual(sides);
        expect(network.features(x).shape).toEqual([2, network.featureSize]);
        expect(network.featureSize).toBe(16);
      }),
    );
  });

  it('gives the same maps in one pass as layer by layer', () => {
    scope(() =>
      noGrad(() => {
        const network = new AmdimEncoder({ inputChannels: 1, imageSize: 28, width: 2 }).eval();
        const x = ops.randn([2, 1, 28, 28]);
        const maps = network.pyramid(x, ['global', 'local7']);
        expect(maps[0]!.equal(network.maps(x))).toBe(true);
        expect(maps[1]!.equal(network.maps(x, 'local7'))).toBe(true);
      }),
    );
  });

  it('has a limited receptive field in the first local map', () => {
    scope(() => {
      // Wide enough that some channel is positive: behind a ReLU that is 0, a pixel at the border would seem unseen.
      const network = new AmdimEncoder({ inputChannels: 1, imageSize: 32, width: 16 });
      const x = ops.randn([1, 1, 32, 32]);
      x.requiresGrad = true;
      network.maps(x, 'local7').select(2, 0).select(2, 0).sum().backward();
      // A kernel of 2 and stride 2 over one of 4 and stride 2 over one of 3: 2 + 4 - 2 + 2 + ... = 8 pixels.
      const seen = x.grad!.select(0, 0).select(0, 0).ne(0);
      expect(seen.anyDim(0).toNumbers().lastIndexOf(1)).toBe(7);
      expect(seen.anyDim(1).toNumbers().lastIndexOf(1)).toBe(7);
    });
  });

  it('starts its residual branches at zero: a local position is the mean of its window in the first channels', () => {
    scope(() =>
      noGrad(() => {
        const network = new AmdimEncoder({ inputChannels: 1, imageSize: 32, width: 2 });
        const [stem, local5, local3] = [
          network.stem.forward(ops.randn([1, 1, 32, 32])),
          ...network.pyramid(ops.randn([1, 1, 32, 32]), ['local5', 'local3']),
        ] as const;
        expect(stem.shape).toEqual([1, 2, 30, 30]);
        expect(ops.avgPool2d(local5!, 3, 1).sub(local3!).abs().amax().item()).toBeLessThan(1e-6);
      }),
    );
  });

  it('refuses images that are too small', () => {
    expect(() => new AmdimEncoder({ inputChannels: 3, imageSize: 16 })).toThrow(/at least 24 pixels/);
  });
});
