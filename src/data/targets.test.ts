import { expect, it } from 'vitest';
import { tensor } from '../engine/index.js';
import { ClassTargets, MaskTargets } from './targets.js';

const pets = new ClassTargets(['cat', 'dog', 'fish'], Int32Array.of(2, 0, -1, 1));

it('classes of a subset keep their names and order', () => {
  const some = pets.subset([3, 0]);
  expect([...some.labels]).toEqual([1, 2]);
  expect(some.classes).toEqual(['cat', 'dog', 'fish']);
  expect([0, 1, 2].map((i) => pets.isKnown(i))).toEqual([true, true, false]);
});

it('classes are matched by name, never by position', () => {
  const numbered = pets.numberedBy(['fish', 'bird', 'dog', 'cat'], 'test');
  expect([...numbered.labels]).toEqual([0, 3, -1, 2]);
  expect(() => pets.numberedBy(['rose', 'tulip'], 'flowers')).toThrow(/flowers has other classes/);
});

it('classes in the decomposed form of macOS are the same', () => {
  const french = new ClassTargets(['cafe\u0301'], Int32Array.of(0));
  expect([...french.numberedBy(['bar', 'caf\u00e9'], 'test').labels]).toEqual([1]);
});

it('masks of a subset, and of a subset of it, are those of its samples, known or not', () => {
  // The mask of a row shows its number.
  const read = (rows: Int32Array) => tensor(Uint8Array.from(rows), { shape: [rows.length, 1, 1] });
  const known = Uint8Array.of(1, 1, 0, 1, 1);
  const masks = new MaskTargets(['thing'], { height: 1, width: 1 }, read, Int32Array.of(0, 1, 2, 3, 4), known);
  const some = masks.subset([4, 2, 0]);
  expect(some.collate([0, 1, 2]).toNumbers()).toEqual([4, 2, 0]);
  expect([0, 1, 2].map((i) => some.isKnown(i))).toEqual([true, false, true]);
  expect(some.subset([2, 1]).collate([0, 1]).toNumbers()).toEqual([0, 2]);
});
