import { describe, expect, test } from 'vitest';
import { bestOf, isBetter, selectionFolds, selectionSplit } from './validation.js';

const cycle = (count: number, classes: number) => Int32Array.from({ length: count }, (_, i) => i % classes);

test('the better score wins, of equal ones the lower loss, of equals the first', () => {
  const row = (score: number, loss: number) => ({ score, loss });
  expect(isBetter(row(0.6, 9), row(0.5, 1))).toBe(true);
  expect(isBetter(row(0.6, 9), row(0.5, 1), 'lower')).toBe(false);
  for (const better of ['higher', 'lower'] as const) {
    expect(isBetter(row(0.5, 1), row(0.5, 2), better)).toBe(true);
    expect(isBetter(row(0.5, 2), row(0.5, 1), better)).toBe(false);
    expect(isBetter(row(0.5, 1), row(0.5, 1), better)).toBe(false);
  }
  // Nothing to score: the loss alone says which is better, and any score is better than none.
  expect(isBetter(row(Number.NaN, 1), row(Number.NaN, 2))).toBe(true);
  expect(isBetter(row(Number.NaN, 2), row(Number.NaN, 1))).toBe(false);
  for (const better of ['higher', 'lower'] as const) {
    expect(isBetter(row(0, 9), row(Number.NaN, 1), better)).toBe(true);
    expect(isBetter(row(Number.NaN, 1), row(0, 9), better)).toBe(false);
  }
  const [first, same] = [row(0.5, 1), row(0.5, 1)];
  expect(bestOf([row(0.5, 2), first, same])).toBe(first);
  expect(bestOf([])).toBeNull();
});

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

describe('owners', () => {
  /** 12 videos of 4 frames each, three of each class. */
  const owners = Array.from({ length: 48 }, (_, i) => `video ${Math.floor(i / 4)}`);
  const labels = Int32Array.from(owners.keys(), (i) => Math.floor(i / 12));
  const ownersOf = (positions: Int32Array) => new Set([...positions].map((i) => owners[i]!));

  test('stay together, and each is held out once', () => {
    const folds = selectionFolds(labels, 3, owners);
    expect(folds).toHaveLength(5);
    for (const { kept, held } of folds) {
      expect([...ownersOf(kept)].filter((owner) => ownersOf(held).has(owner))).toEqual([]);
      expect(kept.length + held.length).toBe(48);
      for (let c = 0; c < 4; c++) expect(kept.some((i) => labels[i] === c)).toBe(true);
    }
    expect(folds.flatMap(({ held }) => [...held]).sort((a, b) => a - b)).toEqual([...labels.keys()]);
    const { kept, held } = selectionSplit(labels, 3, owners)!;
    expect(ownersOf(held).size).toBe(4);
    expect(ownersOf(kept).size).toBe(8);
    expect(held.map((i) => labels[i]!).filter((label, i, all) => all.indexOf(label) === i)).toHaveLength(4);
  });

  test('of many samples, a fifth of the owners is held out', () => {
    const many = Array.from({ length: 1000 }, (_, i) => `document ${Math.floor(i / 20)}`);
    const [fold, ...others] = selectionFolds(
      Int32Array.from(many.keys(), (i) => Math.floor(i / 100)),
      0,
      many,
    );
    expect(others).toEqual([]);
    expect(new Set([...fold!.held].map((i) => many[i])).size).toBe(10);
    expect(fold!.held).toHaveLength(200);
  });

  test('that stand alone change nothing', () => {
    const own = [...labels.keys()].map(String);
    expect(selectionFolds(labels, 3, own)).toEqual(selectionFolds(labels, 3));
    expect(selectionSplit(labels, 3, own)).toEqual(selectionSplit(labels, 3));
  });

  test('are parted where each class is that of a single one', () => {
    const single = owners.map((_, i) => `video ${labels[i]}`);
    expect(selectionFolds(labels, 3, single)).toEqual(selectionFolds(labels, 3));
    expect(selectionSplit(labels, 3, single)).toEqual(selectionSplit(labels, 3));
  });
});
