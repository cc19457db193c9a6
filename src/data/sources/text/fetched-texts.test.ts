import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { put, temporaryFolder } from '../../../../tests/data-files.js';
import { openTextPairs } from '../../open-text-pairs.js';
import { openTexts } from '../../open-texts.js';
import { bibleVerses } from './bible.js';
import { brownSentences } from './brown.js';

const at = temporaryFolder();
const cacheFolder = at('cache');
const open = (spec: string, options: object = {}) =>
  openTexts(spec, { tokenizer: 'words', context: 64, form: 'sentences', cacheFolder, ...options });

describe('fetched texts', () => {
  it('are asked for where they are not', async () => {
    await expect(open('text:addresses')).rejects.toThrow('Bring them with `autodidact data fetch text`');
  });

  it('the addresses have years, presidents, parties and centuries; every tenth is for tests', async () => {
    for (let i = 0; i < 26; i++) {
      const year = 1790 + 10 * i;
      const [name, party] = i < 13 ? ['George Washington', 'none'] : ['John F Kennedy', 'Democratic'];
      const text = `Fellow citizens of ${year}. We meet. Mr. Speaker, we part.`;
      put(at('cache/datasets/text/addresses', `${year}_x.json`), JSON.stringify({ year, name, party, text }));
    }
    const dataset = await open('text:addresses');
    expect(dataset.classes).toEqual(['Democratic', 'none']);
    expect(dataset.splits.flatMap((split, i) => (split === 'test' ? [dataset.ids[i]] : []))).toEqual([
      '1840_x#0',
      '1940_x#0',
      '2040_x#0',
    ]);
    expect(dataset.amounts().all).toMatchObject({ documents: 26, sentences: 78 });
    const classesOf = async (label: string) => (await open(`text:addresses?label=${label}`)).classes;
    expect(await classesOf('century')).toEqual(['1700s', '1800s', '1900s', '2000s']);
    expect(await classesOf('president')).toEqual(['George Washington', 'John F Kennedy']);
    expect((await classesOf('year'))!.length).toBe(26);
    await expect(open('text:addresses?label=color')).rejects.toThrow('one of party, president, century, year');
    await expect(open('text:addresses?column=text')).rejects.toThrow('is no table');
  });

  it('Brown has its genres, its own sentences and its parts of speech', async () => {
    const tagged =
      "\n\n\tThe/at jury/nn said/vbd ,/, ``/`` No/at 1\\/2/cd !/. ''/'' ./.\n\n\n\tMr./np Smith/np (/( he/pps )/) didn't/dod* ./.\n";
    for (let i = 1; i <= 6; i++) {
      put(at('cache/datasets/text/brown', `ca0${i}`), tagged);
      put(at('cache/datasets/text/brown', `cr0${i}`), tagged);
    }
    put(at('cache/datasets/text/brown', 'README'), 'BROWN');
    const dataset = await open('text:brown?case=keep', { form: 'sentences' });
    expect(dataset.documentCount).toBe(12);
    expect(dataset.classes).toEqual(['humor', 'news']);
    expect(dataset.amounts().all.sentences).toBe(24);
    expect(dataset.splits.filter((split) => split === 'test')).toHaveLength(2);
    expect(await open('text:brown?sentences=1')).toMatchObject({ count: 24 });
    const [first, second] = await brownSentences(at('cache/datasets/text/brown', 'ca01'));
    expect(first!.slice(0, 3)).toEqual([
      { word: 'The', tag: 'at' },
      { word: 'jury', tag: 'nn' },
      { word: 'said', tag: 'vbd' },
    ]);
    expect(first!.map(({ word }) => word)).toContain('1\\/2');
    expect(second!.at(-2)).toEqual({ word: "didn't", tag: 'dod*' });
    const characters = await open('text:brown', { tokenizer: 'characters' });
    expect(characters.textOf(0)).toBe("The jury said, “No 1\\/2!”. Mr. Smith (he) didn't.");
  });
});

describe('WordNet', () => {
  it('gives each definition the class of its lexicographer', async () => {
    const folder = at('cache/datasets/wordnet');
    put(
      `${folder}/data.noun`,
      '  1 This software is provided\n00001740 03 n 01 entity 0 000 | that which is; "an entity"  \n',
    );
    put(`${folder}/data.verb`, '00002000 38 v 01 go 0 000 01 + 01 00 | change location\n');
    for (const part of ['adj', 'adv']) put(`${folder}/data.${part}`, '');
    const dataset = await open('text:wordnet', { tokenizer: 'characters' });
    expect(dataset.ids).toEqual(['noun/00001740#0', 'verb/00002000#0']);
    expect(Array.from(dataset.labels!, (label) => dataset.classes![label])).toEqual(['noun.Tops', 'verb.motion']);
    expect(dataset.textOf(0)).toBe('that which is; "an entity"');
  });
});

describe('Bibles', () => {
  const folder = at('cache/datasets/bibles');
  const words = (...values: number[]) => Buffer.from(Uint32Array.from(values).buffer);

  /** One testament as SWORD keeps it: packed blocks, and the block, the place and the length of each entry. */
  function testament(name: string, blocks: readonly Buffer[], entries: readonly (readonly number[])[]): void {
    let place = 0;
    const index = blocks.map((block) => {
      place += block.length;
      return words(place - block.length, block.length, 0);
    });
    const lines = entries.map(([block, start, length]) =>
      Buffer.concat([words(block!, start!), Buffer.from(Uint16Array.of(length!).buffer)]),
    );
    for (const [ending, parts] of Object.entries({ bzs: index, bzv: lines, bzz: blocks }))
      put(join(folder, `${name}.${ending}`), Buffer.concat(parts));
  }

  /** A testament of blocks of texts, one entry after the other. */
  function written(name: string, blocks: readonly (readonly string[])[]): void {
    const entries = blocks.flatMap((texts, block) => {
      let start = 0;
      return texts.map((text) => {
        const length = Buffer.byteLength(text);
        start += length;
        return [block, start - length, length];
      });
    });
    testament(
      name,
      blocks.map((texts) => deflateSync(texts.join(''))),
      entries,
    );
  }

  it('are read verse by verse, without notes, headings and introductions', async () => {
    written('kjv-ot', [
      ['<milestone/>'],
      [
        '<div osisID="Gen" sID="a" type="book"/> <title>Genesis</title> An introduction.',
        '<chapter n="1" osisID="Gen.1" sID="Gen.1"/>',
        'In the <w lemma="x">beginning</w><note>1.1 not <w>this</w></note>, God &amp; man. ',
        '\u00b6 And <w>God</w> said. <chapter eID="Gen.1"/> ',
        '<chapter n="2" osisID="Gen.2" sID="Gen.2"/>',
        '',
        'Thus. <div eID="a" osisID="Gen" type="book"/>',
      ],
      ['<div osisID="Exod" sID="b" type="book"/>', '<chapter n="1" osisID="Exod.1"/>', 'Now these.'],
    ]);
    written('kjv-nt', [
      [
        '<div osisID="Rev" sID="c" type="book"/>',
        '<chapter osisID="Rev.1"/>',
        'The \\nd LORD. <chapter eID="Rev.1"/> <div canonical="true" eID="c" osisID="Rev" type="book"/> <div type="glossary"/> Abba is a word.',
      ],
    ]);
    const verses = await bibleVerses(folder, 'kjv');
    expect(verses.map(({ name, text }) => [name, text])).toEqual([
      ['Gen.1.1', 'In the beginning, God & man.'],
      ['Gen.1.2', 'And God said.'],
      ['Gen.2.2', 'Thus.'],
      ['Exod.1.1', 'Now these.'],
      ['Rev.1.1', 'The LORD.'],
    ]);
    const dataset = await open('text:kjv', { tokenizer: 'characters' });
    expect(dataset.amounts().perClass).toEqual({
      old: { documents: 2, sentences: 4, tokens: 58 },
      new: { documents: 1, sentences: 1, tokens: 9 },
    });
  });

  it('are divided by the names of their books, which both Bibles and their pairs share', async () => {
    const chapter = (book: string) => [
      `<div osisID="${book}" sID="${book}" type="book"/>`,
      `<chapter osisID="${book}.1"/>`,
      `It is written in ${book}.`,
    ];
    // Other books before: the place of a book does not count.
    written('kjv-ot', [chapter('Josh'), chapter('Judg')]);
    written('kjv-nt', [chapter('Titus'), chapter('Matt')]);
    written('web-ot', [chapter('Tob'), chapter('Judg'), chapter('Josh')]);
    written('web-nt', [chapter('Matt'), chapter('Titus')]);
    const isTest = (data: { ids: readonly string[]; splits: readonly unknown[] }) =>
      data.ids.filter((_, i) => data.splits[i] === 'test').sort();
    const options = { tokenizer: 'words' };
    for (const name of ['kjv', 'web'])
      expect(isTest(await open(`text:${name}`, options))).toEqual(['Josh#0', 'Titus#0']);
    const pairs = await openTextPairs('text:verses', { ...options, context: 64, cacheFolder });
    expect(isTest(pairs)).toEqual(['Josh.1.1#0', 'Titus.1.1#0']);
    expect(pairs.count).toBe(4);
  });

  it('give the verses of a book of both, as an XML parser reads them', async () => {
    const path = new URL('../../../../tests/golden/bibles.json', import.meta.url);
    const golden = JSON.parse(readFileSync(path, 'utf8')) as Record<
      'kjv' | 'web',
      { block: string; entries: number[][]; verses: Record<string, string> }
    >;
    for (const [name, { block, entries, verses }] of Object.entries(golden)) {
      testament(`${name}-ot`, [], []);
      testament(
        `${name}-nt`,
        [Buffer.from(block, 'base64')],
        entries.map((entry) => [0, ...entry]),
      );
      const read = await bibleVerses(folder, name);
      expect(Object.fromEntries(read.map((verse) => [verse.name, verse.text]))).toEqual(verses);
      expect(read).toHaveLength(14);
      expect(read[3]).toMatchObject({ book: '3John', testament: 'new' });
    }
  });
});
