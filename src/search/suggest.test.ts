import { describe, expect, it, vi } from 'vitest';
import { Generator, ops, Tensor, tensor } from '../engine/index.js';
import { normalized } from '../evaluate/scores.js';
import { type Suggestion, suggest } from './suggest.js';

/** Directions by their angle in degrees. */
const at = (...degrees: number[]) =>
  tensor(degrees.map((degree) => [Math.cos((degree * Math.PI) / 180), Math.sin((degree * Math.PI) / 180)]));

describe('what to label next', () => {
  // Three heaps: 6 rows around 0, 5 around 120, 5 around 240 degrees; the first of each is its middle.
  const heaps = at(0, -4, -2, 2, 4, 6, 120, 116, 118, 122, 124, 240, 236, 238, 242, 244);

  it('is typical: the middle of each heap, the largest first', () => {
    for (const seed of [0, 1, 2, 3]) {
      const rows = suggest(heaps, { strategy: 'typical', count: 3, seed }).map(({ row }) => row);
      // Two rows are as near to the middle of the heap of six; the other heaps are of one size.
      expect([0, 3]).toContain(rows[0]);
      expect(rows.slice(1).sort()).toEqual([11, 6]);
    }
  });

  it('is typical: a heap that has a label comes last', () => {
    const labels = new Int32Array(16).fill(-1);
    labels[6] = 0;
    const rows = suggest(heaps, { strategy: 'typical', count: 2, labels }).map(({ row }) => row);
    expect(rows.every((row) => row < 6 || row > 10)).toBe(true);
    expect(rows).not.toContain(6);
  });

  it('is typical: rows of a large cluster are compared a few at a time', () => {
    const features = ops.randn([1300, 4], { generator: new Generator(3) });
    const directions = normalized(features);
    // All rows are one cluster. The cosine of a row with itself is 1.
    const [nearest] = directions.mm(directions.t()).topk(21, 1);
    const means = nearest.sum(1).sub(1).div(20).toNumbers();
    const topk = vi.spyOn(Tensor.prototype, 'topk');
    const [{ row, score }] = suggest(features, { strategy: 'typical', count: 1 }) as [Suggestion];
    expect(topk).toHaveBeenCalledTimes(3);
    topk.mockRestore();
    expect(score).toBeCloseTo(Math.max(...means), 5);
    expect(means[row]).toBeCloseTo(Math.max(...means), 5);
  });

  it('is diverse: each is the furthest from all before it', () => {
    const fan = at(0, 10, 90, 100, 170, 45);
    const labels = Int32Array.from([0, -1, -1, -1, -1, -1]);
    const found = suggest(fan, { strategy: 'diverse', count: 3, labels });
    expect(found.map(({ row }) => row)).toEqual([4, 2, 5]);
    expect(found[0]!.score).toBeCloseTo(1 - Math.cos((170 * Math.PI) / 180), 5);
    expect(
      suggest(fan, { strategy: 'diverse', count: 6 })
        .map(({ row }) => row)
        .sort(),
    ).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('is uncertain: what lies between two classes', () => {
    const line = at(0, 90, 44, 10, 80);
    const labels = Int32Array.from([0, 1, -1, -1, -1]);
    const found = suggest(line, { strategy: 'uncertain', count: 3, labels });
    expect(found.map(({ row }) => row)[0]).toBe(2);
    expect(found[0]!.score).toBeLessThan(found[1]!.score);
    expect(() =>
      suggest(line, { strategy: 'uncertain', count: 1, labels: Int32Array.from([0, 0, -1, -1, -1]) }),
    ).toThrow('at least two classes, received 1');
    expect(() => suggest(line, { strategy: 'uncertain', count: 1 })).toThrow('at least two classes');
  });

  it('is never what has a label, nor more than there is', () => {
    const labels = Int32Array.from([0, -1, 1]);
    for (const strategy of ['typical', 'diverse', 'uncertain'] as const) {
      expect(suggest(at(0, 5, 90), { strategy, count: 1, labels }).map(({ row }) => row)).toEqual([1]);
      expect(() => suggest(at(0, 5, 90), { strategy, count: 2, labels })).toThrow('1 of 3 samples have no label');
    }
  });
});
