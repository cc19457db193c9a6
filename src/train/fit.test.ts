import { describe, expect, it } from 'vitest';
import type { Dataset } from '../data/index.js';
import { imageSpec } from '../methods/make.test-util.js';
import { findMethod } from '../methods/registry.js';
import { fitPlan, parseBudget } from './fit.js';
import { type Given, type Plan, planRun } from './plan.js';
import type { TrialResult } from './trial.js';

const simclr = findMethod('simclr');
const GIB = 2 ** 30;

/** Fits a plan for so many images; a sample takes `cost` seconds at width 32, and time grows with the square of the width. */
function fitted(
  count: number,
  cost: number,
  training: Given['training'] = {},
  options: Partial<{ budget: number; free: number; fixed: number }> = {},
) {
  const given = { options: {}, training };
  const spec = imageSpec(64);
  const dataset = { count, plural: 'images', spec } as unknown as Dataset;
  const plans: Plan[] = [];
  const trial = (plan: Plan): TrialResult => {
    plans.push(plan);
    return {
      secondsPerSample: cost * ((plan.training.width ?? 64) / 32) ** 2,
      secondsPerEpochStart: 0,
      threads: 2,
      passesPerSample: 2,
      bytes: (options.fixed ?? 0) + plan.training.batchSize * 2 ** 22,
      bytesPerSample: 2 ** 22,
    };
  };
  const fitted = fitPlan(simclr, planRun(simclr, { count, spec }, 'auto', given), dataset, {
    ...{ device: 'cpu', budget: options.budget ?? null, given, freeBytes: options.free ?? 100 * GIB, trial },
  });
  return { ...fitted, trials: plans.length };
}

it('refuses data whose memories do not fit before anything is built', () => {
  const noise = findMethod('noise-as-targets');
  const given = { options: {}, training: {} };
  const spec = imageSpec(224);
  const dataset = { count: 300_000, plural: 'images', spec } as unknown as Dataset;
  const plan = planRun(noise, { count: dataset.count, spec }, 'paper', given);
  const trial = () => {
    throw new Error('a trial of what does not fit');
  };
  expect(() =>
    fitPlan(noise, plan, dataset, { device: 'cpu', budget: null, given, freeBytes: 8 * GIB, trial }),
  ).toThrow(
    /^The run does not fit in memory, whatever the batch: what Noise as targets keeps of each of 300000 images needs .*, .* are free\. Take fewer/,
  );
});

describe('a plan on a CPU', () => {
  it.each([
    [50, 0.03],
    [600, 0.03],
    [20_000, 0.03],
    [600, 0.5],
  ])('ends within half an hour with %i images at %f s each', (count, cost) => {
    const { seconds, training } = fitted(count, cost);
    expect(seconds).toBeLessThanOrEqual(30 * 60 * 1.01);
    expect(training.epochs).toBeGreaterThan(0);
  });

  it('uses the whole of the budget, but not more epochs than the recipe', () => {
    const { seconds, training } = fitted(600, 0.05);
    expect(training.epochs).toBe(Math.floor((0.85 * 1800) / (600 * 0.05)));
    expect(seconds).toBeGreaterThan(0.9 * 1800);
    expect(fitted(50, 0.001).training.epochs).toBe(simclr.recipes.small.epochs);
  });

  it('takes a narrower network before fewer than ten epochs, measured anew, and no narrower than 16', () => {
    const { training, trials, record } = fitted(20_000, 0.03);
    expect(training.width).toBe(16);
    expect(trials).toBe(2);
    expect(record.origins).toMatchObject({ width: 'fitted', epochs: 'fitted' });
    expect(fitted(20_000, 0.03, { width: 32 }).training.width).toBe(32);
    expect(fitted(600, 0.03).training.width).toBe(32);
  });

  it('keeps epochs that were given, and says so when they take long', () => {
    const { training, record, seconds } = fitted(20_000, 0.03, { epochs: 100 });
    expect(training.epochs).toBe(100);
    expect(seconds).toBeCloseTo((20_000 * 0.03 * 100) / 0.85);
    expect(record.notes.at(-1)).toMatch(/this is a long run; a shorter one: the same command with --budget 2h/);
    expect(fitted(600, 0.03).record.notes.at(-1)).toMatch(/^about \d+ min/);
  });

  it('ends within another budget', () => {
    const { seconds, training } = fitted(600, 0.03, {}, { budget: 60 });
    expect(seconds).toBeLessThanOrEqual(61);
    expect(training.warmupEpochs).toBeLessThanOrEqual(training.epochs / 10);
    const short = fitted(20_000, 1, { width: 32 }, { budget: 60 }).training.epochs;
    expect(short).toBeLessThan(1);
    expect(short).toBeGreaterThan(0);
  });

  it('halves a batch that does not fit in memory, with the learning rate; refuses one that was given', () => {
    const { training, record } = fitted(600, 0.03, {}, { free: GIB });
    expect(training.batchSize).toBe(128);
    expect(training.learningRate).toBeCloseTo(simclr.recipes.small.learningRate / 2);
    expect(record.notes.join(' ')).toMatch(/needs about 1\.1 GB, 1\.1 GB are free: taking 128/);
    expect(() => fitted(600, 0.03, { batchSize: 256 }, { free: GIB })).toThrow(
      /does not fit in memory: a batch of 256 needs about 1\.1 GB, 1\.1 GB are free\. Take --batch-size 128 or less/,
    );
  });

  it('halves the memory of the samples alone, and refuses networks that fit with no batch', () => {
    const { training, record } = fitted(600, 0.03, {}, { free: 4 * GIB, fixed: 3 * GIB });
    expect(training.batchSize).toBe(32);
    expect(record.notes.join(' ')).toMatch(/a batch of 64 needs about 3\.5 GB, 4\.3 GB are free: taking 32/);
    for (const training of [{}, { batchSize: 2 }])
      expect(() => fitted(600, 0.03, training, { free: 4 * GIB, fixed: 3.5 * GIB })).toThrow(
        /does not fit in memory, whatever the batch: .* are free\. Take a smaller --size or a smaller --width/,
      );
  });

  it('writes a checkpoint about every half minute', () => {
    expect(fitted(600, 0.001).training.checkpointEvery).toBe(50);
    expect(fitted(600, 0.5).training.checkpointEvery).toBe(1);
    expect(fitted(600, 0.001, { checkpointEvery: 2 }).training.checkpointEvery).toBe(2);
  });
});

it.each([
  ['30m', 1800],
  ['90s', 90],
  ['2h', 7200],
  ['1.5h', 5400],
  ['1h30m', 5400],
  ['30', 1800],
  ['45min', 2700],
])('reads the budget %s as %i seconds', (text, seconds) => {
  expect(parseBudget(text)).toBe(seconds);
});

it.each(['', 'soon', '-3m', '0s', '3 days', 'h'])('refuses the budget "%s"', (text) => {
  expect(() => parseBudget(text)).toThrow(/Expected a time such as 30m, 90s or 2h for `budget`/);
});
