import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { choosingBlocks } from './blocks.js';
import { type CompareOptions, compare, resumeComparison } from './compare.js';
import type { CompareResult } from './result.js';

const room = vi.hoisted(() => ({ numbers: 5e7 }));
vi.mock('../evaluate/bag-of-words.js', async (original) => ({
  ...(await original<typeof import('../evaluate/bag-of-words.js')>()),
  get MOST_NUMBERS() {
    return room.numbers;
  },
}));

let root: string;
let result: CompareResult;
let options: CompareOptions;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'autodidact-compare-texts-'));
  options = {
    ...{ data: 'synthetic:narratives?count=60&test=20', methods: ['bert', 'gpt', 'skip-gram'], width: 16 },
    ...{ baselines: ['random', 'supervised', 'bag-of-words'], protocol: 'linear', labels: '50%', budget: '2steps' },
    ...{ blocks: 2, freshBlocks: 1, device: 'cpu', out: join(root, 'compare') },
    open: { cacheFolder: join(root, 'cache'), context: 24, vocabulary: 200 },
  };
  result = await compare(options);
}, 120_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('methods of text see the same samples, whatever each asks for, beside a bag of words', () => {
  expect(result.rows.map(({ name, failure }) => [name, failure]).sort()).toEqual([
    ['bag-of-words', null],
    ['bert', null],
    ['gpt', null],
    ['random', null],
    ['skip-gram', null],
    ['supervised', null],
  ]);
  const runs = join(options.out!, 'runs');
  const specs = ['bert', 'gpt', 'skip-gram'].map((name) => {
    const folder = readdirSync(runs).find((run) => run.startsWith(name))!;
    const { data } = JSON.parse(readFileSync(join(runs, folder, 'config.json'), 'utf8'));
    return { samples: data.samples, asked: data.asked };
  });
  expect(specs[1]).toEqual(specs[0]);
  expect(specs[2]).toEqual(specs[0]);
  // BERT asks for word pieces, GPT for characters and skip-gram for words; BERT's three marks need room.
  expect(specs[0]!.samples).toMatchObject({ form: 'sentences', length: 24, room: 3 });
  expect(specs[0]!.asked).toMatchObject({ tokenizer: 'wordpiece', context: 24, vocabulary: 200, form: 'sentences' });
});

test('a bag of words tells the topics that the narratives are about; the other rows are measured on as many samples', () => {
  const bag = result.rows.find(({ name }) => name === 'bag-of-words')!;
  expect(bag.mean).toBeGreaterThan(0.9);
  expect(bag).toMatchObject({ kind: 'bag-of-words', title: 'Bag of words', steps: 0 });
  expect(result.score).toMatchObject({ metric: 'accuracy', labels: '50%' });
});

test('the command that trains the winner opens the texts alike', () => {
  const methods = result.rows.filter(({ kind }) => kind === 'method');
  expect(methods.length).toBe(3);
  if (result.command !== null) expect(result.command).toMatch(/--tokenizer wordpiece --vocabulary 200 --context 24/);
});

test('continues without measuring anything again', async () => {
  const job = resumeComparison(options.out!);
  for await (const event of job) if (event.type === 'cell') expect(event.isNew).toBe(false);
  expect((await job).rows.map(({ scores }) => scores)).toEqual(result.rows.map(({ scores }) => scores));
});

test('words that a bag of words has no room for are said', async () => {
  room.numbers = 300;
  const few = { methods: ['skip-gram'], baselines: ['bag-of-words'], freshBlocks: 0, out: join(root, 'few') };
  const { rows, conclusion } = await compare({ ...options, ...few });
  expect(conclusion.join('\n')).toMatch(/Bag of words: it goes by the \d+ most frequent of \d+ words/);
  const warningsOf = (found: typeof rows) => found.find(({ name }) => name === 'bag-of-words')!.warnings;
  expect(warningsOf(rows).length).toBeGreaterThan(0);
  expect(warningsOf(result.rows)).toEqual([]);
}, 120_000);

test('blocks hold out whole documents', () => {
  // Documents of 4 samples, two classes; the sixth document has no class.
  const owners = Int32Array.from({ length: 24 }, (_, i) => i >> 2);
  const strata = owners.map((owner) => (owner === 5 ? -1 : owner % 2));
  for (const { held, pool } of choosingBlocks(strata, 4, 0, [...owners])) {
    const parts = [held!, pool].map((samples) => new Set(Array.from(samples, (sample) => owners[sample]!)));
    expect([...parts[0]!].filter((owner) => parts[1]!.has(owner))).toEqual([]);
    expect(held!.length).toBeGreaterThan(0);
    expect(parts[1]!.has(5)).toBe(true);
  }
});
