import { expect, test } from 'vitest';
import { createBackbone, createSplitBackbone } from '../backbones/registry.js';
import { memory } from '../engine/index.js';
import { randomEncoder } from './baselines.js';
import { fingerprint } from './features.js';
import { type FinetunePart, type FinetuneTask, finetune } from './finetune.js';
import { threeSigma } from './gates.js';
import { makeFresh, stripes } from './images.test-util.js';
import { topModules } from './learner.js';

const labeled = (count: number, seed: number) => {
  const images = stripes(count, seed, { noise: 20 });
  return Object.assign(images, { labels: images.labels! });
};

function taskOf(part: FinetunePart, changes: Partial<FinetuneTask> = {}): FinetuneTask {
  return {
    ...{ network: makeFresh(1), from: makeFresh(7), part, classes: 3, seed: 0 },
    ...{ train: labeled(30, 1), test: labeled(30, 2) },
    ...changes,
  };
}

const quick = { steps: 6, batchSize: 8, learningRates: [0.02], checks: 2 };

/** Names of the tensors in which two networks differ. */
function differences(a: FinetuneTask['network'], b: FinetuneTask['network']): string[] {
  const other = b.backbone.stateDict();
  return [...a.backbone.stateDict()]
    .filter(([name, value]) => !value.eq(other.get(name)!).all().item())
    .map(([name]) => name);
}

test('the head alone: the copy equals the original, and the original is bit-equal', async () => {
  const task = taskOf('head');
  const before = fingerprint(task.from!.backbone);
  await finetune(task, quick);
  expect(fingerprint(task.from!.backbone)).toBe(before);
  expect(differences(task.network, task.from!)).toEqual([]);
});

test('the top part: only the last stage of the copy changes, statistics included', async () => {
  const task = taskOf('top');
  const before = fingerprint(task.from!.backbone);
  await finetune(task, quick);
  expect(fingerprint(task.from!.backbone)).toBe(before);
  const changed = differences(task.network, task.from!);
  expect(changed.length).toBeGreaterThan(10);
  for (const name of changed) expect(name).toMatch(/^layer4\./);
});

test('everything: every weight of the copy changes, and nothing of the original', async () => {
  const task = taskOf('all');
  const before = fingerprint(task.from!.backbone);
  await finetune(task, quick);
  expect(fingerprint(task.from!.backbone)).toBe(before);
  expect(differences(task.network, task.from!)).toEqual([...task.from!.backbone.stateDict().keys()]);
});

test.each(['sgd', 'adamw'] as const)('learns with %s; control: shuffled labels give chance', async (optimizer) => {
  const learningRates = [optimizer === 'sgd' ? 0.05 : 0.01];
  const options = { steps: 40, batchSize: 16, optimizer, learningRates, augment: 'crop-flip' as const, checks: 2 };
  const train = labeled(60, 1);
  const task = taskOf('all', { from: randomEncoder(makeFresh, 7, train), train, test: labeled(60, 2) });
  expect((await finetune(task, options)).accuracy).toBeGreaterThan(0.8);
  const wrong = task.train.labels.map((_, i) => Math.floor(i / 3) % 3);
  const shuffled = Object.assign(labeled(60, 1), { labels: wrong });
  expect((await finetune({ ...task, train: shuffled }, options)).accuracy).toBeLessThan(threeSigma(1 / 3, 60));
});

test('the same seed gives the same result, and the test labels choose nothing', async () => {
  const options = { ...quick, learningRates: [0.01, 0.05] };
  const first = await finetune(taskOf('all'), options);
  expect(await finetune(taskOf('all'), options)).toEqual(first);
  const test = labeled(30, 2);
  const wrong = Object.assign(test, { labels: test.labels.map((label) => (label + 1) % 3) });
  const { accuracy: _, ...rest } = await finetune(taskOf('all', { test: wrong }), options);
  expect(first).toMatchObject(rest);
});

test('chooses a rate that learns, over one that hardly moves and one that diverges', async () => {
  const train = labeled(60, 1);
  const options = { ...quick, steps: 40, batchSize: 16, learningRates: [1e-9, 0.05, 1e30] };
  const result = await finetune(taskOf('all', { train }), options);
  expect(result.learningRate).toBe(0.05);
  expect(result.validation.map(({ learningRate }) => learningRate)).toEqual([1e-9, 0.05]);
});

test('says so when every rate diverges', async () => {
  await expect(finetune(taskOf('all'), { ...quick, learningRates: [1e30] })).rejects.toMatchObject({
    code: 'DIVERGED',
  });
});

test('one label per class: the middle rate and the whole budget', async () => {
  const result = await finetune(taskOf('head', { train: labeled(3, 1) }), {
    ...quick,
    learningRates: [0.1, 0.001, 0.01],
  });
  expect(result).toMatchObject({ learningRate: 0.01, steps: 6, validation: [] });
});

test('stops early where the validation images do not improve, and reports every step', async () => {
  let last: [number, number] = [0, 0];
  const onProgress = (done: number, total: number) => {
    last = [done, total];
  };
  const frozen = { steps: 20, batchSize: 8, learningRates: [1e-30], checks: 10, patience: 2, augment: 'none' as const };
  const result = await finetune(taskOf('head', { onProgress }), frozen);
  expect(result.steps).toBe(2);
  expect(last).toEqual([22, 40]);
});

test('reads an early layer and trains up to it', async () => {
  const task = taskOf('top', { layer: 'layer2' });
  await finetune(task, quick);
  for (const name of differences(task.network, task.from!)) expect(name).toMatch(/^layer2\./);
});

test('leaves nothing in memory', async () => {
  const task = taskOf('all');
  await finetune(task, quick);
  const { tensors } = memory();
  await finetune(task, quick);
  // At most: what earlier tests left behind may be collected meanwhile.
  expect(memory().tensors).toBeLessThanOrEqual(tensors);
});

test('options out of range are refused', async () => {
  await expect(finetune(taskOf('all'), { steps: 0 })).rejects.toThrow(/`steps`/);
  await expect(finetune(taskOf('all'), { learningRates: [] })).rejects.toThrow(/`learningRates`/);
});

test('the last stage of every kind of backbone', () => {
  const top = (name: string, layer?: string) => {
    const backbone = createBackbone(name, { inputChannels: 1, imageSize: 32, width: 12 });
    const names = new Map(backbone.children().map(([child, module]) => [module, child]));
    return topModules(backbone, layer).map((module) => names.get(module));
  };
  expect(top('resnet18')).toEqual(['layer4']);
  expect(top('resnet18', 'layer1')).toEqual(['layer1']);
  expect(top('nin')).toEqual(['block4']);
  expect(top('nin', 'block2')).toEqual(['block2']);
  expect(top('alexnet')).toEqual(['conv5']);
  expect(top('vgg16')).toEqual([34, 35, 37, 38, 40, 41].map((position) => `features.${position}`));
  expect(top('vgg16-plain', 'conv1')).toEqual(['features.0', 'features.2']);
  expect(top('vit-micro')).toEqual(['blocks.5', 'norm']);
  expect(top('vit-micro', 'block2')).toEqual(['blocks.1']);
});

test('the last stage of networks side by side is that of each', () => {
  const split = createSplitBackbone('alexnet', { inputChannels: 3, imageSize: 16, width: 8, splitAt: 1 });
  const { first, second } = split;
  const conv5 = [first, second].map((half) => half.children().find(([name]) => name === 'conv5')![1]);
  expect(topModules(split)).toEqual(conv5);
  expect(topModules(split).flatMap((module) => module.parameters()).length).toBe(2 * conv5[0]!.parameters().length);
});
