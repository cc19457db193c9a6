import { describe, expect, it } from 'vitest';
import { Generator, gradientsOf, manualSeed, ops, type Tensor } from '../../../engine/index.js';
import { imageBatch, imageSpec, makeMethod } from '../../make.test-util.js';
import { type VICReg, vicreg, vicregTerms } from './vicreg.js';

/** The three terms with the official code's constants, one number at a time. */
function literal(first: number[][], second: number[][], gamma: number) {
  const [count, size] = [first.length, first[0]!.length];
  const covariances = (rows: number[][]): number[][] => {
    const means = Array.from({ length: size }, (_, j) => rows.reduce((sum, row) => sum + row[j]!, 0) / count);
    return means.map((mi, i) =>
      means.map((mj, j) => rows.reduce((sum, row) => sum + (row[i]! - mi) * (row[j]! - mj), 0) / (count - 1)),
    );
  };
  let invariance = 0;
  for (const [i, row] of first.entries())
    for (const [j, value] of row.entries()) invariance += (value - second[i]![j]!) ** 2 / (count * size);
  let variance = 0;
  let covariance = 0;
  for (const rows of [first, second])
    for (const [i, line] of covariances(rows).entries())
      for (const [j, value] of line.entries()) {
        if (i === j) variance += Math.max(0, gamma - Math.sqrt(value + 1e-4)) / (2 * size);
        else covariance += value ** 2 / size;
      }
  return { invariance, variance, covariance };
}

const rows = (x: Tensor): number[][] => x.toList() as number[][];

describe('vicregTerms', () => {
  it.each([
    [2, 3, 1],
    [8, 5, 1],
    [6, 4, 2.5],
  ])('equal the formulas for N = %i, d = %i, gamma = %f', (count, size, gamma) => {
    manualSeed(count);
    const first = ops.randn([count, size]).mul(0.8);
    const second = first.add(ops.randn([count, size]).mul(0.5));
    const terms = vicregTerms(first, second, gamma);
    const expected = literal(rows(first), rows(second), gamma);
    expect(terms.invariance.item()).toBeCloseTo(expected.invariance, 5);
    expect(terms.variance.item()).toBeCloseTo(expected.variance, 5);
    expect(terms.covariance.item()).toBeCloseTo(expected.covariance, 4);
  });

  it('at collapse: no distance, no covariance, and the hinge at gamma - 0.01', () => {
    const same = ops.ones([6, 4]);
    const terms = vicregTerms(same, same, 1);
    expect(terms.invariance.item()).toBe(0);
    expect(terms.covariance.item()).toBe(0);
    expect(terms.variance.item()).toBeCloseTo(1 - Math.sqrt(1e-4), 6);
  });

  it('leave components alone once they spread enough, and pull at those that do not', () => {
    manualSeed(2);
    const leaf = ops.randn([50, 2]).mul(ops.stack([ops.full([], 5), ops.full([], 0.2)], 0));
    leaf.requiresGrad = true;
    const [gradient] = gradientsOf([vicregTerms(leaf, ops.randn([50, 2]), 1).variance], [leaf]) as [Tensor];
    const [wide, narrow] = gradient.abs().amax([0]).toNumbers() as [number, number];
    expect(wide).toBe(0);
    expect(narrow).toBeGreaterThan(0);
  });

  it('have a finite gradient at collapse', () => {
    const leaf = ops.ones([4, 3]);
    leaf.requiresGrad = true;
    const terms = vicregTerms(leaf, ops.ones([4, 3]), 1);
    const [gradient] = gradientsOf([terms.variance.add(terms.covariance)], [leaf]) as [Tensor];
    expect(gradient.isfinite().all().item()).toBe(1);
  });

  it('look at each view by itself: a view moved as a whole changes the distance only', () => {
    manualSeed(4);
    const [first, second] = [ops.randn([8, 3]), ops.randn([8, 3])];
    const [plain, moved] = [vicregTerms(first, second, 1), vicregTerms(first, second.add(10), 1)];
    expect(moved.variance.item()).toBeCloseTo(plain.variance.item(), 5);
    expect(moved.covariance.item()).toBeCloseTo(plain.covariance.item(), 4);
    expect(moved.invariance.item()).toBeGreaterThan(plain.invariance.item() + 50);
  });
});

it('adds the terms with their weights', () => {
  const spec = imageSpec(16, 3, { mean: [0, 0, 0], std: [1, 1, 1] });
  const method = makeMethod<VICReg>(vicreg, { projectionSize: 12, hiddenSize: 8 }, { spec, batchSize: 6 });
  const views = method.views(imageBatch(6, spec), new Generator(0));
  const { loss, metrics } = method.loss(views);
  const value = (name: string): number => (metrics![name] as Tensor).item();
  const expected = 25 * value('invariance') + 25 * value('variance') + value('covariance');
  expect(loss!.item()).toBeCloseTo(expected, 4);
  const keys = [...method.projection.stateDict().keys()].filter((key) => /weight|bias/.test(key));
  expect(keys).toEqual(['0.weight', '1.weight', '1.bias', '3.weight', '4.weight', '4.bias', '6.weight']);
});
