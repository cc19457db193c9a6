import { distance } from 'fastest-levenshtein';
import { keep, noGrad, scope, type Tensor, tensor } from '../../engine/index.js';
import { AutodidactError, expected } from '../../errors.js';

export interface Neighbor {
  word: string;
  /** Cosine with what was asked for. */
  similarity: number;
}

/** Spellings that an error proposes. */
const PROPOSED = 3;
/** Scores of questions that are held at once: 64 MB. */
const SCORES_AT_ONCE = 2 ** 24;

/** Words as directions: their vectors, scaled to length 1. Words that differ in case alone are told apart only where both are asked for. */
export class WordSpace {
  /** Float (V, D), each row of length 1. */
  readonly directions: Tensor;
  private readonly places = new Map<string, number>();
  /** The first word of each lower-case spelling: the most frequent one. */
  private readonly lower = new Map<string, number>();

  /**
   * @param words unique, frequent ones first
   * @param vectors float (V, D), on any device
   * @throws AutodidactError `SHAPE` where their numbers differ, `DATA` without words
   */
  constructor(
    readonly words: readonly string[],
    vectors: Tensor,
  ) {
    if (words.length === 0) throw new AutodidactError('DATA', 'There are no words to look up');
    if (vectors.ndim !== 2 || vectors.size(0) !== words.length)
      throw expected(`vectors (${words.length}, D)`, 'vectors', vectors, { code: 'SHAPE' });
    for (const [i, word] of words.entries()) {
      this.places.set(word, i);
      const lower = word.toLowerCase();
      if (!this.lower.has(lower)) this.lower.set(lower, i);
    }
    this.directions = keep(
      scope(() => noGrad(() => vectors.detach().div(vectors.vectorNorm(2, [1], true).clampMin(1e-12)))),
    );
  }

  /** The place of a word as it is spelled, else in another case; null where there is none. */
  find(word: string): number | null {
    return this.places.get(word) ?? this.lower.get(word.toLowerCase()) ?? null;
  }

  /** @throws AutodidactError `NOT_FOUND` for a word that is not there, with near spellings */
  placeOf(word: string): number {
    const found = this.find(word);
    if (found !== null) return found;
    throw new AutodidactError(
      'NOT_FOUND',
      `The word "${word}" has no vector: it is not among the ${this.words.length} words`,
      {
        remedy: `Near spellings are ${this.nearSpellings(word).join(', ')}. Words below the smallest count of the tokenizer were left out.`,
      },
    );
  }

  /** Cosine of two words. */
  similarity(first: string, second: string): number {
    return this.similarities([[this.placeOf(first), this.placeOf(second)]])[0]!;
  }

  /** Cosines of pairs of places. */
  similarities(pairs: readonly (readonly [number, number])[]): number[] {
    return scope(() => {
      const [a, b] = [0, 1].map((side) => this.rows(pairs.map((pair) => pair[side]!))) as [Tensor, Tensor];
      return a.mul(b).sum([1]).toNumbers();
    });
  }

  /** The words most like one. */
  nearest(word: string, count: number): Neighbor[] {
    const place = this.placeOf(word);
    return scope(() => this.nearestTo(this.directions.select(0, place), count, [place]));
  }

  /** The words that are to c as b is to a: nearest to b - a + c (3CosAdd, Mikolov et al. 2013), these three left out. */
  analogies(a: string, b: string, c: string, count: number): Neighbor[] {
    const places = [a, b, c].map((word) => this.placeOf(word)) as [number, number, number];
    return scope(() => this.nearestTo(this.target([places]).select(0, 0), count, places));
  }

  /**
   * The one word that each question is answered with.
   *
   * @param questions places of a, b and c
   */
  answers(questions: readonly (readonly [number, number, number])[]): number[] {
    const step = Math.max(1, Math.floor(SCORES_AT_ONCE / this.words.length));
    const found: number[] = [];
    for (let from = 0; from < questions.length; from += step)
      scope(() => {
        const some = questions.slice(from, from + step);
        const scores = this.target(some).matmul(this.directions.t());
        const asked = tensor(
          some.map((places) => [...places]),
          { dtype: 'int64', device: scores.device },
        );
        scores.scatterValue_(1, asked, Number.NEGATIVE_INFINITY);
        found.push(...scores.argmax(1).toNumbers());
      });
    return found;
  }

  /** These words alone, with the same directions. */
  first(count: number): WordSpace {
    if (count >= this.words.length) return this;
    return scope(() => new WordSpace(this.words.slice(0, count), this.directions.narrow(0, 0, count)));
  }

  dispose(): void {
    this.directions.dispose();
  }

  /** b - a + c for each question, (Q, D). */
  private target(questions: readonly (readonly [number, number, number])[]): Tensor {
    const [a, b, c] = [0, 1, 2].map((side) => this.rows(questions.map((places) => places[side]!))) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    return b.sub(a).add(c);
  }

  /** The directions of words by their places, (N, D). */
  rows(places: readonly number[]): Tensor {
    return this.directions.indexSelect(0, tensor([...places], { dtype: 'int64', device: this.directions.device }));
  }

  private nearestTo(vector: Tensor, count: number, without: readonly number[]): Neighbor[] {
    const most = Math.min(count, this.words.length - new Set(without).size);
    if (most < 1) return [];
    const scores = this.directions.mv(vector.div(vector.vectorNorm(2, [0]).clampMin(1e-12)));
    for (const place of without) scores.select(0, place).fill_(Number.NEGATIVE_INFINITY);
    const [values, places] = scores.topk(most) as readonly [Tensor, Tensor];
    const similarities = values.toNumbers();
    return places.toNumbers().map((place, i) => ({ word: this.words[place]!, similarity: similarities[i]! }));
  }

  private nearSpellings(word: string): string[] {
    const lower = word.toLowerCase();
    const near: { word: string; edits: number }[] = [];
    for (const known of this.words) {
      const worst = near[PROPOSED - 1]?.edits ?? Number.POSITIVE_INFINITY;
      if (Math.abs(known.length - word.length) >= worst) continue;
      const edits = distance(lower, known.toLowerCase());
      if (edits >= worst) continue;
      near.push({ word: known, edits });
      near.sort((a, b) => a.edits - b.edits);
      near.length = Math.min(near.length, PROPOSED);
    }
    return near.map((spelling) => `"${spelling.word}"`);
  }
}
