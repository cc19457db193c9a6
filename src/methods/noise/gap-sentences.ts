/**
 * PEGASUS' choice of the sentences that say most of a document.
 *
 * Zhang, Zhao, Saleh, Liu, "PEGASUS: Pre-training with Extracted Gap-sentences for Abstractive Summarization", 2020, section 3.1.1 (Ind-Orig);
 * code: google-research/pegasus, pegasus/ops/sentence_selection.cc and rouge.cc: n-grams are counted with multiplicity and stop words taken
 * out first.
 */
import type { Prng } from '../../data/index.js';
import { permute, type Sentence } from './sentences.js';

/** How the sentences are chosen: the most telling ones, random ones, or the first ones. */
export const GAP_CHOICES = ['principal', 'random', 'lead'] as const;

export interface GapRule {
  choice: (typeof GAP_CHOICES)[number];
  /** Share of the sentences that are chosen. */
  share: number;
  /** Scores are multiplied by a number drawn from 1 - noise to 1 + noise. */
  noise: number;
}

function counts(ids: Sentence, ignored: ReadonlySet<number>): Map<number, number> {
  const found = new Map<number, number>();
  for (const id of ids) if (!ignored.has(id)) found.set(id, (found.get(id) ?? 0) + 1);
  return found;
}

const total = (found: ReadonlyMap<number, number>): number => [...found.values()].reduce((sum, n) => sum + n, 0);

/** ROUGE-1 F of two bags of tokens with multiplicity; 0 where they share none. */
function f1(candidate: ReadonlyMap<number, number>, reference: ReadonlyMap<number, number>): number {
  let overlap = 0;
  for (const [id, n] of candidate) overlap += Math.min(n, reference.get(id) ?? 0);
  const [precision, recall] = [overlap / total(candidate), overlap / total(reference)];
  return overlap === 0 ? 0 : (2 * precision * recall) / (precision + recall);
}

/** ROUGE-1 F of two texts without the ignored tokens. */
export function rouge1(candidate: Sentence, reference: Sentence, ignored: ReadonlySet<number> = new Set()): number {
  return f1(counts(candidate, ignored), counts(reference, ignored));
}

/** For each sentence, ROUGE-1 F between it and the rest of the document. */
export function gapScores(sentences: readonly Sentence[], stopTokens: ReadonlySet<number>): number[] {
  const own = sentences.map((sentence) => counts(sentence, stopTokens));
  const all = counts(sentences.flat(), stopTokens);
  return own.map((one) => {
    const rest = new Map([...all].map(([id, n]) => [id, n - (one.get(id) ?? 0)]));
    return f1(one, rest);
  });
}

/** How many of the sentences are chosen: the share, rounded down, but at least one. */
export const gapCount = (sentences: number, share: number): number =>
  Math.min(sentences, Math.max(1, Math.floor(sentences * share)));

/** The positions of the chosen sentences in the order of the document. */
export function chooseGaps(
  sentences: readonly Sentence[],
  { choice, share, noise }: GapRule,
  stopTokens: ReadonlySet<number>,
  random: Prng,
): number[] {
  const most = gapCount(sentences.length, share);
  const places = [...sentences.keys()];
  const order = (): number[] => {
    if (choice === 'lead') return places;
    if (choice === 'random') return permute(places, random).items;
    const scores = gapScores(sentences, stopTokens).map((score) => score * (1 + noise * (2 * random.uniform() - 1)));
    return places.toSorted((a, b) => scores[b]! - scores[a]! || a - b);
  };
  return order()
    .slice(0, most)
    .sort((a, b) => a - b);
}
