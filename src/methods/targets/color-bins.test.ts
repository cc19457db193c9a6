import { describe, expect, it } from 'vitest';
import { rgbToLab } from '../../augment/index.js';
import { Generator, ops, type Tensor, tensor } from '../../engine/index.js';
import {
  AB_BINS,
  annealedMean,
  binCenters,
  nearestBins,
  rebalancingWeights,
  smoothedPrior,
  softBins,
} from './color-bins.js';

const random = () => new Generator(4);
/** Colors (N, 2, h, w) spread over the plane. */
const colors = (): Tensor => ops.rand([2, 2, 5, 5], { generator: random() }).mul(160).sub(80);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

describe('the table', () => {
  it('has 313 different bins on a grid of step 10', () => {
    expect(AB_BINS).toHaveLength(313);
    expect(new Set(AB_BINS.map(String)).size).toBe(313);
    for (const [a, b] of AB_BINS) expect([a % 10 === 0, b % 10 === 0]).toEqual([true, true]);
  });

  it('has a bin within half a cell of nearly every color of a screen', () => {
    const steps = ops.linspace(0, 1, 12);
    const grid = ops.meshgrid([steps, steps, steps], { indexing: 'ij' }).map((axis) => axis.reshape([-1]));
    const ab = rgbToLab(ops.stack(grid, 1).view([1728, 3, 1, 1])).narrow(1, 1, 2);
    const nearest = binCenters().indexSelect(0, nearestBins(ab).reshape([-1]));
    const furthest = nearest
      .sub(ab.reshape([-1, 2]))
      .abs()
      .amax(1); // (1728)
    expect(furthest.le(5.001).to('float32').mean().item()).toBeGreaterThan(0.97);
  });
});

describe('softBins', () => {
  it.each([1, 5, 10])('shares a color among exactly %i bins', (k) => {
    const { bins, shares } = softBins(colors(), k, 5);
    expect(bins.shape).toEqual([2, 5, 5, k]);
    const dense = ops.zeros([50, 313]).scatter(1, bins.reshape([50, k]), shares.reshape([50, k]));
    expect(dense.gt(0).to('float32').sum(1).toNumbers()).toEqual(Array(50).fill(k));
    for (const total of dense.sum(1).toNumbers()) expect(total).toBeCloseTo(1, 5);
  });

  it('equals the Gaussian of the distances, bin by bin', () => {
    const [a, b] = [13.7, -22.1];
    const { bins, shares } = softBins(tensor([a, b], { shape: [1, 2, 1, 1] }), 10, 5);
    const all = AB_BINS.map(([x, y], bin) => ({ bin, d: (x - a) ** 2 + (y - b) ** 2 })).sort((p, q) => p.d - q.d);
    const near = all.slice(0, 10).map(({ bin, d }) => ({ bin, weight: Math.exp(-d / 50) }));
    const total = sum(near.map(({ weight }) => weight));
    expect(bins.toNumbers()).toEqual(near.map(({ bin }) => bin));
    for (const [i, share] of shares.toNumbers().entries()) expect(share).toBeCloseTo(near[i]!.weight / total, 5);
  });

  it('puts the nearest bin first, which nearestBins returns', () => {
    const ab = binCenters().t().reshape([1, 2, 313, 1]).add(2);
    expect(nearestBins(ab).toNumbers()).toEqual(AB_BINS.map((_, i) => i));
    expect(softBins(ab, 3, 5).bins.select(3, 0).toNumbers()).toEqual(AB_BINS.map((_, i) => i));
  });
});

describe('annealedMean', () => {
  const logitsOf = (shares: Tensor): Tensor => shares.clampMin(1e-30).log().view([1, 313, 1, 1]);

  it('decodes a single bin to its center at every temperature', () => {
    for (const bin of [0, 77, 312])
      for (const temperature of [0.05, 0.38, 1]) {
        const one = ops.zeros([313]).indexFill_(0, tensor([bin], { dtype: 'int64' }), 1);
        const [a, b] = annealedMean(logitsOf(one), temperature).toNumbers() as [number, number];
        expect(a).toBeCloseTo(AB_BINS[bin]![0], 3);
        expect(b).toBeCloseTo(AB_BINS[bin]![1], 3);
      }
  });

  it('is the mean at 1, the mode towards 0, and between them at 0.38', () => {
    const shares = ops.zeros([313]);
    shares.indexFill_(0, tensor([10], { dtype: 'int64' }), 0.6);
    shares.indexFill_(0, tensor([300], { dtype: 'int64' }), 0.4);
    const [first, second] = [AB_BINS[10]!, AB_BINS[300]!];
    const a = (temperature: number): number => annealedMean(logitsOf(shares), temperature).toNumbers()[0]!;
    expect(a(1)).toBeCloseTo(0.6 * first[0] + 0.4 * second[0], 2);
    expect(a(0.01)).toBeCloseTo(first[0], 2);
    const sharp = 0.6 ** (1 / 0.38) / (0.6 ** (1 / 0.38) + 0.4 ** (1 / 0.38));
    expect(a(0.38)).toBeCloseTo(sharp * first[0] + (1 - sharp) * second[0], 2);
  });
});

describe('rebalancing', () => {
  const counts = (): Tensor => ops.zeros([313]).indexFill_(0, tensor([100, 101], { dtype: 'int64' }), 500);

  it('smooths the prior: all mass is kept and no bin near a color is empty', () => {
    const prior = smoothedPrior(counts());
    expect(sum(prior.toNumbers())).toBeCloseTo(1, 5);
    expect(prior.argmax(0).item()).toBeGreaterThanOrEqual(99);
    expect(prior.gt(0).to('float32').sum().item()).toBeGreaterThan(20);
  });

  it('hands out the mass of each bin to its neighbors in full, at the edge of the table, too', () => {
    // One bin in a corner and one in the middle.
    const [corner, middle] = [0, 150];
    const given = ops.zeros([313]).indexFill_(0, tensor([corner, middle], { dtype: 'int64' }), 10);
    const bell = ([a, b]: readonly [number, number], [x, y]: readonly [number, number]): number =>
      Math.exp(-((a - x) ** 2 + (b - y) ** 2) / (2 * 5 ** 2));
    const shares = (bin: number): number[] => {
      const weights = AB_BINS.map((other) => bell(AB_BINS[bin]!, other));
      return weights.map((weight) => weight / sum(weights));
    };
    const [ofCorner, ofMiddle] = [shares(corner), shares(middle)];
    for (const [i, value] of smoothedPrior(given).toNumbers().entries())
      expect(value).toBeCloseTo((ofCorner[i]! + ofMiddle[i]!) / 2, 6);
  });

  it.each([0.1, 0.5, 1])('has an expected weight of 1 for lambda %f', (lambda) => {
    const prior = smoothedPrior(counts());
    const weights = rebalancingWeights(prior, lambda);
    expect(weights.mul(prior).sum().item()).toBeCloseTo(1, 5);
    expect(weights.isfinite().all().item()).toBeTruthy();
  });

  it('equals the formula, and weighs all alike for lambda 1', () => {
    const prior = ops.rand([313], { generator: random() });
    const p = prior.div(prior.sum());
    const raw = p.toNumbers().map((value) => 1 / (0.5 * value + 0.5 / 313));
    const scale = sum(raw.map((value, i) => value * p.toNumbers()[i]!));
    const weights = rebalancingWeights(p, 0.5).toNumbers();
    for (const i of [0, 50, 312]) expect(weights[i]).toBeCloseTo(raw[i]! / scale, 4);
    for (const weight of rebalancingWeights(p, 1).toNumbers()) expect(weight).toBeCloseTo(1, 5);
  });
});
