import { expect, it } from 'vitest';
import { Generator, gradientsOf, ops, tensor } from '../../engine/index.js';
import { discriminatorLoss, generatorLoss, hingeLoss } from './adversarial.js';

const real = [0.3, -2, 5];
const made = [-1, 0.5, 4];
const logProbability = (logit: number): number => -Math.log(1 + Math.exp(-logit));
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

it('equal the formulas, term by term', () => {
  const [x, g] = [real, made].map((values) => tensor(Float32Array.from(values), { shape: [3, 1, 1, 1] }));
  // -(log D(x) + log(1 - D(g))) / 2, and -log D(g).
  const literal = -(mean(real.map(logProbability)) + mean(made.map((logit) => logProbability(-logit)))) / 2;
  expect(discriminatorLoss(x!, g!).item()).toBeCloseTo(literal, 5);
  expect(generatorLoss(g!).item()).toBeCloseTo(-mean(made.map(logProbability)), 5);
});

it('are ln 2 where the discriminator says nothing', () => {
  const nothing = ops.zeros([4, 1]);
  expect(discriminatorLoss(nothing, nothing).item()).toBeCloseTo(Math.LN2, 6);
  expect(generatorLoss(nothing).item()).toBeCloseTo(Math.LN2, 6);
});

it('pull the logit of what was made in opposite directions', () => {
  const logits = ops.randn([8, 1], { generator: new Generator(1) });
  logits.requiresGrad = true;
  const [ofDiscriminator] = gradientsOf([discriminatorLoss(ops.zeros([8, 1]), logits)], [logits]);
  const [ofGenerator] = gradientsOf([generatorLoss(logits)], [logits]);
  expect(ofDiscriminator!.amin().item()).toBeGreaterThan(0);
  expect(ofGenerator!.amax().item()).toBeLessThan(0);
});

it('stay in single precision under logits of half', () => {
  const logits = ops.zeros([4, 1], { dtype: 'bfloat16' });
  expect(discriminatorLoss(logits, logits).dtype).toBe('float32');
  expect(generatorLoss(logits).dtype).toBe('float32');
});

it('in the hinge form equal max(0, 1 -+ score), 2 where the discriminator says nothing', () => {
  const [x, g] = [real, made].map((values) => tensor(Float32Array.from(values)));
  const literal = mean(real.map((s) => Math.max(0, 1 - s))) + mean(made.map((s) => Math.max(0, 1 + s)));
  expect(hingeLoss(x!, g!).item()).toBeCloseTo(literal, 5);
  expect(hingeLoss(ops.zeros([4]), ops.zeros([4])).item()).toBe(2);
  expect(hingeLoss(ops.full([4], 1.5), ops.full([4], -1.5)).item()).toBe(0);
});
