import { type Tokenizer, tokenizerOf } from '../data/index.js';
import type { TokenRows } from '../methods/method.js';

/** What else a network asks of the tokenizer in other programs. */
export interface TokenizerForm {
  /** Whether the tokens of a second text are of another segment. */
  hasSegments?: boolean;
  /** Whether texts end with a token of their own, by which what writes them knows where to stop. */
  endsTexts?: boolean;
}

/**
 * The content of tokenizer.json and tokenizer_config.json, by which other programs make the ids that an encoder reads: the tokenizer of the
 * run, with the special tokens around a text that its method puts there.
 *
 * @param assets of the run or of the encoder's file
 * @throws AutodidactError `DATA` where there is no tokenizer among them
 */
export function tokenizerFiles(
  { most, begin, end }: TokenRows,
  assets?: ReadonlyMap<string, Uint8Array>,
  { hasSegments = false, endsTexts = false }: TokenizerForm = {},
): Readonly<Record<string, object>> {
  const tokenizer = tokenizerOf(assets);
  const { special } = tokenizer;
  const named = (id: number | null) => (id === null ? undefined : tokenizer.token(id));
  // Rows have to be filled up with something; the mask says what is padding.
  const pad = special.pad ?? special.end ?? special.unknown ?? 0;
  return {
    'tokenizer.json': {
      ...(JSON.parse(tokenizer.json) as object),
      ...{ truncation: null, padding: null, post_processor: around(tokenizer, begin, end, Number(hasSegments)) },
    },
    'tokenizer_config.json': {
      ...{ tokenizer_class: 'PreTrainedTokenizerFast', model_max_length: most },
      ...{ padding_side: 'right', truncation_side: 'right', clean_up_tokenization_spaces: false },
      model_input_names: ['input_ids', ...(hasSegments ? ['token_type_ids'] : []), 'attention_mask'],
      ...{ pad_token: tokenizer.token(pad), unk_token: named(special.unknown), mask_token: named(special.mask) },
      ...{ cls_token: named(begin), sep_token: named(end), eos_token: endsTexts ? named(special.end) : undefined },
    },
  };
}

/** A post-processor that puts these ids around a text, with the segment of a second one. */
function around(tokenizer: Tokenizer, begin: number | null, end: number | null, second: number): object | null {
  const ids = [begin, end].filter((id) => id !== null);
  if (ids.length === 0) return null;
  const mark = (id: number | null, segment = 0) =>
    id === null ? [] : [{ SpecialToken: { id: tokenizer.token(id), type_id: segment } }];
  const text = (id: string, segment = 0) => ({ Sequence: { id, type_id: segment } });
  return {
    type: 'TemplateProcessing',
    single: [...mark(begin), text('A'), ...mark(end)],
    pair: [...mark(begin), text('A'), ...mark(end), text('B', second), ...mark(end, second)],
    special_tokens: Object.fromEntries(
      ids.map((id) => [tokenizer.token(id), { id: tokenizer.token(id), ids: [id], tokens: [tokenizer.token(id)] }]),
    ),
  };
}
