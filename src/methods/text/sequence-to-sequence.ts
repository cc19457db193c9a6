import type { TextTransformer } from '../../backbones/text-transformer.js';
import {
  firstSamples,
  type Prng,
  type Tokenizer,
  type Tokens,
  type TokensSpec,
  tokenizerOf,
} from '../../data/index.js';
import { type Generator, noGrad, ops, scope, type Tensor } from '../../engine/index.js';
import { type ReadText, TextDecoder } from '../../networks/text-decoder.js';
import { tokenLoss } from '../losses/token-loss.js';
import { type Batch, Method, type MethodContext, type Outcome, type Preview } from '../method.js';
import { hostRandom, type SpecialTokens } from '../noise/token-rows.js';
import { inWords } from '../previews/shown-tokens.js';
import { meanVectors } from './mean-vectors.js';
import { inputRows, specialOf, type TextRow, textRows } from './token-inputs.js';

/** A text as the encoder reads it, and what the decoder has to write. */
export interface TextPair {
  /** Both without marks of begin and end. */
  input: number[];
  target: number[];
}

/**
 * The encoder's tokens (N, S); what the decoder reads (N, T), which begins with the mark of begin; and what it has to write (N, T), which
 * ends with the mark of end. int64, -1 behind the end of a row.
 */
export type PairViews = Record<'tokens' | 'written' | 'labels', Tensor>;

/** Longest text that a preview has written, in tokens: each takes a pass through the decoder. */
const SHOWN_TOKENS = 128;

/** A method that changes a text and has another one written from it; what is changed and written is the method's own. */
export abstract class SequenceToSequence<Options extends object> extends Method<
  Options,
  PairViews,
  unknown,
  TokensSpec
> {
  declare readonly backbone: TextTransformer;
  readonly decoder: TextDecoder;
  protected readonly tokenizer: Tokenizer;
  protected readonly special: SpecialTokens;

  /** @param longest most tokens that are written, with the mark of end */
  constructor(context: MethodContext<Options, TokensSpec>, longest = context.spec.length + 1) {
    super(context);
    this.tokenizer = tokenizerOf(context.assets);
    this.special = specialOf(this.spec);
    this.decoder = new TextDecoder(this.backbone, longest);
  }

  /** The task made of each text. */
  abstract pairs(rows: readonly TextRow[], random: Prng): TextPair[];

  /** The title of the preview, and one sentence about it. */
  protected abstract readonly shown: { title: string; explanation: string };

  /** A token as a person reads it; methods with tokens of their own name these. */
  protected nameOf(id: number): string | null {
    return id === this.special.mask ? '[mask]' : null;
  }

  override views({ samples }: Batch<TokensSpec>, random: Generator): PairViews {
    const pairs = this.pairs(textRows(samples), hostRandom(random));
    const { begin, end } = this.special;
    const rows = (make: (pair: TextPair) => number[]): Tensor => inputRows(pairs.map(make), samples.ids);
    return {
      tokens: rows(({ input }) => [begin, ...input.slice(0, this.spec.length - 2), end]),
      written: rows(({ target }) => [begin, ...target]),
      labels: rows(({ target }) => [...target, end]),
    };
  }

  override loss({ tokens, written, labels }: PairViews): Outcome {
    const read = this.read(tokens);
    const x = this.decoder.forward(written, this.table, read);
    // Scores of real tokens alone: most of the time goes into them.
    const places = labels.flatten().ge(0).nonzero().squeeze(1);
    const logits = this.decoder.score(x.flatten(0, 1).indexSelect(0, places), this.table);
    const { loss, accuracy } = tokenLoss(logits, labels.flatten().indexSelect(0, places));
    return { loss, metrics: { accuracy }, features: meanVectors(read.vectors, read.isReal) };
  }

  protected read(tokens: Tensor): ReadText {
    const input = this.backbone.inputOf(tokens);
    return { vectors: this.backbone.read(input), isReal: input.isReal ?? null };
  }

  protected get table(): Tensor {
    return this.backbone.embeddings.tokens.weight;
  }

  /**
   * Writes the most probable token again and again: rows of int64 (N, T), -1 behind their ends.
   *
   * @param tokens int64 (N, S), as the encoder reads them
   * @param longest most tokens
   */
  write(tokens: Tensor, longest: number): Tensor {
    return noGrad(() =>
      scope(() => {
        const read = this.read(tokens);
        const count = tokens.size(0);
        const column = (value: number): Tensor =>
          ops.full([count, 1], value, { dtype: 'int64', device: tokens.device });
        let written = column(this.special.begin);
        let isOpen = ops.ones([count, 1], { dtype: 'bool', device: tokens.device });
        for (let t = 0; t < longest && isOpen.any().item() === 1; t++) {
          const x = this.decoder.forward(written, this.table, read);
          const next = this.decoder.score(x.select(1, t), this.table).argmax(1).unsqueeze(1);
          isOpen = isOpen.logicalAnd(next.ne(this.special.end));
          written = ops.cat([written, next.maskedFill(isOpen.logicalNot(), -1)], 1);
        }
        return written.narrow(1, 1, written.size(1) - 1);
      }),
    );
  }

  override preview({ samples, indices }: Batch<TokensSpec>, random: Generator): Preview[] {
    const shown = firstSamples(samples, 4) as Tokens;
    const views = this.views({ samples: shown, indices: indices.slice(0, 4) }, random);
    const longest = Math.min(SHOWN_TOKENS, views.labels.size(1));
    const [tokens, labels] = [views.tokens, views.labels.narrow(1, 0, longest)];
    const answers = this.write(tokens, longest);
    const text = (row: Tensor): string => {
      const ids = row.toNumbers().filter((id) => id >= 0 && id !== this.special.begin && id !== this.special.end);
      const names = ids.flatMap((id, place) => {
        const name = this.nameOf(id);
        return name === null ? [] : [[place, name] as const];
      });
      return inWords(ids, this.tokenizer, new Map(names)) || '(nothing)';
    };
    const [inputs, truths, written] = [tokens, labels, answers].map((values) => values.unbind(0).map(text));
    const rows = inputs!.map((input, i) => [
      { text: input, caption: 'read' },
      { text: truths![i]!, caption: 'to be written' },
      { text: written![i]!, caption: 'written', isCorrect: written![i] === truths![i] },
    ]);
    return [{ ...this.shown, rows }];
  }
}
