import { describe, expect, it } from 'vitest';
import { Generator, tensor } from '../engine/index.js';
import { dino } from '../methods/image/contrastive/dino.js';
import { simsiam } from '../methods/image/contrastive/simsiam.js';
import { imageBatch, imageSpec, makeMethod } from '../methods/make.test-util.js';
import type { Method, MethodDefinition } from '../methods/method.js';
import { fromRecipe } from './config.js';
import { makeOptimizers } from './optimizers.js';
import { type StepOptions, trainStep } from './step.js';

const LIMIT = 1e-3;
const OPTIONS: StepOptions = {
  device: 'cpu',
  autocast: null,
  clipNorm: null,
  learningRateFactor: 1,
  learningRate: 1,
  nextLearningRate: 1,
  watchFeatures: false,
};

/** How far one step of plain SGD at rate 1 moves each parameter, with gradients clipped to the limit: the norms of the gradients. */
function moves(definition: Pick<MethodDefinition, 'name' | 'recipes'>): number[] {
  const spec = imageSpec(16);
  const method = makeMethod<Method>(definition, {}, { spec, count: 8, seed: 1 });
  const training = {
    ...fromRecipe(definition.recipes.small),
    ...({ optimizer: 'sgd', momentum: 0, learningRate: 1, weightDecay: 0 } as const),
  };
  const before = method.parameters().map((parameter) => parameter.clone());
  trainStep(
    { method, optimizers: makeOptimizers(method, 0, training), random: new Generator(1) },
    [imageBatch(8, spec)],
    // After the epochs in which DINO's last layer stays as it is.
    { step: 2, totalSteps: 4, epoch: 2, totalEpochs: 4, stage: 0 },
    { ...OPTIONS, clipNorm: LIMIT },
  );
  return method
    .parameters()
    .map((parameter, i) => parameter.detach().sub(before[i]!).vectorNorm().item())
    .filter((norm) => norm > 0);
}

it('clips the joint norm of the gradients', () => {
  expect(Math.hypot(...moves(simsiam))).toBeCloseTo(LIMIT, 6);
});

describe('a method with an update rule of its own', () => {
  const spec = imageSpec(16);

  it('learns from each micro-batch at the rates that its share of the step has, without optimizer and gradient', () => {
    const method = makeMethod<Method>(simsiam, {}, { spec, count: 8, seed: 1 });
    const rates: (readonly number[])[] = [];
    method.update = (_views, given) => {
      rates.push(given);
      return { loss: tensor([rates.length]).squeeze(0), metrics: { seen: 1 } };
    };
    method.loss = () => {
      throw new Error('is not asked');
    };
    const whole = imageBatch(8, spec);
    const part = (from: number, count: number) => ({
      samples: whole.samples.narrow(0, from, count),
      indices: whole.indices.slice(from, from + count),
    });
    const result = trainStep(
      { method, optimizers: new Map(), random: new Generator(1) },
      [part(0, 6), part(6, 2)],
      { step: 0, totalSteps: 4, epoch: 0, totalEpochs: 1, stage: 0 },
      { ...OPTIONS, learningRate: 0.4, nextLearningRate: 0.2 },
    );
    expect(rates.flat()).toEqual([0.4, 0.25, 0.25, 0.2].map((rate) => expect.closeTo(rate, 12)));
    // Means by the number of samples.
    expect(result.loss).toBeCloseTo((1 * 6 + 2 * 2) / 8, 6);
    expect(result.metrics).toEqual({ seen: 1 });
  });

  it('has the metrics of the micro-batches that measure something', () => {
    const method = makeMethod<Method>(simsiam, {}, { spec, count: 8, seed: 1 });
    let parts = 0;
    method.update = () => (parts++ === 0 ? {} : { metrics: { accuracy: 0.75, parts } });
    const progress = { step: 0, totalSteps: 4, epoch: 0, totalEpochs: 1, stage: 0 };
    const state = { method, optimizers: new Map(), random: new Generator(1) };
    const batches = [imageBatch(2, spec), imageBatch(2, spec), imageBatch(4, spec)];
    expect(trainStep(state, batches, progress, OPTIONS).metrics).toEqual({
      accuracy: 0.75,
      parts: (2 * 2 + 3 * 4) / 6,
    });
  });

  it('ends training when its loss is not finite', () => {
    const method = makeMethod<Method>(simsiam, {}, { spec, count: 8, seed: 1 });
    method.update = () => ({ loss: tensor([Number.NaN]).squeeze(0) });
    const progress = { step: 0, totalSteps: 4, epoch: 0, totalEpochs: 1, stage: 0 };
    const state = { method, optimizers: new Map(), random: new Generator(1) };
    expect(() => trainStep(state, [imageBatch(8, spec)], progress, OPTIONS)).toThrow(
      /diverged at step 1.*the loss is NaN/,
    );
  });
});

it('clips each gradient by itself where the method says so', () => {
  const norms = moves(dino);
  for (const norm of norms) expect(norm).toBeLessThan(LIMIT * 1.001);
  // Many gradients are longer than the limit and are cut to it; jointly they would share it.
  expect(norms.filter((norm) => norm > LIMIT * 0.99).length).toBeGreaterThan(norms.length / 4);
  expect(Math.hypot(...norms)).toBeGreaterThan(2 * LIMIT);
});
