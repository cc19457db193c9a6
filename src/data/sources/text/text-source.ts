import type { TaggedPiece } from '../../text/tagged-words.js';
import type { Skipped, Split } from '../source.js';

/** A document that is left out; `message` says why. */
export class UnreadableText extends Error {}

/** One document, before it is tokens. */
export interface TextDocument {
  /** Unique in its source. */
  id: string;
  /** Name of its class, null where it has none. */
  label: string | null;
  split: Split | null;
  /** Its text in pieces of any size, which are read once, before the next document; they throw `UnreadableText`. */
  text: Iterable<string> | AsyncIterable<string>;
  /** Whether each piece is a sentence; otherwise sentences are looked for. */
  isInSentences?: boolean;
  /** Its sentences word by word, of a source with tags; `text` is then that of their words. */
  tagged?: readonly (readonly TaggedPiece[])[];
}

/** Where texts come from. */
export interface TextSource {
  /** For people: "letters". */
  name: string;
  kind: string;
  note?: string;
  /** What was left out while listing. */
  skipped: Skipped[];
  /** Sides of a division that documents are on; null for those on none. */
  sides: readonly (Split | null)[];
  /** Changes when the texts may have changed. */
  identity: unknown;
  /** How much there is to read about, for progress, and what it is counted in. */
  size: number;
  unit: 'bytes' | 'documents';
  /** All documents, in the same order each time. `onRead` is told how much of `size` was read since. */
  documents(onRead?: (size: number) => void): AsyncIterable<TextDocument>;
  /** Whether capital letters become small ones in a tokenizer that is trained; by default as its kind does. */
  isLowercase?: boolean;
  /** Whether its documents have tags of words. */
  isTagged?: boolean;
  /** Most sentences of a window; by default as many as fit. */
  sentences?: number;
}
