import { expect, test } from 'vitest';
import { Generator, noGrad, ops, parameter, scope, type Tensor, tensor } from '../engine/index.js';
import { threeSigma } from './gates.js';
import { DEFAULT_L2, fitLogistic, L2_GRID, linearProbe, logits, standardization } from './linear.js';

/** Gaussian clouds, one per class: `gap` is the distance of the centers in units of the noise. */
function clouds(count: number, classes: number, size: number, gap: number, seed = 1) {
  const random = new Generator(seed);
  const labels = Int32Array.from({ length: count }, (_, i) => i % classes);
  const centers = ops.randn([classes, size], { generator: new Generator(99) }).mul(gap);
  const noise = ops.randn([count, size], { generator: random });
  return { features: centers.indexSelect(0, tensor(labels)).add(noise), labels };
}

/** Mean cross-entropy + l2 / 2 |W|^2 by autograd, as an independent statement of the objective. */
function objective(weight: Tensor, bias: Tensor, x: Tensor, labels: Int32Array, l2: number): Tensor {
  const scores = ops.linear(x, weight, bias);
  return ops.crossEntropy(scores, tensor(labels).to('int64')).add(
    weight
      .square()
      .sum()
      .mul(l2 / 2),
  );
}

test.each([1, 1e-2, 1e-3])('reaches the optimum of a long gradient descent at l2 = %s', (l2) => {
  const { features, labels } = clouds(90, 3, 5, 0.7);
  const x = standardization(features)(features);
  const fit = fitLogistic(x, labels, { classes: 3, l2, tolerance: 1e-8 });

  const weight = parameter(ops.zeros([3, 5], { dtype: 'float64' }));
  const bias = parameter(ops.zeros([3], { dtype: 'float64' }));
  let descended = Number.POSITIVE_INFINITY;
  for (let step = 0; step < 3000; step++)
    scope(() => {
      const loss = objective(weight, bias, x, labels, l2);
      loss.backward();
      descended = loss.item();
      // Below 1 / Lipschitz: the curvature is at most the largest eigenvalue of x'x / 2N + l2.
      noGrad(() => {
        for (const value of [weight, bias]) {
          value.sub_(value.grad!, { alpha: 0.5 });
          value.grad = null;
        }
      });
    });
  expect(fit.isConverged).toBe(true);
  expect(fit.gradientNorm).toBeLessThan(1e-8);
  expect(Math.abs(fit.loss - descended)).toBeLessThan(1e-4);
  expect(fit.loss).toBeLessThanOrEqual(descended + 1e-9);
});

test('the closed-form loss and gradient are those of autograd', () => {
  const { features, labels } = clouds(40, 4, 6, 1);
  const x = standardization(features)(features);
  const fit = fitLogistic(x, labels, { classes: 4, l2: 0.1, maxIterations: 3 });
  const weight = tensor(fit.x.slice(0, 24), { shape: [4, 6], requiresGrad: true });
  const bias = tensor(fit.x.slice(24), { requiresGrad: true });
  const loss = objective(weight, bias, x, labels, 0.1);
  loss.backward();
  const slopes = [...weight.grad!.toNumbers(), ...bias.grad!.toNumbers()];
  expect(fit.loss).toBeCloseTo(loss.item(), 12);
  expect(fit.gradientNorm).toBeCloseTo(Math.hypot(...slopes), 12);
  expect(fit.isConverged).toBe(false);
});

test('fewer rows than features: the minimum over their span is the minimum over everything', () => {
  const { features, labels } = clouds(12, 3, 30, 1);
  const x = standardization(features)(features);
  const fit = fitLogistic(x, labels, { classes: 3, l2: 0.1 });
  const weight = tensor(fit.x.slice(0, 90), { shape: [3, 30], requiresGrad: true });
  const bias = tensor(fit.x.slice(90), { requiresGrad: true });
  objective(weight, bias, x, labels, 0.1).backward();
  // The problem is convex: a flat place is the minimum.
  expect(Math.hypot(...weight.grad!.toNumbers(), ...bias.grad!.toNumbers())).toBeLessThan(2e-6);
});

test('standardizes by the training statistics and silences a constant dimension', () => {
  const features = tensor([
    [1, 5, 10],
    [3, 5, 30],
  ]);
  const scale = standardization(features);
  expect(scale(features).toList()).toEqual([
    [-1, 0, -1],
    [1, 0, 1],
  ]);
  expect(scale(tensor([[2, 7, 50]])).toList()).toEqual([[0, 0, 3]]);
});

test('learns separable classes, the same way every time', () => {
  const [train, held] = [clouds(60, 3, 8, 3, 1), clouds(300, 3, 8, 3, 2)];
  const result = linearProbe(train, held);
  expect(result.accuracy).toBeGreaterThan(0.98);
  expect(result.isConverged).toBe(true);
  expect(result.validation.map(({ l2 }) => l2)).toEqual(L2_GRID);
  expect(linearProbe(train, held)).toEqual(result);
});

test('control: shuffled labels give chance', () => {
  const [train, held] = [clouds(300, 3, 8, 3, 1), clouds(300, 3, 8, 3, 2)];
  const order = ops.randperm(300, { generator: new Generator(5) }).toNumbers();
  const shuffled = { ...train, labels: Int32Array.from(order, (i) => train.labels[i]!) };
  expect(linearProbe(shuffled, held).accuracy).toBeLessThan(threeSigma(1 / 3, 300));
});

test('the test labels choose nothing', () => {
  const [train, held] = [clouds(60, 3, 8, 1, 1), clouds(90, 3, 8, 1, 2)];
  const wrong = { ...held, labels: held.labels.map((label) => (label + 1) % 3) };
  const { accuracy, ...rest } = linearProbe(train, held);
  const { accuracy: wrongAccuracy, ...wrongRest } = linearProbe(train, wrong);
  expect(wrongRest).toEqual(rest);
  expect(wrongAccuracy).toBeLessThan(accuracy);
});

test('chooses a strong penalty in noise and a weak one in clean data', () => {
  const noisy = linearProbe(clouds(40, 2, 60, 0.15, 3), clouds(40, 2, 60, 0.15, 4));
  expect(noisy.l2).toBeGreaterThanOrEqual(0.1);
  // An exact but shallow border: the class is the sign of a sum whose margin is small.
  const x = ops.randn([800, 6], { generator: new Generator(7) });
  const labels = Int32Array.from(x.sum(1).toNumbers(), (sum) => (sum > 0 ? 1 : 0));
  const clean = linearProbe({ features: x, labels }, { features: x, labels });
  expect(clean.l2).toBeLessThanOrEqual(0.1);
  expect(clean.accuracy).toBeGreaterThan(0.98);
});

test('one label per class: nothing to choose by, so the default penalty', () => {
  const train = clouds(3, 3, 8, 3);
  const reference = clouds(90, 3, 8, 3, 5).features;
  const result = linearProbe(train, clouds(60, 3, 8, 3, 2), { reference });
  expect(result).toMatchObject({ l2: DEFAULT_L2, validation: [] });
  expect(result.accuracy).toBeGreaterThan(0.9);
});

test('labels of one class and features of another size are refused', () => {
  const { features, labels } = clouds(10, 2, 4, 1);
  const single = { features, labels: new Int32Array(10) };
  expect(() => linearProbe(single, single)).toThrow(/at least two classes/);
  expect(() => linearProbe({ features, labels }, clouds(10, 2, 5, 1))).toThrow(/features of size 4/);
});

test('scores are the standardized features times the weights', () => {
  const x = tensor([[1, 2]], { dtype: 'float64' });
  const fit = {
    x: Float64Array.of(1, 0, 0, 1, 0.5, 0),
    classes: 2,
    loss: 0,
    gradientNorm: 0,
    iterations: 0,
    isConverged: true,
  };
  expect(logits(fit, x).toList()).toEqual([[1.5, 2]]);
});
