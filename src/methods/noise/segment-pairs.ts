/**
 * Pairs of segments of documents: BERT's next sentence prediction (Devlin et al. 2019, section 3.1; google-research/bert,
 * create_pretraining_data.py) and ALBERT's sentence order prediction (Lan et al. 2020, section 3.1).
 */
import type { Prng } from '../../data/index.js';
import type { Sentence } from './sentences.js';

export interface SegmentPair {
  first: number[];
  second: number[];
  /** 0: the second follows the first in one document. 1: it is of another document, or the two are swapped. -1: not to be asked. */
  label: 0 | 1 | -1;
}

/** A text that pairs are made of. */
export interface PairSource {
  sentences: readonly Sentence[];
  /** The number of its document. */
  document: number;
}

/** The first sentences of a text, a random number of them, and those that follow; all in the first where there is only one. */
function cut({ sentences }: PairSource, random: Prng): [first: number[], second: number[]] {
  const at = sentences.length > 1 ? 1 + random.below(sentences.length - 1) : 1;
  return [sentences.slice(0, at).flat(), sentences.slice(at).flat()];
}

/** Takes tokens from the longer of the two, at either end at random, until both have `most` together. */
export function truncatePair(first: number[], second: number[], most: number, random: Prng): void {
  while (first.length + second.length > most) {
    const longer = first.length > second.length ? first : second;
    if (random.uniform() < 0.5) longer.shift();
    else longer.pop();
  }
}

/**
 * Sentences in a row, as many as come nearest to so many tokens, from a random one on behind which there are enough; from the first on where
 * the whole text has fewer.
 */
function passageOf(sentences: readonly Sentence[], length: number, random: Prng): number[] {
  const left = sentences.map((_, i) => sentences.slice(i).flat().length);
  const starts = Math.max(1, left.filter((tokens) => tokens >= length).length);
  const passage: number[] = [];
  for (const sentence of sentences.slice(random.below(starts))) {
    const isNearer = Math.abs(passage.length + sentence.length - length) < Math.abs(passage.length - length);
    if (passage.length > 0 && !isNearer) break;
    passage.push(...sentence);
  }
  return passage;
}

/**
 * For each text its beginning and what follows, or, half of the time, sentences of a text of another document: as many tokens as what follows
 * has, so that the length does not say which of the two it is. A text of one sentence always gets the latter, as long as itself. Where all
 * texts are of one document there is nothing else to take: they are followed by what follows.
 *
 * @param most tokens of both segments together
 */
export function nextSentencePairs(sources: readonly PairSource[], most: number, random: Prng): SegmentPair[] {
  return sources.map((source) => {
    const [first, next] = cut(source, random);
    const others = sources.filter(({ document, sentences }) => document !== source.document && sentences.length > 0);
    const isForced = source.sentences.length < 2;
    const isRandom = others.length > 0 && (isForced || random.uniform() < 0.5);
    const other = isRandom ? others[random.below(others.length)]! : null;
    const second = other === null ? next : passageOf(other.sentences, (isForced ? first : next).length, random);
    truncatePair(first, second, most, random);
    const isPair = second.length > 0 && first.length > 0;
    return { first, second, label: isPair ? (isRandom ? 1 : 0) : -1 };
  });
}

/**
 * For each text its beginning and what follows, half of the time the other way round. The pair is truncated first, so that both ways have
 * the same tokens. A text of one sentence has no order and is not asked.
 */
export function sentenceOrderPairs(sources: readonly PairSource[], most: number, random: Prng): SegmentPair[] {
  return sources.map((source) => {
    const [first, second] = cut(source, random);
    truncatePair(first, second, most, random);
    const isSwapped = random.uniform() < 0.5;
    if (first.length === 0 || second.length === 0) return { first, second, label: -1 };
    return isSwapped ? { first: second, second: first, label: 1 } : { first, second, label: 0 };
  });
}
