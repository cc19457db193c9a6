/**
 * BART's text infilling: spans of words become one mask each, and some masks are put where nothing was.
 *
 * Lewis et al., "BART: Denoising Sequence-to-Sequence Pre-training for Natural Language Generation, Translation, and Comprehension", 2020,
 * section 2.2; code: facebookresearch/fairseq, fairseq/data/denoising_dataset.py. Spans may run into each other, so that a little less
 * than `share` of the words is covered: 27 to 28 of 30 %.
 */
import type { Prng } from '../../data/index.js';
import { randomToken, type Vocabulary } from './token-rows.js';

export interface InfillingRule {
  /** Share of the words that spans are drawn for. */
  share: number;
  /** Mean of the Poisson distribution of the length of a span, in words. */
  meanSpan: number;
  /** Share of the masks that are a random token instead. */
  randomShare: number;
}

/** A draw from the Poisson distribution, by inverting its distribution function. */
export function poisson(mean: number, random: Prng): number {
  let left = random.uniform();
  let probability = Math.exp(-mean);
  let count = 0;
  // Beyond, what is left is below the precision of the draw.
  while (left >= probability && count < 10 * mean + 50) {
    left -= probability;
    probability *= mean / ++count;
  }
  return count;
}

/** Lengths of spans that cover `words` words together, the last one cut to fit; a length of 0 is a mask where nothing was. */
export function spanLengths(words: number, meanSpan: number, random: Prng): number[] {
  const lengths: number[] = [];
  let covered = 0;
  while (covered < words) {
    const length = Math.min(poisson(meanSpan, random), words - covered);
    lengths.push(length);
    covered += length;
  }
  return lengths;
}

export interface InfilledText {
  ids: number[];
  /** Words that no longer stand in the text. */
  covered: number;
}

/** @param startsWord whether each token begins a word */
export function infill(
  row: readonly number[],
  startsWord: readonly boolean[],
  { share, meanSpan, randomShare }: InfillingRule,
  vocabulary: Vocabulary,
  random: Prng,
): InfilledText {
  const starts = [...row.keys()].filter((place) => startsWord[place] || place === 0);
  const budget = Math.ceil(starts.length * share);
  if (budget === 0) return { ids: [...row], covered: 0 };
  const lengths = spanLengths(budget, meanSpan, random);
  const spans = lengths.filter((length) => length > 0);
  const mark = (): number =>
    random.uniform() < randomShare ? randomToken(vocabulary, false, random) : vocabulary.special.mask;
  const order = random.permutation(starts.length);
  const marks = new Map<number, number>();
  const isHidden = new Array<boolean>(starts.length).fill(false);
  // As in the code, a span that runs over the beginning of another takes its mask away.
  const isInside = new Array<boolean>(starts.length).fill(false);
  for (const [i, length] of spans.entries()) {
    const first = order[i]!;
    marks.set(first, mark());
    isHidden.fill(true, first, first + length);
    isInside.fill(true, first + 1, first + length);
  }
  const ids = starts.flatMap((start, word) => {
    if (marks.has(word) && !isInside[word]) return [marks.get(word)!];
    return isHidden[word] ? [] : row.slice(start, starts[word + 1] ?? row.length);
  });
  for (let i = spans.length; i < lengths.length; i++) ids.splice(random.below(ids.length + 1), 0, mark());
  return { ids, covered: isHidden.filter(Boolean).length };
}
