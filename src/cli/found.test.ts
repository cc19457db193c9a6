/** Commands that search features, with an encoder of words: which queries are files. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { temporaryFolder } from '../../tests/data-files.js';
import { memoryTexts } from '../data/text/tokens.test-util.js';
import { findMethod, parseMethodOptions } from '../methods/registry.js';
import { buildEncoder } from '../train/build.js';
import { saveEncoder } from '../train/encoder-file.js';
import { searchCommand } from './search.js';

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
  const { spec, assets } = memoryTexts([SENTENCES], { length: 8, form: 'sentences' });
  const definition = findMethod('skip-gram');
  const options = parseMethodOptions(definition, {}, true);
  const training = { backbone: 'word-table', width: 4 };
  const encoder = buildEncoder(definition, options, training, spec, { seed: 1, device: 'cpu', assets });
  const origin = { method: 'skip-gram', options: options as object as Record<string, unknown>, ...training };
  saveEncoder(at('words.safetensors'), encoder, { ...origin, samples: spec, assets });
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
