import { expect, it } from 'vitest';
import { BatchNorm, Conv2d, Linear, Sequential } from '../nn/index.js';
import { parameterGroups, Sgd } from './index.js';

const model = new Sequential(new Conv2d(3, 4, 3), new BatchNorm(4), new Linear(4, 2));

it('groups biases, scales and shifts without decay and adaptation', () => {
  const groups = parameterGroups(model, { weightDecay: 0.1 });
  expect(groups.map(({ names, weightDecay, isAdapted }) => ({ names, weightDecay, isAdapted }))).toEqual([
    { names: ['0.weight', '2.weight'], weightDecay: 0.1, isAdapted: true },
    { names: ['0.bias', '1.weight', '1.bias', '2.bias'], weightDecay: 0, isAdapted: false },
  ]);
  expect(groups.flatMap((group) => group.params).length).toBe(model.parameters().length);
});

it('makes a single group on request', () => {
  const groups = parameterGroups(model, { weightDecay: 0.1, excludeNormAndBias: false });
  expect(groups.map((group) => group.names)).toEqual([model.namedParameters().map(([name]) => name)]);
  expect(groups[0]!.isAdapted).toBe(true);
});

it("leaves the decay to the optimizer's options when none is given", () => {
  const optimizer = new Sgd(parameterGroups(model), { learningRate: 1, weightDecay: 0.5 });
  expect(optimizer.groups.map((group) => group.weightDecay)).toEqual([0.5, 0]);
});

it('makes names of several modules unique, and lists a shared parameter once', () => {
  const other = new Linear(4, 2, { bias: false });
  const shared = new Sequential(other);
  const [weights] = parameterGroups([new Linear(4, 2, { bias: false }), other, shared]);
  expect(weights!.names).toEqual(['0.weight', '1.weight']);
  expect(parameterGroups([other])[0]!.names).toEqual(['weight']);
});

it('keeps the learning rate of chosen modules constant under a schedule', () => {
  const optimizer = new Sgd(parameterGroups(model, { constantRate: [model.layers[2]!] }), { learningRate: 1 });
  optimizer.scaleLearningRate(0.25);
  const rates = optimizer.groups.flatMap(({ names, learningRate }) => names.map((name) => [name, learningRate]));
  expect(Object.fromEntries(rates)).toEqual({
    '0.weight': 0.25,
    '0.bias': 0.25,
    '1.weight': 0.25,
    '1.bias': 0.25,
    '2.weight': 1,
    '2.bias': 1,
  });
});
