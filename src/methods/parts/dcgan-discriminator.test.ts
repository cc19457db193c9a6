import { expect, it } from 'vitest';
import { ops } from '../../engine/index.js';
import { dcganDiscriminator } from './dcgan-discriminator.js';

it.each([4, 8, 14, 16, 32, 64])('gives one logit for images of side %i', (side) => {
  expect(dcganDiscriminator(3, side, 4).forward(ops.randn([2, 3, side, side])).shape).toEqual([2, 1, 1, 1]);
});

it('doubles the channels from layer to layer, without batch norm after the first', () => {
  const shapes = [...dcganDiscriminator(3, 64, 64).stateDict()].filter(([key]) => key.endsWith('weight'));
  expect(shapes.map(([, { shape }]) => shape.slice(0, 2))).toEqual([
    [64, 3],
    [128, 64],
    [128],
    [256, 128],
    [256],
    [512, 256],
    [512],
    [1, 512],
  ]);
});
