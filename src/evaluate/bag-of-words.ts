import { type Tensor, tensor } from '../engine/index.js';

/** Words of a sample, in their order. */
export type Words = readonly string[];

/** Numbers of all vectors of a cell together, at most: 200 MB. */
const MOST_NUMBERS = 5e7;
const MOST_WORDS = 20_000;

/**
 * Samples as counts of their words, weighted by tf-idf: (1 + ln tf) (1 + ln((1 + n) / (1 + df))), each vector of length 1. The n samples in
 * which the document frequencies df are counted may be unlabeled; a word that is in none of them does not count. Source: Salton and Buckley
 * 1988; the form of scikit-learn's TfidfVectorizer with `sublinear_tf`.
 */
export class BagOfWords {
  /** Samples in which each word is. */
  private readonly frequency = new Map<string, number>();
  private readonly count: number;

  constructor(samples: readonly Words[]) {
    this.count = samples.length;
    for (const words of samples)
      for (const word of new Set(words)) this.frequency.set(word, (this.frequency.get(word) ?? 0) + 1);
  }

  /** The weights of a sample's words, of length 1 together; empty where none of them is known. */
  weightsOf(words: Words): Map<string, number> {
    const weights = new Map<string, number>();
    for (const word of words) if (this.frequency.has(word)) weights.set(word, (weights.get(word) ?? 0) + 1);
    let squares = 0;
    for (const [word, times] of weights) {
      const weight = (1 + Math.log(times)) * (1 + Math.log((1 + this.count) / (1 + this.frequency.get(word)!)));
      weights.set(word, weight);
      squares += weight ** 2;
    }
    for (const [word, weight] of weights) weights.set(word, weight / Math.sqrt(squares));
    return weights;
  }

  /**
   * The words of these samples, by which a linear model may go: others have no weight in it. The most frequent ones, and of equals the first
   * by their spelling, where there are more than fit.
   *
   * @param rows samples whose vectors are made of them
   */
  vocabularyOf(samples: readonly Words[], rows = samples.length): string[] {
    const frequency = (word: string) => this.frequency.get(word)!;
    const known = [...new Set(samples.flat())].filter((word) => this.frequency.has(word)).sort();
    const most = Math.max(1, Math.min(MOST_WORDS, Math.floor(MOST_NUMBERS / Math.max(1, rows))));
    return known.sort((a, b) => frequency(b) - frequency(a)).slice(0, most);
  }

  /** Float32 (N, V), the weights of the words of a vocabulary; one column of zeros for an empty one. */
  vectors(samples: readonly Words[], vocabulary: readonly string[]): Tensor {
    const size = Math.max(1, vocabulary.length);
    const places = new Map(vocabulary.map((word, place) => [word, place]));
    const values = new Float32Array(samples.length * size);
    for (const [row, words] of samples.entries())
      for (const [word, weight] of this.weightsOf(words)) {
        const place = places.get(word);
        if (place !== undefined) values[row * size + place] = weight;
      }
    return tensor(values, { shape: [samples.length, size] });
  }
}
