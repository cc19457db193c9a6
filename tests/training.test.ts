/** What the training step notices: losses and gradients that are not finite, features that have collapsed. */
import { expect, it } from 'vitest';
import { noGrad, ops, scope } from '../src/engine/index.js';
import type { DeepCluster } from '../src/methods/image/automatic-labels/deep-cluster.js';
import { findMethod, parseMethodOptions } from '../src/methods/registry.js';
import { CollapseWatch, featureSpread } from '../src/train/collapse.js';
import { train } from '../src/train/loop.js';
import { Bench, temporaryFolder, tinyImages, tinyTraining } from './support/tiny.js';

const dataset = await tinyImages(temporaryFolder());

it('stops at the step that diverges, names the parameter, and leaves the others as they were', () => {
  const bench = new Bench(findMethod('rotation'), dataset);
  bench.step();
  const parameters = bench.method.namedParameters();
  const broken = parameters.find(([name]) => name === 'backbone.layer2.0.conv1.weight')![1];
  noGrad(() => broken.fill_(Number.NaN));
  const before = parameters.filter(([, value]) => value !== broken).map(([, value]) => value.clone());
  expect(() => bench.step()).toThrow(/diverged at step 2 .*the loss is NaN.*`backbone\.layer2\.0\.conv1\.weight`/);
  parameters
    .filter(([, value]) => value !== broken)
    .forEach(([name, value], i) => {
      expect(value.equal(before[i]!), name).toBe(true);
    });
  bench.dispose();
});

it('stops before a step on gradients that are not finite, though the loss is', () => {
  const bench = new Bench(findMethod('rotation'), dataset);
  const [first] = bench.method.parameters();
  // The root of a distance that is zero.
  bench.method.loss = () => ({ loss: first!.sub(first!.detach()).square().sum().sqrt() });
  const before = bench.method.parameters().map((value) => value.clone());
  expect(() => bench.step()).toThrow(/diverged at step 1 .*a gradient is not finite.*the first parameter concerned is/);
  bench.method.parameters().forEach((value, i) => {
    expect(value.equal(before[i]!)).toBe(true);
  });
  bench.dispose();
});

it('forgets the gradients of the step before', () => {
  const definition = findMethod('rotation');
  const training = tinyTraining(definition, { backbone: 'vit-micro', width: 48, learningRate: 1e-12 });
  const bench = new Bench(definition, dataset, training, { padding: 0, useFlip: false });
  const gradients = [0, 1].map(() => {
    bench.step([0, 1, 2, 3]);
    return bench.method.parameters().map(({ grad }) => grad!.clone());
  });
  for (const [i, gradient] of gradients[0]!.entries())
    expect(gradient.sub(gradients[1]![i]!).abs().amax().item()).toBeLessThan(
      1e-6 + 1e-3 * gradient.abs().amax().item(),
    );
  bench.dispose();
});

it('lets an optimizer group without a loss of its own step on the gradients of the group before it, by its own rule', () => {
  const definition = findMethod('deep-cluster');
  const bench = new Bench(definition, dataset);
  const { learningRate, weightDecay, momentum } = bench.training;
  expect(momentum).toBeGreaterThan(0);
  const { weight } = (bench.method as DeepCluster).head;
  for (let i = 0; i < 2; i++) {
    const before = weight.clone();
    const { metrics } = bench.step();
    expect(Object.keys(metrics).filter((name) => name.startsWith('loss'))).toEqual([]);
    // Without momentum: the second step knows nothing of the first.
    const literal = before.sub(weight.grad!.add(before.mul(weightDecay)).mul(learningRate));
    expect(weight.sub(literal).abs().amax().item()).toBeLessThan(1e-7);
    expect(weight.sub(before).abs().amax().item()).toBeGreaterThan(1e-5);
  }
  bench.dispose();
});

it('measures how far the directions of features spread', () => {
  scope(() => {
    expect(featureSpread(ops.ones([16, 8])).item()).toBe(0);
    expect(featureSpread(ops.randn([2000, 64])).item()).toBeGreaterThan(0.97);
  });
});

it('tells a collapse once, and only when it lasts', () => {
  const watch = new CollapseWatch();
  for (let i = 0; i < 9; i++) expect(watch.observe(0.001)).toBeUndefined();
  expect(watch.observe(0.5)).toBeUndefined();
  for (let i = 0; i < 9; i++) expect(watch.observe(0.001)).toBeUndefined();
  expect(watch.observe(0.001)).toMatch(/features have collapsed/);
  for (let i = 0; i < 20; i++) expect(watch.observe(0.001)).toBeUndefined();
});

it('weighs micro-batches by their number of samples', () => {
  // Without batch norm, parts of the batch give the gradients of the whole.
  const definition = findMethod('rotation');
  const training = tinyTraining(definition, { backbone: 'vit-micro', width: 48 });
  const make = () => new Bench(definition, dataset, training, { padding: 0, useFlip: false });
  const [whole, parts] = [make(), make()];
  const indices = [0, 1, 2, 3, 4, 5, 6];
  const [one, two] = [
    whole.step(indices),
    parts.step(indices, [
      [0, 1, 2, 3, 4],
      [5, 6],
    ]),
  ];
  expect(two.loss).toBeCloseTo(one.loss, 5);
  expect(two.metrics.accuracy).toBeCloseTo(one.metrics.accuracy!, 5);
  const [a, b] = [whole, parts].map((bench) => bench.method.namedParameters().map(([, value]) => value.grad!));
  for (const [i, gradient] of a!.entries())
    expect(gradient.sub(b![i]!).abs().amax().item()).toBeLessThan(1e-5 + 1e-3 * gradient.abs().amax().item());
});

it('uses every sample of a batch that the number of micro-batches does not divide', async () => {
  const definition = findMethod('rotation');
  const out = `${temporaryFolder()}/run`;
  const training = tinyTraining(definition, { batchSize: 20, accumulate: 7, epochs: 1 });
  const seen: number[][] = [];
  const watched = new Proxy(dataset, {
    get(target, key) {
      if (key !== 'collate') return Reflect.get(target, key, target);
      return (at: ArrayLike<number>) => {
        seen.push(Array.from(at));
        return target.collate(at);
      };
    },
  });
  const source = {
    spec: 'generated',
    split: 'train' as const,
    limit: null,
    asked: { size: null, channels: 'auto' as const, length: null },
  };
  await train({
    definition,
    options: parseMethodOptions(definition, {}, true),
    training,
    dataset: watched,
    source,
    out,
  });
  const steps = seen.filter(({ length }) => length <= 3);
  expect(
    steps
      .map(({ length }) => length)
      .slice(0, 7)
      .sort(),
  ).toEqual([2, 3, 3, 3, 3, 3, 3]);
  expect(new Set(steps.slice(0, 7).flat()).size).toBe(20);
});
