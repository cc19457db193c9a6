import { detached } from '../detached.js';

/** Distinct words that are counted at most, and how long they may be. */
const MOST_WORDS = 2_000_000;
const LONGEST = 256;

/**
 * Counts of words in memory that does not grow with the text: when there are too many, the rarest are forgotten, as in word2vec. Pieces
 * of more than 256 characters, which are no words, are left out.
 */
export class WordTable {
  readonly counts = new Map<string, number>();
  private rare = 0;

  constructor(private readonly most = MOST_WORDS) {}

  add(word: string, count = 1): void {
    if (word.length > LONGEST) return;
    const { counts } = this;
    const seen = counts.get(word);
    if (seen === undefined) counts.set(detached(word), count);
    else counts.set(word, seen + count);
    while (counts.size > this.most) {
      this.rare++;
      for (const [known, times] of counts) if (times <= this.rare) counts.delete(known);
    }
  }

  /** The most frequent first, then by code units: the same whatever the order of the text. */
  sorted(): [word: string, count: number][] {
    return [...this.counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  }
}
