import type { Tokenizer } from '../../data/index.js';
import { AutodidactError } from '../../errors.js';

/** Unknown characters or words that a message names. */
const MOST_NAMED = 8;

/**
 * A prompt as ids. An empty one stands for the beginning of a document: the token that ends the one before it.
 *
 * @throws AutodidactError `USAGE` for text that the tokenizer has no tokens for, with what it does not know
 */
export function encodePrompt(text: string, tokenizer: Tokenizer): number[] {
  const { unknown, end } = tokenizer.special;
  const ids = [...tokenizer.encode(text)];
  const strange = unknown === null || !ids.includes(unknown) ? [] : strangeIn(text, tokenizer, unknown);
  if (strange.length > 0) {
    const named = strange.slice(0, MOST_NAMED).map((part) => JSON.stringify(part));
    const more = strange.length > MOST_NAMED ? ` and ${strange.length - MOST_NAMED} more` : '';
    throw new AutodidactError('USAGE', `The tokenizer of this run does not know ${named.join(', ')}${more}`, {
      remedy: 'Leave it out of the prompt: it did not occur in the text that the run learned from.',
    });
  }
  if (ids.length > 0) return ids;
  if (end !== null) return [end];
  throw new AutodidactError(
    'USAGE',
    'The prompt is empty, and the tokenizer of this run has no token that begins a text',
    {
      remedy: 'Give some text to continue with --prompt.',
    },
  );
}

/** The characters that are unknown alone, or else the words. */
function strangeIn(text: string, tokenizer: Tokenizer, unknown: number): string[] {
  const isStrange = (part: string): boolean => tokenizer.encode(part).includes(unknown);
  const characters = [...new Set(text)].filter((part) => part.trim() !== '' && isStrange(part));
  const words = [...new Set(text.split(/\s+/))].filter((part) => part !== '' && isStrange(part));
  // A tokenizer of words may know a word without knowing its letters.
  const isOfWords = words.every((word) => [...word].every((part) => characters.includes(part)));
  const found = isOfWords ? words : characters;
  return found.length > 0 ? found : [text];
}

/** The text of tokens that come one after the other: gives out what will not change any more. */
export class TextStream {
  private readonly ids: number[];
  private written: string;

  /** @param prompt ids that come before, whose text is not given out */
  constructor(
    private readonly tokenizer: Pick<Tokenizer, 'decode'>,
    prompt: readonly number[],
  ) {
    this.ids = [...prompt];
    this.written = tokenizer.decode(this.ids);
  }

  /** What a new token adds; empty while it ends within a character of several bytes. */
  add(id: number): string {
    this.ids.push(id);
    const whole = this.tokenizer.decode(this.ids);
    return whole.endsWith('\ufffd') ? '' : this.upTo(whole);
  }

  /** What is left at the end, such as part of a character. */
  end(): string {
    return this.upTo(this.tokenizer.decode(this.ids));
  }

  private upTo(whole: string): string {
    let same = 0;
    while (same < this.written.length && whole[same] === this.written[same]) same++;
    this.written = whole;
    return whole.slice(same);
  }
}
