import { expect, it } from 'vitest';
import { noGrad, ops, scope } from '../engine/index.js';
import { createBackbone } from './registry.js';

const TINY = { inputChannels: 3, imageSize: 16, width: 4 };

it('applies the network of images to every frame', () => {
  scope(() =>
    noGrad(() => {
      const clips = createBackbone('frames-resnet18', TINY).eval();
      const images = createBackbone('resnet18', TINY).eval();
      images.loadStateDict(new Map([...clips.stateDict()].map(([key, value]) => [key.replace(/^inner\./, ''), value])));
      const x = ops.randn([2, 3, 3, 16, 20]);
      const map = clips.maps(x, 'layer2');
      expect(map.shape).toEqual([2, 8, 3, 8, 10]);
      for (const sample of [0, 1])
        for (const frame of [0, 1, 2]) {
          const own = images.maps(x.select(0, sample).narrow(0, frame, 1), 'layer2').select(0, 0);
          expect(map.select(0, sample).select(1, frame).sub(own).abs().max().item()).toBeLessThan(1e-5);
        }
      const mean = images.features(x.flatten(0, 1)).view([2, 3, -1]).mean([1]);
      expect(clips.features(x).sub(mean).abs().max().item()).toBeLessThan(1e-6);
      expect(clips.featureSize).toBe(32);
      expect(clips.layers).toEqual(images.layers);
    }),
  );
});

it('keeps the pooling of the network of images', () => {
  scope(() =>
    noGrad(() => {
      const clips = createBackbone('frames-vit-micro', { ...TINY, width: 16, pooling: 'class' }).eval();
      const x = ops.randn([1, 2, 3, 16, 16]);
      const [first, second] = [0, 1].map((frame) => clips.features(x.narrow(1, frame, 1)));
      expect(clips.features(x).sub(first!.add(second!).div(2)).abs().max().item()).toBeLessThan(1e-5);
    }),
  );
});

it('is built again from its name and options, and refuses images', () => {
  const clips = createBackbone('frames-resnet18', { ...TINY, frames: 8 });
  expect(clips.options.frames).toBe(8);
  const again = createBackbone(clips.architecture, JSON.parse(JSON.stringify(clips.options)));
  expect(again.loadStateDict(clips.stateDict())).toEqual({ missing: [], unexpected: [] });
  expect(() => clips.features(ops.randn([1, 3, 16, 16]))).toThrow(
    'Expected floating-point clips of shape (N, T, 3, H, W) for `x`, received float32[1, 3, 16, 16] on cpu',
  );
  expect(() => createBackbone('frames-resnet', TINY)).toThrow('Did you mean `resnet18`?');
});
