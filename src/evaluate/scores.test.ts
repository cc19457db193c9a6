import { describe, expect, test } from 'vitest';
import { Generator, ops, type Tensor, tensor } from '../engine/index.js';
import { featureSpread } from '../train/collapse.js';
import { alignment, labelFreeScores, ldaTrace, rankMe, spread, uniformity, viewRetrieval } from './scores.js';

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

describe('the trace of the LDA matrix', () => {
  /** Views (n, q, D) of images whose content lies in the first `kept` dimensions. */
  const viewsOf = (count: number, each: number, size: number, { kept = size, signal = 1, scatter = 1 } = {}) => {
    const content = noise(count, size, 11).mul(tensor(Array.from({ length: size }, (_, i) => (i < kept ? signal : 0))));
    return content.unsqueeze(1).add(
      noise(count * each, size, 12)
        .view([count, each, size])
        .mul(scatter),
    );
  };

  test('is the ratio of the variances in one dimension', () => {
    // Means 1 and 11, so 50 between; 1 on either side of each mean, so 4 / 2 within.
    const views = tensor([
      [[0], [2]],
      [[10], [12]],
    ]);
    expect(ldaTrace(views)).toBeCloseTo(50 / (2 * (1 + 1e-4)), 9);
  });

  test('sees what a rank does not: without signal it is D / q, whatever the scale', () => {
    const [count, each, size] = [500, 20, 64];
    const chance = size / each;
    const flat = (views: Tensor) => views.select(1, 0);
    const pure = viewsOf(count, each, size, { signal: 0 });
    const collapsed = viewsOf(count, each, size, { signal: 0, scatter: 1e-3 }).add(1);
    const seeing = viewsOf(count, each, size, { scatter: 0.3 });
    for (const dead of [pure, collapsed]) expect(ldaTrace(dead)).toBeCloseTo(chance, 0);
    for (const full of [pure, seeing]) expect(rankMe(flat(full))).toBeGreaterThan(60);
    expect(ldaTrace(seeing)).toBeGreaterThan(500);
    const few = ldaTrace(viewsOf(count, each, size, { kept: 8, signal: 3 }));
    expect(few).toBeGreaterThan(8 * 9 * 0.9);
    expect(few).toBeLessThan(ldaTrace(seeing));
    // Views that are exchanged between images are noise.
    const order = ops.randperm(count * each, { generator: new Generator(3) });
    const mixed = seeing.reshape([-1, size]).indexSelect(0, order).view([count, each, size]);
    expect(ldaTrace(mixed)).toBeCloseTo(chance, 0);
  });

  test('stays under any invertible change of the features, but for its ridge', () => {
    const views = viewsOf(300, 6, 5, { scatter: 0.5 });
    const change = noise(5, 5, 21).add(ops.eye(5).mul(3));
    const before = ldaTrace(views);
    expect(ldaTrace(views.mul(1e-4).add(7))).toBeCloseTo(before, 2);
    expect(ldaTrace(views.matmul(change))).toBeCloseTo(before, 0);
  });

  test('tells an exact collapse from images that are told apart without scatter, and refuses other shapes', () => {
    expect(ldaTrace(ops.ones([3, 4, 5]))).toBe(0);
    expect(ldaTrace(noise(3, 5, 1).unsqueeze(1).expand([3, 4, 5]))).toBe(Number.POSITIVE_INFINITY);
    for (const shape of [
      [4, 5],
      [1, 4, 5],
      [4, 1, 5],
    ])
      expect(() => ldaTrace(ops.ones(shape))).toThrow(/at least 2 views of at least 2 images, \(n, q, D\)/);
  });
});
