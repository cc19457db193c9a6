/** What byte pair encoding learns. */
export interface Merges {
  /** Tokens in the order of their ids: the alphabet, then one for each merge that gives a new one. */
  readonly tokens: readonly string[];
  readonly merges: readonly (readonly [left: string, right: string])[];
}

export interface BpeOptions {
  /** Symbols that words are made of, in the order of their ids. */
  alphabet: readonly string[];
  /** Number of tokens to end with; fewer when no pair is left. */
  size: number;
  /** Pairs that are seen less often are not merged. */
  leastCount: number;
  /** The token of a pair; by default one behind the other. */
  join?: (left: string, right: string) => string;
}

/** Pairs of ids as one number; ids are below 2^26. */
const BASE = 2 ** 26;

/**
 * Byte pair encoding (Sennrich et al. 2016): again and again the most frequent pair of neighboring symbols becomes a symbol; of pairs that
 * are as frequent, the one with the smaller left id, then the smaller right id. Exact, and the same on every machine: equal to the
 * `BpeTrainer` of Hugging Face's tokenizers.
 *
 * @param words the symbols of each distinct word, all of the alphabet, and how often it is seen
 */
export function learnMerges(
  words: readonly (readonly [symbols: readonly string[], count: number])[],
  options: BpeOptions,
): Merges {
  const { alphabet, size, leastCount, join = (left, right) => left + right } = options;
  const tokens = [...alphabet];
  const idOf = new Map(tokens.map((token, id) => [token, id]));
  const text = new Symbols(words, idOf);
  const merges: [string, string][] = [];
  const isMerged = new Set<number>();
  while (tokens.length < size) {
    const pair = text.mostFrequent(Math.max(1, leastCount));
    if (pair === null) break;
    const [left, right] = [Math.floor(pair / BASE), pair % BASE];
    const token = join(tokens[left]!, tokens[right]!);
    let id = idOf.get(token);
    if (id === undefined) {
      id = tokens.length;
      tokens.push(token);
      idOf.set(token, id);
    }
    // A pair comes back when one of its tokens is made in a second way.
    if (!isMerged.has(pair)) merges.push([tokens[left]!, tokens[right]!]);
    isMerged.add(pair);
    text.merge(left, right, id);
  }
  return { tokens, merges };
}

/** All distinct words as linked symbols, with the number and the places of each pair. */
class Symbols {
  /** At each place: the id, -1 where it was merged into the one before; the places before and after in the same word, -1 at its ends. */
  private readonly id: Int32Array;
  private readonly before: Int32Array;
  private readonly after: Int32Array;
  private readonly weight: Float64Array;
  private readonly counts = new Map<number, number>();
  /** Places of the left symbol; some where the pair is no more. */
  private readonly places = new Map<number, number[]>();
  private readonly queue = new PairQueue();

  constructor(words: readonly (readonly [readonly string[], number])[], idOf: ReadonlyMap<string, number>) {
    const length = words.reduce((sum, [symbols]) => sum + symbols.length, 0);
    this.id = new Int32Array(length);
    this.before = new Int32Array(length).fill(-1);
    this.after = new Int32Array(length).fill(-1);
    this.weight = new Float64Array(length);
    let place = 0;
    for (const [symbols, count] of words) {
      for (const [i, symbol] of symbols.entries()) {
        this.id[place] = idOf.get(symbol)!;
        this.weight[place] = count;
        if (i > 0) {
          this.before[place] = place - 1;
          this.after[place - 1] = place;
          this.add(this.id[place - 1]!, this.id[place]!, count, place - 1);
        }
        place++;
      }
    }
    for (const [pair, count] of this.counts) this.queue.push(count, pair);
  }

  /** Null when none is seen so often. */
  mostFrequent(leastCount: number): number | null {
    for (;;) {
      const top = this.queue.pop();
      if (top === null) return null;
      const count = this.counts.get(top.pair) ?? 0;
      // Counts fall while pairs wait.
      if (count !== top.count) {
        if (count > 0) this.queue.push(count, top.pair);
      } else return count >= leastCount ? top.pair : null;
    }
  }

  merge(left: number, right: number, merged: number): void {
    const pair = left * BASE + right;
    const places = this.places.get(pair)!;
    // Overlapping pairs, as in "aaa", are merged from the left.
    if (left === right) places.sort((a, b) => a - b);
    const grown = new Set<number>();
    for (const place of places) {
      const next = this.after[place]!;
      if (this.id[place] !== left || next < 0 || this.id[next] !== right) continue;
      const [first, last] = [this.before[place]!, this.after[next]!];
      const count = this.weight[place]!;
      if (first >= 0) {
        this.add(this.id[first]!, left, -count);
        grown.add(this.add(this.id[first]!, merged, count, first));
      }
      if (last >= 0) {
        this.add(right, this.id[last]!, -count);
        grown.add(this.add(merged, this.id[last]!, count, place));
        this.before[last] = place;
      }
      this.id[place] = merged;
      this.after[place] = last;
      this.id[next] = -1;
    }
    this.counts.delete(pair);
    this.places.delete(pair);
    grown.delete(pair);
    for (const other of grown) {
      const count = this.counts.get(other) ?? 0;
      if (count > 0) this.queue.push(count, other);
    }
  }

  private add(left: number, right: number, count: number, place?: number): number {
    const pair = left * BASE + right;
    this.counts.set(pair, (this.counts.get(pair) ?? 0) + count);
    if (place !== undefined) {
      const places = this.places.get(pair);
      if (places === undefined) this.places.set(pair, [place]);
      else places.push(place);
    }
    return pair;
  }
}

interface Counted {
  readonly count: number;
  readonly pair: number;
}

/** A binary heap: the highest count first, then the smallest pair. */
class PairQueue {
  private readonly items: Counted[] = [];

  push(count: number, pair: number): void {
    const { items } = this;
    const item = { count, pair };
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isBefore(item, items[above]!)) break;
      items[at] = items[above]!;
      at = above;
    }
    items[at] = item;
  }

  pop(): Counted | null {
    const { items } = this;
    const top = items[0];
    const item = items.pop();
    if (top === undefined || item === undefined) return null;
    if (items.length === 0) return top;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= items.length) break;
      if (below + 1 < items.length && isBefore(items[below + 1]!, items[below]!)) below++;
      if (!isBefore(items[below]!, item)) break;
      items[at] = items[below]!;
      at = below;
    }
    items[at] = item;
    return top;
  }
}

const isBefore = (a: Counted, b: Counted): boolean => (a.count === b.count ? a.pair < b.pair : a.count > b.count);
