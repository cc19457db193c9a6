import { expect, it } from 'vitest';
import { BatchNorm, Linear, Sequential } from '../engine/nn/index.js';
import type { OptimizerGroup } from '../methods/method.js';
import { trainingOptions } from './config.js';
import { makeOptimizer } from './optimizers.js';

const training = trainingOptions
  .partial()
  .parse({ optimizer: 'lars', learningRate: 2, weightDecay: 0.1, momentum: 0.9, useNesterov: false });

/** Rate of every parameter at half of the schedule. */
function rates(turn: Omit<OptimizerGroup, 'name'>, optimizer: 'lars' | 'sgd'): Record<string, number> {
  const made = makeOptimizer({ name: 'main', ...turn }, { ...training, optimizer } as Parameters<
    typeof makeOptimizer
  >[1]);
  made.scaleLearningRate(0.5);
  return Object.fromEntries(
    made.groups.flatMap(({ names, learningRate }) => names.map((name) => [name, learningRate])),
  );
}

const model = new Sequential(new Linear(2, 3), new BatchNorm(3), new Linear(3, 2));

it('gives norms and biases a rate of their own under LARS only', () => {
  const turn = { modules: [model], normAndBiasRateFactor: 0.25 };
  const apart = { '0.bias': 0.25, '1.weight': 0.25, '1.bias': 0.25, '2.bias': 0.25 };
  expect(rates(turn, 'lars')).toEqual({ '0.weight': 1, '2.weight': 1, ...apart });
  expect(new Set(Object.values(rates(turn, 'sgd')))).toEqual(new Set([1]));
});

it('leaves the rate of chosen modules at its peak', () => {
  const turn = { modules: [model], constantRate: [model.layers[2]!], learningRateFactor: 2 };
  expect(rates(turn, 'sgd')).toEqual({
    '0.weight': 2,
    '0.bias': 2,
    '1.weight': 2,
    '1.bias': 2,
    '2.weight': 4,
    '2.bias': 4,
  });
});

it('spares norms and biases the decay and the trust ratio under LARS and AdamW, or where the turn says so', () => {
  const spared = (optimizer: 'lars' | 'sgd' | 'adam' | 'adamw', sparesNormAndBias?: boolean): string[] => {
    const turn = { name: 'main', modules: [model], ...(sparesNormAndBias === undefined ? {} : { sparesNormAndBias }) };
    const made = makeOptimizer(turn, { ...training, optimizer } as Parameters<typeof makeOptimizer>[1]);
    return made.groups.flatMap(({ names, weightDecay, isAdapted }) => {
      expect([weightDecay, isAdapted]).toEqual(isAdapted ? [0.1, true] : [0, false]);
      return isAdapted ? [] : names;
    });
  };
  const normsAndBiases = ['0.bias', '1.weight', '1.bias', '2.bias'];
  expect(spared('lars')).toEqual(normsAndBiases);
  expect(spared('adamw')).toEqual(normsAndBiases);
  expect(spared('sgd')).toEqual([]);
  expect(spared('adam')).toEqual([]);
  expect(spared('lars', false)).toEqual([]);
  expect(spared('sgd', true)).toEqual(normsAndBiases);
});
