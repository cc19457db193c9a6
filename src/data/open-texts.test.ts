import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetWriteFile } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { put, temporaryFolder } from '../../tests/data-files.js';
import { scope } from '../engine/index.js';
import { openTexts, textsHaveSplit } from './open-texts.js';
import { namesTexts, resolveTextSpec } from './sources/text/text-spec.js';
import { TOKENIZER_FILE } from './text/tokenizer.js';
import type { TokensDataset } from './text/tokens-dataset.js';

const at = temporaryFolder();
const cacheFolder = at('cache');
const open = (spec: string, options: Parameters<typeof openTexts>[1] = {}) =>
  openTexts(spec, { tokenizer: 'words', context: 16, form: 'sentences', cacheFolder, ...options });

const textsOf = (dataset: TokensDataset): string[] =>
  Array.from({ length: dataset.documentCount }, (_, document) => dataset.textOf(document));

/** A new folder of files by their names. */
function files(name: string, contents: Readonly<Record<string, string | Uint8Array>>): string {
  for (const [file, content] of Object.entries(contents)) put(at(name, file), content);
  return at(name);
}

const lines = (...rows: unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

describe('folders', () => {
  const folder = files('books', {
    'train/poem/a.txt': 'Roses are red. Violets are blue.',
    'train/prose/b.md': '# Title\n\nOnce there was a king. He had roses.',
    'test/poem/c.txt': 'Violets are red.',
    'test/prose/d.text': 'A king was blue.',
    'readme.pdf': 'x',
  });

  it('give a document for each file, with classes and sides', async () => {
    const dataset = await open(folder);
    expect(dataset.documentCount).toBe(4);
    expect(dataset.classes).toEqual(['poem', 'prose']);
    expect(dataset.ids).toEqual([
      'test/poem/c.txt#0',
      'test/prose/d.text#0',
      'train/poem/a.txt#0',
      'train/prose/b.md#0',
    ]);
    expect([...dataset.labels!]).toEqual([0, 1, 0, 1]);
    expect(dataset.splits).toEqual(['test', 'test', 'train', 'train']);
    expect(dataset.amounts().all).toMatchObject({ documents: 4, sentences: 7 });
    expect((await open(folder, { split: 'test' })).documentCount).toBe(2);
    expect(await textsHaveSplit(folder, 'test')).toBe(true);
    expect(await textsHaveSplit(folder, 'val')).toBe(false);
    await expect(open(folder, { split: 'val' })).rejects.toThrow('has no val texts');
  });

  it('teach their tokenizer by what is not for tests', async () => {
    const dataset = await open(folder, { split: 'test', form: 'stream' });
    // Words that are seen twice in the texts to learn from.
    expect(dataset.tokenizer.idOf('roses')).not.toBeNull();
    expect(dataset.tokenizer.idOf('was')).toBeNull();
  });

  it('are the same data from every cache', async () => {
    const other = await open(folder, { cacheFolder: at('other cache') });
    const dataset = await open(folder);
    expect(other.fingerprint).toBe(dataset.fingerprint);
    expect(other.spec).toEqual(dataset.spec);
    const again = await open(folder);
    expect(again.fingerprint).toBe(dataset.fingerprint);
    expect((await open(folder, { tokenizer: 'characters' })).fingerprint).not.toBe(dataset.fingerprint);
    expect((await open(folder, { context: 17 })).fingerprint).not.toBe(dataset.fingerprint);
  });

  it('take labels from a table', async () => {
    const table = put(at('labels.csv'), 'id,label\ntrain/poem/a.txt,x\ntest/poem/c.txt,y\nnowhere.txt,x\n');
    const dataset = await open(folder, { labels: table });
    expect(dataset.classes).toEqual(['x', 'y']);
    expect([...dataset.labels!]).toEqual([1, -1, 0, -1]);
    expect(dataset.skipped.map(({ id }) => id)).toEqual(['nowhere.txt']);
  });

  it('give fewer documents on request', async () => {
    const dataset = await open(folder, { limit: 2 });
    expect(dataset.documentCount).toBe(2);
    expect(dataset.count).toBeLessThanOrEqual(2);
  });

  it('are texts where most of their files are', async () => {
    expect(await namesTexts(folder)).toBe(true);
    expect(await namesTexts(files('images', { 'a/1.png': '', 'b/2.png': '', 'readme.txt': 'x' }))).toBe(false);
    expect(await namesTexts(join(folder, 'train/poem/a.txt'))).toBe(true);
    expect(await namesTexts(join(folder, 'readme.pdf'))).toBe(false);
    expect(await namesTexts(`text:${folder}`)).toBe(true);
    expect(await namesTexts('synthetic:narratives?count=3')).toBe(true);
    expect(await namesTexts(at('absent'))).toBe(false);
  });

  it('are named with absolute paths in runs', () => {
    expect(resolveTextSpec('text:src?case=lower')).toBe(`text:${process.cwd()}/src?case=lower`);
    expect(resolveTextSpec('text:addresses')).toBe('text:addresses');
    expect(resolveTextSpec('synthetic:narratives?count=3')).toBe('synthetic:narratives?count=3');
  });
});

describe('tables', () => {
  it('of JSON Lines give a document for each row; what cannot be read is listed with its line', async () => {
    const table = put(
      at('rows.jsonl'),
      Buffer.concat([
        Buffer.from(`\ufeff${lines({ body: 'one two', genre: 'a' }, { body: 'three', genre: 7 })}`),
        Buffer.from('not json\n\n[1]\n'),
        Buffer.from('{"body": "caf\xe9"}\n', 'latin1'),
        Buffer.from(
          lines({ body: '', genre: 'a' }, { body: null }, { body: 5, genre: 'a' }, { body: 'x', genre: { a: 1 } }),
        ),
        Buffer.from('{"body": "four \\ud800 five", "genre": null}'),
      ]),
    );
    const dataset = await open(`text:${table}?column=body`);
    expect(textsOf(dataset)).toHaveLength(4);
    expect(dataset.ids.map((id) => id.split('#')[1])).toEqual(['1', '2', '10', '11']);
    expect(dataset.skipped).toEqual([
      { id: 'rows.jsonl#3', reason: 'line 3 is no JSON object' },
      { id: 'rows.jsonl#5', reason: 'line 5 is no JSON object' },
      { id: 'rows.jsonl#6', reason: 'it is not UTF-8 in line 6 (byte 0xE9); save it as UTF-8' },
      { id: 'rows.jsonl#7', reason: 'it holds no text' },
      { id: 'rows.jsonl#8', reason: 'its column body is empty' },
      { id: 'rows.jsonl#9', reason: 'its column body is no text' },
    ]);
    await expect(open(`text:${table}?column=text`)).rejects.toThrow(
      'has no column text; its columns are "body", "genre"',
    );
    await expect(open(`text:${table}?column=body&label=kind`)).rejects.toThrow('has no column kind');
    await expect(open(`text:${table}?col=body`)).rejects.toThrow(
      'one of column, label, id, tags, pairs, sentences, case',
    );
  });

  it('give labels, names and sides', async () => {
    const folder = files('tables', {
      'train.jsonl': lines(
        { text: 'a b', y: 'p', key: 'r1' },
        { text: 'c d', y: 'q', key: 'r2' },
        { text: 'e', y: 'q', key: 'r2' },
      ),
      'test.jsonl': lines({ text: 'a d', y: 'q', key: 'r3' }),
    });
    const dataset = await open(`text:${folder}?label=y&id=key`);
    expect(dataset.ids).toEqual(['r3#0', 'r1#0', 'r2#0']);
    expect([...dataset.labels!]).toEqual([1, 0, 1]);
    expect(dataset.splits).toEqual(['test', 'train', 'train']);
    expect(dataset.skipped).toEqual([{ id: 'r2', reason: 'its name is that of an earlier document' }]);
  });

  it('of Parquet are read the same way', async () => {
    const path = at('rows.parquet');
    parquetWriteFile({
      filename: path,
      columnData: [
        { name: 'text', data: ['one two', 'three', null, ''], type: 'STRING' },
        { name: 'stars', data: [5, 4, 3, 5], type: 'INT32' },
      ],
    });
    const dataset = await open(`text:${path}?label=stars`, { tokenizer: 'characters' });
    expect(textsOf(dataset)).toEqual(['one two', 'three']);
    expect(dataset.classes).toEqual(['4', '5']);
    expect(dataset.skipped.map(({ reason }) => reason)).toEqual(['its column text is empty', 'it holds no text']);
    await expect(open(`text:${path}?column=body`)).rejects.toThrow(
      'has no column body; its columns are "text", "stars"',
    );
    const damaged = put(at('damaged.parquet'), readFileSync(path).subarray(0, 40));
    await expect(open(`text:${damaged}`)).rejects.toThrow(/damaged\.parquet cannot be read as Parquet/);
  });

  it('are tables only', async () => {
    const text = put(at('plain.txt'), 'text');
    await expect(open(`text:${text}?column=a`)).rejects.toThrow('is no table: it has no column for `column`');
  });
});

describe('bad input', () => {
  it('that is no UTF-8 is left out and named with the line', async () => {
    const folder = files('encodings', {
      'good.txt': 'good text',
      'latin1.txt': Buffer.from('one\ntwo\nthr\xe9e\n', 'latin1'),
      'cut.txt': Buffer.from('caf\u00e9', 'utf8').subarray(0, 4),
      'utf16.txt': Buffer.from('\ufefftext', 'utf16le'),
      'zero.txt': 'one\nt\0o',
      'empty.txt': '',
      'blank.txt': ' \n\t\n',
      'bom.txt': '\ufefffirst\r\nsecond\rthird',
    });
    const dataset = await open(folder, { tokenizer: 'characters' });
    expect(textsOf(dataset)).toEqual(['first\nsecond\nthird', 'good text']);
    expect(Object.fromEntries(dataset.skipped.map(({ id, reason }) => [id, reason]))).toEqual({
      'latin1.txt': 'it is not UTF-8 in line 3 (byte 0xE9); save it as UTF-8',
      'cut.txt': 'it is not UTF-8 in line 1 (byte 0xC3); save it as UTF-8',
      'utf16.txt': 'it is UTF-16; save it as UTF-8',
      'zero.txt': 'it is no text: line 2 holds a zero byte',
      'empty.txt': 'it holds no text',
      'blank.txt': 'it holds no text',
    });
  });

  it('in which nothing remains says why', async () => {
    const folder = files('nothing', { 'a.txt': '', 'b.txt': Buffer.from([0xff, 0x41]) });
    await expect(open(folder)).rejects.toThrow(
      'None of the 2 texts of nothing could be read: a.txt (it holds no text), b.txt (it is not UTF-8 in line 1',
    );
    expect(readdirSync(join(cacheFolder, 'packs')).filter((name) => name.includes('.tmp'))).toEqual([]);
    await expect(open(`text:${at('absent')}`)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(open(`text:${files('none', { 'a.bin': 'x' })}`)).rejects.toThrow('holds no texts');
  });

  it('is refused in one sentence', async () => {
    const folder = files('small', { 'a.txt': 'a b c' });
    await expect(open(folder, { vocabulary: 5 })).rejects.toThrow(
      'a whole number from 6 to 1,000,000 for `vocabulary`',
    );
    await expect(open(folder, { tokenizer: 'bpe', vocabulary: 259 })).rejects.toThrow(
      'The 256 bytes and 4 special tokens',
    );
    await expect(open(folder, { context: 0 })).rejects.toThrow('a whole number from 1');
    await expect(open(folder, { context: 3, room: 3 })).rejects.toThrow('at least 4 tokens for `context`');
    await expect(open(folder, { tokenizer: 'bytes' })).rejects.toThrow('one of words, characters, bpe, wordpiece');
    await expect(open(folder, { tokenizer: at('absent.json') })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(open(folder, { limit: 0 })).rejects.toThrow('a whole number from 1');
    const json = put(at('broken.json'), '{"model":');
    await expect(open(folder, { tokenizer: json })).rejects.toThrow(
      'is no tokenizer.json that can be read: it is not JSON',
    );
    const other = put(at('other.json'), '{"model": {"vocab": 3}}');
    await expect(open(folder, { tokenizer: other })).rejects.toThrow('`model.vocab`');
    const unknown = put(
      at('unknown.json'),
      '{"model": {"type": "Neural", "vocab": {"a": 0}}, "pre_tokenizer": {"type": "Magic"}}',
    );
    await expect(open(folder, { tokenizer: unknown })).rejects.toThrow('Magic');
  });

  it('stops on request and leaves nothing behind', async () => {
    const folder = files('stopped', { 'a.txt': 'a b c' });
    const own = at('stopped cache');
    await expect(open(folder, { signal: AbortSignal.abort(), cacheFolder: own })).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
    expect(readdirSync(join(own, 'packs'))).toEqual([]);
  });
});

describe('tokenizers', () => {
  const folder = files('letters', {
    'a.txt': 'the cat sat on the mat. the cat sat.',
    'b.txt': 'a cat on a mat [MASK] </s>',
  });

  it('read the spelling of a special token as text', async () => {
    for (const tokenizer of ['bpe', 'characters', 'words', 'wordpiece'] as const) {
      const dataset = await open(folder, { tokenizer, context: 64 });
      const { pad, unknown, ...others } = dataset.spec.special;
      const ids = scope(() => dataset.collate([0, 1]).ids.toNumbers());
      for (const id of Object.values(others)) expect(ids).not.toContain(id);
      expect([...dataset.tokenizer.encode('[MASK]</s>', { readsSpecial: true })]).toContain(
        tokenizer === 'bpe' ? others.end : others.mask,
      );
    }
  });

  it('of a run come before what is asked for, and are those that other data are read with', async () => {
    const run = await open(folder, { tokenizer: 'wordpiece', vocabulary: 40 });
    const other = files('other letters', { 'c.txt': 'the dog sat' });
    const read = await open(other, { tokenizer: 'characters', assets: run.assets });
    expect(read.spec).toEqual(run.spec);
    const path = put(at('kept', TOKENIZER_FILE), run.tokenizer.json);
    expect((await open(other, { tokenizer: path })).fingerprint).toBe(read.fingerprint);
    await expect(open(other, { tokenizer: path, vocabulary: 50 })).rejects.toThrow('is fixed');
    expect((await open(folder, { assets: run.assets })).fingerprint).toBe(run.fingerprint);
  });

  it('that are damaged in the cache are learned anew', async () => {
    const own = at('damaged cache');
    const before = await open(folder, { cacheFolder: own });
    const packs = join(own, 'packs');
    const [kept] = readdirSync(packs).filter((name) => name.endsWith('.tokenizer.json'));
    writeFileSync(join(packs, kept!), readFileSync(join(packs, kept!), 'utf8').replace('cat', 'cow'));
    expect((await open(folder, { cacheFolder: own })).fingerprint).toBe(before.fingerprint);
  });

  it('of foreign files are read', async () => {
    const golden = new URL('../../tests/golden/text/wordpiece.json', import.meta.url).pathname;
    const dataset = await open(folder, { tokenizer: golden });
    expect(dataset.spec.special).toEqual({ pad: 0, unknown: 1, begin: 2, end: 3, mask: 4 });
    expect(dataset.tokenizer.decode(dataset.tokenizer.encode('The Union of States'))).toBe('the union of states');
  });

  it('keep or drop capital letters on request', async () => {
    const capital = put(at('capital.txt'), 'Rome Rome rome');
    expect(textsOf(await open(`text:${capital}`))).toEqual(['rome rome rome']);
    expect(textsOf(await open(`text:${capital}?case=keep`))).toEqual(['Rome Rome [UNK]']);
  });
});

describe('generated narratives', () => {
  it('have topics, sides and their own sentences, and are the same each time', async () => {
    const dataset = await open('synthetic:narratives?count=20&test=8&sentences=3');
    expect(dataset.amounts().all).toMatchObject({ documents: 28, sentences: 84 });
    expect(dataset.classes).toEqual(['garden', 'harbor', 'kitchen', 'school']);
    expect((await open('synthetic:narratives?count=20&test=8&sentences=3', { split: 'test' })).documentCount).toBe(8);
    expect(dataset.textOf(0)).toMatch(/^first the .* then the .* finally the /);
    expect((await open('synthetic:narratives?count=20&test=8&sentences=3&seed=1')).fingerprint).not.toBe(
      dataset.fingerprint,
    );
    expect((await open('synthetic:narratives?count=20&test=8&sentences=3&cues=no')).textOf(0)).toMatch(/^the /);
    await expect(open('synthetic:narratives?sentences=9')).rejects.toThrow('sentences');
  });
});
