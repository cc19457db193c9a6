import type { SpecialTokens } from '../spec.js';

type Part = keyof SpecialTokens;

/** Spellings of the special tokens of published tokenizers, the usual ones first. */
const SPELLINGS: Readonly<Record<Part, readonly string[]>> = {
  pad: ['[PAD]', '<pad>', '<|pad|>', '<|padding|>', '<|finetune_right_pad_id|>'],
  unknown: ['[UNK]', '<unk>'],
  begin: ['[CLS]', '<s>', '<cls>', '<bos>', '[BOS]', '<|begin_of_text|>', '<|startoftext|>'],
  end: ['[SEP]', '</s>', '<sep>', '<eos>', '[EOS]', '<|endoftext|>', '<|end_of_text|>'],
  mask: ['[MASK]', '<mask>'],
};

/** The spellings that tokenizers get that are trained here, in the order of their ids. */
export const BRACKETED = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
export const ANGLED = ['<pad>', '<s>', '</s>', '<mask>'];

/** The part of a tokenizer.json that says what its special tokens are. */
export interface DescribesSpecial {
  model: { unk_token?: string | null };
  post_processor?: unknown;
}

/**
 * Which ids of a tokenizer have a part of their own: as its post-processor and its model say, else by their spelling.
 *
 * @param isSpecial the ids of the tokens that it calls special
 */
export function findSpecial(
  json: DescribesSpecial,
  isSpecial: (id: number) => boolean,
  idOf: (token: string) => number | null,
): SpecialTokens {
  const bySpelling = (part: Part): number | null => {
    const ids = SPELLINGS[part].map(idOf).filter((id) => id !== null);
    return ids.find(isSpecial) ?? null;
  };
  const unknown = json.model.unk_token ? idOf(json.model.unk_token) : null;
  const said = around(json.post_processor);
  return {
    pad: bySpelling('pad'),
    unknown: unknown ?? bySpelling('unknown'),
    begin: said.begin ?? bySpelling('begin'),
    end: said.end ?? bySpelling('end'),
    mask: bySpelling('mask'),
  };
}

/** What BERT's and RoBERTa's post-processors put around a text. */
function around(processor: unknown): { begin: number | null; end: number | null } {
  const of = (name: string): number | null => {
    const pair = (processor as Readonly<Record<string, unknown>> | null)?.[name];
    return Array.isArray(pair) && Number.isInteger(pair[1]) ? (pair[1] as number) : null;
  };
  return typeof processor === 'object' ? { begin: of('cls'), end: of('sep') } : { begin: null, end: null };
}
