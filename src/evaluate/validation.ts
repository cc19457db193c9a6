import { membersByGroup } from '../data/groups.js';
import { Prng } from '../data/prng.js';
import { stratifiedSplit } from '../data/split.js';

/** Positions among the labeled images: what is trained on, and what the choice is made by. */
export interface Fold {
  kept: Int32Array;
  held: Int32Array;
}

/** How a candidate did on the images that it was not trained on. */
export interface Score {
  accuracy: number;
  /** Mean cross-entropy. */
  loss: number;
}

/** The rule of every choice: the higher accuracy, and the lower loss where accuracies are equal. */
export function isBetter(a: Score, b: Score): boolean {
  return a.accuracy > b.accuracy || (a.accuracy === b.accuracy && a.loss < b.loss);
}

/** From here on one held-out fifth is large enough to choose by; below, every image takes its turn. */
const HOLD_OUT_FROM = 1000;
const FOLDS = 5;

/**
 * Splits of the labeled images on which hyper-parameters are chosen, so that no test label chooses anything: one stratified
 * hold-out of a fifth from 1,000 images on, five stratified folds below. A class with fewer than five images is held out in
 * as many folds as it has images; a class with a single image always stays in training, for it could not be learnt
 * otherwise. Empty when every class has a single image: then nothing can be chosen and the caller takes its default.
 *
 * @param labels [N], class indices
 */
export function selectionFolds(labels: Int32Array, seed: number): Fold[] {
  const several = membersByGroup(labels).filter(([, members]) => members.length > 1);
  if (several.length === 0) return [];
  if (labels.length >= HOLD_OUT_FROM) return [stratifiedSplit(labels, { fraction: 1 / FOLDS, seed })];
  const foldOf = new Int32Array(labels.length).fill(-1);
  let next = 0; // runs on over the classes, so that the folds have even sizes
  for (const [label, members] of several)
    for (const i of new Prng(seed, label).shuffle(members)) foldOf[i] = next++ % FOLDS;
  const positions = Int32Array.from(labels.keys());
  return Array.from({ length: FOLDS }, (_, fold) => ({
    kept: positions.filter((i) => foldOf[i] !== fold),
    held: positions.filter((i) => foldOf[i] === fold),
  })).filter(({ held }) => held.length > 0);
}

/** One split for choices that cost a training each: a stratified fifth; null when every class has a single image. */
export function selectionSplit(labels: Int32Array, seed: number): Fold | null {
  const split = stratifiedSplit(labels, { fraction: 1 / FOLDS, seed });
  return split.held.length > 0 ? split : null;
}
