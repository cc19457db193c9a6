/** Texts as lists of sentences: cut, put in another order and back again. */
import type { Prng } from '../../data/index.js';

/** A sentence: its token ids. */
export type Sentence = readonly number[];

/**
 * The sentences of a text in order.
 *
 * @param sentence the number of the sentence that each token belongs to; tokens with a number below 0 belong to none
 */
export function sentencesOf(ids: readonly number[], sentence: readonly number[]): Sentence[] {
  const found: number[][] = [];
  let last = -1;
  for (const [place, id] of ids.entries()) {
    const number = sentence[place]!;
    if (number < 0) continue;
    if (number !== last) found.push([]);
    found.at(-1)!.push(id);
    last = number;
  }
  return found;
}

/** The items in a random order: place k holds item `order[k]`. All orders are equally likely, the one they had among them. */
export function permute<T>(items: readonly T[], random: Prng): { items: T[]; order: number[] } {
  const order = [...random.permutation(items.length)];
  return { items: order.map((from) => items[from]!), order };
}

/** Undoes `permute`. */
export function unpermute<T>(items: readonly T[], order: readonly number[]): T[] {
  const back = new Array<T>(items.length);
  for (const [place, from] of order.entries()) back[from] = items[place]!;
  return back;
}

/** All orders of 0 to n - 1, sorted. */
export function allOrders(n: number): number[][] {
  const extended = (begun: readonly number[], left: readonly number[]): number[][] =>
    left.length === 0
      ? [[...begun]]
      : left.flatMap((next) =>
          extended(
            [...begun, next],
            left.filter((other) => other !== next),
          ),
        );
  return extended([], [...Array(n).keys()]);
}

/**
 * Kendall's tau of an order of n different things: the share of pairs that stand in the right order minus that of the others; 1 for one
 * thing.
 *
 * @param order what stands at each place; 0, 1, 2, ... is right
 */
export function kendallTau(order: readonly number[]): number {
  const pairs = (order.length * (order.length - 1)) / 2;
  if (pairs === 0) return 1;
  let concordant = 0;
  for (let i = 0; i < order.length; i++)
    for (let k = i + 1; k < order.length; k++) if (order[i]! < order[k]!) concordant++;
  return (2 * concordant) / pairs - 1;
}
