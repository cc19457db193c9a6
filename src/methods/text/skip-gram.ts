/**
 * Skip-gram: each word of a context says which word stands in the middle.
 *
 * Mikolov, Chen, Corrado, Dean, "Efficient Estimation of Word Representations in Vector Space", 2013, section 3.2, with the negative
 * sampling of Mikolov et al., "Distributed Representations of Words and Phrases and their Compositionality", 2013. The paper predicts
 * the context from the word in the middle; as in word2vec.c, it is the other way round here, over the same pairs.
 */
import { z } from 'zod';
import type { TokensSpec } from '../../data/index.js';
import { defineMethod } from '../method.js';
import { card } from './skip-gram.card.js';
import { usableWords, type WordOptions, WordVectors, wordEncoder, wordNeeds, wordOptions } from './word-vectors.js';

export class SkipGram extends WordVectors<WordOptions> {
  protected override readonly isSkipGram = true;
  protected override readonly isTrueGradient = true;
}

export const skipGram = defineMethod<z.ZodObject<typeof wordOptions>, TokensSpec>({
  ...card,
  modalities: ['tokens'],
  options: z.object(wordOptions),
  architectures: ['word-table'],
  isRatePerSample: true,
  needs: wordNeeds,
  usable: usableWords,
  encoder: wordEncoder,
  create: (context) => new SkipGram(context),
});
