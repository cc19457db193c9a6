/** What text networks read, made of the windows of a batch. */

import type { BackboneOptions } from '../../backbones/backbone.js';
import type { SpecialTokens as KnownTokens, Tokens, TokensSpec } from '../../data/index.js';
import { noGrad, ops, scope, type Tensor } from '../../engine/index.js';
import type { Needs, TokenNeeds } from '../../modalities/modality.js';
import type { Encoder, EncoderContext } from '../method.js';
import { paddedRows, rowsOf, type SpecialTokens, type Vocabulary } from '../noise/token-rows.js';
import { plainRows } from './padded-ids.js';

/** What stands behind the end of a row: text networks take negative ids for padding. */
export const PADDING = -1;

/** The special tokens of a text; one that its tokenizer does not have is -1, which no token is. */
export function specialOf({ special }: Pick<TokensSpec, 'special'>): SpecialTokens {
  const known = ({ pad, unknown, begin, end, mask }: KnownTokens) => ({ pad, unknown, begin, end, mask });
  return Object.fromEntries(
    Object.entries(known(special)).map(([name, id]) => [name, id ?? -1]),
  ) as unknown as SpecialTokens;
}

export function vocabularyOf(spec: TokensSpec): Vocabulary {
  return { size: spec.vocabulary, special: specialOf(spec) };
}

/** A window on the host. */
export interface TextRow {
  ids: number[];
  /** The number of each token's sentence. */
  sentence: number[];
  document: number;
}

export function textRows({ ids, lengths, sentence, document }: Tokens): TextRow[] {
  const [tokens, sentences] = [rowsOf(ids, lengths), rowsOf(sentence, lengths)];
  const documents = document.toNumbers();
  return tokens.map((row, i) => ({ ids: row, sentence: sentences[i]!, document: documents[i]! }));
}

/** Rows as a text network reads them, int64 (N, T). */
export const inputRows = (rows: readonly (readonly number[])[], beside: Tensor): Tensor =>
  paddedRows(rows, PADDING, beside);

/** Windows between the marks of begin and end, cut to `most` tokens with them: int64 (N, T). */
export function framedTokens({ ids, lengths }: Tokens, { begin, end }: SpecialTokens, most: number): Tensor {
  return noGrad(() =>
    scope(() => {
      const [count, { device }] = [ids.size(0), ids];
      const width = Math.min(lengths.amax().item(), most - 2);
      const kept = lengths.clampMax(width).unsqueeze(1); // (N, 1)
      const places = ops.arange(0, width, 1, { dtype: 'int64', device });
      const body = ids.narrow(1, 0, width).maskedFill(places.ge(kept), PADDING);
      const column = (value: number): Tensor => ops.full([count, 1], value, { dtype: 'int64', device });
      const rows = ops.cat([column(begin), body, column(PADDING)], 1);
      return rows.scatter(1, kept.add(1), column(end));
    }),
  );
}

/** What methods need whose encoder is `framedText`: windows of whole sentences, with room for marks. */
export function framedNeeds(
  special: readonly (keyof KnownTokens)[],
  { tokenizer = 'wordpiece', room = 2, context = 128 }: Pick<TokenNeeds, 'tokenizer' | 'room' | 'context'> = {},
): Needs {
  return { tokens: { form: 'sentences', tokenizer, vocabulary: 4000, context, room, leastContext: 8, special } };
}

/** An encoder that reads windows between the marks of begin and end, as BERT does. */
export function framedText<Options>(
  overrides: (context: EncoderContext<Options, TokensSpec>) => Partial<BackboneOptions> = () => ({}),
) {
  return (context: EncoderContext<Options, TokensSpec>): Encoder<TokensSpec> => {
    const { spec } = context;
    const special = specialOf(spec);
    return {
      spec,
      backbone: context.makeBackbone(overrides(context)),
      preparation: {
        note: `ids of tokens between ${special.begin} and ${special.end}, then ${PADDING} to the longest of the batch`,
      },
      firstToken: 1,
      prepare: (samples) => framedTokens(samples, special, spec.length),
      tokenRows: plainRows(spec.length, { begin: spec.special.begin, end: spec.special.end }),
    };
  };
}
