import { BRACKETED } from './special-tokens.js';
import { TokenizerTrainer } from './train/train-tokenizer.js';

/**
 * The tokenizer.json of a list of words, which get the ids behind the special tokens, in their order. Text is read as small letters unless
 * one of the words has a capital one.
 *
 * @param words unique; none is the spelling of a special token
 */
export function wordsTokenizer(words: readonly string[]): { json: string; first: number } {
  const isLowercase = words.every((word) => word === word.toLowerCase());
  const json = JSON.parse(new TokenizerTrainer({ kind: 'words', isLowercase }).finish()) as {
    model: { vocab: Record<string, number> };
  };
  json.model.vocab = Object.fromEntries([...BRACKETED, ...words].map((token, id) => [token, id]));
  return { json: `${JSON.stringify(json, null, 1)}\n`, first: BRACKETED.length };
}
