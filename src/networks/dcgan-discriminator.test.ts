import { expect, it } from 'vitest';
import { ops } from '../engine/index.js';
import { dcganDiscriminator } from './dcgan-discriminator.js';

it.each([2, 3, 4, 8, 14, 16, 32, 64])('gives one logit for images of side %i', (side) => {
  expect(dcganDiscriminator(3, side, 4).forward(ops.randn([2, 3, side, side])).shape).toEqual([2, 1, 1, 1]);
});

it.each([
  ['holes', 64, [64, 128, 256, 512]],
  ['whole images', 128, [64, 64, 128, 256, 512]],
] as const)('has the published convolutions for %s of %i pixels, without a bias', (_, side, sizes) => {
  const discriminator = dcganDiscriminator(3, side, 64);
  const shapes = [...discriminator.stateDict().values()].filter(({ ndim }) => ndim === 4).map(({ shape }) => shape);
  expect(shapes).toEqual([...sizes.map((size, i) => [size, sizes[i - 1] ?? 3, 4, 4]), [1, 512, 4, 4]]);
  const biases = [...discriminator.stateDict()].filter(([key]) => key.endsWith('bias'));
  // Of the norms, which all convolutions but the first and the last have.
  expect(biases.map(([, { shape }]) => shape[0])).toEqual(sizes.slice(1));
});
