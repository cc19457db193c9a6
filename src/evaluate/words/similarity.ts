/** How well cosines of word vectors follow people's judgments of similarity: Spearman's rank correlation, as on wordsim353 and SimLex. */
import { readFileSync } from 'node:fs';
import { AutodidactError, ioError } from '../../errors.js';
import type { WordSpace } from '../../methods/text/word-space.js';

export interface JudgedPair {
  words: readonly [string, string];
  score: number;
}

export interface SimilarityResult {
  /** Spearman's rho; NaN where all judgments or all cosines are the same. */
  rho: number;
  /** Pairs whose words both have vectors, of all. */
  asked: number;
  pairs: number;
}

/**
 * Reads pairs: two words and a number on a line, parted by tabs, commas or blanks. Lines that begin with # and one of headings are left out.
 *
 * @throws AutodidactError `DATA` for another line, with its number; `IO`
 */
export function readJudgedPairs(path: string): JudgedPair[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw ioError('read', path, error);
  }
  const pairs: JudgedPair[] = [];
  let hasHeadings = false;
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const fields = line.trim().split(/\s*[\t,;]\s*|\s+/);
    const score = Number(fields[2]);
    if (fields.length >= 3 && fields[2] !== '' && Number.isFinite(score)) {
      pairs.push({ words: [fields[0]!, fields[1]!], score });
      continue;
    }
    if (pairs.length > 0 || hasHeadings || fields.length < 3)
      throw new AutodidactError(
        'DATA',
        `Expected two words and a number on line ${i + 1} of ${path}, received "${line.slice(0, 40)}"`,
      );
    hasHeadings = true;
  }
  if (pairs.length < 2)
    throw new AutodidactError('DATA', `Expected at least two pairs of words in ${path}, received ${pairs.length}`);
  return pairs;
}

export function judgeSimilarity(space: WordSpace, pairs: readonly JudgedPair[]): SimilarityResult {
  const known = pairs.flatMap(({ words, score }) => {
    const [first, second] = words.map((word) => space.find(word)) as [number | null, number | null];
    return first === null || second === null ? [] : [{ places: [first, second] as const, score }];
  });
  if (known.length < 2) return { rho: Number.NaN, asked: known.length, pairs: pairs.length };
  const cosines = space.similarities(known.map(({ places }) => places));
  return {
    rho: spearman(
      cosines,
      known.map(({ score }) => score),
    ),
    asked: known.length,
    pairs: pairs.length,
  };
}

/** The correlation of ranks; equal values share the mean of their ranks. */
export function spearman(first: readonly number[], second: readonly number[]): number {
  const [a, b] = [ranks(first), ranks(second)];
  const middle = (a.length - 1) / 2;
  let [product, squareA, squareB] = [0, 0, 0];
  for (const [i, rank] of a.entries()) {
    product += (rank - middle) * (b[i]! - middle);
    squareA += (rank - middle) ** 2;
    squareB += (b[i]! - middle) ** 2;
  }
  return product / Math.sqrt(squareA * squareB);
}

function ranks(values: readonly number[]): number[] {
  const order = [...values.keys()].sort((a, b) => values[a]! - values[b]!);
  const ranked = Array<number>(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++;
    for (let i = from; i < to; i++) ranked[order[i]!] = (from + to - 1) / 2;
    from = to;
  }
  return ranked;
}
