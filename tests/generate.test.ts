/** `autodidact generate`, `perplexity` and `few-shot` as a person runs them, on a run of a moment. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pretrain } from '../src/pretrain.js';
import { Cli } from './support/cli.js';

const cli = new Cli(mkdtempSync(join(tmpdir(), 'autodidact-generate-')));
const DATA = 'synthetic:narratives?count=60&test=20';

beforeAll(async () => {
  await pretrain({
    method: 'gpt',
    data: DATA,
    out: cli.path('run'),
    open: { cacheFolder: cli.path('cache') },
    options: { blocks: 1 },
    training: { epochs: 0.3, width: 16, device: 'cpu' },
    useMonitor: false,
  });
}, 120_000);
afterAll(() => rmSync(cli.folder, { recursive: true, force: true }));

interface Printed {
  texts: { prompt: string; text: string; tokens: number; isEnded: boolean }[];
}

const generate = (...words: string[]) => cli.run(['generate', 'run', '--device', 'cpu', ...words]);
const json = async (...words: string[]): Promise<Printed> => {
  const { code, stdout, stderr } = await generate('--json', ...words);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
};

it('writes the prompt and goes on, the same with the same seed', async () => {
  const words = ['--prompt', 'the', '--tokens', '30', '--temperature', '1', '--endless'];
  const [one, again, other] = [
    await generate(...words, '--seed', '4'),
    await generate(...words, '--seed', '4'),
    await generate(...words, '--seed', '5'),
  ];
  expect(one.code, one.stderr).toBe(0);
  expect(one.stdout).toMatch(/^the.{20,}\n$/s);
  expect(again.stdout).toBe(one.stdout);
  expect(other.stdout).not.toBe(one.stdout);
});

it('goes on beyond the context, and at the most probable tokens', async () => {
  const long = await json('--prompt', 'the', '--tokens', '150', '--endless', '--top-k', '5', '--top-p', '0.9');
  expect(long.texts[0]).toMatchObject({ prompt: 'the', tokens: 150, isEnded: false });
  const greedy = ['--prompt', 'the', '--tokens', '20', '--endless'];
  const first = await json(...greedy, '--temperature', '0');
  expect((await json(...greedy, '--top-k', '1', '--seed', '9')).texts).toEqual(first.texts);
});

it('continues the lines of a file', async () => {
  writeFileSync(cli.path('prompts.txt'), 'the\n\na long prompt of some\n');
  const { texts } = await json('--prompts', 'prompts.txt', '--tokens', '5', '--endless');
  expect(texts.map(({ prompt }) => prompt)).toEqual(['the', 'a long prompt of some']);
  const { stdout } = await generate('--prompts', 'prompts.txt', '--tokens', '5');
  expect(stdout).toMatch(/^the.*\n\na long prompt of some.*\n\n$/s);
});

it.each([
  [['--prompt', 'the ☃ ö'], /does not know "☃", "ö"\. Leave it out of the prompt/],
  [['--prompt', 'the '.repeat(40)], /The prompt has \d+ tokens, but the network reads at most 64\. Shorten it/],
  [['--temperature', '-1'], /a number from 0 on for `--temperature`/],
  [['--tokens', 'many'], /a number for `tokens`, received "many"/],
  [['--prompts', 'nothing.txt'], /nothing\.txt: no such file/],
  [['--prompts', '.', '--prompt', 'a'], /either --prompt or --prompts/],
])('refuses %s in a sentence', async (words, message) => {
  const { code, stdout, stderr } = await generate(...words);
  expect(code).toBeGreaterThan(0);
  expect(stderr).toMatch(message);
  expect(stdout).toBe('');
});

it('measures the test texts of the run', async () => {
  const { code, stdout, stderr } = await cli.run(['perplexity', 'run', '--json', '--device', 'cpu']);
  expect(code, stderr).toBe(0);
  const { tokens, bytes, perToken, perByte } = JSON.parse(stdout);
  expect(tokens).toBeGreaterThan(100);
  expect(bytes).toBeGreaterThan(100);
  expect(perToken).toBeGreaterThan(2);
  expect(perToken).toBeLessThan(40);
  expect(perByte).toBeLessThan(40);
});

it('prompts with examples, and says which tasks it cannot ask', async () => {
  const words = ['few-shot', 'run', '--shots', '0,2', '--trials', '4', '--device', 'cpu'];
  const { code, stdout, stderr } = await cli.run([...words, '--json']);
  expect(code, stderr).toBe(0);
  const { rows, skipped, weights } = JSON.parse(stdout);
  expect(rows.length + 2 * skipped.length).toBe(2 * 5);
  expect(weights).toMatch(/^[0-9a-f]{64}$/);
  for (const { task, rouge } of rows) expect(rouge !== null).toBe(task === 'shortening');
  const { stderr: wrong } = await cli.run(['few-shot', 'run', '--tasks', 'juggling']);
  expect(wrong).toMatch(/some of label-mapping, .* for `--tasks`, received "juggling"/);
});

it('refuses a run of another method', async () => {
  await pretrain({
    method: 'cpc-text',
    data: DATA,
    out: cli.path('other'),
    open: { cacheFolder: cli.path('cache') },
    training: { epochs: 0.1, width: 16, device: 'cpu' },
    useMonitor: false,
  });
  const { code, stderr } = await cli.run(['generate', 'other']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/other holds .*, which does not write texts\. Take a run of the method gpt/);
}, 120_000);
