import { membersByGroup } from '../data/groups.js';
import { Prng } from '../data/prng.js';
import { stratifiedSplit, type Units, unitsOf } from '../data/split.js';

/** Positions among the labeled samples: what is trained on, and what the choice is made by. */
export interface Fold {
  kept: Int32Array;
  held: Int32Array;
}

/** How a candidate did on the samples that it was not trained on. */
export interface Score {
  score: number;
  /** Mean loss. */
  loss: number;
}

/** The rule of every choice: the better score, and the lower loss where scores are equal, or where nothing that is held out can be scored. */
export function isBetter(a: Score, b: Score, better: 'higher' | 'lower' = 'higher'): boolean {
  if (Object.is(a.score, b.score)) return a.loss < b.loss;
  if (Number.isNaN(a.score) || Number.isNaN(b.score)) return Number.isNaN(b.score);
  return better === 'higher' ? a.score > b.score : a.score < b.score;
}

/** The best of several candidates, the first of equals; null without any. */
export function bestOf<S extends Score>(candidates: readonly S[], better: 'higher' | 'lower' = 'higher'): S | null {
  const [first, ...others] = candidates;
  return first === undefined
    ? null
    : others.reduce((winner, row) => (isBetter(row, winner, better) ? row : winner), first);
}

/** From here on one held-out fifth is large enough to choose by; below, every sample takes its turn. */
const HOLD_OUT_FROM = 1000;
const FOLDS = 5;

/**
 * Splits of the labeled samples on which hyper-parameters are chosen, so that no test label chooses anything: one stratified
 * hold-out of a fifth from 1,000 samples on, five stratified folds below. Samples of one owner are much alike and stay together, unless no class has
 * two owners. A class with fewer than five owners is held out in as many folds as it has owners; a class with a single one always stays in training,
 * for it could not be learnt otherwise. Empty when every class has a single sample: then nothing can be chosen and the caller takes its default.
 *
 * @param labels [N], class indices
 * @param owners [N], what each sample is a part of, see `Dataset.owners`; by default each stands alone
 */
export function selectionFolds(labels: Int32Array, seed: number, owners?: readonly string[]): Fold[] {
  const { classes, samplesOf } = unitsToHold(labels, owners);
  const several = membersByGroup(classes).filter(([, members]) => members.length > 1);
  if (several.length === 0) return [];
  if (labels.length >= HOLD_OUT_FROM) return [selectionSplit(labels, seed, owners)!];
  const foldOf = new Int32Array(classes.length).fill(-1);
  let next = 0; // runs on over the classes, so that the folds have even sizes
  for (const [label, members] of several)
    for (const i of new Prng(seed, label).shuffle(members)) foldOf[i] = next++ % FOLDS;
  const units = Int32Array.from(classes.keys());
  return Array.from({ length: FOLDS }, (_, fold) => ({
    kept: samplesOf(units.filter((i) => foldOf[i] !== fold)),
    held: samplesOf(units.filter((i) => foldOf[i] === fold)),
  })).filter(({ held }) => held.length > 0);
}

/** One split for choices that cost a training each: a stratified fifth of the owners; null when every class has a single sample. */
export function selectionSplit(labels: Int32Array, seed: number, owners?: readonly string[]): Fold | null {
  const { classes, samplesOf } = unitsToHold(labels, owners);
  const { kept, held } = stratifiedSplit(classes, { fraction: 1 / FOLDS, seed });
  return held.length > 0 ? { kept: samplesOf(kept), held: samplesOf(held) } : null;
}

/** Where each class is a single owner's, the owners cannot tell how well it is known: each sample stands alone. */
function unitsToHold(labels: Int32Array, owners: readonly string[] | undefined): Units {
  const alone = () => unitsOf(labels, [...labels.keys()]);
  if (owners === undefined) return alone();
  const units = unitsOf(labels, owners);
  return membersByGroup(units.classes).some(([, members]) => members.length > 1) ? units : alone();
}
