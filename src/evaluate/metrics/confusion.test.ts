import { describe, expect, it } from 'vitest';
import { pixelFigures, sparse, summed } from './confusion.js';

describe('pixelFigures', () => {
  const first = [6, 2, 1, 1];
  const second = [0, 0, 0, 10];

  it('is over all pixels of all images', () => {
    expect(pixelFigures(summed([first, second].map(sparse))).mIoU).toBeCloseTo(0.7261904762, 9);
    // The control: the mean of each image's own figure is another number.
    expect((pixelFigures(first).mIoU + pixelFigures(second).mIoU) / 2).toBeCloseTo(0.7291666667, 9);
  });

  it('is of matrices without their empty cells', () => {
    const { size, cells, counts } = sparse(second);
    expect([size, [...cells], [...counts]]).toEqual([4, [3], [10]]);
    expect([...summed([first, second, second].map(sparse))]).toEqual([6, 2, 1, 21]);
    expect(summed([])).toHaveLength(0);
  });

  it('agrees with the figures by hand', () => {
    const figures = pixelFigures([6, 2, 1, 11]);
    expect(figures.perClass).toEqual([6 / 9, 11 / 14]);
    expect(figures.foregroundMIoU).toBe(11 / 14);
    expect(figures.pixelAccuracy).toBe(17 / 20);
    expect(figures.frequencyWeightedIoU).toBeCloseTo((8 * (6 / 9) + 12 * (11 / 14)) / 20, 12);
  });

  it('leaves a class out that is neither there nor answered, and counts one that is answered only', () => {
    expect(pixelFigures([5, 0, 0, 0, 5, 0, 0, 0, 0])).toMatchObject({ mIoU: 1, perClass: [1, 1, null] });
    expect(pixelFigures([4, 0, 1, 0, 5, 0, 0, 0, 0]).perClass).toEqual([0.8, 1, 0]);
  });

  it('shows background everywhere as its share over the classes', () => {
    const figures = pixelFigures([82, 0, 0, 10, 0, 0, 8, 0, 0]);
    expect(figures.mIoU).toBeCloseTo(0.82 / 3, 12);
    expect(figures.foregroundMIoU).toBe(0);
    expect(figures.pixelAccuracy).toBe(0.82);
    expect(figures.frequencyWeightedIoU).toBeCloseTo(0.82 ** 2, 12);
  });
});
