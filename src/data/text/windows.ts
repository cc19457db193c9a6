import type { Draw } from '../dataset.js';
import { Prng } from '../prng.js';
import type { Run, TokenStore } from './token-store.js';

/** A part of a window: tokens of a document, or the end token that joins it to the next, with `length` 0. */
export type Part = Run;

/** How the text of some documents is cut into samples, and which window of a sample is shown. */
export interface Windows {
  /** Number of samples. */
  readonly count: number;
  /** The document that the window of a sample begins in when nothing is drawn. */
  documentOf(sample: number): number;
  /** All documents of that window. */
  documentsOf(sample: number): readonly number[];
  /** A name of the sample that is unique among those of one document. */
  placeOf(sample: number): string;
  /** The window that a draw shows of a sample; without one, the same each time. */
  partsOf(sample: number, draw?: Draw): readonly Part[];
}

/**
 * The documents joined to one stream, with an end token after each, cut into blocks of T tokens. In an epoch all blocks are moved by the same
 * number of tokens, which is drawn, so that they share no token; the last one is moved back where it would reach beyond the end.
 */
export class StreamWindows implements Windows {
  readonly count: number;
  /** Where each document begins in the stream; then the length of the stream. */
  private readonly bounds: Float64Array;

  /** @param ends whether there is an end token */
  constructor(
    private readonly store: TokenStore,
    private readonly documents: Int32Array,
    private readonly length: number,
    private readonly ends: boolean,
  ) {
    this.bounds = new Float64Array(documents.length + 1);
    for (const [i, document] of documents.entries())
      this.bounds[i + 1] = this.bounds[i]! + store.lengthOf(document) + (ends ? 1 : 0);
    this.count = Math.max(1, Math.floor(this.total / length));
  }

  documentOf(sample: number): number {
    return this.documents[this.at(sample * this.length)]!;
  }

  documentsOf(sample: number): readonly number[] {
    return [...new Set(this.partsOf(sample).map(({ document }) => document))];
  }

  placeOf(sample: number): string {
    const start = sample * this.length;
    return String(start - this.bounds[this.at(start)]!);
  }

  partsOf(sample: number, draw?: Draw): readonly Part[] {
    const { length, total, bounds, documents } = this;
    const shift = draw === undefined ? 0 : Math.floor(new Prng(draw.seed, draw.epoch).uniform() * length);
    let at = Math.max(0, Math.min(sample * length + shift, total - length));
    const end = Math.min(at + length, total);
    const parts: Part[] = [];
    for (let i = this.at(at); at < end; i++) {
      const from = at - bounds[i]!;
      const left = this.store.lengthOf(documents[i]!) - from;
      const taken = Math.min(left, end - at);
      if (taken > 0) parts.push({ document: documents[i]!, from, length: taken });
      at += taken;
      if (this.ends && at < end) {
        parts.push({ document: documents[i]!, from: from + taken, length: 0 });
        at++;
      }
    }
    return parts;
  }

  private get total(): number {
    return this.bounds.at(-1)!;
  }

  /** Which document holds a place of the stream. */
  private at(place: number): number {
    return lastAtMost(this.bounds.subarray(0, -1), place);
  }
}

/** Places of sentences that are kept in memory, at most about so many. */
const MOST_UNITS = 4_000_000;

export interface SentenceOptions {
  /** Most tokens of a window. */
  tokens: number;
  /** Most sentences of a window. */
  sentences?: number;
}

/**
 * Windows of whole sentences of one document, as many as fit; a sentence that is longer than a window is cut. Without a draw the windows of a
 * document lie one behind the other; a draw begins at one of the sentences of such a window and takes as many as fit from there, at the end of
 * a document also from before.
 */
export class SentenceWindows implements Windows {
  /** For each sample, its document and its first unit. */
  private readonly owners: Int32Array;
  private readonly firsts: Int32Array;
  private readonly known = new Map<number, Int32Array>();
  private kept = 0;

  constructor(
    private readonly store: TokenStore,
    documents: Int32Array,
    private readonly options: SentenceOptions,
  ) {
    const owners: number[] = [];
    const firsts: number[] = [];
    for (const document of documents) {
      const units = this.unitsOf(document);
      for (let unit = 0; unit < units.length - 1; unit = this.endOf(units, unit)) {
        owners.push(document);
        firsts.push(unit);
      }
    }
    this.owners = Int32Array.from(owners);
    this.firsts = Int32Array.from(firsts);
  }

  get count(): number {
    return this.owners.length;
  }

  documentOf(sample: number): number {
    return this.owners[sample]!;
  }

  documentsOf(sample: number): readonly number[] {
    return [this.documentOf(sample)];
  }

  placeOf(sample: number): string {
    return String(this.firsts[sample]!);
  }

  partsOf(sample: number, draw?: Draw): readonly Part[] {
    const document = this.documentOf(sample);
    const units = this.unitsOf(document);
    let first = this.firsts[sample]!;
    let end = this.endOf(units, first);
    if (draw !== undefined) {
      const prng = new Prng(draw.seed, draw.epoch, document, first);
      first += Math.floor(prng.uniform() * (end - first));
      end = this.endOf(units, first);
      while (end === units.length - 1 && first > 0 && this.fits(units, first - 1, end)) first--;
    }
    return [{ document, from: units[first]!, length: units[end]! - units[first]! }];
  }

  /** The unit behind the last that fits into a window which begins with this one. */
  private endOf(units: Int32Array, first: number): number {
    let end = first + 1;
    while (end < units.length - 1 && this.fits(units, first, end + 1)) end++;
    return end;
  }

  private fits(units: Int32Array, first: number, end: number): boolean {
    const { tokens, sentences = Number.POSITIVE_INFINITY } = this.options;
    return units[end]! - units[first]! <= tokens && end - first <= sentences;
  }

  /** Where the sentences of a document begin, and the parts of those that are too long; then its length. */
  private unitsOf(document: number): Int32Array {
    const known = this.known.get(document);
    if (known !== undefined) return known;
    const units = this.cut(document);
    // Cleared before this document is stored, which must stay even where it alone has more.
    if (this.kept > MOST_UNITS) {
      this.known.clear();
      this.kept = 0;
    }
    this.known.set(document, units);
    this.kept += units.length;
    return units;
  }

  private cut(document: number): Int32Array {
    const { tokens } = this.options;
    const starts = this.store.startsOf(document);
    const length = this.store.lengthOf(document);
    const units: number[] = [];
    for (let i = 0; i < starts.length; i++) {
      const end = i + 1 < starts.length ? starts[i + 1]! : length;
      for (let at = starts[i]!; at < end; at += tokens) units.push(at);
    }
    units.push(length);
    return Int32Array.from(units);
  }
}

/** The last position whose value is at most `value`; values ascend, and the first is at most `value`. */
export function lastAtMost(values: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (values[middle]! <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
