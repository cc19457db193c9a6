import { describe, expect, it } from 'vitest';
import { put, temporaryFolder } from '../../../../tests/data-files.js';
import { openTexts } from '../../open-texts.js';
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
