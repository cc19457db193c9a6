import { expect, it } from 'vitest';
import { manualSeed, noGrad, ops, scope } from '../engine/index.js';
import { createBackbone } from './registry.js';

const make = (norm: 'batch' | 'layer' | 'none', options = {}) =>
  createBackbone('resnet18', { inputChannels: 1, imageSize: 16, width: 4, norm, ...options });

it.each(['layer', 'none'] as const)('treats samples independently with norm %s, also in training', (norm) => {
  scope(() =>
    noGrad(() => {
      const backbone = make(norm);
      const x = ops.randn([4, 1, 16, 16]);
      const other = ops.cat([x.narrow(0, 0, 1), ops.randn([3, 1, 16, 16]).mul(9)], 0);
      expect(backbone.features(x).select(0, 0).sub(backbone.features(other).select(0, 0)).abs().amax().item()).toBe(0);
    }),
  );
});

it('treats samples together with batch norm', () => {
  scope(() =>
    noGrad(() => {
      const backbone = make('batch');
      const x = ops.randn([4, 1, 16, 16]);
      const other = ops.cat([x.narrow(0, 0, 1), ops.randn([3, 1, 16, 16]).mul(9)], 0);
      expect(backbone.features(x).select(0, 0).equal(backbone.features(other).select(0, 0))).toBe(false);
    }),
  );
});

it('keeps the scale of the features without a norm: residual branches start at zero', () => {
  scope(() =>
    noGrad(() => {
      manualSeed(0);
      const features = make('none').features(ops.randn([64, 1, 16, 16]));
      expect(features.square().mean().sqrt().item()).toBeGreaterThan(0.03);
      expect(features.square().mean().sqrt().item()).toBeLessThan(10);
    }),
  );
});

it('has the same keys except for the statistics', () => {
  const keys = (norm: 'batch' | 'layer' | 'none') => [...make(norm).stateDict().keys()];
  const isStatistic = (key: string): boolean => /running_|num_batches/.test(key);
  expect(keys('none')).toEqual(keys('batch').filter((key) => !isStatistic(key)));
  expect(keys('layer')).toEqual(keys('none'));
});
