import { expect, test, vi } from 'vitest';
import { PairDataset } from '../../data/pair-dataset.js';
import { memoryTexts } from '../../data/text/tokens.test-util.js';
import { Generator, ops, Tensor, tensor } from '../../engine/index.js';
import { normalized } from '../scores.js';
import { finish } from '../steps.js';
import { renderTable } from '../table.js';
import { allOf } from '../task.js';
import { wordsOf } from '../texts.test-util.js';
import { evaluateRetrieval } from './evaluate-retrieval.js';
import { cosineRanks, ranksIn, retrievalFigures, wordRanking } from './ranks.js';

test('ranks by hand: others that are as similar come before', () => {
  const rows = [
    [0.9, 0.1, 0.5],
    [0.7, 0.2, 0.1],
    [0.4, 0.4, 0.4],
  ];
  expect(ranksIn(rows)).toEqual([1, 2, 3]);
  expect(ranksIn([rows[1]!], 1)).toEqual([2]);
  const figures = retrievalFigures([1, 2, 6, 5]);
  expect(figures['recall@1']).toBe(1 / 4);
  expect(figures['recall@5']).toBe(3 / 4);
  expect(figures.MRR).toBeCloseTo((1 + 1 / 2 + 1 / 6 + 1 / 5) / 4, 12);
});

test('cosines know no length, and vectors that are all alike find nothing', () => {
  const queries = tensor([
    [1, 0],
    [0, 5],
    [1, 1],
  ]);
  const candidates = tensor([
    [9, 1],
    [0, 0.1],
    [1, 0],
  ]);
  // The third is nearer to the first candidate (cos 0.78) than to its own (0.71), as to the second (0.71).
  expect(cosineRanks(queries, candidates)).toEqual([2, 1, 3]);
  const alike = tensor([
    [1, 2],
    [1, 2],
  ]);
  expect(cosineRanks(alike, alike)).toEqual([2, 2]);
});

test('ranks by cosines are counted where the cosines are', () => {
  const [queries, candidates] = [1, 2].map((seed) => ops.randn([600, 8], { generator: new Generator(seed) }));
  const all = normalized(queries!).mm(normalized(candidates!).t()).toList() as number[][];
  const read = vi.spyOn(Tensor.prototype, 'toNumbers');
  const ranks = cosineRanks(queries!, candidates!);
  expect(read.mock.results.map(({ value }) => value.length)).toEqual([512, 88]);
  read.mockRestore();
  // Two cosines that differ in the last digit may change places.
  expect(ranksIn(all).every((rank, i) => Math.abs(rank - ranks[i]!) <= 1)).toBe(true);
});

test('words in common by hand', () => {
  const weights = (entries: Record<string, number>) => new Map(Object.entries(entries));
  const queries = [weights({ a: 0.8, b: 0.6 }), weights({ c: 1 }), weights({})];
  const candidates = [weights({ b: 1 }), weights({ a: 0.8, c: 0.6 }), weights({ c: 1 })];
  // 0.6 0.64 0 | 0 0.6 1 | nothing in common
  expect(finish(wordRanking(queries, candidates))).toEqual([2, 2, 3]);
  // A pause after each query.
  expect([...wordRanking(queries, candidates)]).toHaveLength(3);
});

const WORDS = ['wave', 'cloud', 'stone', 'tree', 'fire', 'snow', 'moon', 'sand', 'leaf', 'rain', 'iron', 'milk'];

/** Pairs of the same two words in either order; `shift` moves the partners. */
function pairs(shift = 0): PairDataset {
  const one = WORDS.map((word, i) => `${word} ${WORDS[(i + 1) % WORDS.length]}`);
  const two = one.map((text) => text.split(' ').reverse().join(' '));
  const moved = two.map((_, i) => two[(i + shift) % two.length]!);
  const all = memoryTexts(
    [...one, ...moved].map((text) => [text]),
    { form: 'sentences', length: 4 },
  );
  const side = (from: number) => all.subset(allOf(WORDS.length).map((i) => from + i));
  return PairDataset.ofTexts(side(0), side(WORDS.length), null);
}

test('partners are found by vectors and by words; control: partners of others are not', async () => {
  const data = pairs();
  const makeFresh = wordsOf(data.sides()![0] as never, 16);
  const run = { encoder: makeFresh(1), makeFresh };
  const result = await evaluateRetrieval({ run, test: data, seeds: [0, 1] });
  const of = (rows: typeof result.rows, metric: string) =>
    rows.filter((row) => row.metric === metric).map(({ encoder, protocol, value }) => [encoder, protocol, value]);
  expect(of(result.rows, 'recall@1')).toEqual([
    ['pretrained', 'cosine', 1],
    ['pretrained', 'centered', 1],
    ...[0, 1].flatMap(() => [
      ['random', 'cosine', 1],
      ['random', 'centered', 1],
    ]),
    ['bag-of-words', 'cosine', 1],
    ['bag-of-words', 'centered', 1],
  ]);
  expect(result).toMatchObject({ task: 'retrieval', floor: 1 / 12, testCount: 12 });
  expect(renderTable(result)).toMatch(/cosine +none \(0\) +recall@1 +100\.0/);

  const moved = pairs(6);
  const control = await evaluateRetrieval({ run, test: moved, seeds: [0], rules: ['cosine'] });
  expect(control.rows.filter(({ metric }) => metric === 'recall@1').map(({ value }) => value)).toEqual([0, 0, 0]);
});

test('what cannot be asked is refused in a sentence', async () => {
  const data = pairs();
  const [first] = data.sides()!;
  const makeFresh = wordsOf(first as never);
  const run = { encoder: makeFresh(1), makeFresh };
  await expect(evaluateRetrieval({ run, test: first })).rejects.toThrow('The task retrieval asks of pairs, and');
  await expect(evaluateRetrieval({ run, test: data.subset([0]) })).rejects.toThrow('at least two pairs');
  await expect(evaluateRetrieval({ run, test: data, rules: ['knn'] })).rejects.toThrow('some of cosine, centered');
  await expect(evaluateRetrieval({ run, test: data, baselines: ['vat'] })).rejects.toThrow(
    'some of random, bag-of-words',
  );
});
