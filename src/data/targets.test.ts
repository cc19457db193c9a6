import { expect, it } from 'vitest';
import { ClassTargets } from './targets.js';

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
