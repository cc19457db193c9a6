import { describe, expect, it } from 'vitest';
import { Generator, noGrad, ops, scope } from '../engine/index.js';
import { createBackbone } from './registry.js';
import { SOUND_STRIDE } from './sound.js';

const make = (length = 1024, width = 8) =>
  createBackbone('sound', { inputChannels: 1, imageSize: length, length, width });

describe('SoundEncoder', () => {
  it.each([
    [160, 1],
    [1000, 6],
    [1024, 6],
    [20_480, 128],
  ])('makes of %i samples %i vectors, one for every 160', (length, count) => {
    scope(() =>
      noGrad(() => {
        const backbone = make(length);
        const waves = ops.randn([2, 1, length]);
        expect(backbone.maps(waves, 'conv5').shape).toEqual([2, 8, 1, count]);
        expect(backbone.maps(waves).shape).toEqual([2, 4, 1, count]);
        expect(backbone.features(waves).shape).toEqual([2, 4]);
        expect(SOUND_STRIDE).toBe(160);
      }),
    );
  });

  it('makes contexts that have heard nothing of what comes later', () => {
    scope(() => {
      const backbone = make();
      const waves = ops.randn([2, 1, 1024], { generator: new Generator(1) });
      waves.requiresGrad = true;
      const context = backbone.maps(waves, 'context');
      expect(context.shape).toEqual([2, 4, 1, 6]);
      context.select(3, 2).sum().backward();
      const heard = waves.grad!.abs().sum([0, 1]).gt(0).toNumbers();
      // The last vector of three reaches a little beyond its 160 samples, by the overlap of the kernels.
      expect(heard.lastIndexOf(1)).toBeLessThan(3 * 160 + 160);
      expect(heard.indexOf(1)).toBe(0);
    });
  });

  it('gives a sound the same context whatever else is in the batch', () => {
    scope(() =>
      noGrad(() => {
        const backbone = make();
        const waves = ops.randn([3, 1, 1024]);
        const other = ops.cat([waves.narrow(0, 0, 1), ops.randn([2, 1, 1024]).mul(5)], 0);
        const difference = backbone.features(waves).select(0, 0).sub(backbone.features(other).select(0, 0));
        expect(difference.abs().amax().item()).toBeLessThan(1e-6);
      }),
    );
  });

  it('is made from the options of earlier versions, which give the side of a square', () => {
    const now = make(48 * 48);
    const before = createBackbone('sound', { inputChannels: 1, imageSize: 48, width: 8 });
    expect(before.options).toEqual(now.options);
    expect(before.options).toEqual({ inputChannels: 1, imageSize: 2304, length: 2304, width: 8 });
    expect([...before.stateDict()].map(([key, { shape }]) => [key, shape])).toEqual(
      [...now.stateDict()].map(([key, { shape }]) => [key, shape]),
    );
    expect([...now.stateDict().keys()].slice(0, 2)).toEqual(['convolutions.0.weight', 'convolutions.0.bias']);
    expect(now.stateDict().get('convolutions.0.weight')!.shape).toEqual([8, 1, 1, 10]);
  });

  it('refuses sounds that are too short, and images', () => {
    expect(() => make(159)).toThrow('Expected a whole number of at least 160 for `length`, received 159');
    expect(() => make(1024.5)).toThrow(/for `imageSize`/);
    const wanted = 'Expected floating-point waveforms of shape (N, 1, L) with at least 160 samples for `x`, received';
    for (const shape of [
      [2, 1, 159],
      [2, 2, 1024],
      [2, 1, 32, 32],
      [1, 1024],
    ])
      expect(() => make().features(ops.zeros(shape))).toThrow(`${wanted} float32[${shape.join(', ')}]`);
    expect(() => make().features(ops.zeros([2, 1, 1024], { dtype: 'int16' }))).toThrow(`${wanted} int16`);
  });
});
