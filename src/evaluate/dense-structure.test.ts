import { expect, test } from 'vitest';
import { Generator, ops } from '../engine/index.js';
import { denseStructure } from './dense-structure.js';

test('exact clusters: no size within, and the distance between them in units of the scatter', () => {
  // Each image has two kinds of places, e1 and e2, half of them each.
  const maps = ops.zeros([8, 4, 4, 4], { dtype: 'float64' });
  maps.select(1, 0).narrow(1, 0, 2).fill_(1);
  maps.select(1, 1).narrow(1, 2, 2).fill_(3); // lengths do not count
  const found = denseStructure(maps);
  expect(found.withinImage).toBeCloseTo(0, 9);
  expect(found.withinGroup).toBeCloseTo(0, 9);
  // Places drawn one per image span two of four directions, unevenly.
  expect(found.dimension).toBeGreaterThan(0.2);
  expect(found.dimension).toBeLessThan(0.5 + 1e-9);
  expect(found.score).toBeCloseTo(found.between + found.dimension, 9);
});

test('as many directions as clusters: each place lies one edge of the simplex from the next center, whatever its length', () => {
  const lengths = ops.arange(1, 25, 1, { dtype: 'float64' }).unsqueeze(1);
  const places = ops.eye(24, { dtype: 'float64' }).mul(lengths); // 24 places of 3 images
  const maps = places.view([3, 2, 4, 24]).permute([0, 3, 1, 2]);
  const unit = Math.sqrt(23 / 24);
  const found = denseStructure(maps);
  expect(found.between).toBeCloseTo(Math.SQRT2 / unit, 9);
  // Clusters of a single place have no size: 1 stands for it.
  expect(found.withinGroup).toBeCloseTo(1 / unit, 9);
  // Three places of as many directions.
  expect(found.dimension).toBeCloseTo(1, 6);
});

test('structure scores above noise, and a collapse gives nothing', () => {
  const random = new Generator(2);
  const centers = ops.randn([6, 32], { generator: random });
  const kinds = ops.randint(0, 6, [16 * 64], { generator: random, dtype: 'int64' });
  const places = centers.indexSelect(0, kinds).add(ops.randn([16 * 64, 32], { generator: random }).mul(0.1));
  const structured = places.view([16, 8, 8, 32]).permute([0, 3, 1, 2]);
  const noise = ops.randn([16, 32, 8, 8], { generator: random });
  const [good, bad] = [denseStructure(structured), denseStructure(noise)];
  expect(good.withinGroup).toBeLessThan(bad.withinGroup);
  expect(good.score - good.dimension).toBeGreaterThan(bad.score - bad.dimension);
  expect(denseStructure(structured)).toEqual(good);
  expect(denseStructure(ops.ones([4, 8, 3, 3]))).toEqual({
    ...{ between: 0, withinImage: 0, withinGroup: 0, dimension: 0, score: 0 },
  });
  expect(() => denseStructure(ops.ones([4, 8]))).toThrow(/maps of several places/);
  expect(() => denseStructure(ops.ones([4, 8, 1, 1]))).toThrow(/maps of several places/);
});
