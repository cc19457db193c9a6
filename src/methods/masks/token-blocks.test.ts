import { describe, expect, it } from 'vitest';
import { Generator } from '../../engine/index.js';
import { tokenBlocks } from './token-blocks.js';

const OPTIONS = { targets: 4, targetScale: [0.15, 0.2], targetRatio: [0.75, 1.5], contextScale: [0.85, 1] } as const;

describe('tokenBlocks', () => {
  it.each([8, 14])('cuts rectangles out of a grid of %i, and leaves them out of the context', (grid) => {
    const random = new Generator(1);
    for (let round = 0; round < 20; round++) {
      const { context, targets } = tokenBlocks(6, grid, OPTIONS, random, 'cpu');
      expect(targets).toHaveLength(4);
      const seen = context.toList() as number[][];
      targets.forEach((target) => {
        (target.toList() as number[][]).forEach((patches, i) => {
          const rows = patches.map((patch) => Math.floor(patch / grid));
          const columns = patches.map((patch) => patch % grid);
          const height = Math.max(...rows) - Math.min(...rows) + 1;
          const width = Math.max(...columns) - Math.min(...columns) + 1;
          expect(new Set(patches).size).toBe(height * width);
          expect(patches).toHaveLength(height * width);
          // The sides are rounded to whole patches, half a patch each.
          expect(height * width).toBeGreaterThan(0.1 * grid ** 2);
          expect(height * width).toBeLessThan(0.28 * grid ** 2);
          expect(seen[i]!.some((patch) => patches.includes(patch))).toBe(false);
        });
      });
      for (const row of seen) {
        expect(new Set(row).size).toBe(row.length);
        expect(Math.max(...row)).toBeLessThan(grid ** 2);
      }
    }
  });

  it('takes the ratio as height over width', () => {
    const options = { ...OPTIONS, targets: 1, targetScale: [0.125, 0.125], targetRatio: [2, 2] } as const;
    const { targets } = tokenBlocks(2, 8, options, new Generator(3), 'cpu');
    // 8 of 64 patches: 4 rows of 2.
    for (const patches of targets[0]!.toList() as number[][]) {
      expect(new Set(patches.map((patch) => Math.floor(patch / 8))).size).toBe(4);
      expect(new Set(patches.map((patch) => patch % 8)).size).toBe(2);
    }
  });

  it('shortens the contexts of a batch evenly', () => {
    const options = { ...OPTIONS, contextScale: [1, 1] } as const;
    const { context, targets } = tokenBlocks(6, 8, options, new Generator(4), 'cpu');
    const hidden = targets.map((target) => target.toList() as number[][]);
    const lengths = (context.toList() as number[][]).map((seen, i) => {
      const taken = new Set(hidden.flatMap((rows) => rows[i]!));
      const left = [...Array(64).keys()].filter((patch) => !taken.has(patch));
      expect(seen).toEqual(seen.map((_, k) => left[Math.floor((k * left.length) / seen.length)]));
      return left.length;
    });
    expect(Math.max(...lengths)).toBeGreaterThan(Math.min(...lengths));
  });

  it('reaches the end of the grid with shortened contexts, too', () => {
    const random = new Generator(2);
    const last = Array.from({ length: 40 }, () => tokenBlocks(8, 8, OPTIONS, random, 'cpu').context.amax().item());
    expect(Math.max(...last)).toBe(63);
  });

  it('is the same for the same generator, and says when nothing can be left in sight', () => {
    const draw = () => tokenBlocks(3, 8, OPTIONS, new Generator(7), 'cpu').context.toList();
    expect(draw()).toEqual(draw());
    const greedy = { ...OPTIONS, targets: 30, targetScale: [0.7, 0.7] } as const;
    expect(() => tokenBlocks(3, 4, greedy, new Generator(0), 'cpu')).toThrow(/leave at least 2 of 16 patches in sight/);
  });
});
