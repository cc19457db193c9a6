import { expect, test } from 'vitest';
import { Generator, ops, tensor } from '../engine/index.js';
import { featureSpread } from '../train/collapse.js';
import { alignment, labelFreeScores, rankMe, spread, uniformity, viewRetrieval } from './scores.js';

const noise = (count: number, size: number, seed = 1) => ops.randn([count, size], { generator: new Generator(seed) });

test('spread is near 1 for random directions and 0 after collapse', () => {
  expect(spread(noise(4000, 32))).toBeCloseTo(1, 2);
  expect(spread(tensor([[1, 2, 3]]).repeat([50, 1]))).toBeCloseTo(0, 6);
  // Length does not count: the same direction at different lengths is still a collapse.
  const lengths = ops.arange(1, 51).unsqueeze(1);
  expect(spread(tensor([[1, 2, 3]]).mul(lengths))).toBeCloseTo(0, 6);
});

test('alignment is the mean squared distance of the normalized pairs', () => {
  const a = tensor([
    [2, 0],
    [0, 3],
  ]);
  const b = tensor([
    [5, 0],
    [4, 0],
  ]);
  expect(alignment(a, b)).toBeCloseTo((0 + 2) / 2, 6);
  expect(alignment(a, b, 1)).toBeCloseTo(Math.SQRT2 / 2, 6);
  expect(alignment(a, a)).toBe(0);
  expect(() => alignment(a, tensor([[1, 2]]))).toThrow(/Expected a matrix like float32\[2, 2\]/);
});

test('uniformity equals the formula pair by pair, over several chunks', () => {
  const rows = (noise(1500, 3).toList() as number[][]).map((row) => {
    const length = Math.hypot(...row);
    return row.map((value) => value / length);
  });
  let sum = 0;
  for (const x of rows)
    for (const y of rows) if (x !== y) sum += Math.exp(-2 * x.reduce((d, v, i) => d + (v - y[i]!) ** 2, 0));
  expect(uniformity(noise(1500, 3))).toBeCloseTo(Math.log(sum / (1500 * 1499)), 4);
});

test('uniformity of two points: opposite is -8, the same is 0', () => {
  expect(
    uniformity(
      tensor([
        [1, 0],
        [-3, 0],
      ]),
    ),
  ).toBeCloseTo(-8, 5);
  expect(
    uniformity(
      tensor([
        [1, 0],
        [1, 0],
      ]),
    ),
  ).toBeCloseTo(0, 6);
});

test('rankMe counts equal singular values exactly and sees a collapse of rank', () => {
  expect(rankMe(ops.eye(8))).toBeCloseTo(8, 3);
  expect(rankMe(ops.eye(8).repeat([3, 1]))).toBeCloseTo(8, 3);
  expect(rankMe(ops.eye(8).repeat([1, 3]))).toBeCloseTo(8, 3);
  expect(rankMe(ops.ones([20, 8]))).toBeCloseTo(1, 3);
  expect(rankMe(ops.zeros([4, 4]))).toBe(1);
  // Singular values 3 and 1: exp(-(3/4 ln 3/4 + 1/4 ln 1/4)).
  expect(
    rankMe(
      tensor([
        [3, 0],
        [0, 1],
      ]),
    ),
  ).toBeCloseTo(Math.exp(-(0.75 * Math.log(0.75) + 0.25 * Math.log(0.25))), 4);
});

test('all scores at once, and what is refused', () => {
  const scores = labelFreeScores(noise(500, 16));
  expect(scores.dimensions).toBe(16);
  expect(scores.rankMe).toBeGreaterThan(14);
  expect(scores.uniformity).toBeLessThan(-3);
  expect(() => spread(tensor([[1, 2]]))).toThrow(/at least 2 rows/);
  expect(() => rankMe(tensor([1, 2]))).toThrow(/Expected a matrix/);
});

test('spread is what the training loop watches', () => {
  const features = noise(300, 7, 4).add(1);
  expect(spread(features)).toBe(featureSpread(features).item());
});

test('one view finds the other, unless features hold no signal: then a rank is high all the same', () => {
  const signal = noise(200, 32, 1);
  const views = [2, 3].map((seed) => signal.add(noise(200, 32, seed).mul(0.2)));
  expect(viewRetrieval(views[0]!, views[1]!)).toBeGreaterThan(0.99);
  const collapsed = [2, 3].map((seed) => noise(200, 32, seed).mul(1e-3).add(1));
  expect(viewRetrieval(collapsed[0]!, collapsed[1]!)).toBeLessThan(0.05);
  expect(rankMe(noise(200, 32, 2))).toBeGreaterThan(28);
  expect(viewRetrieval(noise(200, 32, 2), noise(200, 32, 3))).toBeLessThan(0.05);
  expect(() => viewRetrieval(signal, signal.narrow(0, 0, 3))).toThrow(/Expected a matrix like/);
});
