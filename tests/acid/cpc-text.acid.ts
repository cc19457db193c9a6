/**
 * CPC of text must find the sentences that come next among those of all texts, and among those of the same text. Control: sentences in random
 * order within each text: those of other texts can still be told by their topic, those of the same text cannot.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { ops } from '../../src/engine/index.js';
import { claim, keepResult, type Learned, learn } from './support.js';
import { heldOutMean, openNarratives, type Texts, withViews } from './texts.js';

const TRAINING = { backbone: 'sentence-gru', width: 48, epochs: 8, batchSize: 16, learningRate: 3e-3 };
const OPTIONS = { embeddingSize: 24, negatives: 'batch', steps: 2 };
const BATCH = 50;
const SENTENCES = 4;

let texts: Texts;
let learned: Learned;
let shuffled: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  texts = await openNarratives('cpc-text', `count=480&test=200&sentences=${SENTENCES}`, OPTIONS);
  learned = await learn('cpc-text', texts.train, TRAINING, OPTIONS);
  const inDisorder = withViews('cpc-text', ({ sentences }, random) => {
    const [count, most, length] = sentences!.shape as [number, number, number];
    const places = ops.rand([count, most], { generator: random }).argsort(1);
    return { sentences: sentences!.gather(1, places.unsqueeze(2).expand([count, most, length])) };
  });
  shuffled = await learn(inDisorder, texts.train, TRAINING, OPTIONS);
});

afterAll(() => keepResult('cpc-text', figures));

it('finds what comes next; by topic alone where sentences are shuffled', () => {
  figures['next sentences found among those of 50 texts'] = heldOutMean(learned.run.method, texts.test, 'accuracy', {
    batchSize: BATCH,
  });
  figures['next sentences found in their own text'] = heldOutMean(learned.run.method, texts.test, 'orderAccuracy');
  figures['control: found among those of 16 texts, shuffled, in training'] = shuffled.epochs.at(-1)!.accuracy!;
  figures['control: found in their own text, shuffled, in training'] = shuffled.epochs.at(-1)!.orderAccuracy!;
  const chance = 1 / (BATCH * SENTENCES);
  claim(figures['next sentences found among those of 50 texts']).isAbove(10 * chance);
  claim(figures['next sentences found in their own text']).isAbove(0.8);
  claim(figures['control: found among those of 16 texts, shuffled, in training']).isAbove(4 / (16 * SENTENCES));
  // A sentence that was read is not the one that follows: of the two or three left, one.
  claim(figures['control: found in their own text, shuffled, in training']).isBelow(0.6);
});
