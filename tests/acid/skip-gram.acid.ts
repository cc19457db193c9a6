/**
 * Skip-gram must know the relations between the words of generated narratives, which it answers analogies by, and their topics: with noise
 * words, with hierarchical softmax, and by operators as on a GPU. Controls: the same words dealt out anew among all sentences, which leaves
 * nothing to know; and windows of one word without subsampling, which see little but articles.
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

const TRAINING = { backbone: 'word-table', width: 50, epochs: 5, batchSize: 100 };
/** Every fourth word is an article; more words are left out than in large vocabularies. */
const OPTIONS = { subsample: 0.01 };

let data: TokensDataset;
const figures: Record<string, number> = {};

beforeAll(async () => {
  data = await openNarratives(4000);
});

afterAll(() => keepResult('skip-gram', figures));

it('answers analogies and keeps topics together', async () => {
  const space = spaceOf(await learn('skip-gram', data, TRAINING, OPTIONS));
  figures.analogies = analogyAccuracy(space);
  figures['nearest word of the same topic'] = topicPurity(space);
  claim(figures.analogies).isAbove(0.8);
  claim(figures['nearest word of the same topic']).isAbove(0.9);
});

it('answers analogies by hierarchical softmax too', async () => {
  const options = { ...OPTIONS, negatives: 0, useHierarchicalSoftmax: true };
  figures['analogies, hierarchical softmax'] = analogyAccuracy(
    spaceOf(await learn('skip-gram', data, TRAINING, options)),
  );
  claim(figures['analogies, hierarchical softmax']).isAbove(0.8);
});

it('learns the same by operators', async () => {
  figures['analogies, by operators'] = analogyAccuracy(
    spaceOf(await learn(byOperators('skip-gram'), data, TRAINING, OPTIONS)),
  );
  claim(figures['analogies, by operators']).isAbove(0.8);
});

it('knows nothing of words that were dealt out anew', async () => {
  const space = spaceOf(await learn(onShuffledWords('skip-gram'), data, TRAINING, OPTIONS));
  figures['control: analogies, shuffled words'] = analogyAccuracy(space);
  figures['control: nearest word of the same topic, shuffled words'] = topicPurity(space);
  claim(figures['control: analogies, shuffled words']).isBelow(threeSigma(1 / space.words.length, QUESTIONS));
  claim(figures['control: nearest word of the same topic, shuffled words']).isBelow(threeSigma(1 / TOPICS, 96));
});

it('loses both in windows of one word without subsampling', async () => {
  const space = spaceOf(await learn('skip-gram', data, TRAINING, { subsample: 0, window: 1 }));
  figures['control: analogies, window of one word'] = analogyAccuracy(space);
  figures['control: nearest word of the same topic, window of one word'] = topicPurity(space);
  claim(figures['control: analogies, window of one word']).isBelow(0.8);
  claim(figures['control: nearest word of the same topic, window of one word']).isBelow(
    figures['nearest word of the same topic']! - 0.03,
  );
});
