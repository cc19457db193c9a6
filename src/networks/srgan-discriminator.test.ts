import { expect, it } from 'vitest';
import { ops } from '../engine/index.js';
import { srganDiscriminator } from './srgan-discriminator.js';

it.each([15, 16, 24, 48, 50])('gives one logit for images of side %i', (side) => {
  expect(srganDiscriminator(3, side, 2).forward(ops.randn([2, 3, side, side])).shape).toEqual([2, 1]);
});

it('has the layers of the paper, with batch norm on all convolutions but the first', () => {
  const shapes = [...srganDiscriminator(3, 96, 64).stateDict()].filter(([key]) => key.endsWith('weight'));
  const sizes = [64, 64, 128, 128, 256, 256, 512, 512];
  expect(shapes.map(([, { shape }]) => shape.slice(0, 2))).toEqual([
    ...sizes.flatMap((size, i) => (i === 0 ? [[64, 3]] : [[size, sizes[i - 1]], [size]])),
    [1024, 512 * 6 * 6],
    [1, 1024],
  ]);
});
