import { expect, it, vi } from 'vitest';
import type { TokenStore } from './token-store.js';
import { SentenceWindows } from './windows.js';

it('cuts a document once, even where it alone has more sentences than are kept', () => {
  const sentences = 4_000_002;
  const starts = Int32Array.from({ length: sentences }, (_, i) => 2 * i);
  const startsOf = vi.fn(() => starts);
  const store: TokenStore = { count: 1, lengthOf: () => 2 * sentences, startsOf, read: () => new Int32Array() };
  const windows = new SentenceWindows(store, Int32Array.of(0), { tokens: 2000 });
  expect(windows.count).toBe(4001);
  expect(windows.partsOf(0)).toEqual([{ document: 0, from: 0, length: 2000 }]);
  expect(windows.partsOf(4000)).toEqual([{ document: 0, from: 8_000_000, length: 4 }]);
  expect(startsOf).toHaveBeenCalledTimes(1);
});
