import { describe, expect, it } from 'vitest';
import { Prng } from '../../data/index.js';
import { Generator, tensor } from '../../engine/index.js';
import { chooseGaps, gapCount, gapScores, rouge1 } from './gap-sentences.js';
import { nextSentencePairs, type PairSource, sentenceOrderPairs } from './segment-pairs.js';
import { allOrders, kendallTau, permute, sentencesOf, unpermute } from './sentences.js';
import { corruptSpans, joinSpans, randomComposition, spanBudget } from './span-corruption.js';
import { infill, poisson, spanLengths } from './text-infilling.js';
import { hostRandom, paddedRows, roundHalfEven, rowsOf, type Vocabulary } from './token-rows.js';

const special = { pad: 0, unknown: 1, begin: 2, end: 3, mask: 4 };
const vocabulary: Vocabulary = { size: 1000, special };
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

describe('rows of tokens', () => {
  it('go to the host and back', () => {
    const matrix = tensor(BigInt64Array.from([5, 6, 0, 7, 0, 0], BigInt), { shape: [2, 3] });
    const rows = rowsOf(matrix, tensor(BigInt64Array.from([2n, 1n])));
    expect(rows).toEqual([[5, 6], [7]]);
    expect(paddedRows(rows, 0, matrix, 3).equal(matrix)).toBe(true);
    expect(paddedRows(rows, 9, matrix).toNumbers()).toEqual([5, 6, 7, 9]);
    expect(paddedRows([[], []], 9, matrix).shape).toEqual([2, 1]);
  });

  it('draw what the generator says', () => {
    const draws = (seed: number): number => hostRandom(new Generator(seed)).uint32();
    expect(draws(1)).toBe(draws(1));
    expect(draws(1)).not.toBe(draws(2));
    const generator = new Generator(1);
    expect(hostRandom(generator).uint32()).not.toBe(hostRandom(generator).uint32());
  });

  it.each([
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [2.51, 3],
    [3.49, 3],
  ])('round %d to %i', (value, wanted) => expect(roundHalfEven(value)).toBe(wanted));
});

describe('text infilling', () => {
  const RULE = { share: 0.3, meanSpan: 3, randomShare: 0 };
  const words = (length: number): boolean[] => new Array<boolean>(length).fill(true);

  it('draws lengths of the Poisson distribution', () => {
    const random = new Prng(1);
    const drawn = Array.from({ length: 50_000 }, () => poisson(3, random));
    const mean = drawn.reduce((sum, n) => sum + n, 0) / drawn.length;
    const variance = drawn.reduce((sum, n) => sum + (n - mean) ** 2, 0) / drawn.length;
    expect(Math.abs(mean - 3)).toBeLessThan(0.04);
    expect(Math.abs(variance - 3)).toBeLessThan(0.12);
    expect(Math.abs(drawn.filter((n) => n === 0).length / drawn.length - Math.exp(-3))).toBeLessThan(0.005);
  });

  it('draws as many words as asked', () => {
    const random = new Prng(2);
    for (const budget of [1, 2, 20, 154]) {
      const lengths = spanLengths(budget, 3, random);
      expect(lengths.reduce((sum, length) => sum + length)).toBe(budget);
    }
  });

  // Simulated with the released code's rule: spans may run into each other, or over the end.
  it.each([
    [512, 0.268, 43],
    [64, 0.278, null],
  ])('covers of %i words a share of %d', (length, share, masks) => {
    const random = new Prng(3);
    const row = range(5, 5 + length);
    let [covered, marks] = [0, 0];
    const rounds = 600;
    for (let i = 0; i < rounds; i++) {
      const made = infill(row, words(length), RULE, vocabulary, random);
      covered += made.covered;
      marks += made.ids.filter((id) => id === special.mask).length;
      const left = made.ids.filter((id) => id !== special.mask);
      if (left.length !== length - made.covered) throw new Error('counts other words than are gone');
      if (left.some((id, k) => k > 0 && id <= left[k - 1]!)) throw new Error('changes the order');
    }
    expect(Math.abs(covered / rounds / length - share)).toBeLessThan(0.004);
    if (masks !== null) expect(Math.abs(marks / rounds / masks - 1)).toBeLessThan(0.1);
  });

  it('puts a mask where nothing was for every span of length 0', () => {
    const random = new Prng(6);
    const row = range(5, 405);
    const rule = { ...RULE, meanSpan: 0.5 };
    // 120 words in spans of 1.27 words on average, and for each of these 1.54 of none: 94 and 145, give or take.
    let masks = 0;
    for (let i = 0; i < 20; i++) {
      const { ids, covered } = infill(row, words(400), rule, vocabulary, random);
      masks += ids.length - (row.length - covered);
    }
    expect(masks / 20).toBeGreaterThan(200);
    expect(masks / 20).toBeLessThan(260);
  });

  it('hides whole words', () => {
    const random = new Prng(4);
    const row = range(5, 65);
    const starts = row.map((_, place) => place % 3 === 0);
    for (let i = 0; i < 200; i++) {
      const left = new Set(infill(row, starts, RULE, vocabulary, random).ids);
      expect(row.every((id, place) => left.has(id) === left.has(row[place - (place % 3)]!))).toBe(true);
    }
  });

  it('replaces a share of the masks by random tokens', () => {
    const random = new Prng(5);
    const row = new Array<number>(400).fill(5);
    let [marks, others] = [0, 0];
    for (let i = 0; i < 300; i++)
      for (const id of infill(row, words(400), { ...RULE, randomShare: 0.1 }, vocabulary, random).ids) {
        if (id === special.mask) marks++;
        else if (id !== 5) others++;
      }
    expect(Math.abs(others / (marks + others) - 0.1)).toBeLessThan(0.01);
  });

  it('of one word is one mask, and of nothing nothing', () => {
    expect(infill([7], [true], { ...RULE, meanSpan: 20 }, vocabulary, new Prng(1)).ids).toEqual([special.mask]);
    expect(infill([], [], RULE, vocabulary, new Prng(1)).ids).toEqual([]);
  });
});

describe('span corruption', () => {
  const RULE = { share: 0.15, meanSpan: 3 };
  const sentinel = (span: number): number => 1000 + span;
  const isSentinel = (id: number): boolean => id >= 1000;

  it('has the published budget: 568 tokens give 512 of input and 114 of target with its end', () => {
    const { hidden, spans } = spanBudget(568, RULE);
    expect([hidden, spans]).toEqual([85, 28]);
    expect([568 - hidden + spans + 1, hidden + spans + 1]).toEqual([512, 114]);
  });

  it('has no more spans than there are marks', () => {
    expect(spanBudget(568, { ...RULE, mostSpans: 10 })).toEqual({ hidden: 85, spans: 10 });
  });

  it.each([2, 3, 5, 17, 64, 568])('of %i tokens interleaves to the text, and ends in a hole', (length) => {
    const random = new Prng(length);
    const row = range(5, 5 + length);
    for (let i = 0; i < 50; i++) {
      const made = corruptSpans(row, RULE, sentinel, random);
      const { hidden, spans } = spanBudget(length, RULE);
      expect(joinSpans(made, isSentinel)).toEqual(row);
      expect(made.input.filter(isSentinel)).toEqual(range(1000, 1000 + spans));
      expect(made.target.filter(isSentinel)).toEqual(range(1000, 1000 + spans));
      expect(made.target.length).toBe(hidden + spans);
      expect(isSentinel(made.input[0]!)).toBe(false);
      expect(isSentinel(made.input.at(-1)!)).toBe(true);
    }
  });

  it('leaves a text of one token as it is', () => {
    expect(corruptSpans([7], RULE, sentinel, new Prng(1))).toEqual({ input: [7], target: [] });
  });

  it('draws all compositions alike', () => {
    const random = new Prng(6);
    const seen = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const parts = randomComposition(5, 3, random);
      expect(parts.reduce((sum, part) => sum + part)).toBe(5);
      seen.set(`${parts}`, (seen.get(`${parts}`) ?? 0) + 1);
    }
    expect(seen.size).toBe(6);
    for (const count of seen.values()) expect(Math.abs(count - 1000)).toBeLessThan(5 * Math.sqrt(833));
  });
});

describe('sentences', () => {
  it('are cut where the number changes', () => {
    expect(sentencesOf([9, 5, 6, 7, 8, 3], [-1, 0, 0, 1, 2, -1])).toEqual([[5, 6], [7], [8]]);
    expect(sentencesOf([], [])).toEqual([]);
  });

  it('come back from any order', () => {
    const random = new Prng(7);
    const sentences = range(0, 6).map((i) => range(i, i + 3));
    for (let i = 0; i < 100; i++) {
      const { items, order } = permute(sentences, random);
      expect(unpermute(items, order)).toEqual(sentences);
      expect([...order].sort()).toEqual(range(0, 6));
    }
  });

  it('keep their order one time in n!', () => {
    const random = new Prng(8);
    const kept = Array.from({ length: 12_000 }, () => permute([0, 1, 2], random).order).filter(
      (o) => `${o}` === '0,1,2',
    );
    expect(Math.abs(kept.length - 2000)).toBeLessThan(5 * Math.sqrt(1667));
  });

  it('have n! orders', () => {
    expect(allOrders(3)).toEqual([
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ]);
    expect(allOrders(5).length).toBe(120);
  });

  it.each([
    [[0, 1, 2, 3], 1],
    [[3, 2, 1, 0], -1],
    [[1, 0, 2], 1 / 3],
    [[0], 1],
  ])("Kendall's tau of %j is %d", (order, tau) => expect(kendallTau(order)).toBeCloseTo(tau, 12));
});

describe('gap sentences', () => {
  const none = new Set<number>();

  it('are scored by ROUGE-1 F, counted by hand', () => {
    // a a b against a c: one a in common, precision 1/3, recall 1/2.
    expect(rouge1([5, 5, 6], [5, 7], none)).toBeCloseTo((2 * (1 / 3) * (1 / 2)) / (1 / 3 + 1 / 2), 12);
    expect(rouge1([5], [6], none)).toBe(0);
    expect(rouge1([5, 5], [5, 5], none)).toBe(1);
    expect(rouge1([], [], none)).toBe(0);
    // The rest of the document, without the sentence itself.
    const sentences = [
      [5, 6],
      [5, 7],
      [6, 7, 8],
    ];
    const scores = gapScores(sentences, none);
    for (const [i, score] of scores.entries())
      expect(score).toBeCloseTo(rouge1(sentences[i]!, sentences.filter((_, k) => k !== i).flat(), none), 12);
  });

  it('find the planted summary, and another one where stop words count', () => {
    const the = 9;
    const planted = [
      [10, 11, 12, the],
      [10, 20, the, the],
      [11, 21],
      [12, 22, the, the],
    ];
    const rule = { choice: 'principal' as const, share: 0.25, noise: 0 };
    expect(chooseGaps(planted, rule, new Set([the]), new Prng(1))).toEqual([0]);
    const stopped = [
      [the, the, the, 10],
      [11, 12, 13],
      [11, 12, the],
      [13, the, the],
    ];
    expect(chooseGaps(stopped, rule, new Set([the]), new Prng(1))).toEqual([1]);
    expect(chooseGaps(stopped, rule, none, new Prng(1))).not.toEqual([1]);
  });

  it('are as many as asked, in the order of the document', () => {
    expect([1, 2, 6, 7, 20].map((n) => gapCount(n, 0.3))).toEqual([1, 1, 1, 2, 6]);
    const random = new Prng(2);
    const sentences = range(0, 10).map((i) => [i, i + 1, i + 2]);
    for (const choice of ['principal', 'random', 'lead'] as const)
      for (let i = 0; i < 20; i++) {
        const chosen = chooseGaps(sentences, { choice, share: 0.3, noise: 0.2 }, none, random);
        expect(chosen).toEqual([...new Set(chosen)].sort((a, b) => a - b));
        expect(chosen.length).toBe(3);
        if (choice === 'lead') expect(chosen).toEqual([0, 1, 2]);
      }
  });

  it('vary by the noise only', () => {
    const sentences = range(0, 8).map((i) => [5, i + 10, i + 11]);
    const choose = (noise: number, seed: number) =>
      `${chooseGaps(sentences, { choice: 'principal', share: 0.5, noise }, none, new Prng(seed))}`;
    expect(new Set(range(0, 20).map((seed) => choose(0, seed))).size).toBe(1);
    expect(new Set(range(0, 20).map((seed) => choose(0.2, seed))).size).toBeGreaterThan(1);
  });
});

describe('pairs of segments', () => {
  const sources: PairSource[] = range(0, 12).map((i) => ({
    sentences: range(0, i % 4 === 3 ? 1 : 4).map((k) => range(100 * i + 10 * k, 100 * i + 10 * k + 3)),
    document: i % 3,
  }));
  const documentOf = (id: number): number => Math.floor(id / 100) % 3;

  it('follow each other or are of another document', () => {
    const random = new Prng(1);
    const labels = [0, 0];
    for (let round = 0; round < 300; round++)
      for (const [i, { first, second, label }] of nextSentencePairs(sources, 1000, random).entries()) {
        const all = sources[i]!.sentences.flat();
        expect(all.slice(0, first.length)).toEqual(first);
        if (label === 0) expect([...first, ...second]).toEqual(all);
        else expect(documentOf(second[0]!)).not.toBe(sources[i]!.document);
        // One sentence has no next: always another document.
        if (sources[i]!.sentences.length === 1) expect(label).toBe(1);
        else labels[label]!++;
      }
    const asked = labels[0]! + labels[1]!;
    expect(Math.abs(labels[0]! / asked - 0.5)).toBeLessThan((5 * 0.5) / Math.sqrt(asked));
  });

  it('are as long where they follow as where they do not: whole sentences from anywhere in the other text', () => {
    const lengths = new Prng(5);
    // Text t has 4 sentences of 2 to 6 tokens, which are 100 t + 10 s.
    const texts = range(0, 12).map((t) => ({
      sentences: range(0, 4).map((s) => new Array<number>(2 + lengths.below(5)).fill(100 * t + 10 * s)),
      document: t,
    }));
    const random = new Prng(6);
    const seen = [[], []] as [number[], number[]];
    const starts = new Set<number>();
    for (let round = 0; round < 200; round++)
      for (const [i, { first, second, label }] of nextSentencePairs(texts, 1000, random).entries()) {
        seen[label as 0 | 1].push(second.length);
        if (label === 0) continue;
        const wanted = texts[i]!.sentences.flat().length - first.length;
        const other = texts[Math.floor(second[0]! / 100)]!.sentences;
        const from = (second[0]! % 100) / 10;
        starts.add(from);
        const runs = range(from + 1, 5).map((to) => other.slice(from, to).flat());
        const nearest = Math.min(...runs.map((run) => Math.abs(run.length - wanted)));
        expect(runs).toContainEqual(second);
        expect(Math.abs(second.length - wanted)).toBe(nearest);
        // Enough is left behind the start, unless the whole text is too short.
        if (from > 0) expect(runs.at(-1)!.length).toBeGreaterThanOrEqual(wanted);
      }
    expect(starts).toEqual(new Set([0, 1, 2, 3]));
    const mean = (all: number[]): number => all.reduce((sum, one) => sum + one, 0) / all.length;
    expect(Math.abs(mean(seen[0]) - mean(seen[1]))).toBeLessThan(0.5);
  });

  it('are as long as the only sentence of a text', () => {
    const texts = [
      { sentences: [[1, 2, 3]], document: 0 },
      { sentences: range(0, 9).map((s) => [10 + s]), document: 1 },
    ];
    const random = new Prng(7);
    for (let round = 0; round < 20; round++) expect(nextSentencePairs(texts, 1000, random)[0]!.second.length).toBe(3);
  });

  it('are never of the same document, and next where there is no other one', () => {
    const alone = sources.map((source) => ({ ...source, document: 4 }));
    for (const { label, second } of nextSentencePairs(alone, 1000, new Prng(2)))
      expect(label).toBe(second.length > 0 ? 0 : -1);
  });

  it('have the same tokens in both orders', () => {
    const random = new Prng(3);
    const labels = [0, 0];
    for (let round = 0; round < 300; round++)
      for (const [i, { first, second, label }] of sentenceOrderPairs(sources, 1000, random).entries()) {
        const all = sources[i]!.sentences.flat();
        if (label === -1) expect(sources[i]!.sentences.length).toBe(1);
        else {
          expect(label === 0 ? [...first, ...second] : [...second, ...first]).toEqual(all);
          labels[label]!++;
        }
      }
    const asked = labels[0]! + labels[1]!;
    expect(Math.abs(labels[0]! / asked - 0.5)).toBeLessThan((5 * 0.5) / Math.sqrt(asked));
  });

  it('are cut to fit, the same for both orders', () => {
    const random = new Prng(4);
    const kept = [new Set<number>(), new Set<number>()];
    for (let round = 0; round < 200; round++) {
      for (const { first, second, label } of sentenceOrderPairs(sources, 6, random)) {
        expect(first.length + second.length).toBeLessThanOrEqual(6);
        if (label >= 0) kept[label]!.add(first.length).add(second.length);
      }
      for (const { first, second } of nextSentencePairs(sources, 6, random))
        expect(first.length + second.length).toBeLessThanOrEqual(6);
    }
    expect([...kept[0]!].sort()).toEqual([...kept[1]!].sort());
  });
});
