/**
 * Skip-thoughts: read a sentence, and write the one before it and the one after it.
 *
 * Kiros et al., "Skip-Thought Vectors", 2015, section 2, https://arxiv.org/abs/1506.06726; code: github.com/ryankiros/skip-thoughts. The paper
 * gives the sentence's vector to every step of the decoders; the released code only starts them with it (`conditioning: 'initialState'`).
 * No triple goes beyond a document, as it may in the code. The loss is the mean over the words of each neighbor, and the bound on the
 * gradient is that of the code, which has the sum over all words, divided by their usual number.
 */
import { z } from 'zod';
import type { GruText } from '../../backbones/gru-text.js';
import { initializeGru } from '../../backbones/gru-text.js';
import { firstSamples, type Tokenizer, type Tokens, type TokensSpec, tokenizerOf } from '../../data/index.js';
import { type Generator, noGrad, ops, scope, type Tensor } from '../../engine/index.js';
import { GRU, init, Linear, Module } from '../../engine/nn/index.js';
import { NOT_ASKED, tokenLoss } from '../losses/token-loss.js';
import { type Batch, defineMethod, Method, type MethodContext, type Outcome, type Preview } from '../method.js';
import { type Sentence, sentencesOf } from '../noise/sentences.js';
import type { SpecialTokens } from '../noise/token-rows.js';
import * as option from '../options.js';
import { inWords } from '../previews/shown-tokens.js';
import { paddedIds, plainRows } from './padded-ids.js';
import { card } from './skip-thoughts.card.js';
import { inputRows, specialOf, type TextRow, textRows } from './token-inputs.js';

const CONDITIONINGS = ['everyStep', 'initialState'] as const;

const options = z.object({
  conditioning: option.choice(
    CONDITIONINGS,
    'Where decoders get the vector of the sentence: at every step, as in the paper, or as their first state, as in the code',
  ),
  bidirectional: option.flag(false, 'Whether half of the units read the sentence from its end'),
  embeddingSize: option.whole(620, 'Dimensions of the vectors of tokens'),
  longest: option.whole(30, 'Triples with a sentence of so many tokens or more are left out', { min: 2 }),
});

type Options = z.output<typeof options>;

/** Three sentences of a text that follow each other. */
export type Triple = readonly [previous: Sentence, current: Sentence, next: Sentence];

/** int64 (M, L): a sentence and its neighbors, each with the mark of end, -1 behind it. */
type TripleViews = Record<'current' | 'previous' | 'next', Tensor>;

/** All triples of the texts whose sentences are shorter than `longest`. */
export function triplesOf(rows: readonly TextRow[], longest: number): Triple[] {
  return rows.flatMap(({ ids, sentence }) => {
    const sentences = sentencesOf(ids, sentence);
    return sentences
      .slice(2)
      .map((next, i): Triple => [sentences[i]!, sentences[i + 1]!, next])
      .filter((triple) => triple.every((part) => part.length < longest));
  });
}

/** A GRU that writes a sentence from the vector of another one. */
export class SentenceDecoder extends Module {
  readonly gru: GRU;

  constructor(
    embeddingSize: number,
    private readonly size: number,
    private readonly conditioning: Options['conditioning'],
  ) {
    super();
    this.gru = new GRU(embeddingSize + (conditioning === 'everyStep' ? size : 0), size, { batchFirst: true });
    initializeGru(this.gru);
  }

  /**
   * States before each token, (M, L, D): the first one has read nothing but the vector.
   *
   * @param embedded (M, L, E), the tokens to be written
   * @param thought (M, D)
   */
  forward(embedded: Tensor, thought: Tensor): Tensor {
    const before = ops.cat([ops.zerosLike(embedded.narrow(1, 0, 1)), embedded.narrow(1, 0, embedded.size(1) - 1)], 1);
    if (this.conditioning === 'initialState') return this.gru.forward(before, thought.unsqueeze(0)).output;
    const each = thought.unsqueeze(1).expand([-1, embedded.size(1), this.size]);
    return this.gru.forward(ops.cat([before, each.to(before.dtype)], 2)).output;
  }
}

export class SkipThoughts extends Method<Options, TripleViews, unknown, TokensSpec> {
  declare readonly backbone: GruText;
  readonly before: SentenceDecoder;
  readonly after: SentenceDecoder;
  readonly output: Linear;
  private readonly tokenizer: Tokenizer;
  private readonly special: SpecialTokens;

  constructor(context: MethodContext<Options, TokensSpec>) {
    super(context);
    this.tokenizer = tokenizerOf(context.assets);
    this.special = specialOf(this.spec);
    const { featureSize, options: network } = this.backbone;
    const make = () => new SentenceDecoder(network.embeddingSize, featureSize, this.options.conditioning);
    this.before = make();
    this.after = make();
    this.output = new Linear(featureSize, this.spec.vocabulary);
    init.uniform_(this.output.weight, -0.1, 0.1);
    init.constant_(this.output.bias!, 0);
  }

  override views({ samples }: Batch<TokensSpec>, _random: Generator): TripleViews {
    const triples = triplesOf(textRows(samples), this.options.longest);
    const { end } = this.special;
    const rows = (part: number): Tensor =>
      inputRows(triples.length === 0 ? [[]] : triples.map((triple) => [...triple[part]!, end]), samples.ids);
    return { current: rows(1), previous: rows(0), next: rows(2) };
  }

  override pipelines() {
    return { ...super.pipelines(), triples: { name: 'triples', longest: this.options.longest } };
  }

  override loss({ current, previous, next }: TripleViews): Outcome {
    const thoughts = this.backbone.features(current); // (M, D)
    const parts = [this.write(this.before, previous, thoughts), this.write(this.after, next, thoughts)] as const;
    const [{ loss: back }, { loss: forth }] = parts;
    return {
      loss: back.add(forth),
      metrics: {
        accuracy: parts[0].accuracy.add(parts[1].accuracy).div(2),
        previousLoss: back.detach(),
        nextLoss: forth.detach(),
      },
      features: thoughts,
    };
  }

  /** Logits (M, L, V) of each token of a sentence, given those before it. */
  scores(decoder: SentenceDecoder, tokens: Tensor, thoughts: Tensor): Tensor {
    return this.output.forward(decoder.forward(this.backbone.tokens.forward(tokens.clampMin(0)), thoughts));
  }

  private write(decoder: SentenceDecoder, tokens: Tensor, thoughts: Tensor) {
    const labels = tokens.flatten();
    const places = labels.ne(NOT_ASKED).nonzero().squeeze(1);
    const states = decoder.forward(this.backbone.tokens.forward(tokens.clampMin(0)), thoughts).flatten(0, 1);
    return tokenLoss(this.output.forward(states.indexSelect(0, places)), labels.indexSelect(0, places));
  }

  /** The most probable next sentence, token by token: int64 (M, L), -1 behind the ends. */
  private continueFrom(thoughts: Tensor, longest: number): Tensor {
    return noGrad(() =>
      scope(() => {
        const { device } = thoughts;
        let written = ops.zeros([thoughts.size(0), 1], { dtype: 'int64', device });
        let isOpen = ops.ones([thoughts.size(0), 1], { dtype: 'bool', device });
        for (let t = 0; t < longest; t++) {
          const next = this.scores(this.after, written, thoughts).select(1, t).argmax(1).unsqueeze(1);
          isOpen = isOpen.logicalAnd(next.ne(this.special.end));
          // The last column is a place to be filled.
          written = ops.cat([written.narrow(1, 0, t), next.maskedFill(isOpen.logicalNot(), NOT_ASKED), next], 1);
        }
        return written.narrow(1, 0, longest);
      }),
    );
  }

  override preview({ samples }: Batch<TokensSpec>): Preview[] {
    const shown = firstSamples(samples, 8) as Tokens;
    const [previous, current, next] = [0, 1, 2].map((part) =>
      triplesOf(textRows(shown), this.options.longest)
        .slice(0, 6)
        .map((triple) => triple[part]!),
    ) as [Sentence[], Sentence[], Sentence[]];
    const explanation =
      'The network reads the sentence in the middle and writes its neighbors; on the right the next sentence as it would write it.';
    const title = 'What stands around a sentence?';
    if (current.length === 0)
      return [{ title, explanation, rows: [[{ text: 'These texts have no three short sentences in a row.' }]] }];
    const thoughts = this.backbone.features(
      inputRows(
        current.map((ids) => [...ids, this.special.end]),
        shown.ids,
      ),
    );
    const written = this.continueFrom(thoughts, 16)
      .unbind(0)
      .map((row) => row.toNumbers().filter((id) => id >= 0));
    const words = (ids: Sentence): string => inWords(ids, this.tokenizer) || '(nothing)';
    const rows = current.map((ids, i) => [
      { text: words(previous[i]!), caption: 'before' },
      { text: words(ids), caption: 'read' },
      { text: words(next[i]!), caption: 'after' },
      { text: words(written[i]!), caption: 'written: after' },
    ]);
    return [{ title, explanation, rows }];
  }
}

export const skipThoughts = defineMethod({
  ...card,
  modalities: ['tokens'],
  options,
  smallOptions: { embeddingSize: 128 },
  architectures: ['gru-text'],
  needs: () => ({
    tokens: {
      form: 'sentences' as const,
      tokenizer: 'words' as const,
      vocabulary: 20000,
      context: 128,
      leastContext: 8,
      special: ['end'] as const,
    },
  }),
  encoder({ options: { bidirectional, embeddingSize }, spec, makeBackbone }) {
    return {
      spec,
      backbone: makeBackbone({ bidirectional, embeddingSize }),
      preparation: { note: 'ids of tokens, -1 behind the end of a text' },
      firstToken: 0,
      prepare: paddedIds,
      tokenRows: plainRows(spec.length),
    };
  },
  create: (context: MethodContext<Options, TokensSpec>) => new SkipThoughts(context),
});
