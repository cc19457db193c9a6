/**
 * T5's span corruption: spans of a text are replaced by numbered marks, and the decoder writes the marks with what stood there.
 *
 * Raffel et al., "Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer", 2020, section 3.1.4,
 * https://arxiv.org/abs/1910.10683; code: google-research/text-to-text-transfer-transformer. The network has learned positions where
 * T5's has learned distances.
 */
import { z } from 'zod';
import type { Prng, Tokens, TokensSpec } from '../../data/index.js';
import { defineMethod, type MethodContext } from '../method.js';
import { corruptSpans } from '../noise/span-corruption.js';
import * as option from '../options.js';
import { SequenceToSequence, type TextPair } from './sequence-to-sequence.js';
import { card } from './t5.card.js';
import { framedNeeds, framedText, type TextRow, textRows } from './token-inputs.js';

const options = z.object({
  hiddenShare: option.share(0.15, 'Share of the tokens that are hidden'),
  meanSpan: option.positive(3, 'Mean length of a hidden span in tokens'),
  dropout: option.textDropout(),
});

type Options = z.output<typeof options>;

/** Marks for spans; a text of 568 tokens has 28. Their ids follow those of the vocabulary. */
export const SENTINELS = 100;

export class T5 extends SequenceToSequence<Options> {
  protected override readonly shown = {
    title: 'What is missing?',
    explanation:
      'The network reads a text with marks in the place of spans and writes each mark with what stood there.',
  };

  override pairs(rows: readonly TextRow[], random: Prng): TextPair[] {
    const { hiddenShare: share, meanSpan } = this.options;
    const sentinel = (span: number): number => this.spec.vocabulary + span;
    const rule = { share, meanSpan, mostSpans: SENTINELS };
    return rows.map(({ ids }) => corruptSpans(ids, rule, sentinel, random));
  }

  override pipelines() {
    const { hiddenShare: share, meanSpan } = this.options;
    return { ...super.pipelines(), noise: { name: 'corruptSpans', share, meanSpan } };
  }

  protected override nameOf(id: number): string | null {
    const span = id - this.spec.vocabulary;
    return span < 0 ? super.nameOf(id) : `[${span + 1}]`;
  }
}

export const t5 = defineMethod({
  ...card,
  modalities: ['tokens'],
  options,
  smallOptions: { dropout: 0 },
  architectures: ['t5-micro', 't5-small', 't5-base', 't5-large'],
  needs: () => framedNeeds(['begin', 'end']),
  usable: (samples: Tokens) => ({
    wanted: 'of at least two tokens',
    isUsable: textRows(samples).map(({ ids }) => ids.length >= 2),
    remedy: 'Give longer texts.',
  }),
  encoder: framedText(({ spec, options: { dropout } }) => ({ vocabulary: spec.vocabulary + SENTINELS, dropout })),
  create: (context: MethodContext<Options, TokensSpec>) => new T5(context),
});
