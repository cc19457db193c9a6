import { expect, onTestFinished, test } from 'vitest';
import type { ClassTargets } from '../data/index.js';
import { memory } from '../engine/index.js';
import { randomEncoder } from './baselines.js';
import { fingerprint } from './features.js';
import { type FinetuneOptions, type FinetuneRequest, finetune } from './finetune.js';
import { threeSigma } from './gates.js';
import { labeled, makeFresh, stripes } from './images.test-util.js';
import { type FinetunePart, Learner } from './learner.js';
import { allOf } from './task.js';
import { type ClassAnswer, classification } from './tasks/classification.js';

type Request = FinetuneRequest<ClassTargets, ClassAnswer>;

const images = (count: number, seed: number) => labeled(stripes(count, seed, { noise: 20 }));

function requestOf(part: FinetunePart, changes: Partial<Request> = {}): Request {
  return {
    ...{ task: classification, network: makeFresh(1), from: makeFresh(7), part, seed: 0 },
    ...{ train: images(30, 1), test: images(30, 2) },
    ...changes,
  };
}

/** The same images with every class's labels spread evenly over the three textures. */
function shuffled({ data, targets }: Request['train']): Request['train'] {
  const wrong = targets.labels.map((_, i) => Math.floor(i / 3) % 3);
  return { data, targets: data.withLabels(targets.classes, wrong).target<ClassTargets>('classes')! };
}

const quick: FinetuneOptions = {
  ...{ steps: 6, epochs: 1, mostSteps: 12, batchSize: 8, learningRates: [0.02], weightDecays: [5e-4], checks: 2 },
};

/** Names of the tensors in which two networks differ. */
function differences(a: Request['network'], b: Request['network']): string[] {
  const other = b.backbone.stateDict();
  return [...a.backbone.stateDict()]
    .filter(([name, value]) => !value.eq(other.get(name)!).all().item())
    .map(([name]) => name);
}

test('the head alone: the copy equals the original, and the original is bit-equal', async () => {
  const task = requestOf('head');
  const before = fingerprint(task.from!.backbone);
  await finetune(task, quick);
  expect(fingerprint(task.from!.backbone)).toBe(before);
  expect(differences(task.network, task.from!)).toEqual([]);
});

test('the top part: only the last stage of the copy changes, statistics included', async () => {
  const task = requestOf('top');
  const before = fingerprint(task.from!.backbone);
  await finetune(task, quick);
  expect(fingerprint(task.from!.backbone)).toBe(before);
  const changed = differences(task.network, task.from!);
  expect(changed.length).toBeGreaterThan(10);
  for (const name of changed) expect(name).toMatch(/^layer4\./);
});

test('everything: every weight of the copy changes, and nothing of the original', async () => {
  const task = requestOf('all');
  const before = fingerprint(task.from!.backbone);
  await finetune(task, quick);
  expect(fingerprint(task.from!.backbone)).toBe(before);
  expect(differences(task.network, task.from!)).toEqual([...task.from!.backbone.stateDict().keys()]);
});

test.each(['sgd', 'adamw'] as const)('learns with %s; control: shuffled labels give chance', async (optimizer) => {
  const learningRates = [optimizer === 'sgd' ? 0.05 : 0.01];
  const weightDecays = [optimizer === 'sgd' ? 5e-4 : 0.05];
  const options: FinetuneOptions = {
    ...{ steps: 40, epochs: 1, mostSteps: 80, batchSize: 16, optimizer, learningRates, weightDecays },
    ...{ augment: 'crop-flip', checks: 2 },
  };
  const train = images(60, 1);
  const request = requestOf('all', { from: randomEncoder(makeFresh, 7, train.data), train, test: images(60, 2) });
  expect((await finetune(request, options)).measures.accuracy).toBeGreaterThan(0.8);
  const control = await finetune({ ...request, train: shuffled(train) }, options);
  expect(control.measures.accuracy).toBeLessThan(threeSigma(1 / 3, 60));
});

test('the same seed gives the same result, and the test labels choose nothing', async () => {
  const options = { ...quick, mostSteps: 24, learningRates: [0.01, 0.05] };
  const first = await finetune(requestOf('all'), options);
  expect(await finetune(requestOf('all'), options)).toEqual(first);
  const { data, targets } = images(30, 2);
  const turned = targets.labels.map((label) => (label + 1) % 3);
  const wrong = labeled(data.withLabels(targets.classes, turned) as Parameters<typeof labeled>[0]);
  const { answers, measures, ...rest } = await finetune(requestOf('all', { test: wrong }), options);
  expect(first).toMatchObject(rest);
  expect(answers.map(({ answer }) => answer)).toEqual(first.answers.map(({ answer }) => answer));
  expect(measures.accuracy).not.toBe(first.measures.accuracy);
});

test('chooses a rate that learns, over one that hardly moves and one that diverges', async () => {
  const train = images(60, 1);
  const options = { ...quick, steps: 40, mostSteps: 240, batchSize: 16, learningRates: [1e-9, 0.05, 1e30] };
  const result = await finetune(requestOf('all', { train }), options);
  expect(result.learningRate).toBe(0.05);
  expect(result.validation.map(({ learningRate }) => learningRate)).toEqual([1e-9, 0.05]);
});

test('the head may have another rate than the network: every pair is tried', async () => {
  const train = images(60, 1);
  const options = { ...quick, steps: 10, mostSteps: 120, learningRates: [1e-30, 0.02], headFactors: [1, 1e28] };
  const { validation, ...result } = await finetune(requestOf('all', { train }), options);
  expect(validation.map(({ learningRate, headFactor }) => [learningRate, headFactor])).toEqual([
    ...[1e-30, 0.02].map((rate) => [rate, 1]),
    [1e-30, 1e28],
    // A head with a rate of 2e26 diverges; a longer training follows where it fits in.
    ...validation.slice(3).map(({ learningRate, headFactor }) => [learningRate, headFactor]),
  ]);
  expect(validation.every(({ learningRate, headFactor }) => learningRate * headFactor < 1)).toBe(true);
  expect([1e-30, 0.02]).toContain(result.learningRate);
  const still = { ...quick, learningRates: [1e-30], headFactors: [1e28] };
  const task = requestOf('all', { train });
  await finetune(task, still);
  // The head learns at 0.01, the network does not move but for the statistics of its norms, and biases of 0 by a hair.
  for (const name of differences(task.network, task.from!)) expect(name).toMatch(/running_|num_batches|bias/);
  const { learningRate, headFactor } = await finetune(requestOf('all', { train: images(3, 1) }), still);
  expect([learningRate, headFactor]).toEqual([1e-30, 1e28]);
});

test('says so when every rate diverges', async () => {
  await expect(finetune(requestOf('all'), { ...quick, learningRates: [1e30] })).rejects.toMatchObject({
    code: 'DIVERGED',
  });
});

test('one label per class: the middle rate and the whole budget', async () => {
  const result = await finetune(requestOf('head', { train: images(3, 1) }), {
    ...quick,
    learningRates: [0.1, 0.001, 0.01],
  });
  expect(result).toMatchObject({ learningRate: 0.01, steps: 6, validation: [] });
});

test('by default the head alone has five times the rates of a network', async () => {
  const usual = async (part: FinetunePart) => {
    const { learningRate } = await finetune(requestOf(part, { train: images(3, 1) }), {
      ...quick,
      learningRates: undefined,
    });
    return learningRate;
  };
  expect(await usual('all')).toBe(0.02);
  expect(await usual('head')).toBeCloseTo(0.1, 12);
});

test('stops early where the validation images do not improve, and reports every step', async () => {
  let last: [number, number] = [0, 0];
  let calls = 0;
  const onProgress = (done: number, total: number) => {
    last = [done, total];
    calls += 1;
  };
  const frozen = { ...quick, steps: 20, mostSteps: 40, learningRates: [1e-30], checks: 10, patience: 2 };
  const result = await finetune(requestOf('head', { onProgress }), { ...frozen, augment: 'none' });
  // Two more looks, four steps, without a better one; then the final training, which is never cut.
  expect(result).toMatchObject({ steps: 20, validation: [{ steps: 2 }] });
  expect(last).toEqual([40, 40]);
  expect(calls).toBe(6 + 20);
});

test('a training ends also where nobody listens to its steps', async () => {
  const settings = { batchSize: 8, optimizer: 'sgd' as const, augment: 'none' as const, checks: 1, patience: 1 };
  const learner = new Learner(requestOf('head'), settings);
  onTestFinished(() => learner.dispose());
  const look = await learner.train(allOf(30), null, { learningRate: 0.02, weightDecay: 0, length: 3, steps: 2 });
  expect(look).toMatchObject({ steps: 2 });
});

test('reads an early layer and trains up to it', async () => {
  const task = requestOf('top', { layer: 'layer2' });
  await finetune(task, quick);
  for (const name of differences(task.network, task.from!)) expect(name).toMatch(/^layer2\./);
});

test('leaves nothing in memory', async () => {
  const task = requestOf('all');
  await finetune(task, quick);
  const { tensors } = memory();
  await finetune(task, quick);
  // At most: what earlier tests left behind may be collected meanwhile.
  expect(memory().tensors).toBeLessThanOrEqual(tensors);
});

test('options out of range are refused', async () => {
  await expect(finetune(requestOf('all'), { steps: 0 })).rejects.toThrow(/`steps`/);
  await expect(finetune(requestOf('all'), { learningRates: [] })).rejects.toThrow(/`learningRates`/);
});

test.each([
  ['head', 0.05, 12, [8 / 12, 8 / 12], '010011011010010111011010011012011011012012011011012011011010'],
  ['top', 0.05, 12, [8 / 12, 10 / 12], '010012010010010011012020010000012012010010010011010010011010'],
  ['all', 0.05, 12, [7 / 12, 9 / 12], '010012010010010010010010010012010012010010010010010010010010'],
  [null, 0.05, 12, [5 / 12, 10 / 12], '010010010010011010010010010010010010010010010010010010010010'],
] as const)('the numbers of fine-tuning stay as they are: %s', async (part, learningRate, steps, scores, answers) => {
  const request = requestOf(part ?? 'all', { train: images(60, 1), test: images(60, 2) });
  const options: FinetuneOptions = {
    ...{ steps: 12, mostSteps: 48, batchSize: 16, learningRates: [0.01, 0.05], weightDecays: [5e-4], checks: 3 },
    augment: part === null ? 'crop-flip' : 'crop',
  };
  const result = await finetune(part === null ? { ...request, from: null } : request, options);
  expect(result).toMatchObject({ learningRate, steps, weightDecay: 5e-4, length: 12 });
  expect(result.validation.map(({ score }) => score)).toEqual(scores.map((score) => expect.closeTo(score, 12)));
  expect(result.answers.map(({ answer }) => answer).join('')).toBe(answers);
});

test('after a layer: that layer and everything before it are bit-equal, statistics included', async () => {
  const request = requestOf({ after: 'layer2' });
  await finetune(request, quick);
  const names = [...request.from!.backbone.stateDict().keys()];
  expect(differences(request.network, request.from!)).toEqual(names.filter((name) => /^layer[34]\./.test(name)));
});

test('after the layer before the last is the top, after the last the head', async () => {
  const options = { ...quick, learningRates: [0.01] };
  const of = async (part: FinetunePart) => {
    const { answers, validation } = await finetune(requestOf(part), options);
    return { answers, validation };
  };
  expect(await of({ after: 'layer3' })).toEqual(await of('top'));
  expect(await of({ after: 'layer4' })).toEqual(await of('head'));
  expect(await of({ after: 'layer3' })).not.toEqual(await of('all'));
  await expect(finetune(requestOf({ after: 'layer7' }), quick)).rejects.toThrow(/one of stem, layer1.*for `after`/);
});

test('the weight decay is searched at the best rate only', async () => {
  const options = { ...quick, mostSteps: 1000, learningRates: [0.01, 0.05], weightDecays: [1e-4, 1e-3, 1e-2] };
  const { validation, learningRate } = await finetune(requestOf('all', { train: images(60, 1) }), options);
  const first = validation.slice(0, 4);
  expect(first.slice(0, 2).map((row) => [row.learningRate, row.weightDecay])).toEqual([
    [0.01, 1e-3],
    [0.05, 1e-3],
  ]);
  const [one, other] = first as [(typeof first)[0], (typeof first)[0]];
  const better = other.score > one.score || (other.score === one.score && other.loss < one.loss) ? 0.05 : 0.01;
  expect(first.slice(2).map((row) => [row.learningRate, row.weightDecay])).toEqual([
    [better, 1e-4],
    [better, 1e-2],
  ]);
  expect(learningRate).toBe(better);
});

test('trains longer while that scores better, and no longer', async () => {
  const reports: [number, number][] = [];
  const onProgress = (done: number, total: number) => void reports.push([done, total]);
  const request = requestOf('all', { train: images(120, 1), from: null, onProgress });
  const options: FinetuneOptions = { ...quick, steps: 8, epochs: 0, batchSize: 16, checks: 3, learningRates: [0.05] };
  const result = await finetune(request, { ...options, mostSteps: 4000 });
  expect(result.validation.map(({ length }) => length)).toEqual([8, 16, 32, 64]);
  const scores = result.validation.map(({ score }) => score);
  expect(scores[1]).toBeGreaterThan(scores[0]!);
  expect(scores[2]).toBeGreaterThan(scores[1]!);
  expect(scores[3]).toBe(scores[2]);
  expect(result.warning).toBeNull();
  // What is planned grows with the trainings, and holds them.
  for (const [i, [done, total]] of reports.entries()) {
    expect(done).toBeLessThanOrEqual(total);
    expect(done).toBeGreaterThan(reports[i - 1]?.[0] ?? 0);
  }
  expect(reports.at(-1)).toEqual([8 + 16 + 32 + 64 + result.steps, 8 + 16 + 32 + 64 + result.length]);
  // The final training is of the length that was best, and its steps are counted in passes over the labels.
  expect(result.validation.map(({ length }) => length)).toContain(result.length);
  expect(result.length).toBeGreaterThanOrEqual(32);
  expect(result.epochs).toBeCloseTo((result.steps * 16) / 120, 12);
  const short = await finetune(request, { ...options, mostSteps: 16 });
  expect(short).toMatchObject({ length: 8, validation: [{ length: 8 }] });
  expect(short.warning).toBe('validation may still rise: the cap of 16 steps ended the search at trainings of 8');
});

test('lasts the steps or the epochs, whichever is more, but no longer than half of the cap allows the search', async () => {
  const last = async (options: FinetuneOptions) => {
    const { validation } = await finetune(requestOf('head'), { ...quick, learningRates: [1e-30, 1e-29], ...options });
    return validation[0]!.length;
  };
  // 30 images in batches of 8: three steps per epoch.
  expect(await last({ steps: 6, epochs: 1, mostSteps: 100 })).toBe(6);
  expect(await last({ steps: 6, epochs: 4, mostSteps: 100 })).toBe(12);
  expect(await last({ steps: 6, epochs: 40, mostSteps: 40 })).toBe(10);
});

test('stops on a signal, after the step', async () => {
  const stop = new AbortController();
  let last = 0;
  const onProgress = (done: number) => {
    last = done;
    if (done === 2) stop.abort();
  };
  const request = requestOf('head', { signal: stop.signal, onProgress });
  await expect(finetune(request, quick)).rejects.toMatchObject({ code: 'INTERRUPTED' });
  expect(last).toBe(2);
});
