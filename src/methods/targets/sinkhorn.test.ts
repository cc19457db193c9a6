import { describe, expect, it } from 'vitest';
import { Generator, manualSeed, ops, type Tensor, tensor } from '../../engine/index.js';
import { l2Normalize } from '../losses/nt-xent.js';
import { sinkhorn } from './sinkhorn.js';

/** The published loop, number by number: exp, then prototypes to 1/K and samples to 1/N in turn, then rows to 1. */
function literal(scores: number[][], epsilon: number, rounds: number): number[][] {
  const count = scores.length;
  const prototypes = scores[0]!.length;
  let q = scores.map((row) => row.map((value) => Math.exp(value / epsilon)));
  for (let round = 0; round < rounds; round++) {
    const columns = q[0]!.map((_, k) => q.reduce((sum, row) => sum + row[k]!, 0));
    q = q.map((row) => row.map((value, k) => value / columns[k]! / prototypes));
    q = q.map((row) => row.map((value) => value / row.reduce((sum, other) => sum + other, 0) / count));
  }
  return q.map((row) => row.map((value) => value / row.reduce((sum, other) => sum + other, 0)));
}

function scoresOf(count: number, prototypes: number): Tensor {
  const random = new Generator(count + prototypes);
  const unit = (rows: number) => l2Normalize(ops.randn([rows, 16], { generator: random }));
  return unit(count).matmul(unit(prototypes).t());
}

const entropy = (row: number[]): number => -row.reduce((sum, p) => sum + (p > 0 ? p * Math.log(p) : 0), 0);

describe('sinkhorn', () => {
  it.each([
    [6, 4, 3],
    [32, 10, 3],
    [5, 9, 1],
    [8, 3, 0],
  ])('equals the published loop for %i samples, %i prototypes, %i rounds', (count, prototypes, rounds) => {
    const scores = scoresOf(count, prototypes);
    const expected = literal(scores.toList() as number[][], 0.05, rounds);
    const actual = sinkhorn(scores, 0.05, rounds).toList() as number[][];
    actual.forEach((row, i) => {
      row.forEach((value, k) => {
        expect(value).toBeCloseTo(expected[i]![k]!, 5);
      });
    });
  });

  it('gives every sample the share 1, and after many rounds every prototype N / K', () => {
    const q = sinkhorn(scoresOf(64, 16), 0.05, 3);
    q.sum([1])
      .toNumbers()
      .forEach((sum) => {
        expect(sum).toBeCloseTo(1, 5);
      });
    const masses = (rounds: number) => sinkhorn(scoresOf(64, 16), 0.05, rounds).sum([0]).toNumbers();
    const error = (rounds: number) => Math.max(...masses(rounds).map((mass) => Math.abs(mass / 4 - 1)));
    expect(error(100)).toBeLessThan(1e-3);
    // The control: without balancing, some prototype gets more than twice or less than half of its part.
    expect(error(0)).toBeGreaterThan(0.5);
    expect(error(3)).toBeLessThan(error(0) / 2);
  });

  it('does not overflow where the exponential does, and records no graph', () => {
    const scores = tensor([
      [500, 0],
      [400, 300],
    ]);
    scores.requiresGrad = true;
    const q = sinkhorn(scores, 0.05, 3);
    expect(q.requiresGrad).toBe(false);
    expect(q.isfinite().all().item()).toBeTruthy();
    expect(
      literal(scores.detach().toList() as number[][], 0.05, 3)
        .flat()
        .some(Number.isNaN),
    ).toBe(true);
  });

  it('shares samples out even when all of them prefer one prototype, unlike a softmax', () => {
    manualSeed(0);
    const bias = tensor([[0.5, 0, 0, 0]]);
    const scores = scoresOf(40, 4).mul(0.3).add(bias);
    const winners = (rounds: number) => new Set(sinkhorn(scores, 0.05, rounds).argmax(1).toNumbers()).size;
    expect(winners(3)).toBe(4);
    expect(winners(0)).toBe(1);
  });

  it('control: with fewer samples than prototypes every sample is smeared over several', () => {
    const sharpness = (count: number, prototypes: number): number => {
      const rows = sinkhorn(scoresOf(count, prototypes), 0.05, 100).toList() as number[][];
      return rows.reduce((sum, row) => sum + entropy(row), 0) / rows.length;
    };
    // 4 samples that fill 64 prototypes evenly spread over at least 16 each.
    expect(sharpness(4, 64)).toBeGreaterThan(Math.log(16) - 1e-3);
    expect(sharpness(256, 64)).toBeLessThan(Math.log(16));
  });
});
