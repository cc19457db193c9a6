/**
 * Both forms of sentence order must put the sentences of held-out texts in order. Control: the same network with random orders as its answers.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { ops } from '../../src/engine/index.js';
import { claim, keepResult, type Learned, learn } from './support.js';
import { heldOutMean, openNarratives, type Texts, withViews } from './texts.js';

/**
 * The loss stays at chance for some epochs and then falls at once. Without warm-up one seed in three stays there: BERT's Adam does not correct
 * its means, so that its first steps are three times as long as the rate says.
 */
const TRAINING = { backbone: 'bert-micro', width: 64, epochs: 20, batchSize: 16, learningRate: 2e-3, warmupEpochs: 3 };
const CLASSIFYING = { backbone: 'bert-micro', width: 32, epochs: 42, batchSize: 16, learningRate: 2e-3 };

let texts: Texts;
let pairwise: Learned;
let classified: Learned;
let random: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  texts = await openNarratives('sentence-order', 'count=480&test=200&sentences=3');
  pairwise = await learn('sentence-order', texts.train, TRAINING);
  classified = await learn('sentence-order', texts.train, CLASSIFYING, { form: 'classify' });
  const guessing = withViews('sentence-order', (views, generator) => ({
    ...views,
    labels: ops.randint(0, 2, [views.labels!.size(0)], { generator, dtype: 'int64' }),
  }));
  random = await learn(guessing, texts.train, { ...TRAINING, epochs: 6 });
});

afterAll(() => keepResult('sentence-order', figures));

it('puts sentences in order; not where the answers were random', () => {
  for (const [name, learned] of [
    ['pairwise', pairwise],
    ['all orders', classified],
    ['control: random answers', random],
  ] as const) {
    figures[`${name}: exact order of three`] = heldOutMean(learned.run.method, texts.test, 'exact');
    figures[`${name}: Kendall's tau`] = heldOutMean(learned.run.method, texts.test, 'tau');
  }
  claim(figures['pairwise: exact order of three']).isAbove(0.5);
  claim(figures["pairwise: Kendall's tau"]).isAbove(0.5);
  claim(figures['all orders: exact order of three']).isAbove(0.5);
  claim(figures['control: random answers: exact order of three']).isBelow(0.4);
});
