import { Prng } from './prng.js';

const SEED = 5;

/**
 * At most `most` of the positions 0 .. count - 1, ascending: all of them, or a draw with a fixed seed. Evenly spaced ones would fall
 * together with the order of the data, such as classes that take turns.
 */
export function drawPart(count: number, most: number): Int32Array {
  if (count <= most) return Int32Array.from({ length: count }, (_, i) => i);
  return new Prng(SEED, count).permutation(count).subarray(0, most).sort();
}

/** All positions in a random order that depends on their number alone. */
export function shuffledPositions(count: number): Int32Array {
  return new Prng(SEED, count, 1).permutation(count);
}

/** The positions 0 .. count - 1 in the fewest stretches of at most `most`, whose lengths differ by at most one. */
export function evenParts(count: number, most: number): Stretch[] {
  return inParts(count, Math.ceil(count / most));
}

interface Stretch {
  from: number;
  to: number;
}

/** The positions 0 .. count - 1 in so many stretches, whose lengths differ by at most one. */
export function inParts(count: number, parts: number): Stretch[] {
  const start = (part: number) => Math.floor((count * part) / parts);
  return Array.from({ length: parts }, (_, part) => ({ from: start(part), to: start(part + 1) }));
}
