/**
 * Which tokens of a text are hidden, and what stands in their place.
 *
 * BERT (Devlin et al. 2019, section 3.1; google-research/bert, create_pretraining_data.py): a fixed number of tokens of each text, of which
 * 80 % become [MASK], 10 % a random token and 10 % stay. RoBERTa (Liu et al. 2019; fairseq, mask_tokens_dataset.py) draws the number so that
 * it is right on average. ALBERT (Lan et al. 2020, section 3.1; google-research/albert) hides runs of one to three words.
 */
import type { Prng } from '../../data/index.js';
import { randomToken, roundHalfEven, untouchable, type Vocabulary } from '../noise/token-rows.js';

/** What is hidden together: single tokens, all pieces of a word, or runs of up to three words. */
export const MASK_UNITS = ['token', 'word', 'ngram'] as const;

export interface TokenMaskRule {
  /** Share of the tokens that are hidden, special ones counted in, as in BERT. */
  share: number;
  /** Most tokens hidden in one text; null for no bound. */
  most: number | null;
  /** `rounded`: the share of the length, rounded, at least 1. `expected`: rounded up or down at random, so that it is right on average. */
  count: 'rounded' | 'expected';
  unit: (typeof MASK_UNITS)[number];
  /** Of the hidden tokens: the shares that become [MASK] and a random token; the rest stays. */
  maskShare: number;
  randomShare: number;
  /** Whether random tokens may be special ones, as BERT's code has it. */
  drawsSpecial: boolean;
  /** Whether the marks of begin and end may be hidden too, as fairseq's code has it. */
  hidesMarks: boolean;
}

export interface MaskedRow {
  ids: number[];
  /** The hidden places, in order; those that kept their token are among them. */
  places: number[];
}

/** Longest run of words that ALBERT hides. */
const LONGEST_RUN = 3;

/** How many tokens of a text of this length are hidden. */
export function hiddenCount(length: number, { share, most, count }: TokenMaskRule, random: Prng): number {
  const asked =
    count === 'rounded' ? Math.max(1, roundHalfEven(share * length)) : Math.floor(share * length + random.uniform());
  return Math.min(most ?? Number.POSITIVE_INFINITY, asked);
}

/**
 * Hides tokens of one text.
 *
 * @param row without padding
 * @param startsWord whether each token begins a word; read where `unit` is not `token`
 */
export function maskRow(
  row: readonly number[],
  rule: TokenMaskRule,
  vocabulary: Vocabulary,
  random: Prng,
  startsWord?: readonly boolean[],
): MaskedRow {
  const { special } = vocabulary;
  const kept = rule.hidesMarks ? new Set([special.pad, special.mask]) : untouchable(vocabulary);
  const words = wordsOf(row, kept, rule.unit === 'token' ? undefined : startsWord);
  const most = hiddenCount(row.length, rule, random);
  const places = rule.unit === 'ngram' ? chooseRuns(words, most, random) : chooseWords(words, most, random);
  places.sort((a, b) => a - b);
  const ids = [...row];
  for (const place of places) {
    const draw = random.uniform();
    if (draw < rule.maskShare) ids[place] = special.mask;
    else if (draw < rule.maskShare + rule.randomShare) ids[place] = randomToken(vocabulary, rule.drawsSpecial, random);
  }
  return { ids, places };
}

/** The places of each word that may be hidden, in order. A special token ends the word before it. */
function wordsOf(
  row: readonly number[],
  kept: ReadonlySet<number>,
  startsWord: readonly boolean[] | undefined,
): number[][] {
  const words: number[][] = [];
  let isOpen = false;
  for (const [place, id] of row.entries()) {
    if (kept.has(id)) isOpen = false;
    else if (isOpen && startsWord?.[place] === false) words.at(-1)!.push(place);
    else {
      words.push([place]);
      isOpen = true;
    }
  }
  return words;
}

/** Words in random order until there are enough tokens; one that is too long for what is left is passed over. */
function chooseWords(words: readonly number[][], most: number, random: Prng): number[] {
  const chosen: number[] = [];
  for (const index of random.permutation(words.length)) {
    if (chosen.length >= most) break;
    const word = words[index]!;
    if (chosen.length + word.length <= most) chosen.push(...word);
  }
  return chosen;
}

/** Runs of 1, 2 or 3 words with probabilities 6/11, 3/11 and 2/11, shortened where they are too long for what is left. */
function chooseRuns(words: readonly number[][], most: number, random: Prng): number[] {
  const chosen: number[] = [];
  const isTaken = new Array<boolean>(words.length).fill(false);
  const weights = Array.from({ length: LONGEST_RUN }, (_, i) => 1 / (i + 1));
  const total = weights.reduce((sum, weight) => sum + weight);
  for (const start of random.permutation(words.length)) {
    if (chosen.length >= most) break;
    let draw = random.uniform() * total;
    let longest = 1;
    while (longest < LONGEST_RUN && draw >= weights[longest - 1]!) draw -= weights[longest++ - 1]!;
    for (let length = Math.min(longest, words.length - start); length > 0; length--) {
      const run = words.slice(start, start + length);
      const isFree = !isTaken.slice(start, start + length).includes(true);
      if (!isFree || chosen.length + run.flat().length > most) continue;
      isTaken.fill(true, start, start + length);
      chosen.push(...run.flat());
      break;
    }
  }
  return chosen;
}
