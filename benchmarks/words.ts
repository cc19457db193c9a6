/**
 * Skip-gram and CBOW beside gensim: passes over the State of the Union addresses (as `autodidact data fetch text` brings them), one thread
 * each, with the same words, sentences and settings: 100 numbers per word, windows of 5, 5 noise words, subsampling from 0.001. Ours are the
 * steps of a run, from the packed text on; gensim reads a file of sentences, the faster of its two ways. What counts is the time of the
 * processor, which other programs disturb less. The sides step in turn, in processes of their own, a pass each.
 *
 * The peer gets a virtual environment of its own in the cache, made at the first run. Run it with `npm run bench words` on an idle machine.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openTexts } from '../src/data/index.js';
import { scope } from '../src/engine/index.js';
import { peerPython } from './lib/peer-python.js';
import { median, ourSide, pairedRatio, type Row, ratioRow, report, type Side, stepInTurn } from './lib/run.js';

const SPEC = 'text:addresses';
const PACKAGE = 'gensim==4.4.0';
const LEAST = 1.3;
const LEAST_COUNT = 5;
const STEPS = { warmup: 1, steps: 3 };
const METHODS = [
  { method: 'skip-gram', rate: 0.025 },
  { method: 'cbow', rate: 0.05 },
] as const;

const folder = mkdtempSync(join(tmpdir(), 'autodidact-words-'));
const rows: Row[] = [];
const raw: Record<string, unknown> = {};
try {
  const path = join(folder, 'sentences.txt');
  const words = await writeSentences(path);
  const python = peerPython('gensim', [PACKAGE], 'from gensim.models.word2vec import Word2Vec', '80 MB');
  for (const { method, rate } of METHODS) {
    const config = {
      spec: SPEC,
      path,
      method,
      rate,
      leastCount: LEAST_COUNT,
      words,
      passes: STEPS.warmup + STEPS.steps,
    };
    const script = fileURLToPath(new URL('./peers/words.py', import.meta.url));
    const peer: Side = {
      ...{ command: python, args: [script, JSON.stringify(config)] },
      env: { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
    };
    const own: Side = { ...ourSide('words.ts', config), env: { ...process.env, AUTODIDACT_THREADS: '1' } };
    const [mine, theirs] = await stepInTurn<{ words: number }>([own, peer], STEPS);
    const speed = (seconds: readonly number[]): string =>
      `${Math.round(words / median(seconds) / 1000)} thousand words/s`;
    raw[method] = { words, ours: mine!.seconds, theirs: theirs!.seconds };
    rows.push(
      { what: `${method}, a second of one processor`, measured: speed(mine!.seconds) },
      { what: `${method}, gensim`, measured: speed(theirs!.seconds) },
      ratioRow(`${method}: ours / gensim`, pairedRatio(theirs!.seconds, mine!.seconds), LEAST),
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
report('words', 'Word vectors: 1.8 million words, vectors of 100 numbers, 1 thread', rows, raw);

/** The text as gensim reads it, a sentence on each line, with the words that have vectors alone; returns their number. */
async function writeSentences(path: string): Promise<number> {
  const dataset = await openTexts(SPEC, { tokenizer: 'words', context: 128, form: 'stream' });
  const { special } = dataset.spec;
  const isSpecial = new Set(Object.values(special));
  const counts = new Map<number, number>();
  const lines: number[][] = [];
  let last = '';
  for (let i = 0; i < dataset.count; i++)
    scope(() => {
      const { ids, sentence } = dataset.collate([i]);
      const numbers = sentence.toNumbers();
      for (const [place, id] of ids.toNumbers().entries()) {
        // The end of a document parts sentences too.
        const own = `${numbers[place]}`;
        if (own !== last || id === special.end) lines.push([]);
        last = own;
        if (isSpecial.has(id)) continue;
        lines.at(-1)!.push(id);
        counts.set(id, (counts.get(id) ?? 0) + 1);
      }
    });
  const kept = lines
    .map((line) => line.filter((id) => counts.get(id)! >= LEAST_COUNT))
    .filter((line) => line.length > 0);
  writeFileSync(path, kept.map((line) => `${line.map((id) => `w${id}`).join(' ')}\n`).join(''));
  return kept.reduce((sum, line) => sum + line.length, 0);
}
