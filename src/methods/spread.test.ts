import { expect, it } from 'vitest';
import { spread } from './spread.js';

it('keeps items at even distances, the first among them, and all when there are no more', () => {
  expect(spread([0, 1, 2, 3, 4, 5, 6], 3)).toEqual([0, 2, 4]);
  expect(spread(['a', 'b'], 6)).toEqual(['a', 'b']);
  expect(spread([], 6)).toEqual([]);
});
