import { describe, expect, it } from 'vitest';
import { Prng } from '../../prng.js';
import { learnMerges } from './bpe.js';
import { WordTable } from './word-table.js';

/** The definition, word for word: count all pairs, merge the best one everywhere, begin again. */
function literally(words: [string[], number][], alphabet: string[], size: number): string[] {
  const ids = new Map(alphabet.map((token, id) => [token, id]));
  const merges: string[] = [];
  while (ids.size < size) {
    const counts = new Map<string, number>();
    for (const [symbols, count] of words)
      for (let i = 0; i + 1 < symbols.length; i++) {
        const pair = `${symbols[i]} ${symbols[i + 1]}`;
        counts.set(pair, (counts.get(pair) ?? 0) + count);
      }
    const rank = (pair: string): number[] => pair.split(' ').map((token) => ids.get(token)!);
    const [best] = [...counts].sort(
      ([a, m], [b, n]) => n - m || rank(a)[0]! - rank(b)[0]! || rank(a)[1]! - rank(b)[1]!,
    );
    if (best === undefined || best[1] < 2) break;
    const [left, right] = best[0].split(' ') as [string, string];
    if (!merges.includes(best[0])) merges.push(best[0]);
    if (!ids.has(left + right)) ids.set(left + right, ids.size);
    for (const [symbols] of words)
      for (let i = 0; i + 1 < symbols.length; i++)
        if (symbols[i] === left && symbols[i + 1] === right) symbols.splice(i, 2, left + right);
  }
  return merges;
}

describe('learnMerges', () => {
  it('gives what the definition gives, on words with many equal counts and runs of one letter', () => {
    for (let seed = 0; seed < 20; seed++) {
      const prng = new Prng(seed);
      const alphabet = ['a', 'b', 'c'];
      const words = Array.from({ length: 30 }, (): [string[], number] => [
        Array.from({ length: 1 + prng.below(9) }, () => alphabet[prng.below(3)]!),
        1 + prng.below(4),
      ]);
      const expected = literally(
        words.map(([symbols, count]) => [[...symbols], count]),
        alphabet,
        40,
      );
      const { merges, tokens } = learnMerges(words, { alphabet, size: 40, leastCount: 2 });
      expect(merges.map((pair) => pair.join(' '))).toEqual(expected);
      expect(new Set(tokens).size).toBe(tokens.length);
    }
  });

  it('ends where no pair is seen often enough', () => {
    const { tokens } = learnMerges(
      [
        [['a', 'b'], 3],
        [['b', 'a'], 2],
      ],
      { alphabet: ['a', 'b'], size: 99, leastCount: 3 },
    );
    expect(tokens).toEqual(['a', 'b', 'ab']);
  });
});

describe('WordTable', () => {
  it('forgets the rarest when there are too many, and never what is no word', () => {
    const table = new WordTable(3);
    for (const word of ['a', 'a', 'a', 'b', 'b', 'c', 'd']) table.add(word);
    expect(table.sorted()).toEqual([
      ['a', 3],
      ['b', 2],
    ]);
    table.add('x'.repeat(257));
    expect(table.counts.size).toBe(2);
  });

  it('is sorted by count, then by code units', () => {
    const table = new WordTable();
    for (const word of ['b', 'a', 'c', 'c', 'B']) table.add(word);
    expect(table.sorted().map(([word]) => word)).toEqual(['c', 'B', 'a', 'b']);
  });
});
