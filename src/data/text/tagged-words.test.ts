import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { put, temporaryFolder } from '../../../tests/data-files.js';
import { openTexts } from '../open-texts.js';
import { baseTag } from '../sources/text/brown.js';
import type { TagTargets } from '../tag-targets.js';
import { encodeTagged, joinedWords, taggedSentence, wordsWithin, writtenPieces } from './tagged-words.js';
import { learned } from './tokens.test-util.js';

const at = temporaryFolder();
const cacheFolder = at('cache');
const open = (spec: string, options: object = {}) => openTexts(spec, { context: 12, cacheFolder, ...options });
const tagsOf = (data: Awaited<ReturnType<typeof open>>) => data.target<TagTargets>('tags')!;

describe('tagged words', () => {
  it('are written as usual', () => {
    expect(writtenPieces(['``', 'Yes', "''", ',', 'he', '(', 'Tom', ')', 'said', '.'])).toEqual([
      ...['“', 'Yes', '”', ',', ' he', ' (', 'Tom', ')', ' said', '.'],
    ]);
  });

  it('have their tag at the last of their tokens', () => {
    const tokenizer = learned(['abc ab'], { kind: 'characters', leastCount: 1 });
    const { classes, sentences, words } = encodeTagged(
      [[taggedSentence(['ab', 'c'], ['X', null]), taggedSentence(['cab'], ['A'])]],
      tokenizer,
    );
    // a b _ c | _ c a b
    expect(classes).toEqual(['A', 'X']);
    expect(sentences.map((document) => document.map((ids) => tokenizer.decode(ids)))).toEqual([['ab c', ' cab']]);
    expect(words[0]).toEqual({ places: Int32Array.of(1, 7), tags: Int32Array.of(1, 0), words: ['ab', 'cab'] });
  });

  it('are those within a window, at its own places', () => {
    const all = { places: Int32Array.of(1, 4, 7), tags: Int32Array.of(5, 6, 7), words: ['a', 'b', 'c'] };
    const middle = { places: Int32Array.of(2), tags: Int32Array.of(6), words: ['b'] };
    expect(wordsWithin(all, 2, 5)).toEqual(middle);
    expect(wordsWithin(all, 2, 6, 10).places).toEqual(Int32Array.of(12, 15));
    expect(wordsWithin(all, 8, 3).words).toEqual([]);
    expect(joinedWords([middle, middle]).places).toEqual(Int32Array.of(2, 2));
  });
});

describe('tables of lists', () => {
  const rows = [
    { tokens: ['A', 'dog', 'barks', '.'], tags: ['D', 'N', 'V', '.'] },
    { tokens: ['Dogs', 'bark'], tags: [7, 8] },
    { tokens: 'A dog', tags: ['D', 'N'] },
    { tokens: ['A'], tags: ['D', 'N'] },
    { tokens: ['A'], tags: 'D' },
  ];
  const file = at('tagged.jsonl');
  writeFileSync(file, rows.map((row) => JSON.stringify(row)).join('\n'));

  it('give words with their tags, and say what is wrong with the others', async () => {
    const data = await open(`text:${file}?tags=tags`, { tokenizer: 'words', vocabulary: 50 });
    expect(data.count).toBe(2);
    expect(data.targets.map(({ kind }) => kind)).toEqual(['tags']);
    expect(tagsOf(data).classes).toEqual(['.', '7', '8', 'D', 'N', 'V']);
    expect(tagsOf(data).at(0).words).toEqual(['a', 'dog', 'barks', '.']);
    expect([...tagsOf(data).at(0).tags]).toEqual([3, 4, 5, 0]);
    expect(data.skipped.map(({ reason }) => reason)).toEqual([
      'its column tokens is no list of words',
      'it has 1 words and 2 tags',
      'its column tags is no list of tags',
    ]);
    // Windows leave room for the marks of begin and end.
    expect(data.spec).toMatchObject({ form: 'sentences', room: 2 });
    const [second] = [data.subset([1])];
    expect(tagsOf(second!).at(0).words).toEqual(['dogs', 'bark']);
  });

  it('name the column that is not there', async () => {
    await expect(open(`text:${file}?tags=pos`)).rejects.toThrow(
      /has no column pos; its columns are "?tokens"?, "?tags/,
    );
    await expect(open(`text:${file}?tags=tags&column=words`)).rejects.toThrow('has no column words');
  });

  it('number tags by another set, those that it does not have behind its last', async () => {
    const targets = tagsOf(await open(`text:${file}?tags=tags`, { tokenizer: 'words', vocabulary: 50 }));
    const numbered = targets.numberedBy(['N', 'D']);
    expect([...numbered.at(0).tags]).toEqual([1, 0, 2, 2]);
    expect(() => targets.at(9)).toThrow('positions from 0 to 1');
  });
});

describe('Brown', () => {
  it.each([
    ['nn', 'nn'],
    ['np-tl', 'np'],
    ['fw-in+nn-tl', 'in'],
    ['nn-tl-hl', 'nn'],
    ['dod*', 'dod'],
    ['*', '*'],
    ['pps+bez', 'pps'],
    ['np$', 'np$'],
    ['--', '--'],
    ['nil', null],
    ['', null],
  ])('the part of speech in %s is %s', (tag, base) => {
    expect(baseTag(tag)).toBe(base);
  });

  it('has the tags of its words, with the text that it has with genres', async () => {
    for (let i = 1; i <= 6; i++)
      put(
        at('cache/datasets/text/brown', `ca0${i}`),
        '\tThe/at jury/nn said/vbd ,/, ``/`` No/rb ./.\n\tIt/pps did/dod ./.',
      );
    const tagged = await open('text:brown?label=tag', { tokenizer: 'bpe', vocabulary: 270 });
    const plain = await open('text:brown', { tokenizer: 'bpe', vocabulary: 270, form: 'sentences' });
    expect(tagged.textOf(0)).toBe('The jury said, “No. It did.');
    expect(plain.textOf(0)).toBe(tagged.textOf(0));
    expect(tagged.classes).toBeNull();
    const words = Array.from({ length: tagged.count }, (_, i) => tagsOf(tagged).at(i).words);
    expect(words.flat().slice(0, 10)).toEqual(['the', 'jury', 'said', ',', '``', 'no', '.', 'it', 'did', '.']);
    expect(tagged.splits.filter((split) => split === 'test').length).toBeGreaterThan(0);
  });
});
