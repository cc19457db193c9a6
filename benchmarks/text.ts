/**
 * Encoding text beside Hugging Face's tokenizers for Python: the State of the Union addresses (10.8 MB, as `autodidact data fetch text`
 * brings them) by the same tokenizer.json, document by document, on one thread each; byte pairs of 8,000 tokens and word pieces of 4,000.
 * What counts is the first time, in fresh processes: the tokens of pieces that were met before are kept in memory, so that the same texts are
 * encoded again faster than any others. Then packing: the most memory that reading, learning and encoding takes, of three times
 * as much text too. The sides step in turn, in processes of their own.
 *
 * The peer gets a virtual environment of its own in the cache, made at the first run. Run it with `npm run bench text` on an idle machine.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fetchDataset } from '../src/data/index.js';
import { TokenizerTrainer } from '../src/data/text/train/train-tokenizer.js';
import { peerPython } from './lib/peer-python.js';
import { median, ourSide, ours, pairedRatio, type Row, ratioRow, report, type Side, stepInTurn } from './lib/run.js';

const PACKAGE = 'tokenizers==0.23.3';
const LEAST = 2;
/** Each with processes of its own. */
const ROUNDS = 5;
const STEPS = { warmup: 0, steps: 3 };
const KINDS = [
  { kind: 'bpe', vocabulary: 8000, what: 'byte pairs' },
  { kind: 'wordpiece', vocabulary: 4000, what: 'word pieces' },
] as const;
/** Times the addresses, in packing; less is over before the garbage collector has settled. */
const REPEATS = [4, 12] as const;
/** Beyond this the memory grows with the text. */
const MOST_GROWTH = 1.25;

type Seconds = Record<'ours' | 'theirs', number[]>;

const folder = mkdtempSync(join(tmpdir(), 'autodidact-text-'));
const rows: Row[] = [];
const raw: Record<string, unknown> = {};
try {
  const source = join(await fetchDataset('text'), 'addresses');
  const texts = readdirSync(source)
    .sort()
    .map((name) => (JSON.parse(readFileSync(join(source, name), 'utf8')) as { text: string }).text);
  const path = join(folder, 'texts.json');
  writeFileSync(path, JSON.stringify(texts));
  const megabytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / 1e6;
  const python = peerPython('tokenizers', [PACKAGE], 'import tokenizers', '4 MB');
  for (const { kind, vocabulary, what } of KINDS) {
    const trainer = new TokenizerTrainer({ kind, vocabulary });
    for (const text of texts) trainer.add(text);
    const tokenizer = join(folder, `${kind}.json`);
    writeFileSync(tokenizer, trainer.finish());
    const config = { tokenizer, path };
    const script = fileURLToPath(new URL('./peers/text.py', import.meta.url));
    const peer: Side = {
      ...{ command: python, args: [script, JSON.stringify(config)] },
      env: { ...process.env, TOKENIZERS_PARALLELISM: 'false', RAYON_NUM_THREADS: '1' },
    };
    const first: Seconds = { ours: [], theirs: [] };
    const again: Seconds = { ours: [], theirs: [] };
    for (let round = 0; round < ROUNDS; round++) {
      const [own, theirs] = await stepInTurn<number>([ourSide('text.ts', config), peer], STEPS);
      if (own!.result !== theirs!.result)
        throw new Error(`${kind}: ${own!.result} tokens, the peer ${theirs!.result}: they do not do the same`);
      for (const [name, { seconds }] of [['ours', own!] as const, ['theirs', theirs!] as const]) {
        first[name].push(seconds[0]!);
        again[name].push(...seconds.slice(1));
      }
    }
    const speed = (seconds: readonly number[]): string => `${(megabytes / median(seconds)).toFixed(1)} MB/s`;
    raw[kind] = { megabytes, first, again };
    rows.push(
      { what: `${what}, the first time`, measured: speed(first.ours) },
      { what: `${what}, tokenizers for Python, the first time`, measured: speed(first.theirs) },
      ratioRow(`${what}: ours / Python, the first time`, pairedRatio(first.theirs, first.ours), LEAST),
      { what: `${what}, again`, measured: speed(again.ours) },
      { what: `${what}, tokenizers for Python, again`, measured: speed(again.theirs) },
      ratioRow(`${what}: ours / Python, again`, pairedRatio(again.theirs, again.ours)),
    );
  }
  const peaks = REPEATS.map((times) => {
    const packed = ours<{ peakBytes: number; seconds: number }>('packing.ts', { path, times, folder });
    raw[`packing of ${times}`] = packed;
    rows.push({
      what: `packing ${(times * megabytes).toFixed(0)} MB in one line, most memory`,
      measured: `${Math.round(packed.peakBytes / 2 ** 20)} MiB, ${((times * megabytes) / packed.seconds).toFixed(1)} MB/s`,
    });
    return packed.peakBytes;
  });
  const growth = peaks[1]! / peaks[0]!;
  rows.push({
    ...{ what: 'memory for three times the text / memory', measured: growth.toFixed(2) },
    ...{ target: `<= ${MOST_GROWTH}`, isMet: growth <= MOST_GROWTH },
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
report('text', 'Text: encoding 10.8 MB of English, 1 thread, and packing', rows, raw);
