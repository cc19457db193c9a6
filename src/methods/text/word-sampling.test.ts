import { describe, expect, it } from 'vitest';
import { keepProbabilities, noiseWords } from './word-sampling.js';
import { ReferenceRandom } from './word2vec-reference.test-util.js';

describe('keepProbabilities', () => {
  it('keeps all words up to the threshold, and 11 % at a hundred times of it', () => {
    const total = 1_000_000;
    const counts = [total - 101_000, 1000, 100_000];
    const keep = keepProbabilities(counts, 1e-3);
    expect(keep[1]).toBe(1); // (1 + 1) * 1, at most 1
    expect(keep[2]).toBeCloseTo((10 + 1) / 100, 6);
    expect(keep[0]).toBeCloseTo((Math.sqrt(899) + 1) / 899, 6);
  });

  it('keeps everything without a threshold, and words that do not occur', () => {
    expect([...keepProbabilities([5, 5], 0)]).toEqual([1, 1]);
    expect(keepProbabilities([10, 0], 1e-3)[1]).toBe(1);
  });
});

describe('noiseWords', () => {
  const counts = [0, 5000, 1000, 300, 90, 30, 5];

  it('holds every word as often as its count to the power says', () => {
    const table = noiseWords(counts, 0.75);
    expect(table).toHaveLength(2 ** 20);
    const weights = counts.map((count) => (count === 0 ? 0 : count ** 0.75));
    const total = weights.reduce((sum, value) => sum + value);
    const held = counts.map(() => 0);
    for (const word of table) held[word]!++;
    for (const [w, weight] of weights.entries())
      expect(Math.abs(held[w]! - (weight / total) * table.length)).toBeLessThanOrEqual(1);
  });

  it('is drawn from in these frequencies (chi-square of 200,000 draws)', () => {
    const table = noiseWords(counts, 0.75);
    const random = new ReferenceRandom(3);
    const draws = 200_000;
    const seen = counts.map(() => 0);
    for (let i = 0; i < draws; i++) seen[table[random.below(table.length)]!]!++;
    const chiSquare = (power: number): number => {
      const weights = counts.map((count) => (count === 0 ? 0 : count ** power));
      const total = weights.reduce((sum, value) => sum + value);
      return weights.reduce((sum, weight, w) => {
        const expected = (draws * weight) / total;
        return expected === 0 ? sum : sum + (seen[w]! - expected) ** 2 / expected;
      }, 0);
    };
    expect(seen[0]).toBe(0);
    expect(chiSquare(0.75)).toBeLessThan(20.5); // 99.9 % of 5 degrees of freedom
    expect(chiSquare(0.7)).toBeGreaterThan(200);
  });

  it('grows with the vocabulary', () => {
    expect(noiseWords(new Float64Array(300_000).fill(1), 0.75)).toHaveLength(2 ** 22);
  });
});
