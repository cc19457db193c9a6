import { describe, expect, it } from 'vitest';
import { Prng, SplitMix64 } from './prng.js';

const draw = (prng: Prng, n: number) => Array.from({ length: n }, () => prng.uint32());

describe('SplitMix64', () => {
  it('gives the published values for seed 1234567', () => {
    const mix = new SplitMix64(1234567n);
    expect(Array.from({ length: 5 }, () => mix.next())).toEqual([
      6457827717110365317n,
      3203168211198807973n,
      9817491932198370423n,
      4593380528125082431n,
      16408922859458223821n,
    ]);
  });
});

describe('Prng', () => {
  it('gives the published values of xoshiro128** from the state 1, 2, 3, 4', () => {
    const expected = [11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597];
    expect(draw(Prng.fromState([1, 2, 3, 4]), 10)).toEqual([...expected, 4258142804]);
  });

  it('repeats itself for the same key and differs for another seed, another epoch and swapped parts', () => {
    const first = draw(new Prng(1, 2), 8);
    expect(draw(new Prng(1, 2), 8)).toEqual(first);
    for (const key of [[1, 3], [2, 2], [2, 1], [1], [1, 2, 0]]) expect(draw(new Prng(...key), 8)).not.toEqual(first);
  });

  it('accepts negative and large seeds as different seeds', () => {
    const seen = [-1, 0, 1, 2 ** 40, 2 ** 40 + 2 ** 32].map((seed) => new Prng(seed).uint32());
    expect(new Set(seen).size).toBe(5);
  });

  it('continues from a restored state', () => {
    const prng = new Prng(7);
    draw(prng, 5);
    const state = JSON.parse(JSON.stringify(prng.state()));
    expect(draw(Prng.fromState(state), 20)).toEqual(draw(prng, 20));
  });

  it('fills [0, 1) evenly: chi-squared over 100 cells stays inside five standard deviations', () => {
    const prng = new Prng(3);
    const cells = new Float64Array(100);
    for (let i = 0; i < 100_000; i++) cells[Math.floor(prng.uniform() * 100)]! += 1;
    const chi = cells.reduce((sum, seen) => sum + (seen - 1000) ** 2 / 1000, 0);
    expect(Math.abs(chi - 99)).toBeLessThan(5 * Math.sqrt(2 * 99));
  });

  it('makes a uniform number of 27 and 26 bits of two draws', () => {
    const [high, low] = draw(new Prng(6), 2) as [number, number];
    expect(new Prng(6).uniform()).toBe(Math.floor(high / 2 ** 5) / 2 ** 27 + Math.floor(low / 2 ** 6) / 2 ** 53);
  });

  it('has no bias where n is no power of two: a third lies below a third', () => {
    const prng = new Prng(8);
    let small = 0;
    for (let i = 0; i < 30_000; i++) if (prng.below(3 * 2 ** 30) < 2 ** 30) small++;
    // The remainder of 2^32 would make it a half. Five standard deviations are 408.
    expect(Math.abs(small - 10_000)).toBeLessThan(408);
  });

  it('draws every integer below n, and no other', () => {
    const prng = new Prng(4);
    const seen = new Float64Array(7);
    for (let i = 0; i < 70_000; i++) seen[prng.below(7)]! += 1;
    for (const count of seen) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });

  it('has mean 0 and variance 1 in normal()', () => {
    const prng = new Prng(5);
    const values = Array.from({ length: 50_000 }, () => prng.normal());
    const mean = values.reduce((a, b) => a + b) / values.length;
    const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.02);
    expect(Math.abs(variance - 1)).toBeLessThan(0.03);
  });

  it('shuffles to a permutation in which every position is equally likely', () => {
    const counts = new Float64Array(25);
    for (let seed = 0; seed < 5000; seed++) {
      new Prng(seed).permutation(5).forEach((value, position) => {
        counts[position * 5 + value]! += 1;
      });
    }
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
    expect([...new Prng(9).permutation(50)].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });
});
