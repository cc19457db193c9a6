import { expect, it } from 'vitest';
import { defaultLength } from './default-length.js';

it('is the shortest of a few alike, and stubs do not count', () => {
  expect(defaultLength([500])).toBe(500);
  expect(defaultLength([500, 1050, 499])).toBe(499);
  expect(defaultLength([9000, 20, 10_000])).toBe(9000);
  expect(defaultLength([20, 10_000])).toBe(10_000);
});

it('is what nine of ten have', () => {
  const most = Array.from({ length: 90 }, () => 16_000);
  const few = Array.from({ length: 10 }, (_, i) => 5000 + i);
  expect(defaultLength([...most, ...few])).toBe(16_000);
  expect(defaultLength([...most, ...few, 4999])).toBe(5009);
});
