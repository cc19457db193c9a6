import { describe, expect, it } from 'vitest';
import { labelSubset, randomSplit, splitByOwner, stratifiedSplit } from './split.js';

// Class 0: 600 images, class 1: 300, class 2: 20; every 47th image is unlabeled.
const labels = Int32Array.from({ length: 920 }, (_, i) => (i % 47 === 0 ? -1 : i < 600 ? 0 : i < 900 ? 1 : 2));
const perClass = (indices: Int32Array) => {
  const counts = [0, 0, 0];
  for (const index of indices) counts[labels[index]!]! += 1;
  return counts;
};
const totals = perClass(Int32Array.from(labels.keys()).filter((i) => labels[i]! >= 0));

describe('labelSubset', () => {
  it('takes the fraction of each class, at least one, and never an unlabeled image', () => {
    const one = labelSubset(labels, { fraction: 0.01 });
    expect(perClass(one)).toEqual(totals.map((n) => Math.max(1, Math.round(n / 100))));
    expect([...one].every((i) => labels[i]! >= 0)).toBe(true);
    expect([...one]).toEqual([...one].sort((a, b) => a - b));
  });

  it('is nested: the 1 % lies in the 10 %, the 10 % in the 100 %', () => {
    const sets = [0.01, 0.1, 1].map((fraction) => new Set(labelSubset(labels, { fraction, seed: 6 })));
    expect([...sets[0]!].every((i) => sets[1]!.has(i))).toBe(true);
    expect([...sets[1]!].every((i) => sets[2]!.has(i))).toBe(true);
    expect(sets[2]!.size).toBe(totals.reduce((a, b) => a + b));
  });

  it('depends on the seed', () => {
    const choose = (seed: number) => [...labelSubset(labels, { perClass: 5, seed })];
    expect(choose(1)).toEqual(choose(1));
    expect(choose(1)).not.toEqual(choose(2));
    expect(perClass(Int32Array.from(choose(1)))).toEqual([5, 5, 5]);
  });

  it('shuffles every class by itself', () => {
    const twins = Int32Array.from({ length: 60 }, (_, i) => i % 2);
    // Ranks of the chosen within their classes, which are of one size.
    const ranks = [0, 1].map((label) =>
      [...labelSubset(twins, { perClass: 10 })].filter((i) => twins[i] === label).map((i) => Math.floor(i / 2)),
    );
    expect(ranks[0]).not.toEqual(ranks[1]);
  });

  it('names the class that has too few images', () => {
    expect(() => labelSubset(labels, { perClass: 50 })).toThrow(/50 labeled images of class 2.*20 of them|19 of them/);
  });

  it('refuses a budget out of range and data without labels', () => {
    for (const fraction of [0, -0.1, 1.1, Number.NaN])
      expect(() => labelSubset(labels, { fraction })).toThrow(/`fraction`/);
    for (const n of [0, 1.5]) expect(() => labelSubset(labels, { perClass: n })).toThrow(/`perClass`/);
    expect(() => labelSubset([-1, -1], { fraction: 1 })).toThrow(/at least one labeled image/);
  });
});

describe('stratifiedSplit', () => {
  it('parts the labeled images, with the same share of each class', () => {
    const { kept, held } = stratifiedSplit(labels, { fraction: 0.2, seed: 3 });
    expect(perClass(held)).toEqual(totals.map((n) => Math.round(n * 0.2)));
    const all = [...kept, ...held].sort((a, b) => a - b);
    expect(all).toEqual([...labels.keys()].filter((i) => labels[i]! >= 0));
  });

  it('leaves a class of one image whole and holds one of two', () => {
    const { kept, held } = stratifiedSplit([0, 1, 1], { fraction: 0.01 });
    expect(kept).toContain(0);
    expect(held).toHaveLength(1);
    expect(stratifiedSplit([0, 1, 1], { fraction: 0.99 }).held).toHaveLength(1);
  });

  it('refuses 0 and 1', () => {
    for (const fraction of [0, 1]) expect(() => stratifiedSplit(labels, { fraction })).toThrow(/between 0 and 1/);
  });
});

describe('randomSplit', () => {
  it('parts 0 .. count-1', () => {
    const { kept, held } = randomSplit(10, { fraction: 0.3, seed: 1 });
    expect(held).toHaveLength(3);
    expect([...kept, ...held].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});

describe('splitting by owner', () => {
  const options = { fraction: 0.25, seed: 3 };

  it('keeps the samples of an owner together, with the same share of each class of owners', () => {
    const owners = Array.from({ length: 80 }, (_, i) => `video ${i % 16}`);
    const labels = owners.map((_, i) => (i % 16) % 2);
    const { kept, held } = splitByOwner(labels, owners, options);
    const of = (places: Int32Array) => new Set(Array.from(places, (place) => owners[place]!));
    expect([kept.length, held.length]).toEqual([60, 20]);
    for (const owner of of(held)) expect(of(kept).has(owner)).toBe(false);
    expect(Array.from(held, (place) => labels[place]).filter((label) => label === 0)).toHaveLength(10);
  });

  it('is a stratified split where each stands alone', () => {
    const labels = Int32Array.from({ length: 40 }, (_, i) => i % 3);
    expect(splitByOwner(labels, [...labels.keys()], options)).toEqual(stratifiedSplit(labels, options));
  });

  it('draws owners whatever their class where each class has a single one; of one owner nothing is held out', () => {
    const owners = [...'aabbccdd'];
    expect(splitByOwner([0, 0, 1, 1, 2, 2, -1, -1], owners, options).held).toHaveLength(2);
    expect(splitByOwner([0, 0, 1, 1], [...'aaaa'], options).held).toHaveLength(0);
  });
});
