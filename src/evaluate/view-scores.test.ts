import { describe, expect, test } from 'vitest';
import { Generator, ops, type Tensor, tensor } from '../engine/index.js';
import { rankMe } from './scores.js';
import { ldaTrace, lidar } from './view-scores.js';

const noise = (count: number, size: number, seed = 1) => ops.randn([count, size], { generator: new Generator(seed) });

/** Views (n, q, D) of images whose content lies in the first `kept` dimensions. */
const viewsOf = (count: number, each: number, size: number, { kept = size, signal = 1, scatter = 1 } = {}) => {
  const content = noise(count, size, 11).mul(tensor(Array.from({ length: size }, (_, i) => (i < kept ? signal : 0))));
  return content.unsqueeze(1).add(
    noise(count * each, size, 12)
      .view([count, each, size])
      .mul(scatter),
  );
};

describe('the trace of the LDA matrix', () => {
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

describe('LiDAR', () => {
  test('is the effective rank of what tells images apart, by hand in two dimensions', () => {
    // Three images whose means scatter by 4 and 1, views by 1 in both: eigenvalues 4 and 1 but for the ridge.
    const means = [
      [-2, 1 / Math.sqrt(3)],
      [2, 1 / Math.sqrt(3)],
      [0, -2 / Math.sqrt(3)],
    ];
    const [half] = [Math.SQRT1_2];
    const views = means.map(([x, y]) => [
      [x! + half, y! + half],
      [x! - half, y! - half],
      [x! + half, y! - half],
      [x! - half, y! + half],
    ]);
    const shares = [0.8, 0.2];
    const rank = Math.exp(-shares.reduce((sum, share) => sum + share * Math.log(share), 0));
    expect(lidar(tensor(views, { dtype: 'float64' }), { ridge: 0 })).toBeCloseTo(rank, 6);
  });

  test('stays under every invertible linear map without a ridge', () => {
    const views = viewsOf(200, 6, 5, { scatter: 0.5 }).to('float64');
    const change = noise(5, 5, 21).add(ops.eye(5).mul(3)).to('float64');
    const before = lidar(views, { ridge: 0 });
    expect(lidar(views.matmul(change), { ridge: 0 })).toBeCloseTo(before, 9);
    expect(lidar(views.mul(1e-4).add(7))).toBeCloseTo(lidar(views), 6);
  });

  test('gives noise and a collapse but for noise the highest marks, which the trace refuses', () => {
    const [count, each, size] = [500, 20, 64];
    const pure = viewsOf(count, each, size, { signal: 0 });
    const collapsed = viewsOf(count, each, size, { signal: 0, scatter: 1e-3 }).add(1);
    const seeing = viewsOf(count, each, size, { scatter: 0.3 });
    const narrow = viewsOf(count, each, size, { kept: 8, signal: 3 });
    expect(lidar(pure)).toBeGreaterThan(59);
    expect(lidar(collapsed)).toBeGreaterThan(59);
    expect(lidar(seeing)).toBeGreaterThan(58);
    expect(lidar(narrow)).toBeLessThan(12);
    for (const dead of [pure, collapsed]) expect(ldaTrace(dead)).toBeLessThan((2 * size) / each);
    for (const alive of [seeing, narrow]) expect(ldaTrace(alive)).toBeGreaterThan((2 * size) / each);
  });

  test('refuses other shapes, and gives 1 where nothing differs', () => {
    expect(() => lidar(ops.ones([4, 5]))).toThrow(/at least 2 views of at least 2 images/);
    expect(lidar(ops.ones([3, 4, 5]))).toBe(1);
  });
});
