import { describe, expect, it } from 'vitest';
import { Generator, ops, type Tensor, tensor } from '../../engine/index.js';
import { project } from './projection.js';

const random = (shape: number[], seed: number): Tensor => ops.randn(shape, { generator: new Generator(seed) });

/** Three groups of 40 around directions of their own. */
function groups(): { features: Tensor; group: number[] } {
  const group = Array.from({ length: 120 }, (_, i) => i % 3);
  const centers = random([3, 16], 1).mul(4);
  const features = centers.indexSelect(0, tensor(Int32Array.from(group))).add(random([120, 16], 2));
  return { features, group };
}

/** How often a point's nearest point on the map is of its group. */
function agreement(points: readonly [number, number][], group: readonly number[]): number {
  const hits = points.filter(([x, y], i) => {
    const distances = points.map(([u, v], j) => (i === j ? Number.POSITIVE_INFINITY : (x - u) ** 2 + (y - v) ** 2));
    return group[distances.indexOf(Math.min(...distances))] === group[i];
  });
  return hits.length / points.length;
}

describe('project', () => {
  it('keeps groups apart, within the unit square', async () => {
    const { features, group } = groups();
    const { points, neighbors } = await project(features, 0);
    expect(agreement(points, group)).toBeGreaterThan(0.98);
    expect(neighbors[0]).toHaveLength(14);
    for (const axis of [0, 1] as const) expect(Math.min(...points.map((point) => point[axis]))).toBe(0);
    expect(Math.max(...points.flat())).toBe(1);
  });

  it('finds no groups where there are none', async () => {
    const { group } = groups();
    const { points } = await project(random([120, 16], 5), 0);
    expect(agreement(points, group)).toBeLessThan(0.6);
  });

  it('gives the same map for the same seed and another for another', async () => {
    const { features } = groups();
    const first = await project(features, 7);
    expect(await project(features, 7)).toEqual(first);
    expect((await project(features, 8)).points).not.toEqual(first.points);
  });

  it.each([1, 2, 3, 15, 16, 17])('lays out %d points', async (count) => {
    const { points } = await project(random([count, 4], 3), 0);
    expect(points).toHaveLength(count);
    for (const value of points.flat()) expect(Number.isFinite(value)).toBe(true);
  });

  it('lays out collapsed features and features of one dimension', async () => {
    for (const features of [ops.ones([40, 8]), ops.zeros([40, 8]), random([40, 1], 1)]) {
      const { points } = await project(features, 0);
      for (const value of points.flat()) expect(value).toBeGreaterThanOrEqual(0);
    }
  });

  it('refuses features that are not finite', async () => {
    await expect(project(tensor([[1, Number.NaN]]), 0)).rejects.toThrow('The features are not all finite');
  });
});
