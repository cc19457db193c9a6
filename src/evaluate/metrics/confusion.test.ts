import { expect, test } from 'vitest';
import { confusionFigures } from './confusion.js';

const first = Float64Array.of(6, 2, 1, 1);
const second = Float64Array.of(0, 0, 0, 10);

test('one matrix over all pixels, not a mean over images', () => {
  const figures = confusionFigures([first, second]);
  expect(figures.mIoU).toBeCloseTo(0.7261904762, 10);
  expect(figures['foreground mIoU']).toBeCloseTo(11 / 14, 12);
  expect(figures['pixel accuracy']).toBe(17 / 20);
  expect(figures['frequency-weighted IoU']).toBeCloseTo((8 / 20) * (6 / 9) + (12 / 20) * (11 / 14), 12);
  // The control: what an average over images would give.
  const perImage = [first, second].map((part) => confusionFigures([part]).mIoU);
  expect((perImage[0]! + perImage[1]!) / 2).toBeCloseTo(0.7291666667, 10);
});

test('a class that occurs nowhere is left out; one that is only answered counts as 0', () => {
  const figures = confusionFigures([Float64Array.of(4, 0, 0, 0, 4, 0, 0, 0, 0)]);
  expect(figures).toEqual({ mIoU: 1, 'foreground mIoU': 1, 'frequency-weighted IoU': 1, 'pixel accuracy': 1 });
  expect(confusionFigures([Float64Array.of(4, 0, 4, 0, 8, 0, 0, 0, 0)]).mIoU).toBeCloseTo((0.5 + 1 + 0) / 3, 12);
});
