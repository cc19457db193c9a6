import { describe, expect, it } from 'vitest';
import { ops, scope, tensor } from '../../engine/index.js';
import { gridToMask, gridToPoints, maskToGrid, pointsToGrid } from './grid.js';

const bytes = (rows: number[][]) => tensor(rows, { dtype: 'uint8' });

describe('masks', () => {
  it('come to the grid by the pixel at the middle of each cell, or in bilinear shares', () => {
    scope(() => {
      const mask = bytes([
        [0, 0, 0, 1],
        [0, 2, 0, 1],
        [0, 0, 2, 2],
        [0, 0, 2, 0],
      ]);
      const size = { height: 2, width: 2 };
      const nearest = maskToGrid(mask, 3, size, 'nearest');
      expect(nearest.shape).toEqual([3, 2, 2]);
      // The lower right of the four pixels around the middle of a cell.
      expect(nearest.argmax(0).toNumbers()).toEqual([2, 1, 0, 0]);
      const shares = maskToGrid(mask, 3, size, 'bilinear');
      expect(shares.select(0, 0).toNumbers()).toEqual([0.75, 0.5, 1, 0.25]);
      expect(shares.select(0, 1).toNumbers()).toEqual([0, 0.5, 0, 0]);
      expect(shares.sum([0]).toNumbers()).toEqual([1, 1, 1, 1]);
    });
  });

  it.each(['input', 'frame'] as const)('come back at the size of the frame: %s', (answer) => {
    scope(() => {
      const mask = ops.zeros([12, 18], { dtype: 'uint8' });
      mask.narrow(0, 2, 4).narrow(1, 4, 8).fill_(1);
      mask.narrow(0, 8, 4).narrow(1, 0, 6).fill_(2);
      const labels = maskToGrid(mask, 3, { height: 6, width: 9 }, 'nearest');
      const frame = { height: 12, width: 18 };
      const back = gridToMask(labels, frame, frame, answer);
      expect(back.dtype).toBe('uint8');
      expect(back.equal(mask)).toBe(true);
      // Larger inputs round the corners, and the answer has the size of the frame.
      const rounded = gridToMask(labels, frame, { height: 24, width: 36 }, answer);
      expect(rounded.shape).toEqual([12, 18]);
      expect(rounded.ne(mask).sum([]).item()).toBeLessThanOrEqual(8);
    });
  });

  it('are scaled class by class where the rule answers at the size of the input', () => {
    scope(() => {
      // A weak class wins where it is strongest; the plain largest share is the ground everywhere.
      const labels = tensor([[[0.9, 0.7]], [[0.1, 0.3]]]);
      const size = { height: 1, width: 2 };
      expect(gridToMask(labels, size, size, 'input').toNumbers()).toEqual([0, 1]);
      expect(gridToMask(labels, size, size, 'frame').toNumbers()).toEqual([0, 0]);
      // A class that is nowhere stays nowhere.
      const none = tensor([[[0.9, 0.7]], [[0, 0]]]);
      expect(gridToMask(none, size, size, 'input').toNumbers()).toEqual([0, 0]);
    });
  });
});

describe('points', () => {
  const frame = { height: 64, width: 96 };
  const grid = { height: 8, width: 12 };

  it('are Gaussian spots of half a cell, with the ground where no spot is', () => {
    scope(() => {
      const maps = pointsToGrid([{ x: 40.5, y: 24.5, isSeen: true }], grid, frame);
      expect(maps.shape).toEqual([2, 8, 12]);
      const at = (row: number, column: number) => maps.select(0, 1).select(0, row).select(0, column).item();
      expect(at(3, 5)).toBe(1);
      for (const [row, column] of [
        [2, 5],
        [4, 5],
        [3, 4],
        [3, 6],
      ] as const)
        expect(at(row, column)).toBeCloseTo(Math.exp(-2), 6);
      expect(at(1, 5)).toBeCloseTo(Math.exp(-8), 6);
      expect([at(5, 5), at(3, 7), at(0, 0)]).toEqual([0, 0, 0]);
      const spot = maps.select(0, 1).gt(0);
      expect(spot.sum([]).item()).toBe(16);
      expect(maps.select(0, 0).equal(spot.logicalNot().to('float32'))).toBe(true);
    });
  });

  it('come back where they were, to the nearest cell', () => {
    scope(() => {
      const points = [
        { x: 40.5, y: 24.5, isSeen: true },
        { x: 10, y: 50, isSeen: true },
        { x: 0.5, y: 0.5, isSeen: true },
        { x: 30, y: 30, isSeen: false },
        { x: -200, y: 10, isSeen: true },
      ];
      const found = gridToPoints(pointsToGrid(points, grid, frame), frame);
      expect(found.map(({ isSeen }) => isSeen)).toEqual([true, true, true, false, false]);
      // Three cells answer: the middle one and two of its four neighbors.
      for (const [i, { x, y }] of points.slice(0, 3).entries()) {
        expect(Math.abs(found[i]!.x - x)).toBeLessThan(4 + 8 * 0.2);
        expect(Math.abs(found[i]!.y - y)).toBeLessThan(4 + 8 * 0.2);
      }
    });
  });

  it('are the mean of the three strongest cells, weighted by strength', () => {
    scope(() => {
      const map = [
        [0.1, 0, 0, 0],
        [0, 0.6, 0.3, 0],
        [0, 0, 0, 0.1],
      ];
      const ground = map.map((row) => row.map(() => 0));
      map[2]![3] = 0.05;
      const [point] = gridToPoints(tensor([ground, map]), { height: 30, width: 40 });
      expect(point!.x).toBeCloseTo(0.6 * 10 + 0.3 * 20 + 0.5, 4);
      expect(point!.y).toBeCloseTo(0.6 * 10 + 0.3 * 10 + 0.5, 4);
    });
  });
});
