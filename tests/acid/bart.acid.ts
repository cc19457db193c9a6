/**
 * BART must put shuffled sentences in order: of all orders of the sentences the text in the true one must be the most probable, given the
 * shuffled text. Controls: texts without the words that tell the order, from which less can be told; a network that never saw shuffled texts
 * and copies the order that it reads.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { Prng, type TokensDataset } from '../../src/data/index.js';
import { noGrad, scope, type Tensor } from '../../src/engine/index.js';
import { allOrders, kendallTau, permute, sentencesOf } from '../../src/methods/noise/sentences.js';
import type { Bart } from '../../src/methods/text/bart.js';
import { inputRows } from '../../src/methods/text/token-inputs.js';
import { claim, keepResult, type Learned, learn, SEED } from './support.js';
import { openNarratives, type Texts } from './texts.js';

const TRAINING = { backbone: 'bart-micro', width: 32, epochs: 6, batchSize: 16, learningRate: 5e-3 };
const TEXTS = 60;

let texts: Texts;
let plain: Texts;
let learned: Learned;
let withoutCues: Learned;
let copying: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  texts = await openNarratives('bart', 'count=400&test=60&sentences=3');
  plain = await openNarratives('bart', 'count=400&test=60&sentences=3&cues=no');
  learned = await learn('bart', texts.train, TRAINING, { hiddenShare: 0 });
  withoutCues = await learn('bart', plain.train, TRAINING, { hiddenShare: 0 });
  copying = await learn('bart', plain.train, TRAINING, { hiddenShare: 0, permutesSentences: false });
});

afterAll(() => keepResult('bart', figures));

/** Shares of held-out texts put in their very order, and mean Kendall's tau. */
function ordered({ run }: Learned, set: TokensDataset): { exact: number; tau: number } {
  const method = run.method as unknown as Bart;
  method.eval();
  const random = new Prng(SEED, 9);
  const { begin, end } = set.spec.special as { begin: number; end: number };
  let [exact, tau] = [0, 0];
  for (let i = 0; i < TEXTS; i++)
    scope(() =>
      noGrad(() => {
        const { ids, sentence, lengths } = set.collate([i]);
        const length = lengths.item();
        const sentences = sentencesOf(ids.toNumbers().slice(0, length), sentence.toNumbers().slice(0, length));
        const shuffled = permute(sentences, random);
        const orders = allOrders(sentences.length);
        const targets = orders.map((order) => order.flatMap((k) => shuffled.items[k]!));
        const rows = (make: (target: number[]) => number[]): Tensor => inputRows(targets.map(make), ids);
        const tokens = inputRows(
          targets.map(() => [begin, ...shuffled.items.flat(), end]),
          ids,
        );
        const scores = scoresOf(method, {
          tokens,
          written: rows((row) => [begin, ...row]),
          labels: rows((row) => [...row, end]),
        });
        const best = orders[scores.argmax(0).item()]!;
        // Where the sentences of the chosen text stood in the true one.
        const places = best.map((k) => shuffled.order[k]!);
        exact += Number(places.every((place, k) => place === k));
        tau += kendallTau(places);
      }),
    );
  return { exact: exact / TEXTS, tau: tau / TEXTS };
}

/** Log probability of each text, (N). */
function scoresOf(method: Bart, { tokens, written, labels }: Record<'tokens' | 'written' | 'labels', Tensor>): Tensor {
  const table = method.backbone.embeddings.tokens.weight;
  const input = method.backbone.inputOf(tokens);
  const read = { vectors: method.backbone.read(input), isReal: input.isReal ?? null };
  const logits = method.decoder.score(method.decoder.forward(written, table, read), table).logSoftmax(2);
  const chosen = logits.gather(2, labels.clampMin(0).unsqueeze(2)).squeeze(2);
  return chosen.mul(labels.ge(0).to('float32')).sum([1]);
}

it('puts sentences in order; less so without the words that tell it, and not where it learnt to copy', () => {
  for (const [name, run, set] of [
    ['', learned, texts.test],
    ['control: without cues: ', withoutCues, plain.test],
    ['control: learnt to copy: ', copying, plain.test],
  ] as const) {
    const { exact, tau } = ordered(run, set);
    figures[`${name}exact order of three`] = exact;
    figures[`${name}Kendall's tau`] = tau;
  }
  claim(figures['exact order of three']).isAbove(0.5);
  claim(figures["Kendall's tau"]).isAbove(0.5);
  claim(figures['control: without cues: exact order of three']).isBelow(figures['exact order of three']! - 0.1);
  // One order of six, and three deviations.
  claim(figures['control: learnt to copy: exact order of three']).isBelow(1 / 6 + 3 * Math.sqrt(5 / 36 / TEXTS));
});
