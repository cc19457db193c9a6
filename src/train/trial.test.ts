import { expect, onTestFinished, test, vi } from 'vitest';
import { stripes } from '../evaluate/images.test-util.js';
import type { EpochContext, MethodDefinition, Progress } from '../methods/method.js';
import { findMethod } from '../methods/registry.js';
import { planRun } from './plan.js';
import { memoryNeeded, runTrial, typicalSeconds } from './trial.js';

const trialOf = (
  method: string | MethodDefinition,
  training: Record<string, unknown> = { width: 4, batchSize: 16 },
) => {
  const data = stripes(40, 1, { side: 32 });
  const definition = typeof method === 'string' ? findMethod(method) : method;
  const plan = planRun(definition, { spec: data.spec, count: data.count }, 'small', { options: {}, training });
  return runTrial(definition, plan, data, data.count, 'cpu');
};

test.each([
  ['rotation', 4],
  ['simclr', 2],
  ['autoencoder', 1],
  // Four quarters, each a quarter of the image, and the image at half its side.
  ['counting', 1.25],
  // The copy that makes the keys does not count.
  ['moco', 1],
])('%s shows the encoder %f images per image', async (method, passes) => {
  expect((await trialOf(method)).passesPerSample).toBeCloseTo(passes, 6);
});

test('the memory of a batch is that of weights and optimizers and, for each sample, of its step', async () => {
  const peaks = [
    { samples: 8, bytes: 1080 },
    { samples: 32, bytes: 1320 },
  ] as const;
  expect(memoryNeeded(...peaks, { batchSize: 400, accumulate: 1 })).toEqual({ bytes: 5000, bytesPerSample: 10 });
  expect(memoryNeeded(...peaks, { batchSize: 400, accumulate: 4 })).toEqual({ bytes: 2000, bytesPerSample: 2.5 });
  const one = { samples: 2, bytes: 100 };
  expect(memoryNeeded(one, one, { batchSize: 8, accumulate: 1 })).toEqual({ bytes: 400, bytesPerSample: 50 });
  // 2.8 million weights, their gradients and the momentum.
  const { bytes, bytesPerSample } = await trialOf('rotation', { width: 32, batchSize: 8 });
  expect(bytes - bytesPerSample * 8).toBeGreaterThan(3 * 2.8e6 * 4);
});

test.each([
  ['a slow step counts for nothing', [0.2, 9, 0.1], 0.2, 3],
  ['a slow moment passes', [0.2, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 0.2], 0.02, 8],
  ['quick steps end', Array(20).fill(0.001), 0.001, 15],
])('of several steps the median counts: %s', (_, seconds, typical, taken) => {
  const left = [...seconds];
  expect(typicalSeconds(() => left.shift()!)).toBe(typical);
  expect(seconds.length - left.length).toBe(taken);
});

test('the rounds between epochs are measured too: scores in proportion to the samples, checkpoints by their bytes', async () => {
  const rotation = findMethod('rotation');
  const data = stripes(40, 1, { side: 32 });
  const given = { options: {}, training: { width: 4, batchSize: 16 } };
  const plan = planRun(rotation, { spec: data.spec, count: data.count }, 'small', given);
  let ahead = 0;
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => now() + ahead);
  onTestFinished(() => void vi.restoreAllMocks());
  const measure = async () => {
    ahead += 1e9;
  };
  const { rounds } = await runTrial(rotation, plan, data, data.count, 'cpu', { measure, share: 0.25 });
  expect(rounds.scores / 4e6).toBeCloseTo(1, 2);
  // 45,000 weights and their momentum, 4 bytes each, and the statistics of norms.
  expect(rounds.checkpoint * 1e8).toBeGreaterThan(2 * 4 * 40_000);
  expect(rounds.checkpoint * 1e8).toBeLessThan(2 * 4 * 60_000);
  expect(rounds.preview).toBeGreaterThan(0);
  expect((await runTrial(rotation, plan, data, data.count, 'cpu')).rounds.scores).toBe(0);
});

test('steps are those of a method for all samples, epochs begin with one for the few that the trial sees', async () => {
  const simclr = findMethod('simclr');
  const counts: number[] = [];
  let [begun, trained] = [0, 0];
  const definition: MethodDefinition = {
    ...simclr,
    create(context) {
      counts.push(context.count);
      const method = simclr.create(context);
      return Object.assign(method, {
        onEpochStart({ count }: EpochContext) {
          expect(count).toBe(context.count);
          begun = context.count;
          return {};
        },
        beforeStep: () => {
          trained = context.count;
        },
      });
    },
  };
  const data = stripes(40, 1, { side: 32 });
  const given = { options: {}, training: { width: 4, batchSize: 16 } };
  const plan = planRun(definition, { spec: data.spec, count: data.count }, 'small', given);
  await runTrial(definition, plan, data, 30_000, 'cpu');
  expect(counts).toEqual([30_000, 40]);
  expect([begun, trained]).toEqual([40, 30_000]);
  // One that does not look at all the data is built once.
  const create = vi.spyOn(simclr, 'create');
  onTestFinished(() => void vi.restoreAllMocks());
  await runTrial(simclr, plan, data, 30_000, 'cpu');
  expect(create).toHaveBeenCalledOnce();
});

test('memories of all samples and the clustering of all of them count', async () => {
  const aggregation = findMethod('local-aggregation');
  const data = stripes(40, 1, { side: 32 });
  const trialFor = (count: number) => {
    const given = { options: { projectionSize: 64 }, training: { width: 4, batchSize: 16 } };
    const plan = planRun(aggregation, { spec: data.spec, count: data.count }, 'small', given);
    return runTrial(aggregation, plan, data, count, 'cpu');
  };
  const [few, many] = [await trialFor(40), await trialFor(400_000)];
  expect(many.bytes - few.bytes).toBeGreaterThan(0.8 * 400_000 * 64 * 4);
});

test('the start of an epoch takes what clustering all of the data takes', async () => {
  const rotation = findMethod('rotation');
  const data = stripes(40, 1, { side: 32 });
  const plan = planRun(rotation, { spec: data.spec, count: data.count }, 'small', {
    training: { width: 4, batchSize: 16 },
    options: {},
  });
  // A clock that goes on by a millisecond with every look at it.
  let looks = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => looks++);
  onTestFinished(() => void vi.restoreAllMocks());
  const startWith = async (clusteringProducts: number) => {
    const definition: MethodDefinition = {
      ...rotation,
      create: (context) =>
        Object.defineProperty(rotation.create(context), 'clusteringProducts', { value: clusteringProducts }),
    };
    return (await runTrial(definition, plan, data, 40, 'cpu')).secondsPerEpochStart;
  };
  // What a millisecond is enough for: 4,096 points among 512 clusters, of 128 numbers.
  expect((await startWith(7 * 4096 * 512 * 128)) - (await startWith(0))).toBeCloseTo(0.007, 9);
});

test('every stage counts by its share, with its own optimizers', async () => {
  const rotation = findMethod('rotation');
  // The clock jumps where a stage is slow, so far that what the machine takes does not count.
  let ahead = 0;
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => now() + ahead);
  onTestFinished(() => void vi.restoreAllMocks());
  const slow = (seconds: number) => {
    ahead += 1000 * seconds;
  };
  const entered: number[] = [];
  const inStages = (shares: readonly number[]): MethodDefinition => ({
    ...rotation,
    create(context) {
      const method = rotation.create(context);
      const { optimizerGroups } = method;
      return Object.assign(method, {
        stages: shares.map((share, i) => ({ name: `stage ${i}`, share })),
        onEpochStart({ progress }: EpochContext) {
          slow(progress.stage * 1e7);
          return {};
        },
        optimizerGroups(stage: number) {
          entered.push(stage);
          return optimizerGroups.call(method, stage);
        },
        beforeStep: ({ stage }: Progress) => slow(stage * 4e6),
      });
    },
  });
  const { secondsPerSample, secondsPerEpochStart, passesPerSample } = await trialOf(inStages([0.5, 0.5]), {
    width: 4,
    batchSize: 4,
  });
  // Half of the steps take 4 million seconds each, half of the epochs begin with 10 million.
  expect((secondsPerSample * 4) / 2e6).toBeCloseTo(1, 2);
  expect(secondsPerEpochStart / 5e6).toBeCloseTo(1, 2);
  expect(passesPerSample).toBeCloseTo(4, 6);
  expect(new Set(entered)).toEqual(new Set([0, 1]));
  entered.length = 0;
  await trialOf(inStages([1, 0]));
  expect(new Set(entered)).toEqual(new Set([0]));
});
