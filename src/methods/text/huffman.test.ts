import { describe, expect, it } from 'vitest';
import { huffmanPaths } from './huffman.js';

/** The code of each word, from the root down. */
function codes(counts: readonly number[]): string[] {
  const { starts, bits } = huffmanPaths(counts);
  return counts.map((_, w) => bits.slice(starts[w], starts[w + 1]).join(''));
}

describe('huffmanPaths', () => {
  it('gives the tree that is drawn by hand', () => {
    // 1 + 2 = 3 is node 0, 3 + 4 = 7 node 1, and 7 + 8 = 15 node 2, the root.
    const { starts, nodes } = huffmanPaths([8, 4, 2, 1]);
    expect(codes([8, 4, 2, 1])).toEqual(['1', '01', '001', '000']);
    expect([...starts]).toEqual([0, 1, 3, 6, 9]);
    expect([...nodes]).toEqual([2, 2, 1, 2, 1, 0, 2, 1, 0]);
  });

  it('takes the inner node first where it is as light as a word', () => {
    // Node 0 = 1 + 1 is joined with the second word of 2, and node 1 = 4 with the first.
    expect(codes([2, 2, 1, 1])).toEqual(['0', '11', '101', '100']);
  });

  it('is free of prefixes, complete, and as short as entropy allows', () => {
    const counts = Array.from({ length: 500 }, (_, i) => Math.ceil(10_000 / (i + 1)));
    const all = codes(counts);
    expect(all.reduce((sum, code) => sum + 2 ** -code.length, 0)).toBeCloseTo(1, 12);
    const sorted = [...all].sort();
    for (let i = 1; i < sorted.length; i++) expect(sorted[i]!.startsWith(sorted[i - 1]!)).toBe(false);
    const total = counts.reduce((sum, count) => sum + count);
    const entropy = counts.reduce((sum, count) => sum - (count / total) * Math.log2(count / total), 0);
    const mean = counts.reduce((sum, count, w) => sum + (count / total) * all[w]!.length, 0);
    expect(mean).toBeGreaterThanOrEqual(entropy);
    expect(mean).toBeLessThan(entropy + 0.1);
  });

  it('leads every word through nodes of the table, the root first', () => {
    const { starts, nodes } = huffmanPaths([9, 5, 4, 3, 1]);
    for (let w = 0; w < 5; w++) expect(nodes[starts[w]!]).toBe(3);
    expect(Math.max(...nodes)).toBe(3);
    expect(Math.min(...nodes)).toBe(0);
  });

  it('has one branch for two words', () => {
    expect(codes([3, 1])).toEqual(['1', '0']);
  });
});
