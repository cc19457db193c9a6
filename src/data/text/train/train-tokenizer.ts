import { Tokenizer as Library } from '@huggingface/tokenizers';
import { expected } from '../../../errors.js';
import { ANY_CHARACTER, BYTE_CHARACTERS, inByteCharacters, pieceRule, type Step } from '../pieces.js';
import { ANGLED, BRACKETED } from '../special-tokens.js';
import type { TokenizerKind } from '../tokenizer.js';
import { learnMerges } from './bpe.js';
import { WordTable } from './word-table.js';

export interface TrainTokenizerOptions {
  kind: TokenizerKind;
  /** Number of tokens, special ones included; fewer where the text does not give so many. Default: see `DEFAULT_VOCABULARY`. */
  vocabulary?: number;
  /** Words, or pairs of tokens, that are seen less often get no token. Default 2; characters 1. */
  leastCount?: number;
  /** Whether capital letters become small ones; words and word pieces by default. */
  isLowercase?: boolean;
}

export const DEFAULT_VOCABULARY: Readonly<Record<TokenizerKind, number>> = {
  words: 20_000,
  characters: 1000,
  bpe: 8000,
  wordpiece: 4000,
};

/** More different characters are no alphabet: the rarest become the unknown token. */
const MOST_CHARACTERS = 1000;

/** Numbers, words with their apostrophes and hyphens, and anything else by itself. */
const WORDS = "\\p{N}+(?:[.,]\\p{N}+)+|[\\p{L}\\p{M}\\p{N}]+(?:['’-][\\p{L}\\p{M}\\p{N}]+)*|[^\\s\\p{L}\\p{M}\\p{N}]";

/** How text is brought into pieces, by kind: the parts of a tokenizer.json that do not depend on the text. */
interface Frame {
  normalizer: Step | null;
  pre_tokenizer: Step;
  decoder: Step;
}

function frameOf(kind: TokenizerKind, isLowercase: boolean): Frame {
  const lower = isLowercase ? { type: 'Lowercase' } : null;
  const matches = (pattern: string): Step => ({
    ...{ type: 'Split', pattern: { Regex: pattern }, behavior: 'Removed', invert: true },
  });
  switch (kind) {
    case 'words':
      return {
        ...{ normalizer: lower, pre_tokenizer: matches(WORDS) },
        decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
      };
    case 'characters':
      return { normalizer: lower, pre_tokenizer: matches(ANY_CHARACTER), decoder: { type: 'Fuse' } };
    case 'bpe':
      return {
        normalizer: lower,
        pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
        decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      };
    case 'wordpiece':
      return {
        normalizer: {
          ...{ type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null },
          lowercase: isLowercase,
        },
        pre_tokenizer: { type: 'BertPreTokenizer' },
        decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
      };
  }
}

/**
 * Learns a tokenizer from text, which is counted piece by piece as it comes. The same text gives the same tokenizer.json, byte for byte, on
 * every machine.
 */
export class TokenizerTrainer {
  private readonly table = new WordTable();
  private readonly frame: Frame;
  private readonly pieces: (text: string) => readonly string[];
  private readonly library: Library;
  private readonly size: number;

  /** @throws AutodidactError `USAGE` for a vocabulary that has no room for the special tokens and, of bytes, all of them */
  constructor(private readonly options: TrainTokenizerOptions) {
    const {
      kind,
      vocabulary = DEFAULT_VOCABULARY[kind],
      isLowercase = kind === 'words' || kind === 'wordpiece',
    } = options;
    const least = specialOf(kind).length + (kind === 'bpe' ? BYTE_CHARACTERS.length : 1);
    if (!(Number.isInteger(vocabulary) && vocabulary >= least && vocabulary <= 1_000_000))
      throw expected(`a whole number from ${least} to 1,000,000`, 'vocabulary', vocabulary, {
        remedy:
          kind === 'bpe'
            ? `The 256 bytes and ${specialOf(kind).length} special tokens are always in it.`
            : `The ${specialOf(kind).length} special tokens are always in it.`,
      });
    this.size = vocabulary;
    this.frame = frameOf(kind, isLowercase);
    const { normalizer, pre_tokenizer, decoder } = this.frame;
    this.library = new Library(
      {
        added_tokens: [],
        normalizer,
        pre_tokenizer,
        decoder,
        post_processor: null,
        model: { type: 'WordLevel', vocab: {} },
      },
      {},
    );
    this.pieces = pieceRule(this.library, this.frame)!.pieces;
  }

  /** Counts a part of the text that does not end within a word. */
  add(text: string): void {
    for (const piece of this.pieces(text)) this.table.add(piece);
  }

  /** Whether no text was counted. */
  get isEmpty(): boolean {
    return this.table.counts.size === 0;
  }

  /** The tokenizer.json. */
  finish(): string {
    const { kind, leastCount = kind === 'characters' ? 1 : 2 } = this.options;
    const special = specialOf(kind);
    const model = this.learn(special, leastCount);
    const added = special.map((content, id) => ({
      ...{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
    }));
    const { normalizer, pre_tokenizer, decoder } = this.frame;
    return `${JSON.stringify(
      {
        ...{ version: '1.0', truncation: null, padding: null, added_tokens: added },
        ...{ normalizer, pre_tokenizer, post_processor: null, decoder, model },
      },
      null,
      1,
    )}\n`;
  }

  private learn(special: readonly string[], leastCount: number): object {
    const { kind } = this.options;
    const words = this.table.sorted();
    switch (kind) {
      case 'words':
      case 'characters': {
        const known = words.filter(([word, count]) => count >= leastCount && !special.includes(word));
        const tokens = [...special, ...known.slice(0, this.size - special.length).map(([word]) => word)];
        return { type: 'WordLevel', vocab: numbered(tokens), unk_token: UNKNOWN };
      }
      case 'bpe': {
        const alphabet = [...special, ...[...BYTE_CHARACTERS].sort()];
        const symbols = words.map(([word, count]) => [[...inByteCharacters(word)], count] as const);
        const { tokens, merges } = learnMerges(symbols, { alphabet, size: this.size, leastCount });
        return {
          ...{ type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: null },
          ...{ end_of_word_suffix: null, fuse_unk: false, byte_fallback: false, ignore_merges: false },
          ...{ vocab: numbered(tokens), merges },
        };
      }
      case 'wordpiece': {
        const tokens = this.learnWordPieces(words, special, leastCount);
        return {
          ...{
            type: 'WordPiece',
            unk_token: UNKNOWN,
            continuing_subword_prefix: PREFIX,
            max_input_chars_per_word: 100,
          },
          vocab: numbered(tokens),
        };
      }
    }
  }

  /** The merges of byte pair encoding on characters, where all but the first of a word are marked. */
  private learnWordPieces(
    pieces: readonly (readonly [string, number])[],
    special: readonly string[],
    leastCount: number,
  ): readonly string[] {
    const { normalizer, pre_tokenizer: pre } = this.library;
    const table = new WordTable();
    for (const [piece, count] of pieces)
      for (const word of pre!._call(normalizer!._call(piece), {})) table.add(word, count);
    const words = table.sorted().map(([word, count]) => [[...word], count] as const);
    const seen = new WordTable();
    for (const [characters, count] of words) for (const character of characters) seen.add(character, count);
    const room = Math.min(MOST_CHARACTERS, this.size - special.length);
    const characters = new Set(
      seen
        .sorted()
        .slice(0, room)
        .map(([character]) => character),
    );
    // A word with any other character is the unknown token as a whole.
    const marked = words
      .filter(([own]) => own.every((character) => characters.has(character)))
      .map(([own, count]) => [own.map((character, i) => (i === 0 ? character : PREFIX + character)), count] as const);
    const symbols = [...new Set(marked.flatMap(([own]) => own))].sort();
    const alphabet = [
      ...special,
      ...symbols.filter((s) => !s.startsWith(PREFIX)),
      ...symbols.filter((s) => s.startsWith(PREFIX)),
    ];
    const join = (left: string, right: string): string => left + right.slice(PREFIX.length);
    return learnMerges(marked, { alphabet, size: Math.max(this.size, alphabet.length), leastCount, join }).tokens;
  }
}

const UNKNOWN = '[UNK]';
const PREFIX = '##';

const specialOf = (kind: TokenizerKind): readonly string[] => (kind === 'bpe' ? ANGLED : BRACKETED);

const numbered = (tokens: readonly string[]): Record<string, number> =>
  Object.fromEntries(tokens.map((token, id) => [token, id]));
