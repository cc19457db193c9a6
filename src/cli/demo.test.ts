import { Command } from 'commander';
import { afterEach, beforeEach, expect, it, type MockInstance, vi } from 'vitest';
import { demoCommand } from './demo.js';
import { print, printJson } from './output.js';

// The real ones take minutes.
const fake = (name: string): Command =>
  new Command(name)
    .option('--json')
    .allowUnknownOption()
    .allowExcessArguments()
    .action(({ json }: { json?: boolean }) => {
      if (name === 'pretrain' && isInterrupted) process.exitCode = 130;
      if (json) printJson({ name });
      else print(`table of ${name}`);
    });
let isInterrupted = false;
vi.mock('./pretrain.js', () => ({ pretrainCommand: () => fake('pretrain') }));
vi.mock('./evaluate.js', () => ({ evaluateCommand: () => fake('evaluate') }));

let stdout: MockInstance;
let stderr: MockInstance;
beforeEach(() => {
  stdout = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  isInterrupted = false;
});
afterEach(() => {
  stdout.mockRestore();
  stderr.mockRestore();
  process.exitCode = undefined;
});
const demo = async (...words: string[]): Promise<string> => {
  await demoCommand().parseAsync(['--out', 'runs/demo', ...words], { from: 'user' });
  return stdout.mock.calls.join('');
};

it('prints one JSON object with what both of its commands print', async () => {
  expect(JSON.parse(await demo('--json'))).toEqual({
    ...{ run: 'runs/demo', seconds: expect.any(Number) },
    ...{ pretraining: { name: 'pretrain' }, evaluation: { name: 'evaluate' } },
  });
});

it('measures nothing after an interruption, and says so in JSON', async () => {
  isInterrupted = true;
  expect(JSON.parse(await demo('--json'))).toMatchObject({ pretraining: { name: 'pretrain' }, evaluation: null });
});

it('prints the tables for people', async () => {
  expect(await demo()).toMatch(
    /^table of pretrain\ntable of evaluate\n\nThe demonstration took .*\nOpen runs\/demo\/report/,
  );
});
