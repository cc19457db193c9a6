import { describe, expect, it } from 'vitest';
import { mapSamples } from '../../../data/index.js';
import { Generator, gradientsOf, manualSeed, ops, scope, type Tensor, tensor } from '../../../engine/index.js';
import { l2Normalize } from '../../losses/nt-xent.js';
import { imageBatch, imageSpec, makeMethod } from '../../make.test-util.js';
import { type InstanceDiscrimination, instanceDiscrimination, noiseContrastive } from './instance-discrimination.js';

const scalar = (value: number): Tensor => ops.full([], value, { dtype: 'float32' });

describe('noiseContrastive', () => {
  it('equals equation 7, term by term', () => {
    manualSeed(0);
    const logits = ops.randn([4, 6]);
    const [count, negatives, normalizer] = [50, 5, 80];
    let sum = 0;
    for (const row of logits.toList() as number[][])
      for (const [k, logit] of row.entries()) {
        const p = Math.exp(logit) / normalizer;
        const noise = negatives / count;
        sum -= Math.log((k === 0 ? p : noise) / (p + noise));
      }
    expect(noiseContrastive(logits, scalar(Math.log(normalizer)), count).item()).toBeCloseTo(sum / 4, 4);
  });

  it('is ln(1 + K) + K ln(1 + 1/K) where every image is equally likely: 9.318 for K = 4096', () => {
    const [count, negatives] = [10_000, 4096];
    const value = noiseContrastive(ops.zeros([2, 1 + negatives]), scalar(Math.log(count)), count).item();
    expect(value).toBeCloseTo(Math.log(1 + negatives) + negatives * Math.log(1 + 1 / negatives), 2);
    expect(value).toBeCloseTo(9.318, 2);
  });

  it('has a gradient that approaches that of the full softmax as K grows', () => {
    manualSeed(1);
    const [count, size, temperature] = [2000, 32, 0.2];
    const memory = l2Normalize(ops.randn([count, size]));
    const start = l2Normalize(memory.narrow(0, 0, 1).add(ops.randn([1, size]).mul(0.1)));
    const all = start.matmul(memory.t()).div(temperature);
    const logNormalizer = all.logsumexp([1]).view([]);
    const gradient = (loss: (embedding: Tensor) => Tensor): Tensor =>
      scope(() => {
        const leaf = start.clone();
        leaf.requiresGrad = true;
        return gradientsOf([loss(leaf)], [leaf])[0]!;
      });
    const softmax = gradient((embedding) =>
      ops.crossEntropy(embedding.matmul(memory.t()).div(temperature), tensor(BigInt64Array.of(0n))),
    );
    const estimate = (negatives: number): Tensor =>
      gradient((embedding) => {
        const drawn = ops.randint(0, count, [negatives], { dtype: 'int64', generator: new Generator(negatives) });
        const chosen = ops.cat([ops.zeros([1], { dtype: 'int64' }), drawn], 0);
        const logits = embedding.matmul(memory.indexSelect(0, chosen).t()).div(temperature);
        return noiseContrastive(logits, logNormalizer, count);
      });
    const cosine = (x: Tensor): number => l2Normalize(x).mul(l2Normalize(softmax)).sum().item();
    expect(cosine(estimate(1024))).toBeGreaterThan(0.95);
    expect(cosine(estimate(1024))).toBeGreaterThan(cosine(estimate(4)));
  });
});

const spec = imageSpec(16, 3, { mean: [0, 0, 0], std: [1, 1, 1] });
const make = (options: Record<string, unknown> = {}, count = 20): InstanceDiscrimination =>
  makeMethod(instanceDiscrimination, options, { spec, count, batchSize: 4 });
const batch = { ...imageBatch(4, spec), indices: [3, 17, 0, 8] };

it('starts at ln n + 1 / (2 d t^2) with the softmax over all images', () => {
  const method = make({}, 2000);
  const { loss } = method.loss(method.views(batch, new Generator(0)));
  // The same embedding for all images still meets random memories; four images leave some noise.
  expect(Math.abs(loss!.item() - (Math.log(2000) + 1 / (2 * 128 * 0.01)))).toBeLessThan(1.5);
  const embeddings = l2Normalize(ops.randn([500, 128]));
  const logits = embeddings.matmul(method.memory.features.t()).div(0.1);
  const labels = ops.arange(0, 500, 1, { dtype: 'int64' });
  expect(ops.crossEntropy(logits, labels).item()).toBeCloseTo(Math.log(2000) + 0.39, 1);
});

it('changes the memories of the batch alone and leaves them at length one', () => {
  const method = make();
  const before = method.memory.features.clone();
  const { carry } = method.loss(method.views(batch, new Generator(0)));
  expect(method.memory.features.sub(before).abs().amax().item()).toBe(0);
  method.afterStep([carry!]);
  const moved = method.memory.features.sub(before).abs().amax([1]).toNumbers();
  expect(moved.flatMap((distance, i) => (distance > 0 ? [i] : []))).toEqual([0, 3, 8, 17]);
  for (const i of batch.indices) expect(method.memory.features.select(0, i).vectorNorm(2).item()).toBeCloseTo(1, 6);
});

it('sends the gradient to the embeddings, never to the memory', () => {
  for (const negatives of [0, 8]) {
    const method = make({ negatives });
    method.loss(method.views(batch, new Generator(0))).loss!.backward();
    expect(method.memory.features.grad).toBeNull();
    expect(method.projection.weight.grad!.abs().sum().item()).toBeGreaterThan(0);
  }
});

it('estimates the denominator once, from the first batch, and keeps it', () => {
  const method = make({ negatives: 8 });
  const views = method.views(batch, new Generator(0));
  const first = method.loss(views).carry!;
  expect(method.logNormalizer.item()).toBeNaN();
  method.afterStep([first]);
  const kept = method.logNormalizer.item();
  expect(kept).toBeCloseTo(Math.log(first.normalizer!.mean.item()), 6);
  const second = method.loss(method.views(batch, new Generator(9))).carry!;
  expect(second.normalizer!.mean.item()).not.toBeCloseTo(first.normalizer!.mean.item(), 3);
  method.afterStep([second]);
  expect(method.logNormalizer.item()).toBe(kept);
  expect([...method.stateDict().keys()]).toContain('logNormalizer');
});

it('estimates it as n times the mean of exp(v f / t) over the own memories and the others', () => {
  const method = make({ negatives: 8, temperature: 0.5 }, 50).eval();
  const views = method.views(batch, new Generator(0));
  const { embeddings, normalizer } = method.loss(views).carry!;
  const [labels, negatives] = [views.labels.toNumbers(), ('negatives' in views ? views.negatives : null)!.toList()];
  const [memories, rows] = [method.memory.features.toList() as number[][], embeddings.toList() as number[][]];
  const terms = rows.flatMap((row, i) =>
    [labels[i]!, ...(negatives as number[][])[i]!].map((k) =>
      Math.exp(row.reduce((sum, value, d) => sum + value * memories[k]![d]!, 0) / 0.5),
    ),
  );
  const mean = terms.reduce((sum, term) => sum + term) / terms.length;
  expect(terms).toHaveLength(4 * 9);
  expect(normalizer!.mean.item()).toBeCloseTo(50 * mean, 3);
});

it('remembers all micro-batches of a step and estimates the denominator from all of them, as from the joint batch', () => {
  const [whole, parts] = [make({ negatives: 8 }).eval(), make({ negatives: 8 }).eval()];
  const views = whole.views(batch, new Generator(0));
  whole.afterStep([whole.loss(views).carry!]);
  const part = (start: number, count: number) =>
    parts.loss(mapSamples(views, (tensor) => tensor.narrow(0, start, count))).carry!;
  parts.afterStep([part(0, 3), part(3, 1)]);
  expect(parts.memory.features.sub(whole.memory.features).abs().amax().item()).toBeLessThan(1e-6);
  expect(parts.logNormalizer.item()).toBeCloseTo(whole.logNormalizer.item(), 5);
});

it('refuses bad options in one sentence', () => {
  expect(() => make({ temperature: 0 })).toThrow(/a value above 0 for `temperature`, received 0/);
  expect(() => make({ negatives: -1 })).toThrow(/a value of at least 0 for `negatives`, received -1/);
  expect(() => make({ decay: 1.1 })).toThrow(/a value of at most 1 for `decay`, received 1.1/);
});
