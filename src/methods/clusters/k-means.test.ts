import { describe, expect, it } from 'vitest';
import { Generator, memory, ops, type Tensor, tensor } from '../../engine/index.js';
import { AutodidactError } from '../../errors.js';
import { kMeans, nearestCentroids, splitForEmpty } from './k-means.js';

const normal = (shape: number[], seed: number): Tensor => ops.randn(shape, { generator: new Generator(seed) });

/** Lloyd's algorithm as the textbook has it, one point and one centroid at a time. */
function literal(points: number[][], start: number[][], iterations: number) {
  const distance = (a: number[], b: number[]): number => a.reduce((sum, x, i) => sum + (x - b[i]!) ** 2, 0);
  let centroids = start;
  const assign = (): number[] =>
    points.map((point) => {
      const all = centroids.map((centroid) => distance(point, centroid));
      return all.indexOf(Math.min(...all));
    });
  const objectives: number[] = [];
  const objective = (): number => {
    const nearest = assign();
    return points.reduce((sum, point, i) => sum + distance(point, centroids[nearest[i]!]!), 0);
  };
  for (let i = 0; i < iterations; i++) {
    objectives.push(objective());
    const nearest = assign();
    centroids = centroids.map((_, c) => {
      const members = points.filter((_, i) => nearest[i] === c);
      return members[0]!.map((_, d) => members.reduce((sum, point) => sum + point[d]!, 0) / members.length);
    });
  }
  objectives.push(objective());
  return { centroids, assignments: assign(), objectives };
}

describe('kMeans', () => {
  it('equals the literal algorithm from the same start', () => {
    const points = normal([60, 3], 0);
    const initial = points.narrow(0, 0, 5);
    for (const iterations of [1, 3]) {
      const found = kMeans(points, { clusters: 5, iterations, random: new Generator(0), initial });
      const truth = literal(points.toList() as number[][], initial.toList() as number[][], iterations);
      expect(found.assignments.toNumbers()).toEqual(truth.assignments);
      for (const [c, row] of (found.centroids.toList() as number[][]).entries())
        for (const [d, value] of row.entries()) expect(value).toBeCloseTo(truth.centroids[c]![d]!, 5);
      expect(found.objective).toHaveLength(truth.objectives.length);
      for (const [i, value] of found.objective.entries()) expect(value).toBeCloseTo(truth.objectives[i]!, 3);
    }
  });

  it('never lets its objective rise', () => {
    for (const seed of [0, 1, 2]) {
      const { objective } = kMeans(normal([500, 8], seed), {
        clusters: 20,
        iterations: 30,
        random: new Generator(seed),
      });
      expect(objective.length).toBeGreaterThan(3);
      for (let i = 1; i < objective.length; i++)
        expect(objective[i]).toBeLessThanOrEqual(objective[i - 1]! * (1 + 1e-6));
    }
  });

  it('finds clusters that lie far apart', () => {
    const truth = Array.from({ length: 90 }, (_, i) => i % 3);
    const centers = normal([3, 4], 3).mul(100);
    const points = centers.indexSelect(0, tensor(truth, { dtype: 'int64' })).add(normal([90, 4], 4));
    // One point of each is the start: from an unlucky one k-means may stay in a poor optimum.
    const { assignments, distances, centroids } = kMeans(points, {
      clusters: 3,
      random: new Generator(0),
      initial: points.narrow(0, 0, 3),
    });
    expect(assignments.toNumbers()).toEqual(truth);
    const own = centroids.indexSelect(0, assignments).sub(points).square().sum([1]);
    // Squares of 100 in float32 leave an error of about 0.01.
    expect(distances.sub(own).abs().amax().item()).toBeLessThan(0.05);
  });

  it('starts from different points and gives the same result from the same seed', () => {
    const points = normal([40, 2], 5);
    const run = (seed: number) => kMeans(points, { clusters: 40, random: new Generator(seed) });
    // As many clusters as points, each point once: nothing is left to explain.
    expect(new Set(run(1).assignments.toNumbers()).size).toBe(40);
    expect(run(1).objective.at(-1)).toBeLessThan(1e-4);
    const few = (seed: number) => kMeans(points, { clusters: 4, random: new Generator(seed) }).assignments.toNumbers();
    expect(few(7)).toEqual(few(7));
    expect(few(7)).not.toEqual(few(8));
  });

  it('leaves no cluster empty when all centroids but one start where no point is', () => {
    // Far from the origin, where the mean of no points lies.
    const points = normal([200, 6], 6).add(50);
    const far = ops.full([9, 6], 1e3, { dtype: 'float32' });
    const initial = ops.cat([points.narrow(0, 0, 1), far]);
    expect(new Set(nearestCentroids(points, initial).assignments.toNumbers()).size).toBe(1);
    const { assignments } = kMeans(points, { clusters: 10, random: new Generator(0), initial });
    expect(new Set(assignments.toNumbers()).size).toBe(10);
  });

  it('goes on after a split that parted nothing, until one does', () => {
    const same = Array<number[]>(10).fill([5, 5]);
    const points = tensor([...same, [20, 20], [21, 20], [20, 21]]);
    const initial = tensor([
      [5, 5],
      [20.3, 20.3],
      [1e3, 1e3],
    ]);
    for (let seed = 0; seed < 10; seed++) {
      const { assignments } = kMeans(points, { clusters: 3, iterations: 200, random: new Generator(seed), initial });
      expect(new Set(assignments.toNumbers()).size).toBe(3);
    }
  });

  it('survives points that coincide, with empty clusters left', () => {
    const { assignments, objective } = kMeans(ops.ones([10, 3]), { clusters: 4, random: new Generator(0) });
    expect(new Set(assignments.toNumbers()).size).toBeLessThanOrEqual(4);
    expect(objective.at(-1)).toBeLessThan(1e-4);
  });

  it('refuses more clusters than points, and none', () => {
    for (const clusters of [11, 0])
      expect(() => kMeans(normal([10, 2], 0), { clusters, random: new Generator(0) })).toThrow(
        new AutodidactError(
          'DATA',
          `Expected a number of clusters from 1 to 10, the number of points, for \`clusters\`, received ${clusters}`,
        ),
      );
  });

  it('puts everything into one cluster of which the centroid is the mean', () => {
    const points = normal([50, 3], 8);
    const { centroids, assignments } = kMeans(points, { clusters: 1, random: new Generator(0) });
    expect(assignments.amax().item()).toBe(0);
    expect(
      centroids
        .sub(points.mean([0], true))
        .abs()
        .amax()
        .item(),
    ).toBeLessThan(1e-5);
  });
});

describe('nearestCentroids', () => {
  it('gives the same for blocks of any size, and leaves nothing behind', () => {
    const [points, centroids] = [normal([37, 5], 1), normal([6, 5], 2)];
    const whole = nearestCentroids(points, centroids);
    const before = memory().tensors;
    for (const largestBlock of [1, 6, 50, 222]) {
      const parts = nearestCentroids(points, centroids, largestBlock);
      expect(parts.assignments.toNumbers()).toEqual(whole.assignments.toNumbers());
      expect(parts.distances.sub(whole.distances).abs().amax().item()).toBeLessThan(1e-5);
      parts.assignments.dispose();
      parts.distances.dispose();
    }
    expect(memory().tensors - before).toBeLessThanOrEqual(12); // those of the expectations alone
  });
});

describe('splitForEmpty', () => {
  it('gives an empty cluster the centroid of the only one that can share, both moved by 1/1024 in opposite directions', () => {
    const centroids = tensor([
      [1, 2, 3],
      [4, 5, 6],
      [0, 0, 0],
    ]);
    expect(splitForEmpty(centroids, [1, 7, 0], new Generator(0))).toBe(true);
    const [first, donor, filled] = centroids.toList() as number[][];
    expect(first).toEqual([1, 2, 3]);
    const e = 1 / 1024;
    for (const [i, value] of [4 * (1 - e), 5 * (1 + e), 6 * (1 - e)].entries()) expect(donor![i]).toBeCloseTo(value, 5);
    for (const [i, value] of [4 * (1 + e), 5 * (1 - e), 6 * (1 + e)].entries())
      expect(filled![i]).toBeCloseTo(value, 5);
  });

  it('draws the donor in proportion to its members beyond the first', () => {
    const random = new Generator(3);
    const drawn = [0, 0, 0, 0];
    for (let i = 0; i < 3000; i++) {
      const centroids = tensor([[10], [20], [30], [0]]);
      splitForEmpty(centroids, [1, 11, 31, 0], random);
      drawn[Math.round(centroids.toNumbers()[3]! / 10) - 1]!++;
      centroids.dispose();
    }
    expect(drawn[0]).toBe(0);
    // 10 / 40 of 3,000, within four standard deviations.
    expect(Math.abs(drawn[1]! - 750)).toBeLessThan(4 * Math.sqrt(3000 * 0.25 * 0.75));
  });

  it('changes nothing when no cluster is empty', () => {
    const centroids = tensor([[1], [2]]);
    expect(splitForEmpty(centroids, [3, 1], new Generator(0))).toBe(false);
    expect(centroids.toNumbers()).toEqual([1, 2]);
  });
});
