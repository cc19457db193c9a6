import type { TaggedWords } from '../tag-targets.js';
import type { Tokenizer } from './tokenizer.js';
import { lastAtMost } from './windows.js';

/** A word of a sentence with its tag, null where that is not known; `text` has the blank before it. */
export interface TaggedPiece {
  readonly text: string;
  readonly word: string;
  readonly tag: string | null;
}

/** Tagged documents as tokens: for each its sentences, and the words whose tags are known, by their places in the document. */
export interface TaggedTokens {
  readonly classes: readonly string[];
  readonly sentences: readonly (readonly ArrayLike<number>[])[];
  readonly words: readonly TaggedWords[];
}

/** Words and punctuation as they are usually written: no blank before a comma, none behind an opening bracket, round quotes. */
export function writtenPieces(words: readonly string[]): string[] {
  let before = '';
  return words.map((word) => {
    const shown = word === '``' ? '“' : word === "''" ? '”' : word;
    const isJoined = before === '' || /^[.,;:?!”)\]]/.test(shown) || /[“([]$/.test(before);
    before = shown;
    return isJoined ? shown : ` ${shown}`;
  });
}

/** A sentence of words and tags. */
export function taggedSentence(words: readonly string[], tags: readonly (string | null)[]): TaggedPiece[] {
  return writtenPieces(words).map((text, i) => ({ text, word: words[i]!, tag: tags[i]! }));
}

/**
 * Encodes documents word by word, so that each word has tokens of its own. A word of which the tokenizer leaves nothing is left out.
 *
 * @param documents their sentences
 */
export function encodeTagged(
  documents: readonly (readonly (readonly TaggedPiece[])[])[],
  tokenizer: Tokenizer,
): TaggedTokens {
  const names = new Set<string>();
  for (const { tag } of documents.flat(2)) if (tag !== null) names.add(tag);
  const classes = [...names].sort();
  const numbers = new Map(classes.map((name, number) => [name, number]));
  const encoded = documents.map((sentences) => {
    let start = 0;
    const [places, tags, words]: [number[], number[], string[]] = [[], [], []];
    const tokens = sentences.flatMap((sentence, s) => {
      const ids: number[] = [];
      for (const [i, { text, word, tag }] of sentence.entries()) {
        const before = ids.length;
        tokenizer.encodeInto(ids, i === 0 && s > 0 ? ` ${text}` : text);
        if (ids.length === before || tag === null) continue;
        places.push(start + ids.length - 1);
        tags.push(numbers.get(tag)!);
        words.push(word.toLowerCase());
      }
      start += ids.length;
      return ids.length === 0 ? [] : [ids];
    });
    return { tokens, known: { places: Int32Array.from(places), tags: Int32Array.from(tags), words } };
  });
  return { classes, sentences: encoded.map(({ tokens }) => tokens), words: encoded.map(({ known }) => known) };
}

/** Those of the words that stand in `length` tokens from a place on, by their places there. */
export function wordsWithin(
  { places, tags, words }: TaggedWords,
  from: number,
  length: number,
  offset = 0,
): TaggedWords {
  const [first, end] = [firstFrom(places, from), firstFrom(places, from + length)];
  return {
    places: places.slice(first, end).map((place) => place - from + offset),
    tags: tags.slice(first, end),
    words: words.slice(first, end),
  };
}

/** The first of ascending numbers that is at least `value`. */
function firstFrom(numbers: Int32Array, value: number): number {
  return numbers.length === 0 || numbers[0]! >= value ? 0 : lastAtMost(numbers, value - 1) + 1;
}

/** The words of several stretches in a row. */
export function joinedWords(parts: readonly TaggedWords[]): TaggedWords {
  return {
    places: Int32Array.from(parts.flatMap(({ places }) => [...places])),
    tags: Int32Array.from(parts.flatMap(({ tags }) => [...tags])),
    words: parts.flatMap(({ words }) => words),
  };
}
