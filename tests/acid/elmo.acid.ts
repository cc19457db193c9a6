/**
 * ELMo must tell tokens better than pairs of tokens do. Control: the same networks on texts whose tokens were shuffled within each row, where
 * nothing but their frequency is to be known.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { ops } from '../../src/engine/index.js';
import { claim, keepResult, type Learned, learn } from './support.js';
import { heldOutMean, openNarratives, rowsOfTexts, type Texts, tokenShares, withViews } from './texts.js';

const TRAINING = { backbone: 'bi-lm', width: 192, epochs: 24, batchSize: 16, learningRate: 4e-3 };

/** Of a vocabulary of a few hundred tokens. */
const NEGATIVES = 32;

let texts: Texts;
let learned: Learned;
let shuffled: Learned;
let sampled: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  texts = await openNarratives('elmo', 'count=300&test=100&sentences=3');
  learned = await learn('elmo', texts.train, TRAINING);
  sampled = await learn('elmo', texts.train, TRAINING, { negatives: NEGATIVES });
  const inDisorder = withViews('elmo', ({ tokens, starts }, random) => {
    const places = ops.rand(tokens!.shape, { generator: random }).argsort(1);
    return { tokens: tokens!.gather(1, places), starts: starts! };
  });
  shuffled = await learn(inDisorder, texts.train, { ...TRAINING, epochs: 8 });
});

afterAll(() => keepResult('elmo', figures));

/** Cross-entropy of each token given the one before, from counts of the training texts mixed with single tokens (Witten and Bell). */
function ofPairs(): number {
  const shares = tokenShares(texts.train);
  const pairs = new Map<number, Map<number, number>>();
  for (const row of rowsOfTexts(texts.train))
    for (let t = 0; t + 1 < row.length; t++) {
      const after = pairs.get(row[t]!) ?? new Map<number, number>();
      after.set(row[t + 1]!, (after.get(row[t + 1]!) ?? 0) + 1);
      pairs.set(row[t]!, after);
    }
  let [sum, count] = [0, 0];
  for (const row of rowsOfTexts(texts.test))
    for (let t = 0; t + 1 < row.length; t++) {
      const after = pairs.get(row[t]!) ?? new Map<number, number>();
      const total = [...after.values()].reduce((all, n) => all + n, 0);
      const kinds = Math.max(1, after.size);
      const single = Math.max(shares[row[t + 1]!]!, 1e-6);
      sum -= Math.log(((after.get(row[t + 1]!) ?? 0) + kinds * single) / (total + kinds));
      count++;
    }
  return sum / count;
}

/** Entropy of single tokens. */
const ofSingles = (): number =>
  tokenShares(texts.train).reduce((sum, share) => (share > 0 ? sum - share * Math.log(share) : sum), 0);

it('tells tokens better than pairs; no better than single ones where texts are shuffled', () => {
  figures.perplexity = Math.exp(heldOutMean(learned.run.method, texts.test, 'loss'));
  figures[`perplexity, learnt against ${NEGATIVES} drawn tokens`] = Math.exp(
    heldOutMean(sampled.run.method, texts.test, 'loss'),
  );
  figures['perplexity of pairs of tokens'] = Math.exp(ofPairs());
  figures['perplexity of single tokens'] = Math.exp(ofSingles());
  figures['control: last perplexity in training, shuffled'] = Math.exp(shuffled.losses.at(-1)!);
  claim(figures.perplexity).isBelow(figures['perplexity of pairs of tokens']);
  claim(figures[`perplexity, learnt against ${NEGATIVES} drawn tokens`]!).isBelow(
    figures['perplexity of pairs of tokens'],
  );
  // What is left of a row tells a little of its next token.
  claim(figures['control: last perplexity in training, shuffled']).isAbove(
    0.5 * figures['perplexity of single tokens']!,
  );
});
