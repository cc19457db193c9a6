import { expect, test } from 'vitest';
import { noGrad, ops, parameter, scope, type Tensor, tensor } from '../engine/index.js';
import { clouds } from './clouds.test-util.js';
import { fitLogistic, logits, standardization, toRows } from './logistic.js';

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

// The second is multiplied in parts, the last of which is shorter.
test.each([
  [40, 6],
  [1001, 300],
])('the closed-form loss and gradient of %i rows of %i features are those of autograd', (count, size) => {
  const { features, labels } = clouds(count, 4, size, 1);
  const x = standardization(features)(features);
  const fit = fitLogistic(x, labels, { classes: 4, l2: 0.1, maxIterations: 3, tolerance: 1e-12 });
  const weight = tensor(fit.x.slice(0, 4 * size), { shape: [4, size], requiresGrad: true });
  const bias = tensor(fit.x.slice(4 * size), { requiresGrad: true });
  const loss = objective(weight, bias, x, labels, 0.1);
  loss.backward();
  const slopes = [...weight.grad!.toNumbers(), ...bias.grad!.toNumbers()];
  expect(fit.loss).toBeCloseTo(loss.item(), 12);
  expect(fit.gradientNorm).toBeCloseTo(Math.hypot(...slopes), 12);
  expect(fit.isConverged).toBe(false);
});

test('dimensions that vary together cost few iterations', () => {
  const size = 40;
  const { features, labels } = clouds(400, 3, size, 0.2);
  // Mixtures of components whose deviations fall from 1 to 1/40, as those of a network's features do.
  const mixed = scope(() => {
    const scales = tensor(Float64Array.from({ length: size }, (_, i) => 1 / (1 + i)));
    const turned = ops.linalgQr(clouds(size, 2, size, 1).features.to('float64'))[0];
    return features.to('float64').mul(scales).mm(turned);
  });
  const x = standardization(mixed)(mixed);
  expect(fitLogistic(x, labels, { classes: 3, l2: 1e-3 }).iterations).toBeLessThan(40);
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

test('maps are standardized over all places, each of which is a row', () => {
  const maps = ops.arange(0, 24, 1, { dtype: 'float32' }).view([2, 3, 2, 2]);
  const scaled = standardization(maps)(maps);
  const rows = toRows(maps);
  expect(rows.shape).toEqual([8, 3]);
  expect(rows.toList()).toEqual(
    expect.arrayContaining([
      [0, 4, 8],
      [15, 19, 23],
    ]),
  );
  expect(toRows(scaled).equal(standardization(rows)(rows))).toBe(true);
});

test('a row of weight 2 counts as the row twice', () => {
  const { features, labels } = clouds(20, 2, 3, 1);
  const x = standardization(features)(features);
  const doubled = ops.cat([x, x.narrow(0, 0, 5)], 0);
  const twice = fitLogistic(doubled, Int32Array.of(...labels, ...labels.slice(0, 5)), { classes: 2, l2: 0.1 });
  const weights = Float64Array.from(labels, (_, i) => ((i < 5 ? 2 : 1) * 20) / 25);
  const weighted = fitLogistic(x, labels, { classes: 2, l2: 0.1, weights });
  expect(weighted.loss).toBeCloseTo(twice.loss, 9);
  weighted.x.forEach((entry, i) => {
    expect(entry).toBeCloseTo(twice.x[i]!, 5);
  });
  expect(fitLogistic(x, labels, { classes: 2, l2: 0.1 }).loss).not.toBeCloseTo(twice.loss, 3);
});
