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
