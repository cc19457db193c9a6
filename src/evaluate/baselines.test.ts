import { expect, test } from 'vitest';
import { Generator, ops } from '../engine/index.js';
import type { BatchNorm } from '../engine/nn/index.js';
import { dataDependentEncoder, disposeEncoder, randomEncoder, strongerRandomEncoder, supervised } from './baselines.js';
import { extractFeatures, fingerprint } from './features.js';
import { threeSigma } from './gates.js';
import { makeFresh, prepare, stripes } from './images.test-util.js';
import { linearProbe } from './linear.js';

const withLabels = (images: ReturnType<typeof stripes>) => Object.assign(images, { labels: images.labels! });

test('a random encoder is the fresh network but for its batch statistics, and follows the seed', () => {
  const images = stripes(12, 1);
  const first = randomEncoder(makeFresh, 5, images, { batchSize: 5 }).backbone;
  const fresh = makeFresh(5).backbone;
  const changed = [...first.stateDict()].filter(
    ([name, value]) => !value.eq(fresh.stateDict().get(name)!).all().item(),
  );
  expect(changed.length).toBeGreaterThan(0);
  for (const [name] of changed) expect(name).toMatch(/running_mean|running_var|num_batches_tracked/);
  expect(first.modules().every(([, module]) => !module.isTraining)).toBe(true);
  expect(fingerprint(randomEncoder(makeFresh, 5, images, { batchSize: 5 }).backbone)).toBe(fingerprint(first));
  expect(fingerprint(randomEncoder(makeFresh, 6, images, { batchSize: 5 }).backbone)).not.toBe(fingerprint(first));
});

test('its first norm gives mean 0 and variance 1 on the images it was estimated on', async () => {
  const images = stripes(12, 1);
  const { backbone } = randomEncoder(makeFresh, 5, images);
  const first = backbone.children().find(([name]) => name === 'bn1')![1] as BatchNorm;
  const conv = backbone.children().find(([name]) => name === 'conv1')![1] as unknown as {
    forward(x: unknown): unknown;
  };
  const map = conv.forward(prepare(images.batch([...images.ids.keys()]))) as Parameters<BatchNorm['forward']>[0];
  const out = first.forward(map);
  expect(out.mean([0, 2, 3]).abs().max().item()).toBeLessThan(1e-4);
  expect(out.var([0, 2, 3]).sub(1).abs().max().item()).toBeLessThan(0.05);
});

test('random features are a baseline worth beating: a probe reads textures from them', async () => {
  const [train, held] = [stripes(90, 1, { noise: 20 }), stripes(90, 2, { noise: 20 })];
  const encoder = randomEncoder(makeFresh, 1, train);
  const result = linearProbe(
    { features: await extractFeatures(encoder, train), labels: train.labels! },
    { features: await extractFeatures(encoder, held), labels: held.labels! },
  );
  expect(result.accuracy).toBeGreaterThan(threeSigma(1 / 3, 90));
});

test('a data-dependent encoder has other convolutions, in which every layer learns at the same rate, and follows the seed', () => {
  const images = stripes(24, 1);
  const { backbone } = dataDependentEncoder(makeFresh, 5, images, { batchSize: 10 });
  const { backbone: fresh } = randomEncoder(makeFresh, 5, images, { batchSize: 10 });
  const state = fresh.stateDict();
  for (const [name, value] of backbone.stateDict())
    if (name.includes('conv') || value.ndim === 4) expect(value.equal(state.get(name)!), name).toBe(false);
  const ratios = (network: typeof backbone): number[] => {
    network.train();
    network
      .features(prepare(images.batch([...images.ids.keys()])))
      .mul(ops.randn([24, network.featureSize], { generator: new Generator(3) }))
      .sum()
      .backward();
    const weights = network.parameters().filter(({ ndim }) => ndim === 4);
    return weights.map((weight) => Math.sqrt(weight.grad!.square().mean().div(weight.square().mean()).item()));
  };
  const range = (values: number[]) => Math.max(...values) / Math.min(...values);
  expect(range(ratios(backbone))).toBeLessThan(range(ratios(fresh)) / 2);
  const again = dataDependentEncoder(makeFresh, 5, images, { batchSize: 10 }).backbone;
  const once = dataDependentEncoder(makeFresh, 5, images, { batchSize: 10 }).backbone;
  expect(fingerprint(again)).toBe(fingerprint(once));
  expect(once.modules().every(([, module]) => !module.isTraining)).toBe(true);
});

test('supervised training from scratch learns, and the same labels shuffled give chance', async () => {
  const [train, held] = [stripes(60, 1, { noise: 20 }), stripes(60, 2, { noise: 20 })];
  const task = { train: withLabels(train), test: withLabels(held), classes: 3, seed: 0 };
  const options = { steps: 40, batchSize: 16, learningRates: [0.05], augment: 'none' as const, checks: 2 };
  expect((await supervised(makeFresh, task, options)).accuracy).toBeGreaterThan(0.8);
  // Every class's labels spread evenly over the three textures.
  const shuffled = train.withLabels(
    train.classes!,
    train.labels!.map((_, i) => Math.floor(i / 3) % 3),
  );
  const control = await supervised(makeFresh, { ...task, train: withLabels(shuffled) }, options);
  expect(control.accuracy).toBeLessThan(threeSigma(1 / 3, 60));
});

test('frees an encoder', () => {
  const encoder = makeFresh(0);
  disposeEncoder(encoder);
  expect(encoder.backbone.parameters().every((value) => value.isFreed)).toBe(true);
});

test('the random baseline is one of the two ways to run the network, and leaves the other freed', async () => {
  const images = stripes(40, 1);
  const chosen = fingerprint((await strongerRandomEncoder(makeFresh, 3, images)).backbone);
  const initial = fingerprint(makeFresh(3).backbone.eval());
  const estimated = fingerprint(randomEncoder(makeFresh, 3, images).backbone);
  expect(initial).not.toBe(estimated);
  expect([initial, estimated]).toContain(chosen);
});
