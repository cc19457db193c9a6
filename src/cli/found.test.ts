/** Commands that search features, with an encoder of words: what is printed, whatever comes of the sheet, and which queries are files. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { temporaryFolder } from '../../tests/data-files.js';
import { AutodidactError } from '../errors.js';
import { duplicatesCommand } from './duplicates.js';
import { labelCommand } from './label.js';
import { searchCommand } from './search.js';
import { saveWordEncoder } from './word-encoder.test-util.js';

vi.mock('../export/pictures/contact-sheet.js', () => ({
  drawContactSheet: () => Promise.reject(new AutodidactError('DATA', 'The picture would be too large')),
}));

const at = temporaryFolder();
const SENTENCES = [
  'One bridge is old.',
  'The river is wide and cold.',
  'Taxes were raised again.',
  'One bridge is old.',
];
let printed = '';

beforeAll(() => {
  vi.stubEnv('AUTODIDACT_CACHE', at('cache'));
  saveWordEncoder(at('words.safetensors'), SENTENCES);
  mkdirSync(at('texts'));
  for (const [i, text] of SENTENCES.entries()) writeFileSync(at('texts', `${i}.txt`), text);
});
beforeEach(() => {
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += text;
    return true;
  });
  return () => vi.restoreAllMocks();
});
afterAll(() => void vi.unstubAllEnvs());

const ask = (command: ReturnType<typeof searchCommand>, ...words: string[]) =>
  command.parseAsync([at('words.safetensors'), ...words], { from: 'user' });
const DATA = () => ['--data', at('texts')];

describe('a sheet that cannot be drawn costs nothing that was found', () => {
  test.each([
    ['search', () => ask(searchCommand(), 'old bridge', '--k', '1', ...DATA(), '--sheet', at('s.png')), /0\.txt/],
    ['label', () => ask(labelCommand(), '--suggest', '3', ...DATA(), '--sheet', at('s.png')), /2\.txt/],
    [
      'duplicates',
      () => ask(duplicatesCommand(), '--threshold', '0.999', ...DATA(), '--sheet', at('s.png')),
      /0\.txt#0 {2}3\.txt#0/,
    ],
  ])('%s', async (_, run, found) => {
    await expect(run()).rejects.toThrow('too large');
    expect(printed).toMatch(found);
  });
});

describe('a query of text', () => {
  interface Answer {
    found: { hits: { id: string; cosine: number }[] }[];
  }
  const hits = async (data: string, query: string) => {
    await ask(searchCommand(), query, '--data', data, '--k', '4', '--json');
    return (JSON.parse(printed) as Answer).found[0]!.hits;
  };

  test('may be the name of a folder, or longer than any name', async () => {
    mkdirSync(at('bridge'));
    expect((await hits(at('texts'), at('bridge'))).length).toBe(4);
    printed = '';
    expect((await hits(at('texts'), 'bridge '.repeat(2000))).length).toBe(4);
  });

  test.each([
    ['a folder', () => at('texts')],
    ['a spec of a folder', () => `text:${at('texts')}`],
    ['a spec with options', () => `text:${at('texts')}?sentences=2`],
  ])('is no hit of its own where it is a file of %s', async (_, data) => {
    expect((await hits(data(), at('texts', '1.txt'))).map(({ id }) => id)).not.toContain('1.txt#0');
    expect(printed).toContain('0.txt#0');
  });

  test('is no hit of its own where it is all of the data', async () => {
    expect(await hits(`text:${at('texts', '1.txt')}`, at('texts', '1.txt'))).toEqual([]);
  });
});
