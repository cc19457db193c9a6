import { expect, it } from 'vitest';
import { manualSeed, ops, parameter, type Tensor, tensor } from '../index.js';
import { Linear, Sequential } from '../nn/index.js';
import { parameterGroups } from './groups.js';
import { Lars } from './lars.js';

/** SimCLR's update for one parameter, in double precision and element by element. */
function literal(
  weights: number[],
  velocity: number[],
  gradient: number[],
  options: { rate: number; decay: number; momentum: number; eeta: number; isAdapted: boolean },
): void {
  const norm = (values: number[]): number => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  const penalized = gradient.map((value, i) => value + options.decay * weights[i]!);
  let ratio = 1;
  if (options.isAdapted && norm(weights) > 0 && norm(penalized) > 0)
    ratio = (options.eeta * norm(weights)) / norm(penalized);
  penalized.forEach((value, i) => {
    velocity[i] = options.momentum * velocity[i]! + options.rate * ratio * value;
    weights[i]! -= velocity[i]!;
  });
}

it('equals the literal update, with a changing rate and a group without adaptation', () => {
  manualSeed(1);
  const shapes = [[4, 3], [2, 3, 3, 3], [4], [7]];
  const params = shapes.map((shape) => parameter(ops.randn(shape)));
  const optimizer = new Lars(
    [{ params: params.slice(0, 2) }, { params: params.slice(2), weightDecay: 0, isAdapted: false }],
    { learningRate: 2, weightDecay: 0.1 },
  );
  const weights = params.map((param) => param.toNumbers());
  const velocities = weights.map((values) => values.map(() => 0));
  for (let step = 0; step < 10; step++) {
    const factor = 1 - step / 20;
    optimizer.scaleLearningRate(factor);
    params.forEach((param, i) => {
      param.grad = ops.randn(shapes[i]!);
      literal(weights[i]!, velocities[i]!, param.grad!.toNumbers(), {
        rate: 2 * factor,
        decay: i < 2 ? 0.1 : 0,
        momentum: 0.9,
        eeta: 0.001,
        isAdapted: i < 2,
      });
    });
    optimizer.step();
  }
  const differences = params.map((param, i) =>
    param.detach().sub(tensor(weights[i]!).view(shapes[i]!)).abs().max().item(),
  );
  expect(Math.max(...differences)).toBeLessThan(1e-5);
});

const firstStep = (weights: number[], gradient: number[]): number[] => {
  const param = parameter(tensor(weights));
  param.grad = tensor(gradient);
  new Lars([param], { learningRate: 1, trustCoefficient: 0.5 }).step();
  return param.toNumbers();
};

it('makes steps of the same relative length for any gradient', () => {
  for (const size of [1e-4, 1, 1e4]) {
    const [x, y] = firstStep([3, 4], [size, 0]) as [number, number];
    expect(x).toBeCloseTo(3 - 0.5 * 5, 5);
    expect(y).toBe(4);
  }
});

it('has a trust ratio of 1 when the weights or the gradient are zero', () => {
  expect(firstStep([0, 0], [0.25, -1])).toEqual([-0.25, 1]);
  expect(firstStep([3, 4], [0, 0])).toEqual([3, 4]);
});

it('exempts norms and biases from decay and adaptation through the groups', () => {
  const model = new Sequential(new Linear(2, 2));
  const [weight, bias] = model.parameters() as [Tensor, Tensor];
  const optimizer = new Lars(parameterGroups(model), { learningRate: 1, weightDecay: 0.5 });
  const before = [weight, bias].map((param) => param.detach().clone());
  weight.grad = ops.zeros([2, 2]);
  bias.grad = tensor([0.25, 0.5]);
  optimizer.step();
  // A gradient of decay alone: the step is trustCoefficient times the weight itself.
  expect(weight.detach().div(before[0]!).sub(0.999).abs().max().item()).toBeLessThan(1e-6);
  expect(
    bias
      .detach()
      .sub(before[1]!)
      .add(tensor([0.25, 0.5]))
      .abs()
      .max()
      .item(),
  ).toBeLessThan(1e-6);
});
