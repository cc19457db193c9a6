import { describe, expect, it } from 'vitest';
import { Generator, ops, scope } from '../../engine/index.js';
import { clipStarts, twoClips } from './two-clips.js';

const STARTS = 10;
const COUNT = 20_000;

describe('two clips of a video', () => {
  it.each(['falling', 'uniform'] as const)('lie apart by the law `%s`, in either order, anywhere', (law) => {
    const drawn = clipStarts(COUNT, STARTS, law, new Generator(1));
    const intervals = new Float64Array(STARTS);
    let first = 0;
    for (const [a, b] of drawn) {
      intervals[Math.abs(a - b)]! += 1;
      if (a < b) first++;
    }
    expect([...new Set(drawn.flat())].sort()).toEqual([...Array(STARTS).keys()]);
    for (const [k, count] of intervals.entries()) {
      // The integral of 2 (1 - x / S) / S from k to k + 1.
      const share = law === 'falling' ? (2 * (STARTS - k) - 1) / STARTS ** 2 : 1 / STARTS;
      expect(Math.abs(count - COUNT * share), `interval ${k}`).toBeLessThan(
        3.5 * Math.sqrt(COUNT * share * (1 - share)),
      );
    }
    const apart = COUNT - intervals[0]!;
    expect(Math.abs(first - apart / 2)).toBeLessThan(3 * Math.sqrt(apart / 4));
    // With this interval the earlier clip begins at any of the frames that are left, each as often.
    const earlier = drawn.filter(([a, b]) => Math.abs(a - b) === 2).map((pair) => Math.min(...pair));
    for (let start = 0; start < 8; start++) {
      const [n, share] = [earlier.length, 1 / 8];
      const count = earlier.filter((value) => value === start).length;
      expect(Math.abs(count - n * share)).toBeLessThan(3.5 * Math.sqrt(n * share * (1 - share)));
    }
  });

  it('are the same one where only one fits', () => {
    expect(clipStarts(3, 1, 'falling', new Generator(1))).toEqual(Array(3).fill([0, 0]));
  });

  it('are the frames from their starts on', () => {
    scope(() => {
      const videos = ops.arange(0, 20, 1, { dtype: 'float32' }).view([2, 10, 1, 1, 1]);
      const [one, two] = twoClips(
        videos,
        [
          [0, 7],
          [4, 1],
        ],
        3,
      );
      expect(one.flatten(1).toList()).toEqual([
        [0, 1, 2],
        [14, 15, 16],
      ]);
      expect(two.flatten(1).toList()).toEqual([
        [7, 8, 9],
        [11, 12, 13],
      ]);
    });
  });
});
