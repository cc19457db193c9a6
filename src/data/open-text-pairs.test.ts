import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { put, temporaryFolder } from '../../tests/data-files.js';
import { modalityFor, openData } from '../modalities/registry.js';
import { openTextPairs, resolveTextPairs, textPairsHaveSplit } from './open-text-pairs.js';
import { openTexts } from './open-texts.js';
import type { Split } from './sources/source.js';
import { type PairRule, pairsOf, type TextPair, versePairs } from './sources/text/text-pairs.js';
import type { TextSource } from './sources/text/text-source.js';
import type { PairTargets } from './targets.js';
import type { TokensDataset } from './text/tokens-dataset.js';

const at = temporaryFolder();
const cacheFolder = at('cache');
const open = (spec: string, options: object = {}) =>
  openTextPairs(spec, { tokenizer: 'words', vocabulary: 200, context: 12, cacheFolder, ...options });

const number = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight'];

/** Documents d0, d1, ... of sentences that say where they stand. */
function source(documents: number, sentences: number, splits: readonly (Split | null)[] = []): TextSource {
  const texts = Array.from({ length: documents }, (_, d) =>
    Array.from({ length: sentences }, (_, s) => `${s === 0 ? '' : ' '}Document ${number[d]} sentence ${number[s]}.`),
  );
  return {
    ...{ name: 'counted', kind: 'counted', skipped: [], sides: [null], identity: '', size: 1, unit: 'documents' },
    async *documents() {
      for (const [d, text] of texts.entries())
        yield { id: `d${d}`, label: null, split: splits[d] ?? null, isInSentences: true, text };
    },
  };
}

async function pairsIn(
  rule: PairRule,
  documents = 8,
  sentences = 8,
  splits: readonly (Split | null)[] = [],
): Promise<TextPair[]> {
  const found: TextPair[] = [];
  for await (const pair of pairsOf(source(documents, sentences, splits), rule)) found.push(pair);
  return found;
}

/** Document and sentence of a text. */
const placeOf = (text: string): [number, number] => {
  const [, d, s] = /^Document (\w+) sentence (\w+)\.$/.exec(text)!;
  return [number.indexOf(d!), number.indexOf(s!)];
};

describe('what is held out', () => {
  it('are pairs of other documents, where a rule makes them', async () => {
    for (const name of ['a', 'b', 'c', 'd'])
      put(at('held', `${name}.txt`), number.map((word) => `Here is sentence ${word} of ${name}.`).join(' '));
    const pairs = await open(`text:${at('held')}?pairs=order`);
    expect(pairs.count).toBe(16);
    const { kept, held } = pairs.holdOut(0.25);
    const documents = (data: typeof pairs) => new Set(data.ids.map((id) => id.split('#')[0]));
    expect([documents(kept).size, documents(held).size]).toEqual([3, 1]);
  });
});

describe('rules', () => {
  it('next: the sentence behind it, or one of an earlier document', async () => {
    const pairs = await pairsIn('next');
    expect(pairs).toEqual(await pairsIn('next'));
    for (const { first, second, label, id } of pairs) {
      const [[d, s], [other, t]] = [placeOf(first), placeOf(second)];
      expect(id).toBe(`d${d}#${s}`);
      expect(s % 2).toBe(0);
      if (label === 'next') expect([other, t]).toEqual([d, s + 1]);
      else expect(other).toBeLessThan(d);
    }
    const isOf = (label: string, document: number) =>
      pairs.filter((pair) => pair.label === label && pair.id.startsWith(`d${document}#`)).length;
    expect(isOf('other', 0)).toBe(0);
    expect(pairs.filter(({ label }) => label === 'other').length).toBeGreaterThan(6);
    expect(pairs.filter(({ label }) => label === 'next').length).toBeGreaterThan(6);
  });

  it('next: the other document is of the same side of a division', async () => {
    const splits = ['train', 'test', null, 'test', 'train', 'test', null, 'test'] as const;
    const others = (await pairsIn('next', 8, 8, splits)).filter(({ label }) => label === 'other');
    const isTest = (document: number): boolean => splits[document] === 'test';
    for (const { first, second } of others) expect(isTest(placeOf(second)[0])).toBe(isTest(placeOf(first)[0]));
    expect(others.filter(({ split }) => split === 'test').length).toBeGreaterThan(2);
    // Those on no side are for training, as documents of both are drawn for each other.
    const across = others.filter(({ first, second }) => splits[placeOf(first)[0]] !== splits[placeOf(second)[0]]);
    expect(across.length).toBeGreaterThan(0);
  });

  it('order: neighbors as they stand, or swapped', async () => {
    const pairs = await pairsIn('order');
    expect(pairs).toHaveLength(32);
    for (const { first, second, label } of pairs) {
      const [[d, s], [other, t]] = [placeOf(first), placeOf(second)];
      expect([other, t]).toEqual([d, label === 'swapped' ? s - 1 : s + 1]);
    }
    expect(new Set(pairs.map(({ label }) => label))).toEqual(new Set(['in order', 'swapped']));
  });

  it('adjacent: four sentences and the four behind them', async () => {
    const pairs = await pairsIn('adjacent', 2);
    expect(pairs.map(({ id, label }) => [id, label])).toEqual([
      ['d0#0', null],
      ['d1#0', null],
    ]);
    expect(pairs[1]!.first).toMatch(/^Document two sentence one\. .* four\.$/);
    expect(pairs[1]!.second).toMatch(/^Document two sentence five\. .* eight\.$/);
  });

  it('verses of one name belong together', () => {
    const verse = (book: string, name: string, text: string) => ({ book, name, text, testament: 'old' as const });
    const web = [verse('Gen', 'Gen.1.1', 'a'), verse('Gen', 'Gen.1.2', 'b')];
    expect(versePairs(web, [verse('Gen', 'Gen.1.2', 'B')])).toEqual([
      { id: 'Gen.1.2', first: 'b', second: 'B', label: null, split: 'train' },
    ]);
  });
});

describe('texts in pairs', () => {
  const LONG = 'Birds sing in the old trees by the river all day.';
  const rows = [
    { a: 'Cats sleep here.', b: 'Cats nap here.', same: 'yes' },
    { a: 'Dogs bark.', b: '', same: 'no' },
    { a: 'Dogs bark.', b: 'Fish swim. And then they swim on and on and on and on to the sea.', same: 'no' },
    { a: `${LONG} ${LONG}`, b: `${LONG} ${LONG}`, same: 'yes' },
  ];
  const file = at('pairs.jsonl');
  writeFileSync(file, rows.map((row) => JSON.stringify(row)).join('\n'));
  const spec = `text:${file}?column=a,b&label=same`;

  it('are read from two columns, cut to a window, and left out where a side is missing', async () => {
    const data = await open(spec);
    // Both sides of the last are longer than a window.
    expect(data.ids).toEqual(['pairs.jsonl#1#0', 'pairs.jsonl#3#0', 'pairs.jsonl#4#0']);
    expect(data.targets.map(({ kind }) => kind)).toEqual(['pairs']);
    const { classes, labels } = data.target<PairTargets>('pairs')!;
    expect([...labels].map((label) => classes[label])).toEqual(['yes', 'no', 'yes']);
    const [first, second] = data.sides()! as unknown as [TokensDataset, TokensDataset];
    expect(first.spec).toEqual(second.spec);
    const lengths = (side: TokensDataset) => side.collate([0, 1]).lengths.toNumbers();
    expect([lengths(first), lengths(second)]).toEqual([
      [4, 3],
      [4, 3],
    ]);
    expect(data.subset([1]).sides()![1].ids).toEqual(['pairs.jsonl#3#0']);
    expect((await openData(spec, { tokenizer: 'words', vocabulary: 200, context: 12, cacheFolder })).ids).toEqual(
      data.ids,
    );
    expect((await open(spec, { limit: 1 })).count).toBe(1);
  });

  it('are of the kind `pair`, and made of any texts by a rule', async () => {
    put(at('books/train/a.txt'), 'The king was old. He had a son. The son was bold. He rode far away.');
    put(at('books/test/b.txt'), 'A ship set sail. It was never seen. The sea was calm. The crew was gone.');
    const spec = `text:${at('books')}?pairs=order`;
    expect((await modalityFor(spec)).name).toBe('pair');
    expect((await modalityFor(`text:${at('books')}`)).name).toBe('tokens');
    expect(await textPairsHaveSplit(spec, 'test')).toBe(true);
    const test = await open(spec, { split: 'test' });
    expect(test.count).toBe(2);
    expect(resolveTextPairs(`text:${at('books')}?sentences=3&pairs=next`)).toBe(
      `text:${at('books')}?sentences=3&pairs=next`,
    );
    const narratives = await open('synthetic:narratives?count=20&test=4&pairs=next', { split: 'train' });
    expect(narratives.target<PairTargets>('pairs')!.classes).toEqual(['next', 'other']);
  });

  it('have names of columns with any characters, once their path is made absolute too', async () => {
    const table = put(at('signs.jsonl'), JSON.stringify({ 'R&D 50%': 'Cats sleep here.', '+b': 'Dogs bark there.' }));
    const resolved = resolveTextPairs(`text:${relative('.', table)}?column=R%26D%2050%25,%2Bb`);
    expect(resolved).toBe(`text:${table}?column=R%26D%2050%25,%2Bb`);
    expect((await open(resolved)).count).toBe(1);
    expect(resolveTextPairs('text:verses')).toBe('text:verses');
  });

  it('say what is wrong with what is asked for', async () => {
    await expect(open(`text:${file}?pairs=nearest`)).rejects.toThrow('one of next, order, adjacent for `pairs`');
    await expect(openTexts(`text:${file}?pairs=next`, { cacheFolder })).rejects.toThrow('single texts are wanted');
    await expect(open(`text:${file}?column=a,b,same`)).rejects.toThrow('two columns, first,second');
    await expect(open(`text:${file}?column=a,c`)).rejects.toThrow('has no column c');
    await expect(open('text:verses')).rejects.toThrow('Bring them with `autodidact data fetch bibles`');
  });
});
