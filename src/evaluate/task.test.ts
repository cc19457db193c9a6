import { expect, test } from 'vitest';
import type { Targets } from '../data/index.js';
import { ops, type Tensor, tensor } from '../engine/index.js';
import { Linear } from '../engine/nn/index.js';
import { evaluate } from './evaluate.js';
import { extractFeatures } from './features.js';
import { finetune } from './finetune.js';
import { datasetOf, makeFresh, SIDE } from './images.test-util.js';
import { probe } from './linear.js';
import { standardization } from './logistic.js';
import type { Task } from './task.js';

/** A number per sample: how light an image is. */
class Values implements Targets {
  readonly kind = 'values';

  constructor(readonly values: Float32Array) {}

  get count(): number {
    return this.values.length;
  }

  isKnown(position: number): boolean {
    return !Number.isNaN(this.values[position]!);
  }

  subset(positions: ArrayLike<number>): Values {
    return new Values(Float32Array.from(positions, (i) => this.values[i]!));
  }
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const at = (values: Float32Array, positions: Int32Array, like: Tensor): Tensor =>
  tensor(
    Float32Array.from(positions, (i) => values[i]!),
    { dtype: like.dtype, device: like.device },
  );

/** Regression of a number, all of the task: nothing else knows of it. */
const brightness: Task<Values, { guess: number; truth: number }> = {
  ...{
    name: 'brightness',
    kind: 'values',
    reads: 'vector',
    score: 'error',
    title: 'Mean squared error',
    better: 'lower',
  },
  ...{ isShare: false, wanted: { plural: 'values', remedy: 'Give some.' } },
  head: (size) => new Linear(size, 1),
  loss: () => ({
    of: (output, { values }, positions) =>
      output
        .squeeze(1)
        .sub(at(values, positions, output))
        .square()
        .mean(),
  }),
  decode: (output, { values }, positions) =>
    output.toNumbers().map((guess, i) => ({ guess, truth: values[positions[i]!]! })),
  measure: (answers) => ({
    error: mean(answers.map(({ guess, truth }) => (guess - truth) ** 2)),
    bias: mean(answers.map(({ guess, truth }) => guess - truth)),
  }),
  contribution: ({ guess, truth }) => (guess - truth) ** 2,
  floor({ values }) {
    const center = mean([...values]);
    return mean([...values].map((value) => (value - center) ** 2));
  },
};

/** Plain gray images with their shade as value. */
function shades(count: number, seed: number) {
  const levels = Array.from({ length: count }, (_, i) => (37 * (i + 11 * seed)) % 256);
  const pixels = Uint8Array.from({ length: count * SIDE ** 2 }, (_, i) => levels[Math.floor(i / SIDE ** 2)]!);
  const values = new Values(Float32Array.from(levels, (level) => level / 64 - 2));
  return datasetOf(pixels, null, null).withTargets(values);
}

const frozen = async (data: ReturnType<typeof shades>) => ({
  features: await extractFeatures(makeFresh(3), data),
  targets: data.target<Values>('values')!,
});

test('a task of one file goes through the linear probe: ridge regression, which has a closed form', async () => {
  const [train, held] = [await frozen(shades(300, 1)), await frozen(shades(30, 2))];
  const { answers, isConverged, l2, loss } = probe(brightness, train, held, { l2: [0.1], tolerance: 1e-9 });
  expect({ isConverged, l2 }).toEqual({ isConverged: true, l2: 0.1 });
  const scale = standardization(train.features);
  const x = scale(train.features); // (300, D), each column of mean 0
  const y = tensor(Float64Array.from(train.targets.values)).unsqueeze(1);
  const center = y.mean().item();
  // The gradient of mean (x w + b - y)^2 + l2 / 2 |w|^2 is 0 where (x'x 2/N + l2) w = x' (y - b) 2/N.
  const gram = x
    .t()
    .mm(x)
    .mul(2 / 300)
    .add(ops.eye(x.size(1), { dtype: 'float64' }).mul(0.1));
  const [values, vectors] = gram.linalgEigh();
  const inverse = vectors.mm(values.reciprocal().unsqueeze(1).mul(vectors.t()));
  const weight = inverse.mm(
    x
      .t()
      .mm(y.sub(center))
      .mul(2 / 300),
  );
  const expected = scale(held.features).mm(weight).add(center).toNumbers();
  answers.forEach(({ guess }, i) => {
    expect(guess).toBeCloseTo(expected[i]!, 6);
  });
  const residual = x.mm(weight).add(center).sub(y).square().mean().item();
  expect(loss).toBeCloseTo(residual + 0.05 * weight.square().sum().item(), 9);
});

test('the penalty is chosen by the lower error', async () => {
  const [train, held] = [await frozen(shades(40, 1)), await frozen(shades(30, 2))];
  const { validation, l2 } = probe(brightness, train, held, { l2: [100, 1e-3] });
  expect(validation.map(({ l2 }) => l2)).toEqual([100, 1e-3]);
  expect(validation[1]!.score).toBeLessThan(validation[0]!.score);
  expect(l2).toBe(1e-3);
});

test('and through the learner', async () => {
  const labeled = (data: ReturnType<typeof shades>) => ({ data, targets: data.target<Values>('values')! });
  const held = labeled(shades(30, 2));
  const request = { task: brightness, network: makeFresh(1), from: makeFresh(3), part: 'head' as const, seed: 0 };
  const options = {
    steps: 60,
    mostSteps: 240,
    epochs: 0,
    batchSize: 16,
    learningRates: [1e-9, 0.02],
    weightDecays: [0],
    checks: 3,
  };
  const result = await finetune({ ...request, train: labeled(shades(40, 1)), test: held }, options);
  expect(result.learningRate).toBe(0.02);
  expect(result.measures.error).toBeLessThan(0.5 * brightness.floor(held.targets));
});

test('and through `evaluate`, beside the baselines, with the direction of its score', async () => {
  const result = await evaluate({
    task: brightness,
    run: { encoder: makeFresh(3), makeFresh },
    ...{
      train: shades(40, 1),
      test: shades(30, 2),
      protocols: ['linear', 'finetune-head'],
      seeds: [0, 1],
      labels: [0.5],
    },
    linear: { l2: [100, 1e-2] },
    finetune: { steps: 4, mostSteps: 8, epochs: 0, batchSize: 8, learningRates: [1e-6], weightDecays: [0], checks: 1 },
  });
  const of = (encoder: string, protocol: string) =>
    result.rows.filter((row) => row.encoder === encoder && row.protocol === protocol && row.metric === 'error');
  expect(of('pretrained', 'linear').map(({ labelCount }) => labelCount)).toEqual([20, 20]);
  expect(result.rows.filter(({ metric }) => metric === 'bias').length).toBe(result.rows.length / 2);
  // A probe fitted to convergence against a network that hardly moved.
  const against = result.comparisons.find(
    ({ protocol, against }) => protocol === 'linear' && against === 'supervised',
  )!;
  expect(against.difference).toBeLessThan(0);
  expect(against.verdict).toBe('better');
  expect(result.score).toEqual({ metric: 'error', title: 'Mean squared error', better: 'lower', isShare: false });
});

test('a figure that is no number has no row, and is noted', async () => {
  const broken: typeof brightness = { ...brightness, measure: () => ({ error: Number.NaN, bias: 1 }) };
  const { rows, notes, comparisons } = await evaluate({
    ...{ task: broken, run: { encoder: makeFresh(3), makeFresh }, baselines: ['random'], linear: { l2: [1] } },
    ...{ train: shades(40, 1), test: shades(30, 2), protocols: ['linear'], seeds: [0] },
  });
  expect(rows.map(({ encoder, metric }) => `${encoder} ${metric}`)).toEqual(['pretrained bias', 'random bias']);
  expect(notes).toEqual([
    'error of pretrained in linear with 100% and seed 0 is no finite number, and left out.',
    'error of random in linear with 100% and seed 0 is no finite number, and left out.',
  ]);
  expect(comparisons).toEqual([]);
});
