/** Packs the texts of a file several times over, as one line of one document, and prints the most memory that it took. */
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { openTexts } from '../../src/data/index.js';

const { path, times, folder } = JSON.parse(process.argv[2] ?? '{}') as { path: string; times: number; folder: string };
const own = mkdtempSync(join(folder, 'packing-'));
const file = join(own, 'line.txt');
const out = createWriteStream(file);
for (let i = 0; i < times; i++)
  for (const text of JSON.parse(readFileSync(path, 'utf8')) as string[]) {
    if (!out.write(`${text.replaceAll('\n', ' ')} `)) await once(out, 'drain');
  }
out.end();
await finished(out);
const began = performance.now();
await openTexts(`text:${file}`, { tokenizer: 'bpe', vocabulary: 8000, cacheFolder: own });
const seconds = (performance.now() - began) / 1000;
rmSync(own, { recursive: true });
process.stdout.write(`${JSON.stringify({ seconds, peakBytes: 1024 * process.resourceUsage().maxRSS })}\n`);
