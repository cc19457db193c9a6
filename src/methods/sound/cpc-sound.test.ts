import { describe, expect, it } from 'vitest';
import { createBackbone } from '../../backbones/registry.js';
import { makeSounds } from '../../data/synthetic/sounds.js';
import { Generator, manualSeed, noGrad, ops, scope, type Tensor } from '../../engine/index.js';
import { parseMethodOptions } from '../registry.js';
import { CPCSound, cpcSound } from './cpc-sound.js';

const DATA = { count: 8, channels: 1, imageSize: 32, mean: [0.5], std: [0.1] };
const samples = makeSounds(1, 32 * 32, new Generator(0)).view([8, 1, 32, 32]);
const batch = { samples, indices: [...Array(8).keys()] };

const make = (given = {}, imageSize = 32) => {
  manualSeed(1);
  const backbone = createBackbone('sound', { inputChannels: 1, imageSize, width: 8 });
  return new CPCSound(parseMethodOptions(cpcSound, given, true), backbone, { ...DATA, imageSize });
};

describe('CPC of sound', () => {
  it('makes one vector of 160 samples, and contexts that have heard nothing of what comes later', () => {
    scope(() => {
      const { backbone } = make();
      const waves = ops.randn([2, 1, 32, 32], { generator: new Generator(1) });
      waves.requiresGrad = true;
      const context = backbone.maps(waves, 'context'); // (2, 4, 1, 6)
      expect(context.shape).toEqual([2, 4, 1, 6]);
      context.select(3, 2).sum().backward();
      const heard = waves.grad!.abs().sum([0, 1]).flatten().gt(0).toNumbers();
      // The last vector of three reaches a little beyond its 160 samples, by the overlap of the kernels.
      expect(heard.lastIndexOf(1)).toBeLessThan(3 * 160 + 160);
      expect(heard.indexOf(1)).toBe(0);
    });
  });

  it('starts within 5 % of ln(B T)', () => {
    const method = make();
    const loss = noGrad(() => method.loss(method.views(batch, new Generator(1))).loss!.item());
    expect(Math.abs(loss / Math.log(8 * 6) - 1)).toBeLessThan(0.05);
  });

  it('gives a sound the same context whatever else is in the batch', () => {
    scope(() =>
      noGrad(() => {
        const { backbone } = make();
        const waves = ops.randn([3, 1, 32, 32]);
        const other = ops.cat([waves.narrow(0, 0, 1), ops.randn([2, 1, 32, 32]).mul(5)], 0);
        const difference = backbone.features(waves).select(0, 0).sub(backbone.features(other).select(0, 0));
        expect(difference.abs().amax().item()).toBeLessThan(1e-6);
      }),
    );
  });

  it('changes the loudness only when asked', () => {
    const loud = make().views(batch, new Generator(1)).waves as Tensor;
    const quiet = make({ smallestLevel: 0.5 }).views(batch, new Generator(1)).waves as Tensor;
    const ratio = quiet
      .abs()
      .amax([1, 2, 3])
      .div(loud.abs().amax([1, 2, 3]));
    expect(ratio.amin().item()).toBeGreaterThanOrEqual(0.5);
    expect(ratio.amax().item()).toBeLessThanOrEqual(1);
    expect(ratio.amax().item() - ratio.amin().item()).toBeGreaterThan(0.1);
  });

  it('says when sounds are too short for the steps', () => {
    expect(() => make({ steps: 6 })).toThrow(
      'Expected sounds of more than 960 samples for 6 steps of 160, received 1024',
    );
    expect(() => make({ steps: 12 })).toThrow(/sounds of more than 1920 samples/);
  });
});
