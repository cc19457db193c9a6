/**
 * BERT with the second task of ALBERT must tell the order of segments. Control: a classifier of the words that both segments have, which solves
 * next sentences and knows nothing of order.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { Generator } from '../../src/engine/index.js';
import { threeSigma } from '../../src/evaluate/gates.js';
import { linearProbe } from '../../src/evaluate/linear.js';
import { bagsOfWords, featuresOfPairs } from './segments.js';
import { claim, keepResult, type Learned, learn, SEED } from './support.js';
import { heldOutMean, openNarratives, type Texts } from './texts.js';

/** The answers stay at chance for some epochs and then become right at once; without warm-up one seed in three stays there. */
const TRAINING = { backbone: 'bert-micro', width: 64, epochs: 25, batchSize: 16, learningRate: 2e-3, warmupEpochs: 3 };

let texts: Texts;
let learned: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  texts = await openNarratives('bert', 'count=640&test=200&sentences=3');
  learned = await learn('bert', texts.train, TRAINING, { secondTask: 'sentence-order' });
});

afterAll(() => keepResult('segment-order', figures));

it('tells the order of segments; bags of words do not', () => {
  const { method } = learned.run;
  const read = featuresOfPairs(method, texts.train, new Generator(2 * SEED + 1), bagsOfWords);
  const asked = featuresOfPairs(method, texts.test, new Generator(2 * SEED), bagsOfWords);
  const probe = linearProbe(read, asked, { l2: [1e-2, 1e-3], tolerance: 1e-4 });
  const share = asked.labels.reduce((sum, label) => sum + label, 0) / asked.labels.length;
  figures['order of segments told'] = heldOutMean(method, texts.test, 'orderAccuracy');
  figures['hidden tokens told'] = heldOutMean(method, texts.test, 'accuracy');
  figures['control: bags of words: order told'] = probe.accuracy;
  figures['share of the more frequent order'] = Math.max(share, 1 - share);
  claim(figures['order of segments told']).isAbove(0.65);
  claim(figures['control: bags of words: order told']).isBelow(threeSigma(0.5, texts.test.count));
});
