import { expected } from '../errors.js';

/**
 * The accuracy above which a result on `count` held-out items is not chance: p + 3 sqrt(p (1 - p) / n), three standard
 * deviations of the binomial share.
 *
 * @param chance accuracy of guessing, in [0, 1]
 * @throws AutodidactError `USAGE` for a chance outside [0, 1] or a count below 1
 */
export function threeSigma(chance: number, count: number): number {
  if (!(chance >= 0 && chance <= 1)) throw expected('a share from 0 to 1', 'chance', chance);
  if (!(Number.isInteger(count) && count >= 1)) throw expected('a whole number from 1', 'count', count);
  return chance + 3 * Math.sqrt((chance * (1 - chance)) / count);
}

/**
 * Three standard deviations of the difference of two accuracies, each on `count` held-out items: a smaller difference may be
 * chance. On the same items they hang together, which makes the true deviation smaller.
 */
export function threeSigmaOfDifference(one: number, other: number, count: number): number {
  return Math.hypot(threeSigma(one, count) - one, threeSigma(other, count) - other);
}

/** Whether an accuracy on `count` items lies more than three standard deviations above chance. */
export function isAboveChance(accuracy: number, chance: number, count: number): boolean {
  return accuracy > threeSigma(chance, count);
}
