import { describe, expect, it } from 'vitest';
import { Prng } from '../../data/prng.js';
import { tensor } from '../../engine/index.js';
import { checkSampling, type SamplingOptions, sampleTokens } from './sampling.js';

/** Logits of these probabilities, in two rows. */
const logitsOf = (shares: readonly number[]) => tensor([shares.map(Math.log), shares.map(Math.log).reverse()]);

/** How often each token of the first row is drawn at draws spread evenly over [0, 1). */
function histogram(shares: readonly number[], options: SamplingOptions, count = 1000): number[] {
  const logits = tensor(Array.from({ length: count }, () => shares.map(Math.log)));
  const draws = Array.from({ length: count }, (_, i) => (i + 0.5) / count);
  const found = Array<number>(shares.length).fill(0);
  for (const id of sampleTokens(logits, options, draws)) found[id]! += 1 / count;
  return found;
}

const SHARES = [0.1, 0.4, 0.05, 0.3, 0.15];

describe('sampling', () => {
  it('draws tokens as often as the softmax says', () => {
    for (const [id, share] of histogram(SHARES, {}).entries()) expect(share).toBeCloseTo(SHARES[id]!, 2);
  });

  it('sharpens and flattens by the temperature', () => {
    const wanted = (temperature: number) => {
      const powers = SHARES.map((share) => share ** (1 / temperature));
      const sum = powers.reduce((a, b) => a + b);
      return powers.map((power) => power / sum);
    };
    for (const temperature of [0.5, 2])
      for (const [id, share] of histogram(SHARES, { temperature }).entries())
        expect(share).toBeCloseTo(wanted(temperature)[id]!, 2);
  });

  it('keeps the k most probable tokens, of equal ones those with smaller ids', () => {
    const found = histogram(SHARES, { topK: 2 });
    expect(found.map((share) => share > 0)).toEqual([false, true, false, true, false]);
    expect(found[1]).toBeCloseTo(4 / 7, 2);
    expect(histogram([0.25, 0.25, 0.25, 0.25], { topK: 3 }).map((share) => share > 0)).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(histogram(SHARES, { topK: 99 })).toEqual(histogram(SHARES, {}));
  });

  it('keeps the fewest tokens that reach p, with the one that reaches it', () => {
    const kept = (topP: number, topK = 0) => histogram(SHARES, { topP, topK }).map((share) => share > 0);
    expect(kept(0.3)).toEqual([false, true, false, false, false]);
    expect(kept(0.41)).toEqual([false, true, false, true, false]); // the code of GPT-2 would keep token 1 alone
    expect(kept(0.69)).toEqual([false, true, false, true, false]);
    expect(kept(0.71)).toEqual([false, true, false, true, true]);
    expect(kept(1)).toEqual([true, true, true, true, true]);
    // After top-k, whose survivors have 4/7 and 3/7.
    expect(kept(0.5, 2)).toEqual([false, true, false, false, false]);
  });

  it('takes the largest at temperature 0 and at k = 1, whatever the draw', () => {
    for (const options of [{ temperature: 0 }, { topK: 1 }, { topP: 1e-9 }])
      expect(sampleTokens(logitsOf(SHARES), options, [0.99, 0])).toEqual([1, 3]);
  });

  it('lets no row depend on another', () => {
    const random = new Prng(5);
    const draws = Array.from({ length: 20 }, () => random.uniform());
    const both = sampleTokens(logitsOf(SHARES), { topP: 0.9 }, [draws[0]!, draws[1]!]);
    expect(sampleTokens(logitsOf(SHARES).narrow(0, 1, 1), { topP: 0.9 }, [draws[1]!])).toEqual([both[1]]);
  });

  it('never draws a token without a probability', () => {
    const shares = [0, 0.5, 0, 0.5, 0];
    const found = histogram(shares, {});
    expect(found[0]! + found[2]! + found[4]!).toBe(0);
  });

  it.each([{}, { topK: 2 }, { topP: 0.9 }, { temperature: 0 }])(
    'refuses a row with a NaN among others: %o',
    (options) => {
      const logits = tensor([SHARES.map(Math.log), [0, 1, Number.NaN, 2, 3]]);
      expect(() => sampleTokens(logits, options, [0.5, 0.5])).toThrow('The network gives NaN');
      expect(sampleTokens(logits.narrow(0, 0, 1), options, [0.5])).toHaveLength(1);
    },
  );

  it('refuses values outside their ranges', () => {
    expect(() => checkSampling({ temperature: -1 })).toThrow('a number from 0 on');
    expect(() => checkSampling({ temperature: Number.NaN })).toThrow('temperature');
    expect(() => checkSampling({ topK: 1.5 })).toThrow('a whole number from 0 on');
    expect(() => checkSampling({ topP: 0 })).toThrow('a number above 0, at most 1');
  });
});
