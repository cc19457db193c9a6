import { describe, expect, it } from 'vitest';
import { scope } from '../../engine/index.js';
import type { Tokens } from '../spec.js';
import { tokenCounts } from './assets.js';
import { memoryTexts } from './tokens.test-util.js';
import type { TokensDataset } from './tokens-dataset.js';

/** 20 documents of 1 to 5 sentences of 2 to 6 words, all different. */
const DOCUMENTS = Array.from({ length: 20 }, (_, d) =>
  Array.from({ length: 1 + (d % 5) }, (_, s) =>
    Array.from({ length: 2 + ((d + s) % 5) }, (_, w) => `d${d}s${s}w${w}`).join(' '),
  ),
);

interface Row {
  ids: number[];
  length: number;
  sentence: number[];
  document: number;
  start: number;
}

function rowsOf(dataset: TokensDataset, indices: readonly number[], draw?: { seed: number; epoch: number }): Row[] {
  return scope(() => {
    const { ids, lengths, sentence, document, start }: Tokens = dataset.collate(indices, draw);
    for (const { dtype } of [ids, lengths, sentence, document, start]) expect(dtype).toBe('int64');
    expect(ids.shape).toEqual([indices.length, dataset.spec.length]);
    return indices.map((_, row) => ({
      ids: ids.select(0, row).toNumbers(),
      length: lengths.toNumbers()[row]!,
      sentence: sentence.select(0, row).toNumbers(),
      document: document.toNumbers()[row]!,
      start: start.toNumbers()[row]!,
    }));
  });
}

const all = ({ count }: TokensDataset): number[] => Array.from({ length: count }, (_, i) => i);

/** The words of a row. */
const wordsOf = (dataset: TokensDataset, { ids, length }: Row): string[] =>
  ids.slice(0, length).map((id) => dataset.tokenizer.token(id));

/** The stream of all words, with the end token behind each document, and the number of each word's sentence. */
const STREAM = DOCUMENTS.flatMap((sentences, document) => [
  ...sentences.flatMap((sentence, number) => sentence.split(' ').map((word) => ({ word, number, document }))),
  { word: '[SEP]', number: sentences.length - 1, document },
]);

describe('a stream', () => {
  const dataset = memoryTexts(DOCUMENTS, { length: 9 });

  it('is cut into blocks behind each other, with end tokens between documents', () => {
    expect(dataset.count).toBe(Math.floor(STREAM.length / 9));
    for (const [i, row] of rowsOf(dataset, all(dataset)).entries()) {
      const own = STREAM.slice(9 * i, 9 * i + 9);
      expect(wordsOf(dataset, row)).toEqual(own.map(({ word }) => word));
      expect(row.sentence).toEqual(own.map(({ number }) => number));
      expect([row.document, row.start]).toEqual([own[0]!.document, 9 * i]);
    }
  });

  it('is moved by a draw, all blocks alike, and never beyond its end', () => {
    // No token is left over, so that every shift would reach beyond.
    const dataset = memoryTexts(DOCUMENTS, { length: 10 });
    expect(STREAM.length % 10).toBe(0);
    const shifts = new Set<number>();
    for (let epoch = 0; epoch < 80; epoch++) {
      const shown = rowsOf(dataset, all(dataset), { seed: 3, epoch });
      const rows = shown.map((row) => wordsOf(dataset, row));
      const shift = STREAM.findIndex((_, at) => rows[0]!.every((word, i) => STREAM[at + i]?.word === word));
      shifts.add(shift);
      for (const [i, words] of rows.entries()) {
        const start = Math.min(10 * i + shift, STREAM.length - 10);
        expect(words).toEqual(STREAM.slice(start, start + 10).map(({ word }) => word));
        expect(shown[i]!.start).toBe(start);
      }
    }
    expect([...shifts].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('that is shorter than a block is padded on the right', () => {
    const short = memoryTexts([['one two', 'three']], { length: 8 });
    const [row] = rowsOf(short, [0]);
    expect(wordsOf(short, row!)).toEqual(['one', 'two', 'three', '[SEP]']);
    expect(row).toMatchObject({ length: 4, sentence: [0, 0, 1, 1, -1, -1, -1, -1] });
    expect(row!.ids.slice(4)).toEqual([0, 0, 0, 0]);
  });

  it('gives labels only to blocks of one class', () => {
    const labeled = memoryTexts([['a b c d e f g'], ['h i j'], ['k l m n o p']], {
      length: 4,
      labels: ['x', 'x', 'y'],
    });
    // a b c d | e f g / | h i j / | k l m n | o p / (left over)
    expect([...labeled.labels!]).toEqual([0, 0, 0, 1]);
    const mixed = memoryTexts([['a b c d e f g'], ['h i j'], ['k l m n o p']], { length: 5, labels: ['x', 'y', 'y'] });
    // a b c d e | f g / h i | j / k l m | ...
    expect([...mixed.labels!]).toEqual([0, -1, 1]);
  });
});

describe('sentences', () => {
  const dataset = memoryTexts(DOCUMENTS, { length: 12, room: 2, form: 'sentences' });

  it('stay whole, of one document, as many as fit beside the room', () => {
    const rows = rowsOf(dataset, all(dataset));
    const words = rows.flatMap((row) => wordsOf(dataset, row));
    expect(words).toEqual(STREAM.filter(({ word }) => word !== '[SEP]').map(({ word }) => word));
    for (const row of rows) {
      expect(row.length).toBeLessThanOrEqual(10);
      const own = wordsOf(dataset, row);
      expect(DOCUMENTS[row.document]!.join(' ').split(' ')[row.start]).toBe(own[0]);
      expect(new Set(own.map((word) => word.split('s')[0]))).toEqual(new Set([`d${row.document}`]));
      for (const number of new Set(row.sentence.filter((n) => n >= 0)))
        expect(own.filter((_, i) => row.sentence[i] === number).join(' ')).toBe(DOCUMENTS[row.document]![number]);
      expect(row.sentence.slice(row.length).every((number) => number === -1)).toBe(true);
    }
  });

  it('are drawn anew in each epoch, and are the same for the same draw whatever else is in the batch', () => {
    const draws = Array.from({ length: 10 }, (_, epoch) => rowsOf(dataset, all(dataset), { seed: 1, epoch }));
    const shown = all(dataset).map((i) => new Set(draws.map((rows) => rows[i]!.ids.join())).size);
    // The last window of a document is filled up from before, so that it is the same one each time.
    expect(Math.max(...shown)).toBeGreaterThan(1);
    for (const [epoch, rows] of draws.entries()) {
      expect(rowsOf(dataset, [7, 2], { seed: 1, epoch })).toEqual([rows[7], rows[2]]);
      for (const row of rows) {
        const sentences = DOCUMENTS[row.document]!.map((sentence) => sentence.split(' ').length);
        const [first, last] = [row.sentence[0]!, row.sentence[row.length - 1]!];
        expect(row.length).toBe(sentences.slice(first, last + 1).reduce((sum, length) => sum + length, 0));
        expect(row.length).toBeLessThanOrEqual(10);
        // As full as can be: the sentence after does not fit, nor, at the end of a document, the one before.
        const next = sentences[last + 1] ?? sentences[first - 1] ?? Number.POSITIVE_INFINITY;
        expect(row.length + next).toBeGreaterThan(10);
      }
    }
  });

  it('longer than a window are cut, with one number', () => {
    const long = memoryTexts([['a b', 'c d e f g h i j k']], { length: 4, form: 'sentences' });
    const rows = rowsOf(long, all(long));
    expect(rows.map((row) => wordsOf(long, row).join(' '))).toEqual(['a b', 'c d e f', 'g h i j', 'k']);
    expect(rows.map(({ sentence }) => sentence[0])).toEqual([0, 1, 1, 1]);
  });

  it('are at most so many where a number is asked for', () => {
    const two = memoryTexts([['a', 'b', 'c', 'd', 'e']], { length: 8, form: 'sentences', sentences: 2 });
    expect(rowsOf(two, all(two)).map((row) => wordsOf(two, row).join(' '))).toEqual(['a b', 'c d', 'e']);
  });
});

describe('parts', () => {
  const labels = DOCUMENTS.map((_, d) => (d % 2 === 0 ? 'even' : 'odd'));

  it.each(['stream', 'sentences'] as const)('of a %s are held out by document', (form) => {
    const dataset = memoryTexts(DOCUMENTS, { length: 6, form, labels });
    const { kept, held } = dataset.holdOut(0.25, 1);
    const documents = (part: TokensDataset) =>
      new Set(wordsOfAll(part).flatMap((word) => (word === '[SEP]' ? [] : [word.split('s')[0]!])));
    const [a, b] = [documents(kept), documents(held)];
    expect([...a].filter((document) => b.has(document))).toEqual([]);
    expect(held.documentCount).toBe(6);
    expect(kept.documentCount).toBe(14);
    // Three of each class.
    expect(Object.values(held.amounts().perClass!).map(({ documents }) => documents)).toEqual([3, 3]);
    expect(kept.fingerprint).not.toBe(held.fingerprint);
  });

  it('of a part are held out by document too', () => {
    const dataset = memoryTexts(DOCUMENTS, { length: 6, form: 'sentences' });
    const { kept, held } = dataset.subset(all(dataset).slice(3)).holdOut(0.3);
    const documents = (part: TokensDataset) => new Set(rowsOf(part, all(part)).map(({ document }) => document));
    expect([...documents(kept)].filter((document) => documents(held).has(document))).toEqual([]);
    expect(kept.count + held.count).toBe(dataset.count - 3);
  });

  it('that got other labels are held out with the share of each class', () => {
    const dataset = memoryTexts(DOCUMENTS, { length: 12, form: 'sentences' });
    const documentOf = new Map(rowsOf(dataset, all(dataset)).map(({ document }, i) => [i, document]));
    const isRare = (i: number): boolean => documentOf.get(i)! < 4;
    const given = dataset.withLabels(
      ['often', 'rare'],
      Int32Array.from(all(dataset), (i) => Number(isRare(i))),
    );
    for (const seed of [0, 1, 2, 3]) {
      const { kept, held } = given.holdOut(0.25, seed);
      const documents = (part: TokensDataset) => new Set(rowsOf(part, all(part)).map(({ document }) => document));
      expect([...documents(held)].filter((document) => document < 4)).toHaveLength(1);
      expect(documents(held).size + documents(kept).size).toBe(20);
    }
  });

  it('of one side are made of its documents', () => {
    const splits = DOCUMENTS.map((_, d) => (d < 5 ? ('test' as const) : null));
    const dataset = memoryTexts(DOCUMENTS, { length: 6, splits });
    expect(dataset.only('test').documentCount).toBe(5);
    expect(dataset.only('train').documentCount).toBe(15);
    expect(() => dataset.only('val')).toThrow('has no val texts');
    expect(wordsOfAll(dataset.only('test')).every((word) => word === '[SEP]' || /^d[0-4]s/.test(word))).toBe(true);
  });

  it('of one side, or held out, stay those that were chosen, with the targets that they were given', () => {
    const splits = DOCUMENTS.map((_, d) => (d < 5 ? ('test' as const) : null));
    const dataset = memoryTexts(DOCUMENTS, { length: 6, splits, labels, form: 'sentences' });
    const isOfTest = (id: string): boolean => Number(id.split('.')[0]) < 5;
    const part = dataset.subset(all(dataset).filter((i) => i % 2 === 1));
    expect(part.only('test').ids).toEqual(part.ids.filter(isOfTest));
    expect(part.only('train').ids).toEqual(part.ids.filter((id) => !isOfTest(id)));
    const given = dataset.withLabels(
      ['a', 'b', 'c'],
      Int32Array.from(all(dataset), (i) => i % 3),
    );
    const labelOf = new Map(given.ids.map((id, i) => [id, given.labels![i]]));
    const { kept, held } = given.holdOut(0.25, 1);
    for (const some of [given.only('test'), given.only('train'), kept, held]) {
      expect(some.classes).toEqual(['a', 'b', 'c']);
      expect([...some.labels!]).toEqual(some.ids.map((id) => labelOf.get(id)));
    }
    expect(given.only('test').ids).toEqual(given.ids.filter(isOfTest));
    expect(kept.count + held.count).toBe(given.count);
    expect(() => part.only('val')).toThrow('has no val texts');
  });

  it('a subset shows the same windows under the same names', () => {
    const dataset = memoryTexts(DOCUMENTS, { length: 6, labels });
    const part = dataset.subset([4, 1]);
    expect(rowsOf(part, [0, 1])).toEqual(rowsOf(dataset, [4, 1]));
    expect(part.ids).toEqual([dataset.ids[4], dataset.ids[1]]);
    expect(new Set(dataset.ids).size).toBe(dataset.count);
    expect([...part.labels!]).toEqual([dataset.labels![4], dataset.labels![1]]);
    expect(part.subset([1]).fingerprint).not.toBe(part.fingerprint);
    expect(rowsOf(part.subset([1]), [0])).toEqual(rowsOf(dataset, [1]));
    expect(() => part.collate([2])).toThrow('positions from 0 to 1');
  });

  it('of a single document cannot be held out', () => {
    expect(() => memoryTexts([['a b']], {}).holdOut(0.5)).toThrow('too few');
  });
});

describe('assets', () => {
  it('are the tokenizer and the counts of its tokens', () => {
    const dataset = memoryTexts([['a b a'], ['a c']]);
    const counts = tokenCounts(dataset.assets);
    expect(counts.length).toBe(dataset.spec.vocabulary);
    const countOf = (token: string) => counts[dataset.tokenizer.idOf(token)!];
    expect([countOf('a'), countOf('b'), countOf('c'), countOf('[SEP]'), countOf('[PAD]')]).toEqual([3, 1, 1, 2, 0]);
    expect(dataset.tokenizer.hash).toBe(dataset.spec.tokenizer);
    expect(dataset.textOf(0)).toBe('a b a');
  });
});

function wordsOfAll(dataset: TokensDataset): string[] {
  return rowsOf(dataset, all(dataset)).flatMap((row) => wordsOf(dataset, row));
}
