import { expect, it } from 'vitest';
import { manualSeed, ops, parameter, tensor } from '../index.js';
import { Adagrad, adagradByParts } from './adagrad.js';

it('gives the same update from elementary operators as from the fused kernel', () => {
  manualSeed(0);
  const fused = parameter(ops.randn([37]));
  const parts = fused.detach().clone();
  const sum = ops.zeros([37]);
  const optimizer = new Adagrad([fused], { learningRate: 0.1, weightDecay: 0.05, eps: 0.1 });
  for (let step = 0; step < 5; step++) {
    const gradient = ops.randn([37]);
    fused.grad = gradient;
    optimizer.step();
    const batch = { params: [parts], gradients: [gradient], isFirst: step === 0, state: () => [sum] };
    adagradByParts(batch, { learningRate: 0.1, weightDecay: 0.05 }, 0.1);
  }
  expect(fused.detach().sub(parts).abs().max().item()).toBeLessThan(1e-6);
});

it('divides the first step by the size of the gradient', () => {
  const param = parameter(tensor([1, 1, 1]));
  param.grad = tensor([100, -0.01, 0]);
  new Adagrad([param], { learningRate: 0.25 }).step();
  expect(param.toNumbers()).toEqual([0.75, 1.25, 1]);
});

it('begins its sums of squares where it is told to, once', () => {
  const param = parameter(tensor([1, 1]));
  const optimizer = new Adagrad([param], { learningRate: 0.5, initialSum: 1 });
  const literal = [1, 1];
  const sums = [1, 1];
  for (const gradient of [
    [3, -0.5],
    [1, 2],
  ]) {
    param.grad = tensor(gradient);
    optimizer.step();
    for (const [i, g] of gradient.entries()) {
      sums[i]! += g ** 2;
      literal[i]! -= (0.5 * g) / Math.sqrt(sums[i]!);
    }
    for (const [i, value] of param.toNumbers().entries()) expect(value).toBeCloseTo(literal[i]!, 6);
  }
});
