import { describe, expect, it } from 'vitest';
import { noGrad } from '../autograd.js';
import { ops } from '../index.js';
import { Generator, manualSeed } from '../random.js';
import type { Tensor } from '../tensor.js';
import { Conv2d } from './conv.js';
import { Linear } from './linear.js';
import { SpectralNorm } from './spectral-norm.js';

const draw = (shape: number[], seed: number): Tensor => ops.randn(shape, { generator: new Generator(seed) });

function make(): SpectralNorm {
  manualSeed(1);
  const layer = new SpectralNorm(new Linear(7, 5, { bias: false }));
  noGrad(() => layer.layer.weight.copy_(draw([5, 7], 3)));
  return layer;
}

const largestOf = (weight: Tensor): number => ops.linalgSvd(weight.flatten(1), false)[1].amax().item();

describe('SpectralNorm', () => {
  it('finds the largest singular value by one step for each pass in training', () => {
    const layer = make();
    const x = draw([2, 7], 4);
    for (let i = 0; i < 100; i++) layer.forward(x);
    expect(layer.sigma().item()).toBeCloseTo(largestOf(layer.layer.weight), 4);
    const expected = x.matmul(layer.layer.weight.t()).div(largestOf(layer.layer.weight));
    expect(layer.forward(x).sub(expected).abs().amax().item()).toBeLessThan(1e-4);
  });

  it('keeps its vector in evaluation', () => {
    const layer = make();
    layer.eval();
    const before = layer.u.clone();
    layer.forward(draw([2, 7], 4));
    expect(layer.u.equal(before)).toBe(true);
    layer.train();
    layer.forward(draw([2, 7], 4));
    expect(layer.u.equal(before)).toBe(false);
  });

  it('differentiates through the singular value: larger weights change nothing', () => {
    const layer = make();
    for (let i = 0; i < 100; i++) layer.sigma();
    layer
      .forward(draw([2, 7], 4))
      .square()
      .sum()
      .backward();
    const { weight } = layer.layer;
    // The gradient is orthogonal to the weight, along which the output is constant.
    expect(Math.abs(weight.grad!.mul(weight).sum().item())).toBeLessThan(1e-3 * weight.grad!.abs().sum().item());
  });

  it('divides convolutions by the singular value of their weight as a matrix, and adds the bias afterwards', () => {
    manualSeed(1);
    const layer = new SpectralNorm(new Conv2d(2, 3, 3, { padding: 1, bias: false }));
    for (let i = 0; i < 200; i++) layer.sigma();
    noGrad(() => layer.bias.fill_(2));
    const x = draw([2, 2, 4, 4], 5);
    const { weight } = layer.layer;
    const expected = ops.conv2d(x, weight, null, [1, 1], [1, 1]).div(largestOf(weight)).add(2);
    expect(layer.forward(x).sub(expected).abs().amax().item()).toBeLessThan(1e-4);
  });

  it('saves its vector with its weights', () => {
    expect([...make().stateDict().keys()].sort()).toEqual(['bias', 'layer.weight', 'u']);
  });
});
