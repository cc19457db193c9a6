/**
 * CBOW must know the relations between the words of generated narratives, which it answers analogies by, and their topics: with noise words
 * and with hierarchical softmax, by the rule of word2vec.c and by the true gradient, and by operators as on a GPU. Control: the same words
 * dealt out anew among all sentences, which leaves nothing to know.
 */
import { afterAll, beforeAll, it } from 'vitest';
import type { TokensDataset } from '../../src/data/index.js';
import { threeSigma } from '../../src/evaluate/gates.js';
import {
  analogyAccuracy,
  byOperators,
  onShuffledWords,
  openNarratives,
  QUESTIONS,
  spaceOf,
  TOPICS,
  topicPurity,
} from './relations.js';
import { claim, keepResult, learn } from './support.js';

/** One example per word, where skip-gram has one per pair: more epochs. */
const TRAINING = { backbone: 'word-table', width: 50, epochs: 20, batchSize: 100 };
const OPTIONS = { subsample: 0.01 };

let data: TokensDataset;
const figures: Record<string, number> = {};

beforeAll(async () => {
  data = await openNarratives(4000);
});

afterAll(() => keepResult('cbow', figures));

it('answers analogies and keeps topics together', async () => {
  const space = spaceOf(await learn('cbow', data, TRAINING, OPTIONS));
  figures.analogies = analogyAccuracy(space);
  figures['nearest word of the same topic'] = topicPurity(space);
  claim(figures.analogies).isAbove(0.8);
  claim(figures['nearest word of the same topic']).isAbove(0.9);
});

it.each([
  ['hierarchical softmax', { negatives: 0, useHierarchicalSoftmax: true }],
  ['true gradient', { gradient: 'true' }],
])('answers analogies by %s too', async (name, options) => {
  figures[`analogies, ${name}`] = analogyAccuracy(
    spaceOf(await learn('cbow', data, TRAINING, { ...OPTIONS, ...options })),
  );
  claim(figures[`analogies, ${name}`]).isAbove(0.8);
});

it('learns the same by operators', async () => {
  const training = { ...TRAINING, epochs: 10 };
  figures['analogies, by operators'] = analogyAccuracy(
    spaceOf(await learn(byOperators('cbow'), data, training, { subsample: 0 })),
  );
  claim(figures['analogies, by operators']).isAbove(0.8);
});

it('knows nothing of words that were dealt out anew', async () => {
  const space = spaceOf(await learn(onShuffledWords('cbow'), data, TRAINING, OPTIONS));
  figures['control: analogies, shuffled words'] = analogyAccuracy(space);
  figures['control: nearest word of the same topic, shuffled words'] = topicPurity(space);
  claim(figures['control: analogies, shuffled words']).isBelow(threeSigma(1 / space.words.length, QUESTIONS));
  claim(figures['control: nearest word of the same topic, shuffled words']).isBelow(threeSigma(1 / TOPICS, 96));
});
