/**
 * Sets of permutations of the nine cells of a jigsaw puzzle. The Hamming distance of two permutations is the number of cells
 * that they fill differently: the larger the distances, the less often two of them look alike when some tiles are ambiguous.
 */
import { Prng } from '../../../data/prng.js';
import { expected } from '../../../errors.js';

export const CELLS = 9;

/** Permutations that the affine maps over GF(9) give. */
export const AFFINE_COUNT = 72;

/** All 9! permutations. */
export const MOST_PERMUTATIONS = 362_880;

export const PERMUTATION_RULES = ['affine', 'greedy-mean', 'greedy-minimum'] as const;
export type PermutationRule = (typeof PERMUTATION_RULES)[number];

export type Permutation = readonly number[];

/**
 * A set of `count` different permutations.
 *
 * - `affine`: x -> a x + b over the field of nine elements, the identity first. Two such maps agree on at most one cell, so
 *   that any two permutations are at a distance of at least 8, the best there is for up to 72 of them.
 * - `greedy-mean`: Noroozi and Favaro 2016, algorithm 1: from a random start, always the permutation of largest mean distance to
 *   those chosen (the first of equals, as their code). It leaves some pairs very close.
 * - `greedy-minimum`: the same with the largest minimum distance, the mean decides between equals.
 *
 * @param seed of the random start; without meaning for `affine`
 * @throws AutodidactError `USAGE` when the rule cannot give so many
 */
export function permutationSet(count: number, rule: PermutationRule, seed = 0): Permutation[] {
  const most = rule === 'affine' ? AFFINE_COUNT : MOST_PERMUTATIONS;
  if (!Number.isSafeInteger(count) || count < 2 || count > most)
    throw expected(`a whole number from 2 to ${most} with the rule ${rule}`, 'permutationCount', count, {
      ...(rule === 'affine' ? { remedy: 'The rules greedy-mean and greedy-minimum give larger sets.' } : {}),
    });
  return rule === 'affine' ? affine().slice(0, count) : greedy(count, rule, seed);
}

/** GF(9) is GF(3) with a root i of -1: the element lo + hi i is the number lo + 3 hi. */
function affine(): Permutation[] {
  const add = (x: number, y: number): number => ((x + y) % 3) + 3 * ((Math.floor(x / 3) + Math.floor(y / 3)) % 3);
  const multiply = (x: number, y: number): number => {
    const [a, b, c, d] = [x % 3, Math.floor(x / 3), y % 3, Math.floor(y / 3)];
    return ((a * c + 2 * b * d) % 3) + 3 * ((a * d + b * c) % 3); // -1 is 2 in GF(3)
  };
  const elements = [...Array(CELLS).keys()];
  return elements.slice(1).flatMap((a) => elements.map((b) => elements.map((x) => add(multiply(a, x), b))));
}

function greedy(count: number, rule: 'greedy-mean' | 'greedy-minimum', seed: number): Permutation[] {
  const all = allPermutations();
  const { firstEight, ninth } = packed(all);
  const sums = new Uint32Array(MOST_PERMUTATIONS);
  const minima = new Uint8Array(MOST_PERMUTATIONS).fill(CELLS);
  const isTaken = new Uint8Array(MOST_PERMUTATIONS);
  const chosen: number[] = [];
  let next = new Prng(seed, MOST_PERMUTATIONS).below(MOST_PERMUTATIONS);
  for (;;) {
    chosen.push(next);
    isTaken[next] = 1;
    if (chosen.length === count) break;
    const [newestEight, newestNinth] = [firstEight[next]!, ninth[next]!];
    let best = -1;
    let bestScore = -1;
    for (let i = 0; i < MOST_PERMUTATIONS; i++) {
      const distance = digitsThatDiffer(firstEight[i]!, newestEight) + (ninth[i] === newestNinth ? 0 : 1);
      sums[i] = sums[i]! + distance;
      if (distance < minima[i]!) minima[i] = distance;
      // The mean decides between equal minima: sums stay below (MOST_PERMUTATIONS + 1) * CELLS.
      const score = rule === 'greedy-mean' ? sums[i]! : minima[i]! * (MOST_PERMUTATIONS + 1) * CELLS + sums[i]!;
      if (score > bestScore && isTaken[i] === 0) {
        best = i;
        bestScore = score;
      }
    }
    next = best;
  }
  return chosen.map((i) => [...all.slice(i * CELLS, (i + 1) * CELLS)]);
}

/** Permutations, one after the other, with their first eight numbers as the hexadecimal digits of one: hundreds of millions of pairs are compared. */
function packed(all: Uint8Array): { firstEight: Int32Array; ninth: Uint8Array } {
  const count = all.length / CELLS;
  const firstEight = new Int32Array(count);
  const ninth = new Uint8Array(count);
  for (let row = 0; row < count; row++) {
    for (let cell = 0; cell < CELLS - 1; cell++) firstEight[row]! |= all[row * CELLS + cell]! << (4 * cell);
    ninth[row] = all[row * CELLS + CELLS - 1]!;
  }
  return { firstEight, ninth };
}

/** How many of their eight hexadecimal digits differ. */
function digitsThatDiffer(one: number, other: number): number {
  let bits = one ^ other;
  bits |= bits >>> 2;
  bits |= bits >>> 1; // the lowest bit of each digit is set where any of its four was
  return Math.imul(bits & 0x11111111, 0x11111111) >>> 28; // their sum, in the highest digit
}

/** All permutations of nine cells in lexicographic order, one after the other. */
function allPermutations(): Uint8Array {
  const all = new Uint8Array(MOST_PERMUTATIONS * CELLS);
  const current = Uint8Array.from({ length: CELLS }, (_, i) => i);
  for (let row = 0; row < MOST_PERMUTATIONS; row++) {
    all.set(current, row * CELLS);
    let pivot = CELLS - 2;
    while (pivot >= 0 && current[pivot]! > current[pivot + 1]!) pivot--;
    if (pivot < 0) break;
    let successor = CELLS - 1;
    while (current[successor]! < current[pivot]!) successor--;
    [current[pivot], current[successor]] = [current[successor]!, current[pivot]!];
    current.subarray(pivot + 1).reverse();
  }
  return all;
}

/** The smallest and the mean Hamming distance over all pairs. */
export function hammingDistances(set: readonly Permutation[]): { minimum: number; mean: number } {
  const { firstEight, ninth } = packed(Uint8Array.from(set.flat()));
  let minimum = CELLS;
  let sum = 0;
  for (let i = 0; i < set.length; i++)
    for (let j = 0; j < i; j++) {
      const distance = digitsThatDiffer(firstEight[i]!, firstEight[j]!) + (ninth[i] === ninth[j] ? 0 : 1);
      if (distance < minimum) minimum = distance;
      sum += distance;
    }
  return { minimum, mean: (2 * sum) / (set.length * (set.length - 1)) };
}

/** The permutation that undoes this one: `inverse[p[i]] = i`. */
export function inverseOf(permutation: Permutation): Permutation {
  const inverse = [...permutation];
  for (const [i, cell] of permutation.entries()) inverse[cell] = i;
  return inverse;
}
