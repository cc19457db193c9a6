import type { SpecialTokens } from '../spec.js';

/** The tokenizers that can be trained here. */
export const TOKENIZER_KINDS = ['words', 'characters', 'bpe', 'wordpiece'] as const;
export type TokenizerKind = (typeof TOKENIZER_KINDS)[number];

/** Name of the tokenizer among the assets of data and runs. */
export const TOKENIZER_FILE = 'tokenizer.json';

/** Text to ids and back, as a tokenizer.json says. */
export interface Tokenizer {
  /** The text of tokenizer.json. */
  readonly json: string;
  /** SHA-256 of it. */
  readonly hash: string;
  /** Number of ids, special tokens included. */
  readonly vocabulary: number;
  readonly special: SpecialTokens;
  /** (V), 1 for tokens that begin a word: what whole-word masking needs. Special tokens do. */
  readonly beginsWord: Uint8Array;
  /**
   * Without special tokens around the text.
   * @param readsSpecial whether the spelling of a special token in the text is that token; by default it is text like any other
   */
  encode(text: string, options?: { readsSpecial?: boolean }): Int32Array;
  /** Puts the ids of a text, as `encode` gives them, behind those that are there. */
  encodeInto(ids: number[], text: string): void;
  /** @param keepsSpecial whether special tokens are written out; by default they are left out */
  decode(ids: ArrayLike<number>, options?: { keepsSpecial?: boolean }): string;
  /** A token as the vocabulary has it: `##ing`. */
  token(id: number): string;
  /** The id of a token as the vocabulary has it, null for one that it does not have. */
  idOf(token: string): number | null;
  /** A token as a person reads it, alone: `ing`. */
  shown(id: number): string;
}
