import { describe, expect, it } from 'vitest';
import { Prng } from '../../data/prng.js';
import { drawFive, FIVE_DRAWS, leastFrames, motionOf, type TupleRule, tupleDraws, tuplesOf } from './order-tuples.js';

const RULE: TupleRule = { farthest: 6, margin: 2, leastDifference: 0, usesMotion: false };
const FRAMES = 16;

const draws = (seed: number, count = FIVE_DRAWS): Float64Array => {
  const random = new Prng(7, seed);
  return Float64Array.from({ length: count }, () => random.uniform());
};

/** Frames of one pixel with these values. */
const clip = (values: readonly number[]): Uint8Array => Uint8Array.from(values);
const still = clip(Array<number>(FRAMES).fill(90));

const many = (pixels: Uint8Array, rule: Partial<TupleRule> = {}, count = 400) =>
  Array.from({ length: count }, (_, seed) => drawFive(pixels, FRAMES, { ...RULE, ...rule }, draws(seed)));

describe('five frames of a clip', () => {
  it('lie in the order of time, within the clip, as far apart as the rule says', () => {
    for (const [a, b, c, d, e] of many(still)) {
      expect(a).toBeGreaterThanOrEqual(0);
      expect(b - a).toBeGreaterThanOrEqual(RULE.margin);
      expect(c).toBeGreaterThan(b);
      expect(d).toBeGreaterThan(c);
      expect(d - b).toBeLessThanOrEqual(RULE.farthest);
      expect(e - d).toBeGreaterThanOrEqual(RULE.margin);
      expect(e).toBeLessThan(FRAMES);
    }
  });

  it('are all that the rule allows, in the shortest clip that has room too', () => {
    const fives = many(still);
    expect(Math.max(...fives.map(([, b, , d]) => d - b))).toBe(RULE.farthest);
    expect(Math.min(...fives.map(([, b, , d]) => d - b))).toBe(2);
    expect(new Set(fives.map(([a]) => a))).toContain(0);
    expect(new Set(fives.map(([, , , , e]) => e))).toContain(FRAMES - 1);
    const shortest = leastFrames(RULE);
    expect(drawFive(still.subarray(0, shortest), shortest, RULE, draws(0))).toEqual([0, 2, 3, 4, 6]);
  });

  it('come from where the clip moves, in proportion to the motion', () => {
    // Moves by 10 at each step up to frame 8, and by 30 after it.
    const uneven = clip(Array.from({ length: FRAMES }, (_, t) => (t <= 8 ? 10 * t : 80 + (t % 2 === 1 ? 30 : 0))));
    expect([...motionOf(uneven, FRAMES)]).toEqual([...Array(8).fill(10), ...Array(7).fill(30)]);
    const share = (usesMotion: boolean): number => {
      const fives = many(uneven, { usesMotion, farthest: 2 }, 2000);
      return fives.filter(([, b]) => b >= 8).length / fives.length;
    };
    // Stretches of two steps begin at frames 2 to 11.
    const weights: number[] = Array.from({ length: 10 }, (_, i) => (i + 2 <= 6 ? 10 : i + 2 === 7 ? 20 : 30));
    const total = weights.reduce((sum, weight) => sum + weight);
    expect(share(true)).toBeCloseTo((4 * 30) / total, 1);
    expect(share(false)).toBeCloseTo(4 / 10, 1);
  });

  it('are as likely to be long as short where the motion is even', () => {
    const even = clip(Array.from({ length: FRAMES }, (_, t) => 10 * t));
    const lengths = (usesMotion: boolean): number[] => {
      const fives = many(even, { usesMotion, farthest: 8 }, 2000);
      return [2, 8].map((length) => fives.filter(([, b, , d]) => d - b === length).length / fives.length);
    };
    // Ten stretches of 2 steps and four of 8, among 49 of 2 to 8.
    for (const [i, share] of lengths(true).entries()) expect(Math.abs(share - [10, 4][i]! / 49)).toBeLessThan(0.03);
  });

  it('keep the middle frame apart from those that take its place, as far as the clip allows', () => {
    // Light and dark in turn, four frames each: squared differences are 0 or 1.
    const blinking = clip(Array.from({ length: FRAMES }, (_, t) => (t % 8 < 4 ? 0 : 255)));
    const apart = (leastDifference: number): number => {
      const fives = many(blinking, { leastDifference });
      const differ = fives.filter(([a, , c, , e]) => blinking[a] !== blinking[c] && blinking[e] !== blinking[c]);
      return differ.length / fives.length;
    };
    expect(apart(0)).toBeLessThan(0.4);
    // One draw in four would do.
    expect(apart(1)).toBeGreaterThan(0.85);
    expect(many(still, { leastDifference: 1 }, 10)).toHaveLength(10);
  });
});

describe('tuples', () => {
  const all = Array.from({ length: 200 }, (_, seed) => tuplesOf(3, draws(seed, tupleDraws(3)))).flat();

  it('are in order where the middle frame lies between the others, forwards or backwards', () => {
    for (const { places, isInOrder } of all) {
      const [first, middle, last] = places;
      expect([first, last].sort()).toEqual([1, 3]);
      expect(isInOrder).toBe((first < middle && middle < last) || (first > middle && middle > last));
    }
    expect(all.filter(({ isInOrder }) => isInOrder)).toHaveLength(all.length / 4);
  });

  it('take both outer frames, and both directions of each', () => {
    const counts = new Map<string, number>();
    for (const { places } of all) counts.set(`${places}`, (counts.get(`${places}`) ?? 0) + 1);
    expect([...counts.keys()].sort()).toEqual(['1,0,3', '1,2,3', '1,4,3', '3,0,1', '3,2,1', '3,4,1']);
    // 200 in order and 600 out of order; three sigma.
    for (const [key, count] of counts) expect(Math.abs(count - (key[2] === '2' ? 100 : 150))).toBeLessThan(35);
    expect(new Set(tuplesOf(2, draws(1, tupleDraws(2))).map(({ places }) => places[1]))).toEqual(new Set([2, 0, 4]));
  });
});
