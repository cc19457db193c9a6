import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { expected, ioError } from '../errors.js';
import type { ContinuationOptions } from '../methods/text/continuation.js';
import { printJson, visible } from './output.js';

interface Given {
  prompt?: string;
  prompts?: string;
  tokens: number;
  temperature: number;
  topK: number;
  topP: number;
  seed: number;
  endless?: boolean;
  device: string;
  json?: boolean;
}

/** A text that was written. */
interface Written {
  prompt: string;
  text: string;
  tokens: number;
  /** Whether the text ended by itself. */
  isEnded: boolean;
}

/** `generate <run>`. */
export function generateCommand(): Command {
  return new Command('generate')
    .description('Continues texts with a language model, token by token.')
    .argument(
      '<run>',
      'a run folder of a language model, such as runs/gpt-1; `autodidact import` makes one of published weights',
    )
    .option('--prompt <text>', 'the text to continue (default: the beginning of a document)')
    .option('--prompts <file>', 'a file with a text to continue in each line')
    .option('--tokens <n>', 'new tokens of a text at most', readNumber('tokens'), 200)
    .option(
      '--temperature <t>',
      'below 1 more probable tokens, above 1 more surprising ones, 0 always the most probable',
      readNumber('temperature'),
      0.8,
    )
    .option('--top-k <k>', 'draw from the k most probable tokens; 0 for all', readNumber('top-k'), 0)
    .option(
      '--top-p <p>',
      'draw from the fewest tokens whose probabilities sum to p; 1 for all',
      readNumber('top-p'),
      1,
    )
    .option('--seed <n>', 'seed of the draws: the same seed gives the same text', readNumber('seed'), 0)
    .option('--endless', 'write on after the end of a document')
    .option('--device <name>', 'cpu, cuda, cuda:1, mps, or auto', 'auto')
    .option('--json', 'Print the texts as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  autodidact generate runs/gpt-1 --prompt "My fellow citizens" --tokens 300 --temperature 0.7',
    )
    .action(generate);
}

async function generate(path: string, given: Given): Promise<void> {
  const texts = promptsOf(given);
  const [{ openGpt }, { encodePrompt, TextStream }, { continueTexts, noText }] = await Promise.all([
    import('./open-gpt.js'),
    import('../methods/text/prompts.js'),
    import('../methods/text/continuation.js'),
  ]);
  const { gpt, tokenizer } = openGpt(path, given.device);
  const prompts = texts.map((text) => encodePrompt(text, tokenizer));
  const { special } = tokenizer;
  const options: ContinuationOptions = {
    ...settingsOf(given),
    stop: given.endless ? null : special.end,
    never: noText(special),
  };
  const isStreaming = !given.json && texts.length === 1;
  const streams = prompts.map((prompt) => new TextStream(tokenizer, prompt));
  const written: Written[] = texts.map((prompt) => ({ prompt, text: '', tokens: 0, isEnded: false }));
  const write = (row: number, text: string): void => {
    written[row]!.text += text;
    if (isStreaming) process.stdout.write(onTerminal(text));
  };
  // Not before the first token is there: the prompt may be refused.
  let isBegun = false;
  const begin = (): void => {
    if (isStreaming && !isBegun) process.stdout.write(onTerminal(texts[0]!));
    isBegun = true;
  };
  let isStopped = false;
  const stop = (): void => {
    isStopped = true;
    process.exitCode = 130;
  };
  process.once('SIGINT', stop);
  try {
    for (const step of continueTexts(gpt, prompts, options)) {
      begin();
      for (const [row, id] of step.entries()) {
        const text = written[row]!;
        // Texts without a token so far may only wait for their turn.
        text.isEnded = id === null && text.tokens > 0 && text.tokens < given.tokens;
        if (id === null) continue;
        text.tokens++;
        write(row, streams[row]!.add(id));
      }
      // Lets the terminal show the text, and Ctrl-C come through.
      await new Promise((resolve) => setImmediate(resolve));
      if (isStopped) break;
    }
  } finally {
    process.removeListener('SIGINT', stop);
  }
  begin();
  for (const [row, stream] of streams.entries()) write(row, stream.end());
  for (const text of written) text.isEnded ||= !isStopped && text.tokens < given.tokens;
  if (given.json) printJson({ run: path, ...settingsOf(given), texts: written });
  else if (isStreaming) process.stdout.write('\n');
  else for (const { prompt, text } of written) process.stdout.write(`${onTerminal(prompt + text)}\n\n`);
}

const settingsOf = ({ tokens, temperature, topK, topP, seed }: Given) => ({ tokens, temperature, topK, topP, seed });

function promptsOf({ prompt, prompts }: Given): string[] {
  if (prompt !== undefined && prompts !== undefined) throw expected('either --prompt or --prompts', 'prompts', prompts);
  if (prompts === undefined) return [prompt ?? ''];
  let content: string;
  try {
    content = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(prompts));
  } catch (error) {
    if (error instanceof TypeError) throw expected('a file of UTF-8 text', 'prompts', prompts);
    throw ioError('read', prompts, error as Error);
  }
  const lines = content.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (lines.length === 0) throw expected('a file with a text in each line', 'prompts', prompts);
  return lines;
}

/** Text with its line breaks, and with other control characters shown instead of obeyed. */
const onTerminal = (text: string): string => text.split('\n').map(visible).join('\n');

const readNumber =
  (name: string) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || Number.isNaN(value)) throw expected('a number', name, text);
    return value;
  };
