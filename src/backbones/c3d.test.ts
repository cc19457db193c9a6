import { expect, it } from 'vitest';
import { expectGoldenVideo } from '../../tests/golden/video-backbones.js';
import { noGrad, ops, scope } from '../engine/index.js';
import { C3d } from './c3d.js';

it.each([
  ['c3d', 'imagenet'],
  ['c3d-small', 'small'],
] as const)('agrees with plain PyTorch: %s', (golden, stem) => {
  expectGoldenVideo(golden, new C3d({ inputChannels: 3, imageSize: 112, width: 4, stem }));
});

it('gives 16 frames of 112 pixels the maps of the paper', () => {
  scope(() =>
    noGrad(() => {
      const network = new C3d({ inputChannels: 3, imageSize: 112, width: 1 }).eval();
      const shapes = network
        .pyramid(ops.randn([1, 16, 3, 112, 112]), network.layers)
        .map(({ shape }) => shape.slice(2));
      expect(shapes).toEqual([
        [16, 112, 112],
        [16, 56, 56],
        [8, 28, 28],
        [4, 14, 14],
        [2, 7, 7],
      ]);
    }),
  );
});
