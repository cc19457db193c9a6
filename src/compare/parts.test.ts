import { describe, expect, test } from 'vitest';
import { findMethod, methods, needsOf } from '../methods/registry.js';
import { modalityNamed } from '../modalities/registry.js';
import { fromRecipe } from '../train/config.js';
import { choosingBlocks, freshBlocks } from './blocks.js';
import { competitorsOf } from './competitors.js';
import { type MethodPlan, secondsOf, stepsWithin, trainingFor } from './plans.js';
import { rungsOf, survivors } from './race.js';
import { budgetOf } from './request.js';

describe('a budget', () => {
  test.each([
    ['5m', { unit: 'seconds', amount: 300 }],
    ['90s', { unit: 'seconds', amount: 90 }],
    ['10', { unit: 'seconds', amount: 600 }],
    ['10min', { unit: 'seconds', amount: 600 }],
    ['2000steps', { unit: 'steps', amount: 2000 }],
    ['2,000 steps', { unit: 'steps', amount: 2000 }],
    ['1 step', { unit: 'steps', amount: 1 }],
    ['500000images', { unit: 'images', amount: 500_000 }],
    ['500k samples', { unit: 'images', amount: 500_000 }],
    ['1e5images', { unit: 'images', amount: 100_000 }],
  ])('of %s', (budget, each) => {
    expect(budgetOf({ budget, total: undefined })).toEqual({ each });
  });

  test('is shared out of half an hour, or of the time for all', () => {
    expect(budgetOf({ budget: undefined, total: undefined })).toEqual({ total: 1800 });
    expect(budgetOf({ budget: undefined, total: '2h' })).toEqual({ total: 7200 });
  });

  test.each(['0steps', '5 epochs', 'steps', '-3steps', ''])('is not %j', (budget) => {
    expect(() => budgetOf({ budget, total: undefined })).toThrow(/`budget`/);
  });
});

describe('the steps that a budget buys', () => {
  const plan = {
    training: { ...fromRecipe(findMethod('simclr').recipes.small), batchSize: 50 },
    ...{ recipeWarmup: 10, secondsPerEpoch: 20, passesPerSample: 2 },
  } as MethodPlan;

  test('as time, steps and images', () => {
    expect(stepsWithin(plan, { unit: 'steps', amount: 7 }, 1000)).toBe(7);
    // 20 steps of an epoch take 20 s; a tenth of the time is for checkpoints and previews.
    expect(stepsWithin(plan, { unit: 'seconds', amount: 100 }, 1000)).toBe(90);
    // A step shows the encoder 100 views.
    expect(stepsWithin(plan, { unit: 'images', amount: 1000 }, 1000)).toBe(10);
    for (const unit of ['seconds', 'images'] as const) expect(stepsWithin(plan, { unit, amount: 1 }, 1000)).toBe(1);
    expect(secondsOf(plan, 90, 1000)).toBeCloseTo(100, 9);
  });

  test('get a whole schedule: a warm-up of at most a tenth, exactly so many steps', () => {
    const training = trainingFor(plan, 30, 1000, 5);
    expect(training).toMatchObject({ epochs: 1.5, warmupEpochs: 0.15, seed: 5, monitorEvery: 0 });
    expect(Math.round(training.epochs * 20)).toBe(30);
    expect(trainingFor(plan, 20_000, 1000, 5).warmupEpochs).toBe(10);
  });
});

describe('competitors', () => {
  const images = { name: 'image', plural: 'images' };

  test('stand in one order, however they were written, and copies have names of their own', () => {
    const names = (methods: string[]) =>
      competitorsOf(methods, ['supervised', 'random'], images).map(({ name }) => name);
    expect(names(['simclr', 'rotation', 'simclr'])).toEqual(['rotation', 'simclr', 'simclr-2', 'random', 'supervised']);
    expect(names(['rotation', 'simclr', 'simclr'])).toEqual(names(['simclr', 'simclr', 'rotation']));
    const copies = competitorsOf(['simclr', 'simclr'], [], images).map(({ copy }) => copy);
    expect(copies).toEqual([0, 1]);
  });

  test('all are all of the kind of data', () => {
    const at = (...paths: string[]) => competitorsOf([], [], images, paths).map(({ name }) => name);
    expect(
      at('runs/simclr-1/export', './simclr-1', 'a b.safetensors', '..', 'random', 'C:\\nets\\model.safetensors'),
    ).toEqual([
      'encoder-simclr-1',
      'encoder-simclr-1-2',
      'encoder-a-b',
      'encoder-here',
      'encoder-random',
      'encoder-nets',
    ]);
    expect(competitorsOf(['rotation'], ['random'], images, ['x']).map(({ kind }) => kind)).toEqual([
      'method',
      'encoder',
      'random',
    ]);
    const all = competitorsOf(['all'], [], { name: 'sound', plural: 'sounds' });
    expect(all.map(({ name }) => name)).toEqual(['cpc-sound']);
    expect(competitorsOf(['all'], [], images).length).toBeGreaterThan(25);
    expect(() => competitorsOf(['all'], [], { name: 'tone', plural: 'tones' })).toThrow(/No method learns from tones/);
  });
});

/** Of samples that each stand alone. */
const blocksOf = (strata: Int32Array, count: number, seed: number) =>
  choosingBlocks(strata, count, seed, [...strata.keys()]);

describe('blocks', () => {
  const strata = Int32Array.from({ length: 100 }, (_, i) => (i < 60 ? i % 3 : -1));

  test('hold out a fifth of the labeled samples, in balance, another in each block; nothing is in both parts', () => {
    const blocks = blocksOf(strata, 3, 0);
    for (const { pool, held } of blocks) {
      expect(held!.length).toBe(12);
      expect(pool.length).toBe(88);
      expect(new Set([...pool, ...held!]).size).toBe(100);
      for (const stratum of [0, 1, 2]) expect(held!.filter((i) => strata[i] === stratum).length).toBe(4);
    }
    expect(new Set(blocks.map(({ held }) => held!.join())).size).toBe(3);
    expect(blocksOf(strata, 3, 0)).toEqual(blocks);
    expect(blocksOf(strata, 2, 0)).toEqual(blocks.slice(0, 2));
    expect(blocksOf(strata, 3, 1)[0]!.held).not.toEqual(blocks[0]!.held);
  });

  test('take at most 2,000 of many', () => {
    const many = Int32Array.from({ length: 40_000 }, (_, i) => i % 4);
    expect(blocksOf(many, 1, 0)[0]!.held!.length).toBe(2000);
  });

  test('that are fresh have other seeds and all training samples', () => {
    const fresh = freshBlocks(100, 2, 0);
    const seeds = new Set([...blocksOf(strata, 100, 0), ...fresh].map(({ seed }) => seed));
    expect(seeds.size).toBe(102);
    for (const { pool, held } of fresh) expect([pool.length, held]).toEqual([100, null]);
  });

  test('cannot be made where every class has a single label', () => {
    expect(() => blocksOf(Int32Array.of(0, 1, -1, -1), 1, 0)).toThrow(/every class has a single one/);
  });
});

describe('successive halving', () => {
  test('begins with no less than a quarter of the budget', () => {
    const shares = (eta: number | null) => rungsOf(eta).map(({ share }) => share);
    expect(shares(null)).toEqual([1]);
    expect(shares(2)).toEqual([0.25, 0.5, 1]);
    expect(shares(3)).toEqual([1 / 3, 1]);
    expect(shares(4)).toEqual([0.25, 1]);
    expect(shares(10)).toEqual([0.25, 1]);
    expect(rungsOf(2).map(({ isLast }) => isLast)).toEqual([false, false, true]);
  });

  test('keeps the best part, at least two, and ties by name', () => {
    const scores = [3, 1, 4, 1, 5].map((score, i) => ({ name: 'edcba'[i]!, score }));
    expect([...survivors(scores, 2, 'higher')].sort()).toEqual(['a', 'c', 'e']);
    expect([...survivors(scores, 4, 'higher')].sort()).toEqual(['a', 'c']);
    expect([...survivors(scores, 4, 'lower')].sort()).toEqual(['b', 'd']);
    expect(survivors(scores.slice(0, 1), 4, 'higher').size).toBe(1);
    const ties = ['b', 'a', 'c'].map((name) => ({ name, score: 1 }));
    expect([...survivors(ties, 3, 'higher')].sort()).toEqual(['a', 'b']);
  });
});

test('methods that share one form of samples ask for the same with the options of both recipes', () => {
  const sharing = methods.filter(({ modalities }) =>
    modalities.some((name) => modalityNamed(name).shared !== undefined),
  );
  expect(sharing.length).toBeGreaterThan(5);
  for (const method of sharing) expect(needsOf(method, {}, true)).toEqual(needsOf(method, {}, false));
});
