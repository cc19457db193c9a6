import { expect, it } from 'vitest';
import { readTokenizer } from './json-tokenizer.js';
import { wordsTokenizer } from './words-tokenizer.js';

it('gives words the ids behind the special tokens, and reads text as they are spelled', () => {
  const { json, first } = wordsTokenizer(['the', "cat's", '.']);
  const tokenizer = readTokenizer(json, 'words');
  expect([first, tokenizer.vocabulary]).toEqual([5, 8]);
  expect([...tokenizer.encode("The CAT's dog.")]).toEqual([5, 6, 1, 7]);
  const cased = readTokenizer(wordsTokenizer(['The', 'the']).json, 'words');
  expect([...cased.encode('The the THE')]).toEqual([5, 6, 1]);
});
