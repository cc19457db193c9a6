import { describe, expect, it } from 'vitest';
import { Generator, manualSeed, ops, type Tensor } from '../engine/index.js';
import { SpectralNorm } from '../engine/nn/index.js';
import { ResidualMlp } from './residual-mlp.js';
import { ScoreDiscriminator, type Scores } from './score-discriminator.js';

const draw = (shape: readonly number[], seed: number): Tensor => ops.randn(shape, { generator: new Generator(seed) });

function make(side = 16): ScoreDiscriminator {
  manualSeed(1);
  return new ScoreDiscriminator({ channels: 3, side, codeSize: 5, width: 4, hiddenSize: 8, blocks: 2 });
}

describe('ScoreDiscriminator', () => {
  const discriminator = make().eval() as ScoreDiscriminator;
  const [images, codes] = [draw([4, 3, 16, 16], 2), draw([4, 5], 3)];
  const scores = discriminator.forward(images, codes);
  const distance = (a: Tensor, b: Tensor): number => a.sub(b).abs().amax().item();

  it('gives each sample a score of its image, of its code, and of both', () => {
    for (const score of Object.values(scores)) expect(score.shape).toEqual([4]);
    const exchanged: Scores = discriminator.forward(images, codes.roll([1], [0]));
    expect(distance(exchanged.image, scores.image)).toBeLessThan(1e-6);
    expect(distance(exchanged.code, scores.code.roll([1], [0]))).toBeLessThan(1e-6);
    expect(distance(exchanged.joint, scores.joint)).toBeGreaterThan(1e-4);
  });

  it('judges the pair, not image and code apart', () => {
    // Were the joint score a sum of a part for the image and one for the code, the exchange of codes would leave the total as it is.
    const exchanged = discriminator.forward(images, codes.roll([1], [0])).joint;
    expect(Math.abs(exchanged.sum().item() - scores.joint.sum().item())).toBeGreaterThan(1e-5);
  });

  it('looks at no other sample', () => {
    const alone = discriminator.forward(images.narrow(0, 0, 1), codes.narrow(0, 0, 1));
    for (const key of ['image', 'code', 'joint'] as const)
      expect(distance(alone[key], scores[key].narrow(0, 0, 1))).toBeLessThan(1e-5);
  });

  it('sends gradients to all its weights, but none of the image to the networks of codes and pairs', () => {
    const fresh = make();
    fresh.forward(images, codes).image.sum().backward();
    for (const part of [fresh.codes, fresh.pairs])
      for (const { grad } of part.parameters()) expect(grad === null || grad.abs().sum().item() === 0).toBe(true);
    fresh.forward(images, codes).joint.sum().backward();
    fresh.forward(images, codes).code.sum().backward();
    for (const [name, { grad }] of fresh.namedParameters())
      expect(grad?.abs().sum().item() ?? 0, name).toBeGreaterThan(0);
  });

  it.each([4, 8, 28, 32])('reads images of %i pixels a side', (side) => {
    expect(make(side).forward(draw([2, 3, side, side], 1), draw([2, 5], 2)).joint.shape).toEqual([2]);
  });
});

it('normalizes the weights of residual blocks where asked', () => {
  const make = (useSpectralNorm: boolean) => new ResidualMlp({ inputSize: 3, width: 4, blocks: 2, useSpectralNorm });
  const norms = (mlp: ResidualMlp): number => mlp.modules().filter(([, part]) => part instanceof SpectralNorm).length;
  expect([norms(make(true)), norms(make(false))]).toEqual([5, 0]);
  expect(
    make(false)
      .forward(draw([2, 3], 1))
      .amin()
      .item(),
  ).toBeGreaterThanOrEqual(0);
});
