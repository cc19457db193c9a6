import { type Tokenizer, tokenizerOf } from '../data/index.js';
import type { TokenRows } from '../methods/method.js';

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
): Readonly<Record<string, object>> {
  const tokenizer = tokenizerOf(assets);
  const { special } = tokenizer;
  const named = (id: number | null) => (id === null ? undefined : tokenizer.token(id));
  // Rows have to be filled up with something; the mask says what is padding.
  const pad = special.pad ?? special.end ?? special.unknown ?? 0;
  return {
    'tokenizer.json': {
      ...(JSON.parse(tokenizer.json) as object),
      ...{ truncation: null, padding: null, post_processor: around(tokenizer, begin, end) },
    },
    'tokenizer_config.json': {
      ...{ tokenizer_class: 'PreTrainedTokenizerFast', model_max_length: most },
      ...{ padding_side: 'right', truncation_side: 'right', clean_up_tokenization_spaces: false },
      model_input_names: ['input_ids', 'attention_mask'],
      ...{ pad_token: tokenizer.token(pad), unk_token: named(special.unknown), mask_token: named(special.mask) },
      ...{ cls_token: named(begin), sep_token: named(end) },
    },
  };
}

/** A post-processor that puts these ids around a text. */
function around(tokenizer: Tokenizer, begin: number | null, end: number | null): object | null {
  const ids = [begin, end].filter((id) => id !== null);
  if (ids.length === 0) return null;
  const mark = (id: number | null) => (id === null ? [] : [{ SpecialToken: { id: tokenizer.token(id), type_id: 0 } }]);
  const text = (id: string) => ({ Sequence: { id, type_id: 0 } });
  return {
    type: 'TemplateProcessing',
    single: [...mark(begin), text('A'), ...mark(end)],
    pair: [...mark(begin), text('A'), ...mark(end), text('B'), ...mark(end)],
    special_tokens: Object.fromEntries(
      ids.map((id) => [tokenizer.token(id), { id: tokenizer.token(id), ids: [id], tokens: [tokenizer.token(id)] }]),
    ),
  };
}
