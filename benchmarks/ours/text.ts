/** Our side of text.ts. Waits for a line before each step and prints its seconds; at the end the number of tokens. */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { readTokenizer } from '../../src/data/index.js';

const config = JSON.parse(process.argv[2] ?? '{}') as { tokenizer: string; path: string };
const tokenizer = readTokenizer(readFileSync(config.tokenizer, 'utf8'), config.tokenizer);
const texts = JSON.parse(readFileSync(config.path, 'utf8')) as string[];
let count = 0;
for await (const _ of createInterface(process.stdin)) {
  const began = performance.now();
  count = 0;
  for (const text of texts) count += tokenizer.encode(text).length;
  process.stdout.write(`${(performance.now() - began) / 1000}\n`);
}
process.stdout.write(`${count}\n`);
