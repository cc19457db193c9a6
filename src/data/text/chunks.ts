import { sentenceStarts } from './sentences.js';

/** Characters in which sentences are looked for at once; no sentence is longer. */
const CHUNK = 65_536;

/**
 * Cuts text that comes in pieces of any size into stretches of at most 65,536 characters that end before a blank, so that memory does not
 * grow with the length of a line and no word is cut; one that is longer is. What is cut where depends on the text alone.
 */
export class Chunker {
  private rest = '';

  *push(piece: string): Generator<string> {
    let text = this.rest + piece;
    while (text.length > CHUNK) {
      const end = cutBefore(text.slice(0, CHUNK + 1));
      yield text.slice(0, end);
      text = text.slice(end);
    }
    this.rest = text;
  }

  *end(): Generator<string> {
    if (this.rest !== '') yield this.rest;
    this.rest = '';
  }
}

/** As `Chunker`, sentence by sentence; blanks between sentences stand before the second. */
export class SentenceSplitter {
  private rest = '';

  *push(piece: string): Generator<string> {
    let text = this.rest + piece;
    while (text.length > CHUNK) {
      const stretch = text.slice(0, CHUNK + 1);
      const starts = sentenceStarts(stretch);
      const last = starts.at(-1)!;
      const end = last > 0 ? last : cutBefore(stretch);
      yield* pieces(text, starts, end);
      text = text.slice(end);
    }
    this.rest = text;
  }

  *end(): Generator<string> {
    if (this.rest !== '') yield* pieces(this.rest, sentenceStarts(this.rest), this.rest.length);
    this.rest = '';
  }
}

function* pieces(text: string, starts: readonly number[], end: number): Generator<string> {
  for (const [i, start] of starts.entries())
    if (start < end) yield text.slice(start, Math.min(end, starts[i + 1] ?? end));
}

/** Where to cut a text that is too long by one character: before its last blank, else before its last character. */
function cutBefore(text: string): number {
  let at = text.length - 1;
  while (at > 0 && !(isBlank(text, at) && !isBlank(text, at - 1))) at--;
  if (at > 0) return at;
  const last = text.length - 1;
  return isTrailing(text, last) ? last - 1 : last;
}

const isBlank = (text: string, at: number): boolean => /\s/.test(text[at]!);

/** Whether a character is the second half of one beyond U+FFFF. */
const isTrailing = (text: string, at: number): boolean => (text.charCodeAt(at) & 0xfc00) === 0xdc00;
