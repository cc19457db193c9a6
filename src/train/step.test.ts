import { expect, it } from 'vitest';
import { Generator } from '../engine/index.js';
import { dino } from '../methods/image/contrastive/dino.js';
import { simsiam } from '../methods/image/contrastive/simsiam.js';
import { imageBatch, imageSpec, makeMethod } from '../methods/make.test-util.js';
import type { Method, MethodDefinition } from '../methods/method.js';
import { fromRecipe } from './config.js';
import { makeOptimizers } from './optimizers.js';
import { trainStep } from './step.js';

const LIMIT = 1e-3;

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
    { device: 'cpu', autocast: null, clipNorm: LIMIT, learningRateFactor: 1, learningRate: 1, watchFeatures: false },
  );
  return method
    .parameters()
    .map((parameter, i) => parameter.detach().sub(before[i]!).vectorNorm().item())
    .filter((norm) => norm > 0);
}

it('clips the joint norm of the gradients', () => {
  expect(Math.hypot(...moves(simsiam))).toBeCloseTo(LIMIT, 6);
});

it('clips each gradient by itself where the method says so', () => {
  const norms = moves(dino);
  for (const norm of norms) expect(norm).toBeLessThan(LIMIT * 1.001);
  // Many gradients are longer than the limit and are cut to it; jointly they would share it.
  expect(norms.filter((norm) => norm > LIMIT * 0.99).length).toBeGreaterThan(norms.length / 4);
  expect(Math.hypot(...norms)).toBeGreaterThan(2 * LIMIT);
});
