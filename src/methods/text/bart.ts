/**
 * BART: read a text whose sentences stand in another order and in which spans of words are hidden, and write the text as it was.
 *
 * Lewis et al., "BART: Denoising Sequence-to-Sequence Pre-training for Natural Language Generation, Translation, and Comprehension", 2020,
 * section 2.2, https://arxiv.org/abs/1910.13461; code: facebookresearch/fairseq, fairseq/data/denoising_dataset.py. Sentences are those that
 * the data name, where the code cuts at full stops.
 */
import { z } from 'zod';
import type { Prng, Tokens, TokensSpec } from '../../data/index.js';
import { defineMethod, type MethodContext } from '../method.js';
import { permute, sentencesOf } from '../noise/sentences.js';
import { infill } from '../noise/text-infilling.js';
import * as option from '../options.js';
import { card } from './bart.card.js';
import { SequenceToSequence, type TextPair } from './sequence-to-sequence.js';
import { framedNeeds, framedText, type TextRow, vocabularyOf } from './token-inputs.js';
import { withSentences } from './usable-texts.js';

const options = z.object({
  permutesSentences: option.flag(true, 'Whether the sentences are put in a random order'),
  hiddenShare: option.share(0.3, 'Share of the words that spans are drawn for; 0 hides none'),
  meanSpan: option.positive(3, 'Mean length of a span in words, drawn from the Poisson distribution'),
  randomShare: option.share(0.1, 'Share of the masks that are a random token instead'),
  dropout: option.textDropout(),
});

type Options = z.output<typeof options>;

export class Bart extends SequenceToSequence<Options> {
  protected override readonly shown = {
    title: 'Put the text in order',
    explanation:
      'The network reads a text with its sentences in disorder and words hidden, and writes the text as it was.',
  };

  override pairs(rows: readonly TextRow[], random: Prng): TextPair[] {
    const { permutesSentences, hiddenShare: share, meanSpan, randomShare } = this.options;
    const { beginsWord } = this.tokenizer;
    const vocabulary = vocabularyOf(this.spec);
    return rows.map(({ ids, sentence }) => {
      const sentences = sentencesOf(ids, sentence);
      const shuffled = permutesSentences ? permute(sentences, random).items.flat() : sentences.flat();
      const starts = shuffled.map((id) => beginsWord[id] === 1);
      const { ids: input } = infill(shuffled, starts, { share, meanSpan, randomShare }, vocabulary, random);
      return { input, target: sentences.flat() };
    });
  }

  override pipelines() {
    const { permutesSentences, hiddenShare, meanSpan, randomShare } = this.options;
    return {
      ...super.pipelines(),
      noise: { name: 'disorder', permutesSentences, share: hiddenShare, meanSpan, randomShare },
    };
  }
}

export const bart = defineMethod({
  ...card,
  modalities: ['tokens'],
  options,
  smallOptions: { dropout: 0 },
  architectures: ['bart-micro', 'bart-base', 'bart-large'],
  needs: () => framedNeeds(['begin', 'end', 'mask'], { tokenizer: 'bpe' }),
  usable: (samples: Tokens, { options: { permutesSentences, hiddenShare } }) =>
    permutesSentences ? withSentences(samples, 2, hiddenShare > 0 ? { part: 'The order of sentences' } : {}) : null,
  encoder: framedText(({ options: { dropout } }) => ({ dropout })),
  create: (context: MethodContext<Options, TokensSpec>) => new Bart(context),
});
