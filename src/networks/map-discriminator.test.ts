import { expect, it } from 'vitest';
import { Generator, ops } from '../engine/index.js';
import { mapDiscriminator } from './map-discriminator.js';

it.each([
  [1, 1],
  [2, 1],
  [3, 1],
  [4, 1],
  [7, 3],
  [13, 6],
])('gives a logit for every second position of a map of side %i', (side, positions) => {
  const logits = mapDiscriminator(5, side, 4).forward(ops.randn([2, 5, side, side]));
  expect(logits.shape).toEqual([2, 1, positions, positions]);
});

it('judges each image by itself, in training too', () => {
  const discriminator = mapDiscriminator(5, 4, 6);
  const maps = ops.randn([3, 5, 4, 4], { generator: new Generator(1) });
  const alone = discriminator.forward(maps.narrow(0, 1, 1));
  expect(discriminator.forward(maps).narrow(0, 1, 1).sub(alone).abs().amax().item()).toBeLessThan(1e-6);
});
