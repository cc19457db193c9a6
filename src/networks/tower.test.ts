import { describe, expect, it } from 'vitest';
import { PixelBackbone } from '../../tests/support/pixel-backbone.js';
import { createBackbone } from '../backbones/registry.js';
import { Generator, manualSeed, ops } from '../engine/index.js';
import { Tower } from './tower.js';

const maps = ops.randn([6, 2, 3, 3], { generator: new Generator(1) });

describe.each([true, false])('with norm: %s', (useNorm) => {
  const make = () => {
    manualSeed(2);
    return new Tower(new PixelBackbone(2, 3), { side: 3, outputSize: 5, useNorm });
  };

  it('gives one vector per map without negative numbers', () => {
    const vectors = make().forward(maps);
    expect(vectors.shape).toEqual([6, 5]);
    expect(vectors.amin().item()).toBe(0);
  });

  it('knows where things lie: a map that is turned gives another vector', () => {
    const tower = make().eval();
    expect(
      tower
        .forward(maps.flip([2]))
        .sub(tower.forward(maps))
        .abs()
        .amax()
        .item(),
    ).toBeGreaterThan(0.01);
  });

  it('has a bias or a norm without scale and shift', () => {
    const keys = [...make().stateDict().keys()];
    const norm = ['fc.1.running_mean', 'fc.1.running_var', 'fc.1.num_batches_tracked'];
    expect(keys).toEqual(['fc.0.weight', ...(useNorm ? norm : ['fc.0.bias'])]);
  });
});

it('measures the map of a backbone for its patches and leaves the backbone as it was', () => {
  const backbone = createBackbone('alexnet', { inputChannels: 3, imageSize: 32, width: 8 });
  const state = () =>
    [...backbone.stateDict()].map(([key, value]) => `${key} ${value.to('float32').abs().sum().item()}`);
  const before = state();
  const tower = new Tower(backbone, { side: 16, outputSize: 4, useNorm: true });
  expect(state()).toEqual(before);
  expect(backbone.isTraining).toBe(true);
  expect(tower.forward(backbone.maps(ops.randn([2, 3, 16, 16]))).shape).toEqual([2, 4]);
});
