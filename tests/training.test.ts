/** What the training step notices: losses and gradients that are not finite, features that have collapsed. */
import { expect, it } from 'vitest';
import { noGrad, ops, scope } from '../src/engine/index.js';
import type { DeepCluster } from '../src/methods/image/automatic-labels/deep-cluster.js';
import { findMethod } from '../src/methods/registry.js';
import { CollapseWatch, featureSpread } from '../src/train/collapse.js';
import { Bench, temporaryFolder, tinyImages } from './support/tiny.js';

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

it('lets a turn without a loss of its own step on the gradients of the turn before it, by its own rule', () => {
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
