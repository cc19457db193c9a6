import { parquetWriteFile } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { put, temporaryFolder } from '../../tests/data-files.js';
import { openTexts, textsHaveSplit } from './open-texts.js';
import type { TagTargets } from './tag-targets.js';
import type { TokensDataset } from './text/tokens-dataset.js';

const at = temporaryFolder();
const cacheFolder = at('cache');
const open = (spec: string, options: Parameters<typeof openTexts>[1] = {}) =>
  openTexts(spec, { tokenizer: 'characters', context: 32, form: 'sentences', cacheFolder, ...options });
const lines = (...rows: unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const textsOf = (dataset: TokensDataset): string[] =>
  Array.from({ length: dataset.documentCount }, (_, document) => dataset.textOf(document));

/** The sides of the documents of a folder of tables, by the names of their files. */
async function sidesOf(name: string, files: readonly string[]): Promise<Record<string, string | null>> {
  for (const file of files) put(at(name, file), lines({ text: 'a text' }));
  const { ids, splits } = await open(`text:${at(name)}`);
  return Object.fromEntries(ids.map((id, i) => [id.replace('#1#0', ''), splits[i]!]));
}

describe('the column of texts', () => {
  it('is never one of several by chance: labels and names are no texts', async () => {
    const table = put(
      at('reviews.jsonl'),
      lines({ sentiment: 'pos', review: 'a good film' }, { sentiment: 'neg', review: 'a bad film' }),
    );
    expect(textsOf(await open(`text:${table}?label=sentiment`))).toEqual(['a good film', 'a bad film']);
    await expect(open(`text:${table}`)).rejects.toThrow(
      /Any of the columns "sentiment", "review" of .* may hold the texts.*\?column=sentiment/s,
    );
    const plain = put(at('plain.jsonl'), lines({ label: 'pos', id: 'x1', split: 'none', review: 'a good film' }));
    expect(textsOf(await open(`text:${plain}`))).toEqual(['a good film']);
  });

  it('is the same in all rows', async () => {
    const table = put(at('gaps.jsonl'), lines({ text: 'first' }, { title: 'no text' }, { title: 'x', text: 'third' }));
    const dataset = await open(`text:${table}`);
    expect(textsOf(dataset)).toEqual(['first', 'third']);
    expect(dataset.skipped).toEqual([{ id: 'gaps.jsonl#2', reason: 'its column text is empty' }]);
    const named = put(at('named.jsonl'), lines({ body: 'first', y: 'a' }, { y: 'b' }, { body: 'third' }));
    const labeled = await open(`text:${named}?column=body&label=y`);
    expect([...labeled.labels!]).toEqual([0, -1]);
    expect(labeled.skipped.map(({ id }) => id)).toEqual(['named.jsonl#2']);
  });
});

describe('a division of tables', () => {
  it('is read from the names of parts and from folders', async () => {
    expect(
      await sidesOf('parts', ['train-00000-of-00002.jsonl', 'train-00001-of-00002.jsonl', 'test-00000-of-00001.jsonl']),
    ).toEqual({
      'train-00000-of-00002.jsonl': 'train',
      'train-00001-of-00002.jsonl': 'train',
      'test-00000-of-00001.jsonl': 'test',
    });
    expect(await sidesOf('folders', ['train/0.jsonl', 'test/0.jsonl'])).toEqual({
      'train/0.jsonl': 'train',
      'test/0.jsonl': 'test',
    });
    expect(await sidesOf('words', ['imdb_train-0.jsonl', 'imdb_test.jsonl'])).toEqual({
      'imdb_train-0.jsonl': 'train',
      'imdb_test.jsonl': 'test',
    });
    expect(await sidesOf('none', ['letters-1.jsonl', 'letters-2.jsonl'])).toEqual({
      'letters-1.jsonl': null,
      'letters-2.jsonl': null,
    });
  });

  it('has its validation part scored where there is no test part, as for other data', async () => {
    expect(await sidesOf('validated', ['train.jsonl', 'validation.jsonl'])).toEqual({
      'train.jsonl': 'train',
      'validation.jsonl': 'test',
    });
    expect(await textsHaveSplit(`text:${at('validated')}`, 'test')).toBe(true);
  });

  it('is read from a column split', async () => {
    const table = put(
      at('divided.jsonl'),
      lines({ text: 'one', split: 'train' }, { text: 'two', split: ' Test' }, { text: 'three', split: '' }),
    );
    const dataset = await open(`text:${table}`);
    expect(dataset.splits).toEqual(['train', 'test', null]);
    expect(await textsHaveSplit(`text:${table}`, 'test')).toBe(true);
    expect((await open(`text:${table}`, { split: 'train' })).documentCount).toBe(2);
    put(at('wrong.jsonl'), lines({ text: 'one', split: 'train' }, { text: 'two', split: 'dev' }));
    await expect(open(`text:${at('wrong.jsonl')}`)).rejects.toThrow(/train, val or test.*split in row 2/);
    const parquet = at('divided.parquet');
    parquetWriteFile({
      filename: parquet,
      columnData: [
        { name: 'body', data: ['one', 'two'], type: 'STRING' },
        { name: 'split', data: ['train', 'validation'], type: 'STRING' },
        { name: 'y', data: [1, 2], type: 'INT32' },
      ],
    });
    expect((await open(`text:${parquet}?column=body&label=y`)).splits).toEqual(['train', 'test']);
  });
});

describe('labels and tags', () => {
  it('of numbers that JSON cannot hold are refused, not merged', async () => {
    const table = put(
      at('large.jsonl'),
      '{"text": "a", "y": 9007199254740993}\n{"text": "b", "y": 9007199254740992}\n',
    );
    await expect(open(`text:${table}?label=y`)).rejects.toThrow(/a whole number up to 2\^53.*y in row 1/);
    await expect(open(`text:${table}?id=y`)).rejects.toThrow(/a whole number up to 2\^53/);
  });

  it('are no tags where they are empty or negative, and one tag in two spellings', async () => {
    const table = put(
      at('tags.jsonl'),
      lines(
        { tokens: ['The', 'dog', 'saw', 'us', '!'], tags: ['DT', 'NN ', -100, null, ''] },
        { tokens: ['dogs'], tags: ['NN'] },
      ),
    );
    const dataset = await open(`text:${table}?tags=tags`);
    expect(dataset.skipped).toEqual([]);
    const tags = dataset.target<TagTargets>('tags')!;
    expect(tags.classes).toEqual(['DT', 'NN']);
    expect([0, 1].map((i) => [...tags.at(i).tags])).toEqual([[0, 1], [1]]);
  });
});

describe('folders and files beside tables', () => {
  it('with a README are tables, and texts beside a table are told of it', async () => {
    put(at('published', 'README.md'), '# About these data');
    put(at('published', 'train.jsonl'), lines({ text: 'taught' }));
    put(at('published', 'test.jsonl'), lines({ text: 'asked' }));
    const published = await open(`text:${at('published')}`);
    expect(published.ids).toEqual(['test.jsonl#1#0', 'train.jsonl#1#0']);
    expect(published.note).toContain('Passed over: 1 text, such as README.md');
    put(at('letters', 'a.txt'), 'a letter');
    put(at('letters', 'labels.jsonl'), lines({ id: 'a.txt', label: 'x' }));
    const letters = await open(at('letters'));
    expect(letters.ids).toEqual(['a.txt#0']);
    expect(letters.note).toContain('Passed over: 1 table, such as labels.jsonl');
  });

  it('of other kinds are not taken for one text', async () => {
    const table = put(at('reviews.csv'), 'review,stars\nbad,1\n');
    await expect(open(`text:${table}`)).rejects.toThrow(/is a table of a kind that texts are not read from/);
  });
});
