import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { put, temporaryFolder } from '../../../../tests/data-files.js';
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
  /** One testament as SWORD keeps it: blocks of entries, each with its length. */
  function testament(name: string, blocks: readonly (readonly string[])[]): void {
    const [index, entries, packed]: Buffer[][] = [[], [], []];
    let place = 0;
    for (const [block, texts] of blocks.entries()) {
      const content = deflateSync(texts.join(''));
      const line = Buffer.alloc(12);
      line.writeUInt32LE(place, 0);
      line.writeUInt32LE(content.length, 4);
      index!.push(line);
      packed!.push(content);
      place += content.length;
      let start = 0;
      for (const text of texts) {
        const entry = Buffer.alloc(10);
        entry.writeUInt32LE(block, 0);
        entry.writeUInt32LE(start, 4);
        entry.writeUInt16LE(Buffer.byteLength(text), 8);
        entries!.push(entry);
        start += Buffer.byteLength(text);
      }
    }
    for (const [ending, parts] of Object.entries({ bzs: index!, bzv: entries!, bzz: packed! }))
      put(at('cache/datasets/bibles', `${name}.${ending}`), Buffer.concat(parts));
  }

  it('are read verse by verse, without notes, headings and introductions', async () => {
    testament('kjv-ot', [
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
    testament('kjv-nt', [['<div osisID="Matt" type="book"/>', '<chapter osisID="Matt.1"/>', 'The book.']]);
    const verses = await bibleVerses(at('cache/datasets/bibles'), 'kjv');
    expect(verses.map(({ name, text }) => [name, text])).toEqual([
      ['Gen.1.1', 'In the beginning, God & man.'],
      ['Gen.1.2', 'And God said.'],
      ['Gen.2.2', 'Thus.'],
      ['Exod.1.1', 'Now these.'],
      ['Matt.1.1', 'The book.'],
    ]);
    const dataset = await open('text:kjv', { tokenizer: 'characters' });
    expect(dataset.amounts().perClass).toEqual({
      old: { documents: 2, sentences: 4, tokens: 58 },
      new: { documents: 1, sentences: 1, tokens: 9 },
    });
  });
});
