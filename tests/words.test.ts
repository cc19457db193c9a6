/** `autodidact words` as a person uses it, on a run and on files of word vectors. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Cli } from './support/cli.js';

const cli = new Cli(mkdtempSync(join(tmpdir(), 'autodidact-words-')));

beforeAll(() => {
  writeFileSync(
    cli.path('glove.txt'),
    'the -1 -1 -2\nman 1 0 1\nwoman 1 1 1\nking 3 0 5\nqueen 1 1 2\napple -3 0.1 0\n',
  );
  writeFileSync(cli.path('pairs.csv'), 'man,woman,9\nman,apple,1\nking,queen,8.5\nmoon,man,2\n');
  writeFileSync(cli.path('questions.txt'), ': people\nman king woman queen\nman king moon queen\n');
});
afterAll(() => rmSync(cli.folder, { recursive: true, force: true }));

it('asks a file of vectors', async () => {
  const near = await cli.json<{ word: string; nearest: { word: string; similarity: number }[] }[]>(
    ...['words', 'glove.txt', 'nearest', 'Woman', '--count', '2'],
  );
  expect(near).toEqual([
    {
      word: 'Woman',
      nearest: [
        { word: 'queen', similarity: expect.closeTo(4 / Math.sqrt(18), 5) },
        { word: 'man', similarity: expect.closeTo(2 / Math.sqrt(6), 5) },
      ],
    },
  ]);
  const [analogy, pair, pairs, questions] = await Promise.all([
    cli.run(['words', 'glove.txt', 'analogy', 'man', 'king', 'woman', '--count', '1']),
    cli.run(['words', 'glove.txt', 'similarity', 'man', 'king']),
    cli.run(['words', 'glove.txt', 'similarity', 'pairs.csv']),
    cli.run(['words', 'glove.txt', 'analogies', 'questions.txt']),
  ]);
  expect(analogy.stdout).toMatch(/^man is to king as woman is to\n0\.\d{3} {2}queen\n$/);
  expect(pair.stdout).toBe('0.970\n');
  expect(pairs.stdout).toMatch(/^Spearman's correlation 0\.500\n3 of 4 pairs \(75\.0%\) have vectors/);
  expect(questions.stdout).toMatch(/people +100\.0% +1 +2\ntotal +100\.0% +1 +2\n1 of 2 questions \(50\.0%\)/);
});

it('brings vectors from format to format, into a run and onto a map', async () => {
  const binary = await cli.run(['words', 'glove.txt', 'export', 'out/v.bin']);
  expect(binary.stdout).toBe('out/v.bin: 6 words with 3 numbers each, word2vec-binary\n');
  const [run, map] = await Promise.all([
    cli.run(['words', 'out/v.bin', 'import', 'runs/words']),
    cli.run(['words', 'out/v.bin', 'map', 'map.png', '--limit', '4']),
  ]);
  expect(run.code, run.stderr).toBe(0);
  expect(map.stdout).toBe('map.png\n');
  expect((await sharp(cli.path('map.png')).metadata()).width).toBe(1600);
  const from = async (path: string): Promise<unknown> => cli.json('words', path, 'nearest', 'man');
  expect(await from('runs/words')).toEqual(await from('glove.txt'));
  const embedded = await cli.run(['embed', 'runs/words', '--data', 'questions.txt', '--out', 'features.npy']);
  expect(embedded.code, embedded.stderr).toBe(0);
});

it.each([
  [['words', 'glove.txt', 'nearest', 'quen'], 1, /The word "quen" has no vector.* Near spellings are "queen"/],
  [['words', 'glove.txt', 'neerest', 'man'], 2, /for `action`, received "neerest"\. Did you mean nearest\?/],
  [['words', 'glove.txt', 'analogy', 'man', 'king'], 2, /Expected <a> <b> <c> after analogy, received man king/],
  [['words', 'glove.txt', 'map', 'map.jpg'], 2, /a file that ends in \.png/],
  [['words', 'glove.txt', 'nearest', 'man', '--count', '0'], 2, /a whole number from 1/],
])('refuses %s in one sentence', async (words, exitCode, message) => {
  const { code, stdout, stderr } = await cli.run(words);
  expect([code, stdout]).toEqual([exitCode, '']);
  expect(stderr).toMatch(message);
  expect(stderr.trimEnd()).not.toContain('\n');
  expect(existsSync(cli.path('map.jpg'))).toBe(false);
});
