/** The ratios that benchmarks/ prints. */
import { describe, expect, it } from 'vitest';
import { pairedRatio, ratioRow } from '../benchmarks/lib/run.js';

/** The chance that fewer than `rank` of n fair coins show heads. */
function below(rank: number, n: number): number {
  const binomial = (k: number): number => (k === 0 ? 1 : (binomial(k - 1) * (n - k + 1)) / k);
  return Array.from({ length: rank }, (_, k) => binomial(k) / 2 ** n).reduce((sum, p) => sum + p, 0);
}

describe('a paired ratio', () => {
  it('is the median of the ratios of neighboring steps, whatever the machine does in between', () => {
    const ours = [1, 2, 8, 1, 3];
    const theirs = [2, 4, 16, 3, 3];
    expect(pairedRatio(theirs, ours)).toEqual({ median: 2, interval: [1, 3] });
  });

  it.each([6, 7, 9, 10, 40, 60, 100])(
    'has, of %i pairs, the narrowest interval of equal ranks with 95 percent',
    (n) => {
      const ratios = Array.from({ length: n }, (_, i) => ((i * 7919) % n) + 1);
      const ones = ratios.map(() => 1);
      const { interval } = pairedRatio(ratios, ones);
      const [low, high] = interval;
      expect(low + high).toBe(n + 1);
      expect(2 * below(low, n)).toBeLessThanOrEqual(0.05);
      expect(2 * below(low + 1, n)).toBeGreaterThan(0.05);
    },
  );

  it.each([1, 2, 3, 5])('has the whole range of %i pairs', (n) => {
    const ratios = Array.from({ length: n }, (_, i) => i + 1);
    expect(
      pairedRatio(
        ratios,
        ratios.map(() => 1),
      ).interval,
    ).toEqual([1, n]);
  });

  it('stands in a row with its interval and its target', () => {
    const ratio = { median: 1.016, interval: [0.994, 1.03] as [number, number] };
    expect(ratioRow('speed', ratio, 1)).toEqual({
      ...{ what: 'speed', measured: '1.02 (0.99 to 1.03)', target: '>= 1.00', isMet: true },
    });
    expect(ratioRow('speed', ratio)).toEqual({ what: 'speed', measured: '1.02 (0.99 to 1.03)' });
    expect(ratioRow('speed', { ...ratio, median: 0.999 }, 1).isMet).toBe(false);
    expect(ratioRow('speed', pairedRatio([3], [2])).measured).toBe('1.50');
  });
});
