import { expect, test } from 'vitest';
import { ClassTargets } from '../../data/index.js';
import { classification } from './classification.js';

test('chance is the share of the most frequent class among the labeled samples', () => {
  const targets = new ClassTargets(['a', 'b', 'c'], Int32Array.of(1, 1, 0, 1, -1, -1));
  expect(classification.floor(targets)).toBe(3 / 4);
});
