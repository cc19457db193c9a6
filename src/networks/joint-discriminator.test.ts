import { describe, expect, it } from 'vitest';
import { Generator, manualSeed, ops, type Tensor } from '../engine/index.js';
import { init } from '../engine/nn/index.js';
import { JointDiscriminator } from './joint-discriminator.js';

const draw = (shape: readonly number[], seed: number): Tensor => ops.randn(shape, { generator: new Generator(seed) });

function make(side = 16, channels = 3): JointDiscriminator {
  manualSeed(1);
  return new JointDiscriminator({ channels, side, codeSize: 5, width: 4 });
}

it.each([4, 8, 16, 28, 32])('says one half of every pair of side %i before it has learned', (side) => {
  const logits = make(side, 1).forward(draw([3, 1, side, side], 2), draw([3, 5], 3));
  expect(logits.shape).toEqual([3, 1]);
  expect(logits.toNumbers()).toEqual([0, 0, 0]);
});

describe('once its last layer has weights', () => {
  const discriminator = make();
  init.normal_(discriminator.logit.weight, 0, 1);
  const images = draw([4, 3, 16, 16], 4);
  const codes = draw([4, 5], 5);
  const answers = (x: Tensor, z: Tensor): number[] => discriminator.forward(x, z).toNumbers();

  it('looks at the image, at the code, and at which belongs to which', () => {
    discriminator.eval();
    const pairs = answers(images, codes);
    const shifted = answers(images, codes.roll([1], [0]));
    expect(pairs).not.toEqual(answers(images.roll([1], [0]), codes));
    for (const [i, answer] of pairs.entries()) expect(Math.abs(answer - shifted[i]!)).toBeGreaterThan(1e-4);
    // Were it a sum of a part for the image and one for the code, the exchange of codes would leave the total as it is.
    const total = (values: number[]): number => values.reduce((sum, value) => sum + value, 0);
    expect(Math.abs(total(pairs) - total(shifted))).toBeGreaterThan(1e-4);
    discriminator.train();
  });

  it('sends gradients to images, codes and all its weights', () => {
    const [x, z] = [images.clone(), codes.clone()];
    x.requiresGrad = true;
    z.requiresGrad = true;
    discriminator.forward(x, z).square().sum().backward();
    for (const value of [x, z, ...discriminator.parameters()])
      expect(value.grad!.abs().sum().item()).toBeGreaterThan(0);
  });
});
