import { expect, test, vi } from 'vitest';
import { ClassTargets } from '../data/index.js';
import { memoryTexts } from '../data/text/tokens.test-util.js';
import { tensor } from '../engine/index.js';
import { modalityOf } from '../modalities/registry.js';
import { tokens } from '../modalities/tokens.js';
import { BagOfWords, counting, readingWords } from './bag-of-words.js';
import { evaluate } from './evaluate.js';
import { optionsOf, quick } from './evaluate.test-util.js';
import { joined } from './reading.js';
import type { SparseRows } from './sparse-rows.js';
import { finish } from './steps.js';
import { renderTable } from './table.js';
import { classification } from './tasks/classification.js';
import { pairs } from './tasks/pairs.js';
import { topics, wordsOf } from './texts.test-util.js';
import { roomFor } from './untaught.js';

const SAMPLES = [['a', 'b'], ['a', 'a', 'c'], ['b']];

test('weights are those of tf-idf by hand, of length 1', () => {
  const bag = new BagOfWords(SAMPLES);
  // a: (1 + ln 2) (1 + ln 4/3), c: 1 + ln 4/2, divided by the root of their squares.
  const weights = bag.weightsOf(['c', 'a', 'unheard', 'a']);
  expect([...weights.keys()].sort()).toEqual(['a', 'c']);
  expect(weights.get('a')).toBeCloseTo(0.789807, 6);
  expect(weights.get('c')).toBeCloseTo(0.613356, 6);
  expect(bag.weightsOf(['unheard'])).toEqual(new Map());
});

/** The numbers of sparse rows, all of them. */
const allOf = (rows: SparseRows): number[][] => {
  const unit = (place: number) => Float64Array.from({ length: rows.size }, (_, i) => Number(i === place));
  const columns = Array.from({ length: rows.size }, (_, place) => rows.times(unit(place), 1));
  return Array.from({ length: rows.count }, (_, row) => columns.map((column) => Number(column[row]!.toFixed(5))));
};

test('vectors have a column for each word of the labeled samples, and the frequent ones where not all fit', () => {
  const bag = new BagOfWords(SAMPLES);
  expect(bag.vocabularyOf([SAMPLES[1]!])).toEqual({ words: ['a', 'c'], known: 2 });
  expect(bag.vocabularyOf(SAMPLES, 2)).toEqual({ words: ['a', 'b'], known: 3 });
  expect(bag.vocabularyOf(SAMPLES, 0)).toEqual({ words: ['a'], known: 3 });
  // The word b is known, so that it shortens the weight of c, and has no column.
  const [b, c] = [1 + Math.log(4 / 3), 1 + Math.log(4 / 2)];
  expect(allOf(bag.vectors([['a'], ['c', 'b'], []], ['a', 'c']))).toEqual([
    [1, 0],
    [0, Number((c / Math.hypot(b, c)).toFixed(5))],
    [0, 0],
  ]);
  const empty = bag.vectors([['x']], []);
  expect([empty.count, empty.size]).toEqual([1, 0]);
});

test('pairs have the vectors of both sides, their distance and their product', () => {
  const bag = new BagOfWords(SAMPLES);
  const words = ['a', 'b', 'c'];
  const sides = [
    [['a', 'c'], ['b']],
    [['b', 'c'], []],
  ] as const;
  const [u, v] = sides.map((side) => tensor(allOf(bag.vectors(side, words))));
  const expected = joined(u!, v!).toList() as number[][];
  expect(allOf(bag.joinedVectors(sides, words))).toEqual(
    expected.map((row) => row.map((value) => expect.closeTo(value, 4))),
  );
  expect(expected[0]!.filter((value) => value !== 0)).toHaveLength(7);
});

test('the search has room for a quarter as many words of pairs, whose vectors are four times as long', () => {
  const targets = new ClassTargets(['a', 'b'], Int32Array.of(0, 1));
  const [single, both] = [roomFor(classification as never, targets), roomFor(pairs as never, targets)];
  expect(single).toBeGreaterThan(100_000);
  expect(both).toBe(single / 4);
});

test('the words of a text are those of its tokens, without what the tokenizer does not know', () => {
  const { words } = modalityOf({ modality: 'tokens' });
  const [data] = topics([2, 1]);
  expect(words!(data)).toEqual([
    ['one', 'one', 'wave', 'one'],
    ['four', 'five', 'cloud', 'seven'],
  ]);
  const rare = memoryTexts([['sea wave sea'], ['wave sea zebra']], { form: 'sentences', leastCount: 2 });
  expect(rare.tokenizer.special.unknown).not.toBeNull();
  expect(words!(rare)).toEqual([
    ['sea', 'wave', 'sea'],
    ['wave', 'sea'],
  ]);
});

test('document frequencies are counted in chunks, and words are read of some samples', () => {
  const [data] = topics([2500, 1]);
  const all = modalityOf(data.spec).words!(data);
  const whole = new BagOfWords([...all, ...all]);
  const words = vi.spyOn(tokens, 'words');
  const bag = finish(counting([data, data]));
  expect(words.mock.calls.map(([part]) => part.count)).toEqual([1024, 1024, 452, 1024, 1024, 452]);
  words.mockRestore();
  expect(bag.weightsOf(all[7]!)).toEqual(whole.weightsOf(all[7]!));
  expect(finish(readingWords(data))).toEqual(all);
  expect(finish(readingWords(data, Int32Array.of(2400, 3)))).toEqual([all[2400], all[3]]);
});

test('texts are measured beside a bag of words without being asked, which learns what a word says', async () => {
  const [train, test] = topics([40, 41]);
  const makeFresh = wordsOf(train);
  const options = { run: { encoder: makeFresh(1), makeFresh }, train, test, protocols: ['linear'], seeds: [0, 1] };
  const result = await evaluate({ ...options, labels: ['25%'], finetune: quick });
  const own = result.rows.filter(({ encoder }) => encoder === 'bag-of-words');
  expect(own.map(({ protocol, labelCount, seed, value }) => [protocol, labelCount, seed, value])).toEqual([
    ['supervised', 10, 0, 1],
    ['supervised', 10, 1, 1],
  ]);
  expect(own[0]!.details).toMatchObject({ isConverged: true });
  expect(result.comparisons.map(({ against }) => against)).toContain('bag-of-words');
  expect(renderTable(result)).toMatch(/supervised +bag of words/);
  expect(result.options.baselines).toEqual(['random', 'supervised', 'bag-of-words']);
});

test('labels that have nothing to do with the words are not learned, and test labels choose nothing', async () => {
  const [train, test] = topics([40, 41]);
  const makeFresh = wordsOf(train);
  const shuffled = train.withLabels(
    ['sea', 'sky'],
    Int32Array.from({ length: 40 }, (_, i) => Math.floor(i / 2) % 2),
  );
  const options = { run: { encoder: makeFresh(1), makeFresh }, test, protocols: ['knn'], seeds: [0] };
  const bag = { baselines: ['bag-of-words'] as const };
  const of = async (data: typeof train, scored = test) =>
    (await evaluate({ ...options, ...bag, train: data, test: scored })).rows.find(
      ({ encoder }) => encoder === 'bag-of-words',
    )!;
  expect((await of(shuffled)).value).toBeLessThan(0.75);
  const turned = test.withLabels(
    ['sea', 'sky'],
    Int32Array.from(test.labels!, (label) => 1 - label),
  );
  const [right, wrong] = [await of(train), await of(train, turned)];
  expect([right.value, wrong.value]).toEqual([1, 0]);
  expect(wrong.details).toEqual(right.details);
});

test('images have no words: nothing is added, and asking for them is refused', async () => {
  const result = await evaluate(optionsOf({ protocols: ['knn'] }));
  expect(result.options.baselines).toEqual(['random', 'supervised']);
  await expect(evaluate(optionsOf({ baselines: ['bag-of-words'] }))).rejects.toThrow(
    'There is no bag-of-words for classification of images. Leave it out of the baselines.',
  );
});
