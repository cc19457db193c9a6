import { describe, expect, it } from 'vitest';
import { expectClose, expectGolden, fill, goldenCase, images } from '../../tests/golden/backbones.js';
import { noGrad, ops, scope } from '../engine/index.js';
import { LayerNorm } from '../engine/nn/index.js';
import { VisionTransformer } from './vit.js';

const TINY = { inputChannels: 3, imageSize: 16, width: 16 };

describe('VisionTransformer', () => {
  // Published counts with a classifier of 1000 classes, for patches of 16x16 at 224 pixels.
  it.each([
    ['vit-tiny', 5_717_416],
    ['vit-small', 22_050_664],
    ['vit-base', 86_567_656],
  ] as const)('%s has the published parameters', (name, published) => {
    scope(() => {
      const network = new VisionTransformer(name, { inputChannels: 3, imageSize: 224 });
      expect(network.parameterCount() + 1000 * network.featureSize + 1000).toBe(published);
      network.dispose();
    });
  });

  it("has timm's state-dict keys", () => {
    const keys = [...new VisionTransformer('vit-micro', TINY).stateDict().keys()];
    const pair = (name: string): string[] => [`${name}.weight`, `${name}.bias`];
    const blocks = [0, 1, 2, 3, 4, 5].flatMap((i) =>
      ['norm1', 'attn.qkv', 'attn.proj', 'norm2', 'mlp.fc1', 'mlp.fc2'].flatMap((part) => pair(`blocks.${i}.${part}`)),
    );
    expect(keys).toEqual(['cls_token', 'pos_embed', ...pair('patch_embed.proj'), ...blocks, ...pair('norm')]);
  });

  it.each(['vit', 'vit-larger', 'vit-smaller'])('agrees with plain PyTorch: %s', (golden) => {
    scope(() => {
      const network = new VisionTransformer('vit-micro', TINY);
      expectGolden(golden, network);
      const x = images(goldenCase(golden).input).to('float64');
      noGrad(() => expectClose(network.features(x), goldenCase(golden).class!));
      const average = fill(new VisionTransformer('vit-micro', { ...TINY, pooling: 'average' })).to({
        dtype: 'float64',
      });
      noGrad(() => expectClose(average.features(x), goldenCase(golden).eval));
    });
  });

  it('reads tokens, maps and features of the same layer', () => {
    scope(() =>
      noGrad(() => {
        const network = new VisionTransformer('vit-micro', TINY);
        const x = ops.randn([2, 3, 12, 20]);
        for (const layer of [undefined, 'block2']) {
          const tokens = network.tokens(x, layer);
          expect(tokens.shape).toEqual([2, 1 + 15, 16]);
          const map = network.maps(x, layer);
          expect(map.shape).toEqual([2, 16, 3, 5]);
          // Row 1, column 2 of the map is token 1 + 1 * 5 + 2.
          expect(map.select(3, 2).select(2, 1).toNumbers()).toEqual(tokens.select(1, 8).toNumbers());
          expect(network.features(x, layer).toNumbers()).toEqual(tokens.select(1, 0).toNumbers());
        }
      }),
    );
  });

  it('uses patches of 4 pixels on small images and of 16 on large ones', () => {
    const patch = (imageSize: number): number =>
      new VisionTransformer('vit-micro', { ...TINY, imageSize }).options.patchSize;
    expect([32, 64, 96, 224].map(patch)).toEqual([4, 4, 16, 16]);
    expect(new VisionTransformer('vit-micro', { ...TINY, patchSize: 8 }).pos_embed.shape).toEqual([1, 5, 16]);
  });

  it("normalizes with timm's epsilon", () => {
    const norms = new VisionTransformer('vit-micro', TINY)
      .modules()
      .filter(([, module]) => module instanceof LayerNorm);
    expect(norms).toHaveLength(13);
    expect(norms.every(([, module]) => module instanceof LayerNorm && module.eps === 1e-6)).toBe(true);
  });

  it('refuses sizes that do not fit', () => {
    const network = new VisionTransformer('vit-micro', TINY);
    expect(() => network.features(ops.randn([1, 3, 16, 18]))).toThrow('multiples of the patch size 4');
    expect(() => network.features(ops.randn([1, 3, 0, 16]))).toThrow('multiples of the patch size 4');
    expect(() => new VisionTransformer('vit-micro', { ...TINY, imageSize: 30 })).toThrow(
      'Expected a multiple of the patch size 4 for `imageSize`, received 30',
    );
    expect(() => new VisionTransformer('vit-base', { ...TINY, width: 100 })).toThrow('a multiple of the 12 heads');
  });
});
