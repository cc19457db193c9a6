import { expect, it, vi } from 'vitest';
import { Generator, ops, Tensor, tensor } from '../engine/index.js';
import { FeatureSearch } from './neighbors.js';

const random = new Generator(5);

/** Every cosine in float64, sorted, of equal ones the first row first. */
function bruteForce(features: Tensor, query: readonly number[], k: number, leaveOut: number | null) {
  const rows = features.toList() as number[][];
  // As the search compares them: directions in float32.
  const unit = (row: readonly number[]) => {
    const norm = Math.fround(Math.hypot(...row));
    return row.map((value) => Math.fround(value / Math.max(norm, 1e-12)));
  };
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  const q = unit(query);
  return rows
    .map((row, place) => ({
      row: place,
      cosine: dot(q, unit(row)) / Math.sqrt(dot(q, q) * dot(unit(row), unit(row)) || 1),
    }))
    .filter(({ row }) => row !== leaveOut)
    .sort((a, b) => (Math.abs(b.cosine - a.cosine) < 1e-9 ? a.row - b.row : b.cosine - a.cosine))
    .slice(0, k);
}

it('finds what comparing everything in float64 finds, ties in the order of the rows', () => {
  const base = ops.randn([300, 16], { generator: random });
  // Every row three times: ties at every place.
  const features = ops.cat([base, base, base], 0);
  const queries = ops.cat([ops.randn([70, 16], { generator: random }), base.narrow(0, 4, 1)], 0);
  const search = new FeatureSearch(features);
  const found = search.nearest(queries, 7);
  const lists = queries.toList() as number[][];
  for (const [q, hits] of found.entries()) {
    const wanted = bruteForce(features, lists[q]!, 7, null);
    expect(
      hits.map(({ row }) => row),
      `query ${q}`,
    ).toEqual(wanted.map(({ row }) => row));
    for (const [i, { cosine }] of hits.entries()) expect(cosine).toBeCloseTo(wanted[i]!.cosine, 5);
  }
  expect(found[70]!.slice(0, 3).map(({ row, cosine }) => [row, cosine.toFixed(6)])).toEqual([
    [4, '1.000000'],
    [304, '1.000000'],
    [604, '1.000000'],
  ]);
  search.dispose();
});

it('leaves a query out of its own neighbors, and nothing else', () => {
  const features = tensor([
    [1, 0],
    [1, 0],
    [0.9, 0.1],
    [0, 1],
  ]);
  const search = new FeatureSearch(features);
  expect(search.nearest(features.narrow(0, 1, 1), 4, [1])[0]!.map(({ row }) => row)).toEqual([0, 2, 3]);
  expect(search.nearest(features.narrow(0, 1, 1), 4)[0]!.map(({ row }) => row)).toEqual([0, 1, 2, 3]);
  expect(search.nearest(features.narrow(0, 1, 1), 4, [[0, 1, 3]])[0]!.map(({ row }) => row)).toEqual([2]);
  expect(search.nearest(features.narrow(0, 1, 1), 1, [[0, 1, 2]])[0]!.map(({ row }) => row)).toEqual([3]);
  expect(search.nearest(features.narrow(0, 0, 2), 1, [0, null]).map(([hit]) => hit!.row)).toEqual([1, 0]);
});

it('counts a row of zeros as like nothing', () => {
  const search = new FeatureSearch(
    tensor([
      [0, 0],
      [-1, -1],
    ]),
  );
  expect(search.nearest(tensor([[1, 1]]), 2)[0]!.map(({ row, cosine }) => [row, Math.round(cosine)])).toEqual([
    [0, 0],
    [1, -1],
  ]);
});

it('finds every pair above a threshold once', () => {
  const features = ops.randn([1100, 3], { generator: random });
  const search = new FeatureSearch(features);
  const pairs = search.pairsAbove(0.9995);
  const wanted: string[] = [];
  const all = search.nearest(features, 200);
  for (const [row, hits] of all.entries())
    for (const { row: other, cosine } of hits) if (other > row && cosine >= 0.9995) wanted.push(`${row} ${other}`);
  expect(pairs.map(({ row, other }) => `${row} ${other}`).sort()).toEqual(wanted.sort());
  expect(pairs.length).toBeGreaterThan(20);
});

it('refuses too many pairs before it reads them', () => {
  const search = new FeatureSearch(ops.randn([60, 3], { generator: random }));
  expect(search.pairsAbove(-1, 1770)).toHaveLength(1770);
  const read = vi.spyOn(Tensor.prototype, 'nonzero');
  expect(() => search.pairsAbove(-1, 1769)).toThrow('fewer than 1769 pairs');
  expect(read).not.toHaveBeenCalled();
  read.mockRestore();
});

it('refuses what cannot be compared', () => {
  const search = new FeatureSearch(ops.randn([3, 4], { generator: random }));
  expect(() => search.nearest(ops.randn([1, 5]), 1)).toThrow('same encoder');
  expect(() => search.nearest(tensor([[1, Number.NaN, 0, 0]]), 1)).toThrow('finite');
  expect(() => search.nearest(ops.randn([1, 4]), 0)).toThrow('from 1');
  expect(() => new FeatureSearch(tensor([[1, Number.POSITIVE_INFINITY]]))).toThrow('finite');
  expect(() => new FeatureSearch(ops.zeros([0, 4]))).toThrow('at least one row');
});
