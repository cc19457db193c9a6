import { describe, expect, it } from 'vitest';
import { Prng } from '../../data/index.js';
import type { Vocabulary } from '../noise/token-rows.js';
import { hiddenCount, type MaskedRow, maskRow, type TokenMaskRule } from './token-masks.js';

const special = { pad: 0, unknown: 1, begin: 2, end: 3, mask: 4 };
const vocabulary: Vocabulary = { size: 100, special };
const BERT: TokenMaskRule = {
  share: 0.15,
  most: null,
  count: 'rounded',
  unit: 'token',
  maskShare: 0.8,
  randomShare: 0.1,
  drawsSpecial: true,
  hidesMarks: false,
};

/** [CLS], text, [SEP], of this length; tokens 5 to 99. */
function text(length: number, random: Prng): number[] {
  return [special.begin, ...Array.from({ length: length - 2 }, () => 5 + random.below(95)), special.end];
}

describe('the number of hidden tokens', () => {
  it.each([
    [64, 10],
    [128, 19],
    [3, 1],
    [10, 2], // 1.5 to the even neighbor
    [30, 4], // 4.5
    [512, 77],
  ])('of %i is %i, special tokens counted in', (length, wanted) => {
    expect(hiddenCount(length, BERT, new Prng(1))).toBe(wanted);
    expect(hiddenCount(length, { ...BERT, most: 5 }, new Prng(1))).toBe(Math.min(wanted, 5));
  });

  it('is right on average where it is drawn, and 0 for some short texts', () => {
    const random = new Prng(2);
    const drawn = Array.from({ length: 20_000 }, () => hiddenCount(6, { ...BERT, count: 'expected' }, random));
    expect(new Set(drawn)).toEqual(new Set([0, 1]));
    const mean = drawn.reduce((sum, n) => sum + n, 0) / drawn.length;
    expect(Math.abs(mean - 0.9)).toBeLessThan((4 * 0.3) / Math.sqrt(drawn.length));
  });
});

describe('masked texts', () => {
  it('have the shares of the papers, and never hide special tokens', () => {
    const random = new Prng(3);
    const counts = { mask: 0, random: 0, same: 0, all: 0, length: 0 };
    for (let i = 0; i < 10_000; i++) {
      const row = text(40, random);
      const { ids, places } = maskRow(row, BERT, vocabulary, random);
      if (places.some((place, k) => k > 0 && place <= places[k - 1]!)) throw new Error('places out of order');
      const hidden = new Set(places);
      for (const [place, id] of row.entries()) {
        if (!hidden.has(place)) {
          if (ids[place] !== id) throw new Error('changes a token that is not hidden');
        } else if (id === special.begin || id === special.end) throw new Error('hides a special token');
        else if (ids[place] === special.mask) counts.mask++;
        else if (ids[place] === id) counts.same++;
        else counts.random++;
      }
      counts.all += places.length;
      counts.length += row.length;
    }
    expect(counts.all / counts.length).toBe(0.15);
    // 1 of 100 random tokens is the mask and 1 is the token itself.
    expect(Math.abs(counts.mask / counts.all - (0.8 + 0.1 / 100))).toBeLessThan(0.005);
    expect(Math.abs(counts.random / counts.all - 0.1 * (98 / 100))).toBeLessThan(0.005);
    expect(Math.abs(counts.same / counts.all - (0.1 + 0.1 / 100))).toBeLessThan(0.005);
  });

  it('draw all places alike', () => {
    const random = new Prng(4);
    const row = text(12, random);
    const hits = new Array<number>(12).fill(0);
    for (let i = 0; i < 10_000; i++) for (const place of maskRow(row, BERT, vocabulary, random).places) hits[place]!++;
    // 2 of 10 places each time.
    expect([hits[0], hits[11]]).toEqual([0, 0]);
    for (const count of hits.slice(1, 11)) expect(Math.abs(count - 2000)).toBeLessThan(5 * Math.sqrt(1600));
  });

  it('draw special tokens only where they may', () => {
    const only = { ...BERT, maskShare: 0, randomShare: 1, share: 0.9 };
    const drawn = (drawsSpecial: boolean): Set<number> => {
      const random = new Prng(5);
      const rows = Array.from({ length: 500 }, () =>
        maskRow(text(20, random), { ...only, drawsSpecial }, vocabulary, random),
      );
      return new Set(rows.flatMap(({ ids, places }) => places.map((place) => ids[place]!)));
    };
    expect(drawn(true).size).toBe(100);
    expect(drawn(false).size).toBe(96);
    for (const id of [special.pad, special.begin, special.end, special.mask]) expect(drawn(false).has(id)).toBe(false);
  });

  it('may hide begin and end as fairseq does', () => {
    const random = new Prng(6);
    const hidden = new Set<number>();
    for (let i = 0; i < 500; i++)
      for (const place of maskRow(text(10, random), { ...BERT, hidesMarks: true }, vocabulary, random).places)
        hidden.add(place);
    expect(hidden.size).toBe(10);
  });

  it('hide nothing where there is nothing to hide', () => {
    const row = [special.begin, special.end];
    expect(maskRow(row, BERT, vocabulary, new Prng(1))).toEqual({ ids: row, places: [] });
    expect(maskRow([], BERT, vocabulary, new Prng(1))).toEqual({ ids: [], places: [] });
  });
});

describe('whole words', () => {
  // Words of 1, 2 and 3 pieces in turn.
  const starts = (length: number): boolean[] =>
    Array.from({ length }, (_, place) => [0, 1, 3].includes((place - 1) % 6) || place === 0 || place === length - 1);
  const wordOf = (place: number): number =>
    starts(place + 2)
      .slice(0, place + 1)
      .filter(Boolean).length;

  it('are hidden with all their pieces, and no more than asked', () => {
    const random = new Prng(7);
    const row = text(62, random);
    for (let i = 0; i < 100; i++) {
      const { places } = maskRow(row, { ...BERT, unit: 'word' }, vocabulary, random, starts(62));
      expect(places.length).toBeLessThanOrEqual(9);
      expect(places.length).toBeGreaterThanOrEqual(7);
      const words = new Set(places.map(wordOf));
      const whole = row.flatMap((_, place) => (place > 0 && place < 61 && words.has(wordOf(place)) ? [place] : []));
      expect(places).toEqual(whole);
    }
  });

  it('are hidden in runs of 1, 2 and 3 with probabilities 6/11, 3/11 and 2/11', () => {
    const random = new Prng(8);
    const row = text(102, random);
    const seen = [0, 0, 0, 0];
    // One run at a time, so that none is cut short.
    const rule = { ...BERT, unit: 'ngram' as const, most: 3, share: 1 };
    const isStart = new Array<boolean>(102).fill(true);
    const first = (masked: MaskedRow): number => {
      const [a, b, c] = masked.places as [number, number, number];
      if (b === a + 1 && c === b + 1) return 3;
      return b === a + 1 || c === b + 1 ? 2 : 1;
    };
    const rounds = 4000;
    for (let i = 0; i < rounds; i++) seen[first(maskRow(row, rule, vocabulary, random, isStart))]!++;
    // Three tokens are one run of 3; one of 2 with a single word, in either order, where a run drawn too long is cut; or three words.
    const [one, two, three] = [6 / 11, 3 / 11, 2 / 11];
    const close = (share: number, wanted: number): void =>
      expect(Math.abs(share - wanted)).toBeLessThan(5 * Math.sqrt((wanted * (1 - wanted)) / rounds) + 0.04);
    close(seen[3]! / rounds, three);
    // Single words: twice 1, and the last word is a single one whatever is drawn.
    close(seen[1]! / rounds, one * one);
    close(seen[2]! / rounds, two + one * (two + three));
  });
});
