/**
 * PEGASUS: whole sentences that say most of a text are hidden, and the decoder writes them: close to a summary.
 *
 * Zhang, Zhao, Saleh, Liu, "PEGASUS: Pre-training with Extracted Gap-sentences for Abstractive Summarization", 2020, section 3.1,
 * https://arxiv.org/abs/1912.08777; code: google-research/pegasus, pegasus/ops. Words are tokens here, of which those that are stop words
 * in all do not count. A sentence that stands in the text a second time would give the answer away: both copies are hidden, or none.
 * Positions are learned, where the code has sines and cosines.
 */
import { z } from 'zod';
import type { Prng, Tokens, TokensSpec } from '../../data/index.js';
import { defineMethod, type MethodContext } from '../method.js';
import { chooseGaps, GAP_CHOICES } from '../noise/gap-sentences.js';
import { type Sentence, sentencesOf } from '../noise/sentences.js';
import { STOP_WORDS } from '../noise/stop-words.js';
import * as option from '../options.js';
import { card } from './pegasus.card.js';
import { SequenceToSequence, type TextPair } from './sequence-to-sequence.js';
import { framedNeeds, framedText, type TextRow } from './token-inputs.js';
import { withSentences } from './usable-texts.js';

const options = z.object({
  choice: option.choice(
    GAP_CHOICES,
    'Which sentences are hidden: those that say most of the rest, random or the first ones',
  ),
  smallestShare: option.share(0.15, 'Smallest share of the sentences that are hidden; drawn for each text'),
  largestShare: option.share(0.45, 'Largest share of the sentences that are hidden'),
  noise: option.share(0.2, 'Scores of sentences are multiplied by a random number from 1 - noise to 1 + noise'),
  keptShare: option.share(0.1, 'Share of the chosen sentences that stay in the text, though they are to be written'),
  dropout: option.textDropout(),
});

type Options = z.output<typeof options>;

export class Pegasus extends SequenceToSequence<Options> {
  private readonly stopTokens: ReadonlySet<number>;
  protected override readonly shown = {
    title: 'Which sentences are missing?',
    explanation: 'Whole sentences that say most of the text are hidden; the network reads the rest and writes them.',
  };

  constructor(context: MethodContext<Options, TokensSpec>) {
    super(context);
    const { tokenizer } = this;
    const all = Array.from({ length: this.spec.vocabulary }, (_, id) => id);
    this.stopTokens = new Set(
      all.filter((id) => tokenizer.beginsWord[id] === 1 && STOP_WORDS.has(tokenizer.shown(id).trim().toLowerCase())),
    );
  }

  override pairs(rows: readonly TextRow[], random: Prng): TextPair[] {
    return rows.map(({ ids, sentence }) => this.pair(sentencesOf(ids, sentence), random));
  }

  private pair(sentences: readonly Sentence[], random: Prng): TextPair {
    const { choice, smallestShare, largestShare, noise, keptShare } = this.options;
    const share = smallestShare + (largestShare - smallestShare) * random.uniform();
    const chosen = chooseGaps(sentences, { choice, share, noise }, this.stopTokens, random);
    const hidden = new Set(chosen.filter(() => random.uniform() >= keptShare).map((place) => `${sentences[place]}`));
    const input = sentences.flatMap((sentence) => (hidden.has(`${sentence}`) ? [this.special.mask] : sentence));
    return { input, target: chosen.flatMap((place) => sentences[place]!) };
  }

  override pipelines() {
    const { choice, smallestShare, largestShare, noise, keptShare } = this.options;
    const gaps = { name: 'hideSentences', choice, smallestShare, largestShare, noise, keptShare };
    return { ...super.pipelines(), gaps };
  }
}

export const pegasus = defineMethod({
  ...card,
  modalities: ['tokens'],
  options,
  smallOptions: { dropout: 0 },
  architectures: ['pegasus-micro', 'pegasus-base', 'pegasus-large'],
  needs: () => framedNeeds(['begin', 'end', 'mask']),
  // Nothing is left to read of a text whose only sentence is hidden.
  usable: (samples: Tokens) => withSentences(samples, 2),
  encoder: framedText(({ options: { dropout } }) => ({ dropout })),
  create: (context: MethodContext<Options, TokensSpec>) => new Pegasus(context),
});
