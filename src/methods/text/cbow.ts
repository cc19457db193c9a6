/**
 * CBOW, the continuous bag of words: the mean of the words around it says which word is hidden in the middle.
 *
 * Mikolov, Chen, Corrado, Dean, "Efficient Estimation of Word Representations in Vector Space", 2013, section 3.1,
 * https://arxiv.org/abs/1301.3781, with the negative sampling of word2vec.c.
 */
import { z } from 'zod';
import type { TokensSpec } from '../../data/index.js';
import { defineMethod } from '../method.js';
import * as option from '../options.js';
import { card } from './cbow.card.js';
import { usableWords, type WordOptions, WordVectors, wordEncoder, wordNeeds, wordOptions } from './word-vectors.js';

const cbowOptions = {
  ...wordOptions,
  gradient: option.choice(
    ['original', 'true'],
    'Whether the error of the mean goes to each word of the context whole, as in word2vec.c, or divided by their number',
  ),
};

type CbowOptions = WordOptions & { gradient: 'original' | 'true' };

export class Cbow extends WordVectors<CbowOptions> {
  protected override readonly isSkipGram = false;
  protected override readonly isTrueGradient = this.options.gradient === 'true';
}

export const cbow = defineMethod<z.ZodObject<typeof cbowOptions>, TokensSpec>({
  ...card,
  modalities: ['tokens'],
  options: z.object(cbowOptions),
  architectures: ['word-table'],
  isRatePerSample: true,
  needs: wordNeeds,
  usable: usableWords,
  encoder: wordEncoder,
  create: (context) => new Cbow(context),
});
