/**
 * Skip-thoughts: read a sentence, and write the one before it and the one after it.
 *
 * Kiros et al., "Skip-Thought Vectors", 2015, section 2, https://arxiv.org/abs/1506.06726; code: github.com/ryankiros/skip-thoughts. The paper
 * gives the sentence's vector to every step of the decoders; the released code only starts them with it (`conditioning: 'initialState'`).
 * No triple goes beyond a document, as it may in the code. The loss is the mean over the words of each neighbor, and the bound on the
 * gradient is that of the code, which has the sum over all words, divided by their usual number.
 *
 * `encoder: 'combine'` trains both encoders of the paper at once, uni-skip and bi-skip, with decoders, losses and bounds of their own, and puts
 * their vectors side by side.
 */
import { z } from 'zod';
import { CombinedGruText, joined } from '../../backbones/combined-gru-text.js';
import { type GruText, initializeGru } from '../../backbones/gru-text.js';
import { firstSamples, type Tokenizer, type Tokens, type TokensSpec, tokenizerOf } from '../../data/index.js';
import { type Generator, noGrad, ops, scope, type Tensor } from '../../engine/index.js';
import { GRU, init, Linear, Module } from '../../engine/nn/index.js';
import { NOT_ASKED, tokenLoss } from '../losses/token-loss.js';
import {
  type Batch,
  defineMethod,
  Method,
  type MethodContext,
  type OptimizerGroup,
  type Outcome,
  type Preview,
} from '../method.js';
import { type Sentence, sentencesOf } from '../noise/sentences.js';
import type { SpecialTokens } from '../noise/token-rows.js';
import * as option from '../options.js';
import { inWords } from '../previews/shown-tokens.js';
import { paddedIds, plainRows } from './padded-ids.js';
import { card } from './skip-thoughts.card.js';
import { inputRows, specialOf, type TextRow, textRows } from './token-inputs.js';
import { LONGER_TEXTS } from './usable-texts.js';

const CONDITIONINGS = ['everyStep', 'initialState'] as const;
const ENCODERS = ['uni', 'bi', 'combine'] as const;

const options = z.object({
  conditioning: option.choice(
    CONDITIONINGS,
    'Where decoders get the vector of the sentence: at every step, as in the paper, or as their first state, as in the code',
  ),
  encoder: option.choice(
    ENCODERS,
    'What reads the sentence: units that read from its beginning (uni-skip), half of them from its end (bi-skip), or both networks side by side (combine-skip)',
  ),
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

/** What writes the neighbors of a sentence from the vectors of one encoder. */
class NeighborWriter extends Module {
  readonly before: SentenceDecoder;
  readonly after: SentenceDecoder;
  readonly output: Linear;

  constructor({ featureSize, options }: GruText, conditioning: Options['conditioning']) {
    super();
    this.before = new SentenceDecoder(options.embeddingSize, featureSize, conditioning);
    this.after = new SentenceDecoder(options.embeddingSize, featureSize, conditioning);
    this.output = new Linear(featureSize, options.vocabulary);
    init.uniform_(this.output.weight, -0.1, 0.1);
    init.constant_(this.output.bias!, 0);
  }
}

/** An encoder with its writer. */
interface Half extends Pick<NeighborWriter, 'before' | 'after' | 'output'> {
  reader: GruText;
}

export class SkipThoughts extends Method<Options, TripleViews, unknown, TokensSpec> {
  declare readonly backbone: GruText | CombinedGruText;
  readonly before: SentenceDecoder;
  readonly after: SentenceDecoder;
  readonly output: Linear;
  /** Of the bidirectional encoder of combine-skip. */
  readonly second: NeighborWriter | null;
  private readonly tokenizer: Tokenizer;
  private readonly special: SpecialTokens;

  constructor(context: MethodContext<Options, TokensSpec>) {
    super(context);
    this.tokenizer = tokenizerOf(context.assets);
    this.special = specialOf(this.spec);
    const { backbone } = this;
    const { conditioning } = this.options;
    const isCombined = backbone instanceof CombinedGruText;
    const { before, after, output } = new NeighborWriter(isCombined ? backbone.uni : backbone, conditioning);
    this.before = before;
    this.after = after;
    this.output = output;
    this.second = isCombined ? new NeighborWriter(backbone.bi, conditioning) : null;
  }

  private halves(): [Half, ...Half[]] {
    const { backbone, before, after, output, second } = this;
    if (!(backbone instanceof CombinedGruText)) return [{ reader: backbone, before, after, output }];
    const { before: back, after: forth, output: answers } = second!;
    return [
      { reader: backbone.uni, before, after, output },
      { reader: backbone.bi, before: back, after: forth, output: answers },
    ];
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
    const parts = this.halves().map((half) => {
      const thoughts = half.reader.features(current); // (M, D)
      const [back, forth] = [
        this.write(half, half.before, previous, thoughts),
        this.write(half, half.after, next, thoughts),
      ];
      return { thoughts, back, forth };
    });
    const sum = (of: (part: (typeof parts)[number]) => Tensor): Tensor => parts.map(of).reduce((a, b) => a.add(b));
    const mean = (of: (part: (typeof parts)[number]) => Tensor): Tensor => sum(of).detach().div(parts.length);
    return {
      loss: sum(({ back, forth }) => back.loss.add(forth.loss)),
      metrics: {
        accuracy: mean(({ back, forth }) => back.accuracy.add(forth.accuracy).div(2)),
        previousLoss: mean(({ back }) => back.loss),
        nextLoss: mean(({ forth }) => forth.loss),
      },
      features: parts.length === 1 ? parts[0]!.thoughts : joined(parts.map(({ thoughts }) => thoughts)),
    };
  }

  /** Logits (M, L, V) of each token of a sentence, given those before it. */
  scores(decoder: SentenceDecoder, tokens: Tensor, thoughts: Tensor): Tensor {
    const [{ reader, output }] = this.halves();
    return output.forward(decoder.forward(reader.tokens.forward(tokens.clampMin(0)), thoughts));
  }

  private write({ reader, output }: Half, decoder: SentenceDecoder, tokens: Tensor, thoughts: Tensor) {
    const labels = tokens.flatten();
    const places = labels.ne(NOT_ASKED).nonzero().squeeze(1);
    const states = decoder.forward(reader.tokens.forward(tokens.clampMin(0)), thoughts).flatten(0, 1);
    return tokenLoss(output.forward(states.indexSelect(0, places)), labels.indexSelect(0, places));
  }

  /** The two encoders of combine-skip learn as if each were alone: the norm of the gradient is bounded for each. */
  override optimizerGroups(): OptimizerGroup[] {
    const { backbone, before, after, output, second } = this;
    if (!(backbone instanceof CombinedGruText)) return [{ name: 'main', modules: [this] }];
    return [
      { name: 'main', modules: [backbone.uni, before, after, output] },
      { name: 'bi', modules: [backbone.bi, second!], sharesLoss: true },
    ];
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
    const [{ reader }] = this.halves();
    const thoughts = reader.features(
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
  usable: (samples: Tokens, { options: { longest } }) => ({
    wanted: `with three sentences in a row of fewer than ${longest} tokens each (--longest)`,
    isUsable: textRows(samples).map((row) => triplesOf([row], longest).length > 0),
    remedy: LONGER_TEXTS,
  }),
  encoder({ options: { encoder, embeddingSize }, spec, makeBackbone }) {
    return {
      spec,
      backbone:
        encoder === 'combine'
          ? makeBackbone({ embeddingSize }, 'combined-gru-text')
          : makeBackbone({ bidirectional: encoder === 'bi', embeddingSize }),
      preparation: { note: 'ids of tokens, -1 behind the end of a text' },
      firstToken: 0,
      prepare: paddedIds,
      tokenRows: plainRows(spec.length),
    };
  },
  create: (context: MethodContext<Options, TokensSpec>) => new SkipThoughts(context),
});
