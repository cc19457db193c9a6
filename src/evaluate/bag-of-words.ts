import type { Dataset } from '../data/index.js';
import { modalityOf } from '../modalities/registry.js';
import { SparseRows } from './sparse-rows.js';
import type { Steps } from './steps.js';
import { allOf } from './task.js';

/** Words of a sample, in their order. */
export type Words = readonly string[];

/** Numbers of a search for a linear model that are in memory at once, at most: 400 MB. */
export const MOST_NUMBERS = 5e7;

/** Samples whose words are read at a time. */
const CHUNK = 1024;

/** The words that a linear model goes by. */
export interface Vocabulary {
  words: string[];
  /** Words that there are, with those that are left out because more columns would not fit. */
  known: number;
}

/**
 * Samples as counts of their words, weighted by tf-idf: (1 + ln tf) (1 + ln((1 + n) / (1 + df))), each vector of length 1. The n samples in
 * which the document frequencies df are counted may be unlabeled; a word that is in none of them does not count. Source: Salton and Buckley
 * 1988; the form of scikit-learn's TfidfVectorizer with `sublinear_tf`.
 */
export class BagOfWords {
  /** Samples in which each word is. */
  private readonly frequency = new Map<string, number>();
  private count = 0;

  constructor(samples: readonly Words[] = []) {
    this.add(samples);
  }

  /** Counts the document frequencies of more samples. */
  add(samples: readonly Words[]): void {
    this.count += samples.length;
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
   * @param room columns that fit
   */
  vocabularyOf(samples: readonly Words[], room = Number.POSITIVE_INFINITY): Vocabulary {
    const frequency = (word: string) => this.frequency.get(word)!;
    const found = new Set<string>();
    for (const words of samples) for (const word of words) if (this.frequency.has(word)) found.add(word);
    const words = [...found].sort().sort((a, b) => frequency(b) - frequency(a));
    return { words: words.slice(0, Math.max(1, room)), known: found.size };
  }

  /** (N, V), the weights of the words of a vocabulary. */
  vectors(samples: readonly Words[], vocabulary: readonly string[]): SparseRows {
    return SparseRows.of(this.entries(samples, vocabulary), vocabulary.length);
  }

  /** [u, v, |u - v|, u v] of the vectors of the first and the second samples, (N, 4 V), as `joined` has it. */
  joinedVectors(sides: readonly [readonly Words[], readonly Words[]], vocabulary: readonly string[]): SparseRows {
    const size = vocabulary.length;
    const second = this.entries(sides[1], vocabulary);
    const rows = function* (first: Iterable<Entries>): Generator<Entries> {
      for (const u of first) {
        const v: Entries = second.next().value!;
        const [inU, inV] = [new Map(u), new Map(v)];
        const both = [...new Set([...inU.keys(), ...inV.keys()])];
        yield [
          ...u,
          ...v.map(([place, weight]) => [size + place, weight] as const),
          ...both.map((place) => [2 * size + place, Math.abs((inU.get(place) ?? 0) - (inV.get(place) ?? 0))] as const),
          ...u.flatMap(([place, weight]) =>
            inV.has(place) ? [[3 * size + place, weight * inV.get(place)!] as const] : [],
          ),
        ];
      }
    };
    return SparseRows.of(rows(this.entries(sides[0], vocabulary)), 4 * size);
  }

  private *entries(samples: readonly Words[], vocabulary: readonly string[]): Generator<Entries, undefined> {
    const places = new Map(vocabulary.map((word, place) => [word, place]));
    for (const words of samples)
      yield [...this.weightsOf(words)].flatMap(([word, weight]) => {
        const place = places.get(word);
        return place === undefined ? [] : [[place, weight] as const];
      });
  }
}

type Entries = (readonly [place: number, weight: number])[];

/** Counts the words of all samples of these data, and keeps no other words than those of a chunk. */
export function* counting(sides: readonly Dataset[]): Steps<BagOfWords> {
  const bag = new BagOfWords();
  for (const side of sides)
    for (const chunk of chunksOf(side)) {
      bag.add(chunk);
      yield;
    }
  return bag;
}

/** The words of the samples at these positions, of all by default. */
export function* readingWords(data: Dataset, positions?: Int32Array): Steps<Words[]> {
  const found: Words[] = [];
  for (const chunk of chunksOf(data, positions)) {
    for (const words of chunk) found.push(words);
    yield;
  }
  return found;
}

function* chunksOf(data: Dataset, positions = allOf(data.count)): Generator<readonly Words[]> {
  const { words } = modalityOf(data.spec);
  for (let from = 0; from < positions.length; from += CHUNK)
    yield words!(data.subset(positions.subarray(from, from + CHUNK)));
}
