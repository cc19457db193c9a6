import { describe, expect, it } from 'vitest';
import { ops, scope, tensor } from '../engine/index.js';
import type { BackboneOptions } from './backbone.js';
import { createBackbone } from './registry.js';
import { sineCosineSequence, type VideoTransformer } from './video-vit.js';

const OPTIONS: BackboneOptions = { inputChannels: 3, imageSize: 16, frames: 4, width: 8, patchSize: 4 };
const make = (given: Partial<BackboneOptions> = {}): VideoTransformer =>
  createBackbone('video-vit-micro', { ...OPTIONS, ...given }) as VideoTransformer;
const clips = ops.randn([2, 4, 3, 16, 16]);

describe('VideoTransformer', () => {
  it('has the tubes of 16 frames of 224 pixels that are published', () => {
    scope(() => {
      const network = createBackbone('video-vit-small', { inputChannels: 3, imageSize: 224, width: 12 });
      expect([...network.stateDict().keys()].filter((key) => !key.startsWith('blocks'))).toEqual([
        ...['pos_embed', 'patch_embed.proj.weight', 'patch_embed.proj.bias', 'norm.weight', 'norm.bias'],
      ]);
      expect(network.stateDict().get('pos_embed')!.shape).toEqual([8 * 14 * 14, 12]);
      expect(network.stateDict().get('patch_embed.proj.weight')!.shape).toEqual([12, 3, 2, 16, 16]);
    });
  });

  it('gives a map over time and space, whose mean are the features', () => {
    scope(() => {
      const network = make();
      const map = network.maps(clips);
      expect(map.shape).toEqual([2, 8, 2, 4, 4]);
      expect(
        network
          .features(clips)
          .sub(map.mean([2, 3, 4]))
          .abs()
          .amax()
          .item(),
      ).toBeLessThan(1e-6);
      expect(network.maps(clips, 'block2').shape).toEqual([2, 8, 2, 4, 4]);
      expect([network.grid, network.slots]).toEqual([4, 2]);
    });
  });

  it('encodes all tubes as if none were hidden where all are visible, in any order', () => {
    scope(() => {
      const network = make();
      const map = network.maps(clips).flatten(2).transpose(1, 2); // (N, 32, D)
      const order = [...Array(32).keys()].reverse();
      const keep = tensor(BigInt64Array.from([...order, ...order], BigInt), { shape: [2, 32] });
      expect(network.visibleTokens(clips, keep).flip([1]).sub(map).abs().amax().item()).toBeLessThan(1e-5);
    });
  });

  it('tells places and times apart by their position alone', () => {
    scope(() => {
      const map = make()
        .maps(ops.zeros([1, 4, 3, 16, 16]))
        .flatten(2)
        .squeeze(0)
        .t(); // (32, D)
      const distances = ops.cdist(map, map, 2, 2).add(ops.eye(32));
      expect(distances.amin().item()).toBeGreaterThan(1e-4);
    });
  });

  it('takes clips of other lengths and sizes, and refuses those that do not divide', () => {
    scope(() => {
      const network = make();
      expect(network.maps(ops.randn([1, 6, 3, 8, 8])).shape).toEqual([1, 8, 3, 2, 2]);
      expect(() => network.maps(ops.randn([1, 5, 3, 16, 16]))).toThrow(/clips of an even length/);
      expect(() => network.maps(ops.randn([1, 4, 3, 18, 18]))).toThrow(/multiples of 4/);
      expect(() => make({ frames: 5 })).toThrow(/an even number for `frames`/);
      expect(() => make({ patchSize: 5 })).toThrow(/a multiple of the patch size 5/);
      expect(() => make({ width: 10 })).toThrow(/a multiple of the 4 heads/);
    });
  });
});

it('encodes positions in a sequence as the paper on transformers does', () => {
  scope(() => {
    const table = sineCosineSequence(5, 4).toList() as number[][];
    for (const [position, row] of table.entries()) {
      const literal = [position, position / 100].flatMap((angle) => [Math.sin(angle), Math.cos(angle)]);
      for (const [i, value] of row.entries()) expect(value).toBeCloseTo(literal[i]!, 6);
    }
  });
});
