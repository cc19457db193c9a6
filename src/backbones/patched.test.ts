import { describe, expect, it } from 'vitest';
import { noGrad, ops, scope } from '../engine/index.js';
import { PatchedBackbone } from './patched.js';
import { createBackbone } from './registry.js';

const make = () => {
  const inner = createBackbone('resnet18', { inputChannels: 1, imageSize: 8, width: 4, norm: 'none' });
  return new PatchedBackbone(inner, { side: 8, stride: 4 });
};

describe('PatchedBackbone', () => {
  it('gives each patch its own features', () => {
    scope(() =>
      noGrad(() => {
        const backbone = make().eval();
        const x = ops.randn([2, 1, 20, 16]);
        const map = backbone.maps(x, 'layer2');
        expect(map.shape).toEqual([2, 8, 4, 3]);
        const patch = x.narrow(0, 1, 1).narrow(2, 8, 8).narrow(3, 4, 8).contiguous();
        const own = backbone.inner.features(patch, 'layer2').select(0, 0);
        expect(map.select(0, 1).select(1, 2).select(1, 1).sub(own).abs().amax().item()).toBeLessThan(1e-5);
        expect(
          backbone
            .features(x)
            .sub(backbone.maps(x).mean([2, 3]))
            .abs()
            .amax()
            .item(),
        ).toBeLessThan(1e-6);
      }),
    );
  });

  it('can be rebuilt from its name and options', () => {
    const backbone = make();
    const again = createBackbone(backbone.architecture, backbone.options);
    expect(again).toBeInstanceOf(PatchedBackbone);
    again.loadStateDict(backbone.stateDict());
    const x = ops.randn([1, 1, 16, 16]);
    scope(() => noGrad(() => expect(again.features(x).equal(backbone.features(x))).toBe(true)));
  });

  it('refuses images smaller than a patch', () => {
    expect(() => make().maps(ops.zeros([1, 1, 6, 9]))).toThrow(/at least one patch, 8 pixels a side/);
    expect(() => createBackbone('patched-resnet18', { inputChannels: 1, imageSize: 8 })).toThrow(/patches/);
  });
});
