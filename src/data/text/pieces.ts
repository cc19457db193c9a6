import type { Tokenizer as Library } from '@huggingface/tokenizers';

/** Cuts a text into pieces whose tokens do not depend on each other, and gives the tokens of one as the vocabulary has them. */
export interface PieceRule {
  pieces(text: string): readonly string[];
  tokensOf(piece: string): string[];
}

/** A step of a tokenizer.json. */
export interface Step {
  type?: string;
  [option: string]: unknown;
}

/** The pattern of GPT-2's pre-tokenizer. */
const BYTE_LEVEL = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** What all pre-tokenizers of words split at and BERT's normalizer keeps as a space. Other blanks are control characters to it. */
const BLANKS = /[\t\n\r\p{Zs}\u2028\u2029]+/u;

/** Normalizers that change each word by itself. */
const BY_WORD = new Set(['BertNormalizer', 'Lowercase', 'NFC', 'NFD', 'NFKC', 'NFKD', 'StripAccents']);

/**
 * How a tokenizer cuts text. Byte-level tokenizers and those of words do it in the raw text, before anything is normalized, so that most
 * pieces are known from before; the others normalize and cut as the library does. Null where tokens depend on those before them.
 */
export function pieceRule(
  library: Library,
  json: { normalizer?: Step | null; pre_tokenizer?: Step | null },
): PieceRule | null {
  const { normalizer, pre_tokenizer: pre, model } = library;
  if (model === null || model.fuse_unk) return null;
  const normalized = (text: string): string => (normalizer === null ? text : normalizer._call(text));
  const cut = (text: string): string[] => (pre === null ? [text] : pre._call(text, { section_index: 0 }));
  const whole = (piece: string): string[] => model._call(cut(normalized(piece)));
  const step = json.pre_tokenizer ?? null;
  if (step?.type === 'ByteLevel' && step.use_regex !== false && normalizer === null) {
    const isPrefixed = step.add_prefix_space === true;
    return {
      pieces: (text) => (isPrefixed && !text.startsWith(' ') ? ` ${text}` : text).match(BYTE_LEVEL) ?? [],
      // The prefix stands already, where there is to be one.
      tokensOf: (piece) => model._call(cutBytes(piece)),
    };
  }
  if (isByWord(step, json.normalizer ?? null))
    return { pieces: (text) => text.split(BLANKS).filter((piece) => piece !== ''), tokensOf: whole };
  if (isByCharacter(step))
    return { pieces: (text) => [...normalized(text)], tokensOf: (piece) => model._call([piece]) };
  return { pieces: (text) => cut(normalized(text)), tokensOf: (piece) => model._call([piece]) };
}

/** Matches any character. */
export const ANY_CHARACTER = '[\\s\\S]';

const isByCharacter = (step: Step | null): boolean =>
  step?.type === 'Split' && step.invert === true && (step.pattern as { Regex?: string }).Regex === ANY_CHARACTER;

function isByWord(pre: Step | null, normalizer: Step | null): boolean {
  const steps =
    normalizer === null ? [] : normalizer.type === 'Sequence' ? (normalizer.normalizers as Step[]) : [normalizer];
  return pre?.type === 'BertPreTokenizer' && steps.every(({ type }) => BY_WORD.has(type ?? ''));
}

/** The characters that stand for the 256 bytes in byte-level vocabularies: printable ones for themselves, the others from U+0100 on. */
export const BYTE_CHARACTERS: readonly string[] = byteCharacters();

function byteCharacters(): string[] {
  const isPrintable = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
  let others = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : others++));
}

const utf8 = new TextEncoder();

/** A piece in the characters of its bytes. */
export const inByteCharacters = (piece: string): string =>
  Array.from(utf8.encode(piece), (byte) => BYTE_CHARACTERS[byte]).join('');

const cutBytes = (piece: string): string[] => [inByteCharacters(piece)];
