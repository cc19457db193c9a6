import { describe, expect, it } from 'vitest';
import { Generator } from '../../../engine/index.js';
import { type Block, blockOf, DIRECTIONS, drawLayout, PAIRS } from './blocks.js';

const automatic = { patchSize: null, gap: null, jitter: null, smallestScale: 1 };

describe('a layout', () => {
  const block: Block = { patch: 16, gap: 8, jitter: 2, sides: [64, 64] };
  const layout = drawLayout(500, block, 2, new Generator(1));
  const pairs = layout.labels.map((label, i) => ({
    label,
    first: layout.places[layout.first[i]!]!,
    second: layout.places[layout.second[i]!]!,
  }));

  it('asks for every direction equally often, in both directions of each pair', () => {
    expect(pairs).toHaveLength(500 * 2 * PAIRS);
    for (const label of DIRECTIONS.keys()) expect(layout.labels.filter((other) => other === label)).toHaveLength(1000);
    for (let i = 0; i < pairs.length; i += 2) {
      expect(layout.labels[i]! + layout.labels[i + 1]!).toBe(7);
      expect([layout.first[i], layout.second[i]]).toEqual([layout.second[i + 1], layout.first[i + 1]]);
    }
  });

  it('names the place of the second patch as seen from the first', () => {
    const sign = (difference: number): number => (Math.abs(difference) <= 4 ? 0 : Math.sign(difference));
    for (const { label, first, second } of pairs) {
      const cell = (sign(second.top - first.top) + 1) * 3 + sign(second.left - first.left) + 1;
      expect(cell < 4 ? cell : cell - 1).toBe(label);
    }
  });

  it('keeps patches inside the image and at least the gap less two jitters apart', () => {
    for (const { top, left } of layout.places) {
      expect(Math.min(top, left)).toBeGreaterThanOrEqual(0);
      expect(Math.max(top, left)).toBeLessThanOrEqual(48);
    }
    const gaps = pairs.map(({ first, second }) =>
      Math.max(Math.abs(first.top - second.top), Math.abs(first.left - second.left)),
    );
    expect(Math.min(...gaps)).toBe(16 + 8 - 4);
    expect(Math.max(...gaps)).toBe(16 + 8 + 4);
  });

  it('reaches every corner of the image', () => {
    const tops = layout.places.map(({ top }) => top);
    const lefts = layout.places.map(({ left }) => left);
    expect([Math.min(...tops), Math.max(...tops), Math.min(...lefts), Math.max(...lefts)]).toEqual([0, 48, 0, 48]);
  });

  it('asks about both pairs of a row and of a column, each as often', () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < layout.first.length; i += 2) {
      const name = `${layout.first[i]! % 4}${layout.second[i]! % 4}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual(['01', '02', '03', '12', '13', '23']);
    // Five standard deviations of 1000 draws are 79.
    for (const name of ['01', '23', '02', '13']) expect(Math.abs(counts.get(name)! - 500)).toBeLessThan(79);
  });

  it('takes pairs from one block only', () => {
    for (const [i, first] of layout.first.entries())
      expect(Math.floor(first / 4)).toBe(Math.floor(layout.second[i]! / 4));
  });

  it('is the same for the same seed', () => {
    expect(drawLayout(3, block, 2, new Generator(9))).toEqual(drawLayout(3, block, 2, new Generator(9)));
  });

  it('draws one size of image with a uniform number of pixels', () => {
    const random = new Generator(2);
    const sides = Array.from({ length: 2000 }, () => drawLayout(1, { ...block, sides: [387, 671] }, 1, random).side);
    expect(Math.min(...sides)).toBeLessThan(392);
    expect(Math.max(...sides)).toBeGreaterThan(666);
    const middle = Math.sqrt((387 ** 2 + 671 ** 2) / 2);
    expect(sides.filter((side) => side < middle).length / sides.length).toBeCloseTo(0.5, 1);
  });
});

describe('the sizes of a block', () => {
  it('follow the image where they are left open', () => {
    expect(blockOf(automatic, 64)).toEqual({ patch: 16, gap: 8, jitter: 2, sides: [64, 64] });
    expect(blockOf(automatic, 96)).toEqual({ patch: 24, gap: 12, jitter: 3, sides: [96, 96] });
    expect(blockOf({ ...automatic, smallestScale: 0.577 }, 671)).toMatchObject({ patch: 96, gap: 48 });
    expect(blockOf({ patchSize: 96, gap: 48, jitter: 7, smallestScale: 0.577 }, 671).jitter).toBe(7);
  });

  it('fit every image when they are left open', () => {
    for (let side = 8; side < 300; side++)
      for (const smallestScale of [1, 0.577])
        expect(() => blockOf({ ...automatic, smallestScale }, side)).not.toThrow();
  });

  it('are refused in one sentence when they do not fit', () => {
    expect(() => blockOf({ ...automatic, patchSize: 30 }, 64)).toThrow(
      'Expected images of at least 81 pixels a side (two patches of 30, a gap of 15, twice a jitter of 3) for `imageSize`, received 64. Take larger images, or lower `patchSize`, `gap` or `jitter`.',
    );
    expect(() => blockOf({ patchSize: 20, gap: 4, jitter: 2, smallestScale: 0.5 }, 64)).toThrow(
      /received "64, which `smallestScale` makes 32"/,
    );
    expect(() => blockOf({ ...automatic, gap: 3, jitter: 2 }, 64)).toThrow(
      /^Expected at most half the gap of 3 pixels for `jitter`, received 2\. Patches that overlap/,
    );
  });
});
