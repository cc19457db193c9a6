import { expect, it } from 'vitest';
import { BatchNorm, Linear, Sequential } from '../engine/nn/index.js';
import { Adafactor, type Adagrad, Adam, AdamW, Lamb, type Lars, Sgd } from '../engine/optim/index.js';
import type { OptimizerGroup } from '../methods/method.js';
import { type TrainingOptions, trainingOptions } from './config.js';
import { makeOptimizer, makeSchedule } from './optimizers.js';

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

it('spares norms and biases decay and trust ratio under LARS, LAMB, AdamW and Adafactor, or where the turn says so', () => {
  const spared = (optimizer: TrainingOptions['optimizer'], sparesNormAndBias?: boolean): string[] => {
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
  expect(spared('lamb')).toEqual(normsAndBiases);
  expect(spared('adafactor')).toEqual(normsAndBiases);
  expect(spared('sgd')).toEqual([]);
  expect(spared('adam')).toEqual([]);
  expect(spared('lars', false)).toEqual([]);
  expect(spared('sgd', true)).toEqual(normsAndBiases);
});

it("takes a group's own rule, momentum, decay and betas, and the run's where it has none", () => {
  const run = { ...training, optimizer: 'sgd', momentum: 0.8, useNesterov: true } as TrainingOptions;
  const group = { name: 'main', modules: [model] };
  const plain = makeOptimizer(group, run) as Sgd;
  expect(plain).toBeInstanceOf(Sgd);
  expect([plain.momentum, plain.useNesterov, plain.groups[0]!.weightDecay]).toEqual([0.8, true, 0.1]);
  const still = makeOptimizer({ ...group, momentum: 0, weightDecay: 0.3 }, run) as Sgd;
  // Nesterov's form asks for momentum.
  expect([still.momentum, still.useNesterov, still.groups[0]!.weightDecay]).toEqual([0, false, 0.3]);
  const adam = makeOptimizer({ ...group, optimizer: 'adam', betas: [0.5, 0.95] }, run) as Adam;
  expect([adam.constructor, adam.betas]).toEqual([Adam, [0.5, 0.95]]);
  const adamw = makeOptimizer({ ...group, betas: [0.6, 0.7] }, { ...run, optimizer: 'adamw' }) as AdamW;
  expect([adamw.constructor, adamw.betas]).toEqual([AdamW, [0.6, 0.7]]);
  expect((makeOptimizer(group, { ...run, optimizer: 'adam' }) as Adam).betas).toEqual([0.9, 0.999]);
  expect((makeOptimizer(group, { ...run, optimizer: 'lars' }) as Lars).momentum).toBe(0.8);
});

it("takes a group's own terms of Adam and Adagrad", () => {
  const group = { name: 'main', modules: [model], eps: 1e-6, correctsBias: false, initialSum: 1 };
  const adam = makeOptimizer(group, { ...training, optimizer: 'adamw' } as TrainingOptions) as AdamW;
  expect([adam.eps, adam.correctsBias]).toEqual([1e-6, false]);
  const adagrad = makeOptimizer(group, { ...training, optimizer: 'adagrad' } as TrainingOptions) as Adagrad;
  expect([adagrad.eps, adagrad.initialSum]).toEqual([1e-6, 1]);
  const usual = makeOptimizer({ name: 'main', modules: [model] }, {
    ...training,
    optimizer: 'adam',
  } as TrainingOptions) as Adam;
  expect([usual.eps, usual.correctsBias]).toEqual([1e-8, true]);
});

it('makes LAMB of ALBERT from the terms that BERT asks for, and the published one without them', () => {
  const run = { ...training, optimizer: 'lamb' } as TrainingOptions;
  const terms = { eps: 1e-6, correctsBias: false };
  const albert = makeOptimizer({ name: 'main', modules: [model], ...terms }, run) as Lamb;
  expect(albert).toBeInstanceOf(Lamb);
  expect(albert).toMatchObject({ ...terms, betas: [0.9, 0.999] });
  expect(albert.groups.map(({ learningRate }) => learningRate)).toEqual([2, 2]);
  const usual = makeOptimizer({ name: 'main', modules: [model], betas: [0.5, 0.98] }, run);
  expect(usual).toMatchObject({ eps: 1e-6, correctsBias: true, betas: [0.5, 0.98] });
});

it('makes Adafactor as T5 has it, whatever other rules are asked for in the group', () => {
  const group = { name: 'main', modules: [model], learningRateFactor: 0.5, eps: 1e-6, momentum: 0.9 };
  const made = makeOptimizer(group, { ...training, optimizer: 'adafactor' } as TrainingOptions);
  expect(made).toBeInstanceOf(Adafactor);
  expect(made).toMatchObject({ decayExponent: 0.8, clippingThreshold: 1, eps: 1e-30, leastScale: 1e-3 });
  expect(made.groups.map(({ learningRate, weightDecay }) => [learningRate, weightDecay])).toEqual([
    [1, 0.1],
    [1, 0],
  ]);
});

it('counts the warm-up in epochs and milestones in shares of the run', () => {
  const [perEpoch, total] = [10, 100];
  const factors = (changes: Partial<TrainingOptions>): number[] => {
    const run = { warmupEpochs: 2, milestones: [0.5, 0.75], gamma: 0.2, ...changes } as TrainingOptions;
    const schedule = makeSchedule(run, perEpoch, total);
    return [0, 10, 20, 49, 50, 75, 100].map(schedule);
  };
  expect(factors({ schedule: 'constant' })).toEqual([0, 0.5, 1, 1, 1, 1, 1]);
  expect(factors({ schedule: 'step' })).toEqual([0, 0.5, 1, 1, 0.2, 0.2 ** 2, 0.2 ** 2]);
  const fall = [50 / 75, 50 / 100].map(Math.sqrt);
  expect(factors({ schedule: 'inverse-sqrt' })).toEqual([0, 0.5, 1, 1, 1, ...fall]);
  // Without a share it falls behind the warm-up, and without that from the first step on.
  const late = [49, 50, 75, 100].map((step) => Math.sqrt(20 / step));
  expect(factors({ schedule: 'inverse-sqrt', milestones: [] })).toEqual([0, 0.5, 1, ...late]);
  expect(factors({ schedule: 'inverse-sqrt', milestones: [], warmupEpochs: 0 }).slice(0, 2)).toEqual([
    1,
    Math.sqrt(0.1),
  ]);
  const left = [0, 29, 30, 55, 80].map((steps) => 1 - steps / 80); // of the 80 steps behind the warm-up
  for (const [i, factor] of factors({ schedule: 'linear' }).entries())
    expect(factor).toBeCloseTo([0, 0.5, ...left][i]!, 12);
  for (const [i, factor] of factors({ schedule: 'cosine' }).entries())
    expect(factor).toBeCloseTo([0, 0.5, ...left.map((share) => (1 - Math.cos(Math.PI * share)) / 2)][i]!, 12);
});
