import { describe, expect, it } from 'vitest';
import type { Dataset } from '../data/index.js';
import { imageSpec } from '../methods/make.test-util.js';
import { findMethod } from '../methods/registry.js';
import { fitPlan, parseBudget } from './fit.js';
import { type Given, type Plan, planRun } from './plan.js';
import type { RoundSeconds, TrialResult } from './trial.js';

const simclr = findMethod('simclr');
const GIB = 2 ** 30;

/** Fits a plan for so many images; a sample takes `cost` seconds at width 32, and time grows with the square of the width. */
async function fitted(
  count: number,
  cost: number,
  training: Given['training'] = {},
  options: Partial<{ budget: number; free: number; fixed: number; rounds: RoundSeconds }> = {},
) {
  const given = { options: {}, training };
  const spec = imageSpec(64);
  const dataset = { count, plural: 'images', spec } as unknown as Dataset;
  const plans: Plan[] = [];
  const trial = async (plan: Plan): Promise<TrialResult> => {
    plans.push(plan);
    return {
      secondsPerSample: cost * ((plan.training.width ?? 64) / 32) ** 2,
      secondsPerEpochStart: 0,
      threads: 2,
      passesPerSample: 2,
      bytes: (options.fixed ?? 0) + plan.training.batchSize * 2 ** 22,
      bytesPerSample: 2 ** 22,
      rounds: options.rounds ?? { scores: 0, preview: 0, checkpoint: 0 },
    };
  };
  const fitted = await fitPlan(simclr, planRun(simclr, { count, spec }, 'auto', given), dataset, {
    ...{ device: 'cpu', budget: options.budget ?? null, given, freeBytes: options.free ?? 100 * GIB, trial },
  });
  return { ...fitted, trials: plans.length };
}

it('refuses data whose memories do not fit before anything is built', async () => {
  const noise = findMethod('noise-as-targets');
  const given = { options: {}, training: {} };
  const spec = imageSpec(224);
  const dataset = { count: 300_000, plural: 'images', spec } as unknown as Dataset;
  const plan = planRun(noise, { count: dataset.count, spec }, 'paper', given);
  const trial = () => {
    throw new Error('a trial of what does not fit');
  };
  await expect(() =>
    fitPlan(noise, plan, dataset, { device: 'cpu', budget: null, given, freeBytes: 8 * GIB, trial }),
  ).rejects.toThrow(
    /^The run does not fit in memory, whatever the batch: what Noise as targets keeps of each of 300000 images needs .*, .* are free\. Take fewer/,
  );
});

describe('a plan on a CPU', () => {
  it.each([
    [50, 0.03],
    [600, 0.03],
    [20_000, 0.03],
    [600, 0.5],
  ])('ends within half an hour with %i images at %f s each', async (count, cost) => {
    const { seconds, training } = await fitted(count, cost);
    expect(seconds).toBeLessThanOrEqual(30 * 60 * 1.01);
    expect(training.epochs).toBeGreaterThan(0);
  });

  it('uses the whole of the budget, but not more epochs than the recipe', async () => {
    const { seconds, training } = await fitted(600, 0.05);
    expect(training.epochs).toBe(Math.floor((0.85 * 1800) / (600 * 0.05)));
    expect(seconds).toBeGreaterThan(0.9 * 1800);
    expect((await fitted(50, 0.001)).training.epochs).toBe(simclr.recipes.small.epochs);
  });

  it('takes a narrower network before fewer than ten epochs, measured anew, and no narrower than 16', async () => {
    const { training, trials, record } = await fitted(20_000, 0.03);
    expect(training.width).toBe(16);
    expect(trials).toBe(2);
    expect(record.origins).toMatchObject({ width: 'fitted', epochs: 'fitted' });
    expect((await fitted(20_000, 0.03, { width: 32 })).training.width).toBe(32);
    expect((await fitted(600, 0.03)).training.width).toBe(32);
  });

  it('keeps epochs that were given, and says so when they take long', async () => {
    const { training, record, seconds } = await fitted(20_000, 0.03, { epochs: 100 });
    expect(training.epochs).toBe(100);
    expect(seconds).toBeCloseTo((20_000 * 0.03 * 100) / 0.85);
    expect(record.notes.at(-1)).toMatch(/this is a long run; a shorter one: the same command with --budget 2h/);
    expect((await fitted(600, 0.03)).record.notes.at(-1)).toMatch(/^about \d+ min/);
  });

  it('ends within another budget', async () => {
    const { seconds, training } = await fitted(600, 0.03, {}, { budget: 60 });
    expect(seconds).toBeLessThanOrEqual(61);
    expect(training.warmupEpochs).toBeLessThanOrEqual(training.epochs / 10);
    const short = (await fitted(20_000, 1, { width: 32 }, { budget: 60 })).training.epochs;
    expect(short).toBeLessThan(1);
    expect(short).toBeGreaterThan(0);
  });

  it('halves a batch that does not fit in memory, with the learning rate; refuses one that was given', async () => {
    const { training, record } = await fitted(600, 0.03, {}, { free: GIB });
    expect(training.batchSize).toBe(128);
    expect(training.learningRate).toBeCloseTo(simclr.recipes.small.learningRate / 2);
    expect(record.notes.join(' ')).toMatch(/needs about 1\.1 GB, 1\.1 GB are free: taking 128/);
    await expect(() => fitted(600, 0.03, { batchSize: 256 }, { free: GIB })).rejects.toThrow(
      /does not fit in memory: a batch of 256 needs about 1\.1 GB, 1\.1 GB are free\. Take --batch-size 128 or less/,
    );
  });

  it('halves the memory of the samples alone, and refuses networks that fit with no batch', async () => {
    const { training, record } = await fitted(600, 0.03, {}, { free: 4 * GIB, fixed: 3 * GIB });
    expect(training.batchSize).toBe(32);
    expect(record.notes.join(' ')).toMatch(/a batch of 64 needs about 3\.5 GB, 4\.3 GB are free: taking 32/);
    for (const training of [{}, { batchSize: 2 }])
      await expect(() => fitted(600, 0.03, training, { free: 4 * GIB, fixed: 3.5 * GIB })).rejects.toThrow(
        /does not fit in memory, whatever the batch: .* are free\. Take a smaller --size or a smaller --width/,
      );
  });

  it('leaves training what scores, previews and checkpoints do not take, the first and the last of them in any case', async () => {
    const costs = { scores: 2, preview: 1, checkpoint: 0.5 };
    const { seconds, training, record } = await fitted(4, 0.05, {}, { budget: 20, rounds: costs });
    // 20 s less 2 scores, 2 previews and a checkpoint, at 0.2 s an epoch; no room for scores in between.
    expect(training.epochs).toBe(Math.floor((20 - 6.5) / 0.2));
    expect(training.monitorEvery).toBe(training.epochs);
    expect(seconds).toBeLessThanOrEqual(20);
    expect(seconds).toBeGreaterThan(19);
    expect(record.notes.join(' ')).toContain('scores only before and after the training: ');
    expect(record.origins.monitorEvery).toBe('fitted');
    const hopeless = await fitted(4, 0.05, { width: 32 }, { budget: 5, rounds: costs });
    expect(hopeless.training.epochs).toBe(2);
    expect(hopeless.seconds).toBeGreaterThan(6);
  });

  it('measures less often where scores take long beside the training, as often as the budget allows', async () => {
    const scores = (seconds: number) => ({ rounds: { scores: seconds, preview: 0, checkpoint: 0 } });
    // 85 epochs of 0.2 s in 20 s: 3 s are left, 1 s of them for the first and the last measurement.
    const few = await fitted(4, 0.05, {}, { budget: 20, ...scores(0.5) });
    expect(few.training).toMatchObject({ epochs: 85, monitorEvery: 17 });
    expect(few.seconds).toBeLessThanOrEqual(20);
    expect(few.record.notes.join(' ')).toContain('scores every 17 epochs: ');
    const many = await fitted(4, 0.05, {}, { budget: 20, ...scores(0.01) });
    expect(many.training).toMatchObject({ epochs: 85, monitorEvery: null });
    // The recipe ends long before the budget, which leaves time for all.
    expect((await fitted(50, 0.001, {}, { budget: 600, ...scores(2) })).training.monitorEvery).toBeNull();
    const given = await fitted(4, 0.05, { monitorEvery: 1 }, { budget: 20, ...scores(0.5) });
    expect(given.training).toMatchObject({ epochs: Math.floor((20 - 1) / 0.7), monitorEvery: 1 });
    expect(given.seconds).toBeLessThanOrEqual(20);
    const none = await fitted(4, 0.05, { monitorEvery: 0 }, { budget: 20, ...scores(5) });
    expect(none.training.epochs).toBe(85);
  });

  it('writes large checkpoints less often', async () => {
    const rounds = { scores: 0, preview: 0, checkpoint: 6 };
    expect((await fitted(600, 0.001, {}, { rounds })).training.checkpointEvery).toBe(200);
  });

  it('writes a checkpoint about every half minute', async () => {
    expect((await fitted(600, 0.001)).training.checkpointEvery).toBe(50);
    expect((await fitted(600, 0.5)).training.checkpointEvery).toBe(1);
    expect((await fitted(600, 0.001, { checkpointEvery: 2 })).training.checkpointEvery).toBe(2);
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
