import { expected } from '../errors.js';
import { membersByGroup, numbered } from './groups.js';
import { Prng } from './prng.js';

/** How many labels a probe may use: a fraction in (0, 1], or a number of images per class. */
export type LabelBudget = { fraction: number; perClass?: undefined } | { perClass: number; fraction?: undefined };

/**
 * Chooses the labeled images of a probe: class-balanced, at least one per class, and nested: for one seed the 1 % subset is
 * contained in the 10 % subset. Takes labels [N] (-1 = unlabeled, never chosen); returns sorted indices.
 * Throws USAGE for a budget out of range, DATA when there are no labels or a class has fewer images than requested.
 */
export function labelSubset(labels: ArrayLike<number>, options: LabelBudget & { seed?: number }): Int32Array {
  const { fraction, perClass, seed = 0 } = options;
  if (fraction !== undefined && !(fraction > 0 && fraction <= 1)) {
    throw expected('a fraction above 0 and up to 1', 'fraction', fraction);
  }
  if (perClass !== undefined && !(Number.isInteger(perClass) && perClass >= 1)) {
    throw expected('a whole number from 1', 'perClass', perClass);
  }
  const chosen: Int32Array[] = [];
  for (const [label, members] of shuffledClasses(labels, seed)) {
    const wanted = perClass ?? Math.max(1, Math.round(fraction! * members.length));
    if (wanted > members.length) {
      throw expected(`${wanted} labeled images of class ${label}`, 'labels', `${members.length} of them`, {
        code: 'DATA',
        remedy: 'Ask for fewer labels per class.',
      });
    }
    chosen.push(members.subarray(0, wanted));
  }
  return sortedUnion(chosen);
}

/**
 * Splits labeled images in two with the same share of each class on both sides: `held` gets the fraction (rounded; at
 * least one and at most all but one of every class with two or more images), `kept` the rest. Takes labels [N]; -1 is in
 * neither. Returns sorted indices. Throws USAGE for a fraction outside (0, 1), DATA when there are no labels.
 */
export function stratifiedSplit(
  labels: ArrayLike<number>,
  options: { fraction: number; seed?: number },
): { kept: Int32Array; held: Int32Array } {
  const { fraction, seed = 0 } = options;
  checkOpenFraction(fraction);
  const kept: Int32Array[] = [];
  const held: Int32Array[] = [];
  for (const [, members] of shuffledClasses(labels, seed)) {
    const wanted = members.length < 2 ? 0 : clamp(Math.round(fraction * members.length), 1, members.length - 1);
    held.push(members.subarray(0, wanted));
    kept.push(members.subarray(wanted));
  }
  return { kept: sortedUnion(kept), held: sortedUnion(held) };
}

/** Splits 0 .. count-1 in two without labels, as `stratifiedSplit` with one class. */
export function randomSplit(
  count: number,
  options: { fraction: number; seed?: number },
): { kept: Int32Array; held: Int32Array } {
  return stratifiedSplit(new Int32Array(count), options);
}

/**
 * As `stratifiedSplit`, of samples that are parts of something, such as the frames of a video: all samples of one owner are on one side, and an owner
 * counts as one of the class that most of its samples have. Where every class has a single owner, they are drawn whatever their class. `owners` are [N],
 * what each sample is a part of.
 */
export function splitByOwner<Owner>(
  labels: ArrayLike<number>,
  owners: readonly Owner[],
  options: { fraction: number; seed?: number },
): { kept: Int32Array; held: Int32Array } {
  if (new Set(owners).size === owners.length) return stratifiedSplit(labels, options);
  const { classes, samplesOf } = unitsOf(labels, owners);
  const byClass = stratifiedSplit(classes, options);
  const { kept, held } =
    byClass.held.length > 0
      ? byClass
      : stratifiedSplit(
          classes.map((own) => Math.min(0, own)),
          options,
        );
  return { kept: samplesOf(kept), held: samplesOf(held) };
}

/** Samples that stay together. */
export interface Units {
  /** The class that most samples of each unit have, -1 for none. */
  classes: Int32Array;
  /** The labeled samples of these units, sorted. */
  samplesOf(units: Int32Array): Int32Array;
}

/** The samples of each owner as one unit, in the order of their first samples. Labels and owners are [N]. */
export function unitsOf<Owner>(labels: ArrayLike<number>, owners: readonly Owner[]): Units {
  const members = membersByGroup(numbered(owners));
  const classOf = (samples: Int32Array): number =>
    membersByGroup(samples.map((sample) => labels[sample]!)).reduce(
      (best, group) => (group[1].length > best[1].length ? group : best),
      [-1, new Int32Array()] as [number, Int32Array],
    )[0];
  return {
    classes: Int32Array.from(members, ([, samples]) => classOf(samples)),
    samplesOf: (units) =>
      sortedUnion(Array.from(units, (unit) => members[unit]![1].filter((sample) => labels[sample]! >= 0))),
  };
}

/** Pairs of label and member indices, shuffled by (seed, label), for every class, by ascending label. */
function shuffledClasses(labels: ArrayLike<number>, seed: number): [number, Int32Array][] {
  const classes = membersByGroup(labels);
  if (classes.length === 0) throw expected('at least one labeled image', 'labels', 'none', { code: 'DATA' });
  return classes.map(([label, members]) => [label, new Prng(seed, label).shuffle(members)]);
}

function checkOpenFraction(fraction: number): void {
  if (!(fraction > 0 && fraction < 1)) throw expected('a fraction between 0 and 1', 'fraction', fraction);
}

const clamp = (value: number, low: number, high: number) => Math.min(Math.max(value, low), high);

function sortedUnion(parts: Int32Array[]): Int32Array {
  const union = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    union.set(part, at);
    at += part.length;
  }
  return union.sort();
}
