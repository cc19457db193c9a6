import { expect, test } from 'vitest';
import { selectionFolds, selectionSplit } from './validation.js';

const cycle = (count: number, classes: number) => Int32Array.from({ length: count }, (_, i) => i % classes);

test('few labels: five stratified folds in which every image is held out once', () => {
  const labels = cycle(60, 4);
  const folds = selectionFolds(labels, 3);
  expect(folds).toHaveLength(5);
  expect(folds.flatMap(({ held }) => [...held]).sort((a, b) => a - b)).toEqual([...labels.keys()]);
  for (const { kept, held } of folds) {
    expect([...kept, ...held].sort((a, b) => a - b)).toEqual([...labels.keys()]);
    for (let c = 0; c < 4; c++) expect(held.filter((i) => labels[i] === c)).toHaveLength(3);
  }
  expect(selectionFolds(labels, 3)).toEqual(folds);
  expect(selectionFolds(labels, 4)).not.toEqual(folds);
});

test('many labels: one held-out fifth', () => {
  const folds = selectionFolds(cycle(1000, 10), 0);
  expect(folds).toHaveLength(1);
  expect(folds[0]!.held).toHaveLength(200);
  expect(folds[0]!.kept).toHaveLength(800);
});

test('a class with one image stays in training, two images take turns', () => {
  const folds = selectionFolds(Int32Array.of(0, 1, 1, 2, 2), 0);
  expect(folds.length).toBeGreaterThan(1);
  for (const { kept, held } of folds) {
    expect(held).not.toContain(0);
    for (const label of [0, 1, 2]) expect([...kept].some((i) => [0, 1, 1, 2, 2][i] === label)).toBe(true);
  }
});

test('one image per class leaves nothing to choose by', () => {
  expect(selectionFolds(cycle(7, 7), 0)).toEqual([]);
  expect(selectionSplit(cycle(7, 7), 0)).toBeNull();
});

test('the single split holds a fifth of every class', () => {
  const labels = cycle(50, 5);
  const { kept, held } = selectionSplit(labels, 1)!;
  expect(kept).toHaveLength(40);
  for (let c = 0; c < 5; c++) expect(held.filter((i) => labels[i] === c)).toHaveLength(2);
});
