import { ClassTargets, type Targets } from '../data/index.js';
import { scope, type Tensor } from '../engine/index.js';
import { expected } from '../errors.js';
import { checkFeatures, checkLabels, type LabeledFeatures, rowsAt } from './features.js';
import { headModel } from './fit-head.js';
import { sparseModel } from './fit-sparse.js';
import { inDoublePrecision, standardization } from './logistic.js';
import { hasPlaces } from './reading.js';
import type { SparseRows } from './sparse-rows.js';
import { finish, type Steps, scoped } from './steps.js';
import {
  allOf,
  type Frozen,
  type LinearModel,
  type Loss,
  type OutputListener,
  pick,
  scoreOf,
  strataOf,
  type Task,
} from './task.js';
import { classification } from './tasks/classification.js';
import { bestOf, type Fold, type Score, selectionFolds, selectionSplit } from './validation.js';

/** 1e-6 to 1e2 in decades, strongest first: each fit starts from the one before it. */
export const L2_GRID: readonly number[] = [1e2, 1e1, 1, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6];

/** Maps that are answered at a time. */
const MAPS_AT_ONCE = 64;

/** Taken when there is nothing to choose by (one label per class). */
export const DEFAULT_L2 = 1e-2;

/** How the penalty is chosen and the head is fitted. */
export interface ChoiceOptions {
  /** Candidates for the weight penalty. Default `L2_GRID`. */
  l2?: readonly number[];
  /** Seed of the validation folds. Default 0. */
  seed?: number;
  /** The final fit stops at this norm of the gradient of the mean loss. Default 1e-6, for maps 1e-5. */
  tolerance?: number;
  /** Of the final fit. Default 5000. */
  maxIterations?: number;
}

export interface LinearOptions extends ChoiceOptions {
  /**
   * Features (R, D) or (R, D, h, w) of training samples, labeled or not, whose mean and deviation standardize all others: with few
   * labels they are far steadier than those of the labeled samples alone, which are the default.
   */
  reference?: Tensor;
  /** Whether features are standardized; otherwise they enter as they are. Default true. */
  isStandardized?: boolean;
  /** Number of classes; by default one more than the highest label. */
  classes?: number;
}

/** How the fit of a linear probe went. */
export interface LinearOutcome {
  /** The chosen penalty. */
  l2: number;
  /** How each candidate did on the validation folds; empty when there was nothing to choose by. */
  validation: (Score & { l2: number })[];
  /** Of the final fit: mean loss plus penalty, and how far from flat it is. */
  loss: number;
  gradientNorm: number;
  iterations: number;
  isConverged: boolean;
}

export interface LinearResult extends LinearOutcome {
  /** Top-1 accuracy on the test features, in [0, 1]. */
  accuracy: number;
  /** The predicted class of every test sample. */
  predictions: Int32Array;
}

/**
 * Linear probe of one class per sample: multinomial logistic regression on frozen features, see `probe`. Deterministic; the test
 * labels only score.
 *
 * @param train features (N, D), labels [N] of at least two classes
 * @param test features (M, D), labels [M]
 * @throws AutodidactError `DATA` for labels of one class only or features that are not finite, `SHAPE` when the features do not
 *   fit each other
 */
export function linearProbe(train: LabeledFeatures, test: LabeledFeatures, options: LinearOptions = {}): LinearResult {
  const highest = train.labels.reduce((high, label) => Math.max(high, label), 0);
  if (new Set(train.labels).size < 2)
    throw expected('labels of at least two classes', 'train', `labels of class ${highest} only`, { code: 'DATA' });
  const classes = Array.from({ length: options.classes ?? highest + 1 }, (_, i) => String(i));
  checkLabels(train, 'train', classes.length);
  checkLabels(test, 'test', Number.POSITIVE_INFINITY);
  const frozen = ({ features, labels }: LabeledFeatures) => ({ features, targets: new ClassTargets(classes, labels) });
  const { answers, ...outcome } = probe(classification, frozen(train), frozen(test), options);
  const { accuracy } = classification.measure(answers) as { accuracy: number };
  return { accuracy, predictions: Int32Array.from(answers, ({ answer }) => answer), ...outcome };
}

/**
 * The linear probe of a task: a linear head on frozen features, which are standardized by the mean and deviation of training
 * features unless that is not wanted. The L2 penalty with the best score on validation folds of these samples (the lower loss breaks ties) is taken and the
 * head fitted to all of them, to convergence. With a single sample per class there are no folds and the penalty is `DEFAULT_L2`.
 *
 * @throws AutodidactError `DATA` for features that are not finite, `SHAPE` when the features do not fit each other
 */
export function probe<T extends Targets, P>(
  task: Task<T, P>,
  train: Frozen<T>,
  test: Frozen<T>,
  options: LinearOptions = {},
): LinearOutcome & { answers: P[] } {
  return finish(probing(task, train, test, options));
}

/** `probe` in steps. */
export function probing<T extends Targets, P>(
  task: Task<T, P>,
  train: Frozen<T>,
  test: Frozen<T>,
  options: LinearOptions = {},
  onTestOutput?: OutputListener<T>,
): Steps<LinearOutcome & { answers: P[] }> {
  const size = train.features.size(1);
  const model = task.linear?.(train.targets) ?? headModel(task, size, train.targets);
  return fitting(dense(task, options), task, model, train, test, options, onTestOutput);
}

/** `probing` of sparse vectors, which enter as they are. */
export function probingSparse<T extends Targets, P>(
  task: Task<T, P>,
  train: Frozen<T, SparseRows>,
  test: Frozen<T, SparseRows>,
  options: ChoiceOptions = {},
): Steps<LinearOutcome & { answers: P[] }> {
  return fitting(sparse, task, sparseModel(task, train.targets), train, test, options);
}

/** What a linear head is fitted to. */
interface Form<F> {
  size(features: F): number;
  /** @throws AutodidactError `DATA` for numbers that are not finite */
  check(features: F, name: string): void;
  /** What is done to all features before the head reads them, by those that it learns from. */
  scaling(train: F): (features: F) => F;
  at(features: F, positions: Int32Array): F;
  /** Samples that are answered at a time. */
  atOnce: number;
}

function dense(task: Pick<Task, 'reads'>, { reference, isStandardized = true }: LinearOptions): Form<Tensor> {
  if (reference !== undefined) checkFeatures(reference, 'reference');
  return {
    size: (features) => features.size(1),
    check: checkFeatures,
    scaling: (train) => (isStandardized ? standardization(reference ?? train) : inDoublePrecision),
    at: rowsAt,
    atOnce: hasPlaces(task) ? MAPS_AT_ONCE : Number.POSITIVE_INFINITY,
  };
}

const sparse: Form<SparseRows> = {
  size: ({ size }) => size,
  check() {},
  scaling: () => (rows) => rows,
  at: (rows, positions) => rows.at(positions),
  atOnce: 4096,
};

/** Chooses a penalty, fits the head to all training samples, and answers the test samples. */
function* fitting<T extends Targets, P, F>(
  form: Form<F>,
  task: Task<T, P>,
  model: LinearModel<T, F>,
  train: Frozen<T, F>,
  test: Frozen<T, F>,
  options: ChoiceOptions,
  onTestOutput?: OutputListener<T>,
): Steps<LinearOutcome & { answers: P[] }> {
  const { l2: grid = L2_GRID, maxIterations = 5000 } = options;
  const tolerance = options.tolerance ?? (hasPlaces(task) ? 1e-5 : 1e-6);
  const [size, testSize] = [form.size(train.features), form.size(test.features)];
  if (testSize !== size) throw expected(`features of size ${size}`, 'test', testSize, { code: 'SHAPE' });
  for (const [name, { features }] of Object.entries({ train, test })) form.check(features, name);

  const validation = yield* validating(form, task, model, train, grid, options.seed);
  const l2 = bestOf(validation, task.better)?.l2 ?? DEFAULT_L2;
  const final = function* (): Steps<LinearOutcome & { answers: P[] }> {
    const scale = form.scaling(train.features);
    const fit = yield* model.problem(scale(train.features), train.targets)({ l2, tolerance, maxIterations });
    const answer = (features: F) => model.outputs(fit, scale(features));
    const { answers } = yield* answering(form, task, answer, test, null, onTestOutput);
    const { loss, gradientNorm, iterations, isConverged } = fit;
    return { answers, l2, validation, loss, gradientNorm, iterations, isConverged };
  };
  return yield* scoped(final());
}

/** Score and mean loss of every candidate on the held-out samples of all folds together. */
function* validating<T extends Targets, P, F>(
  form: Form<F>,
  task: Task<T, P>,
  model: LinearModel<T, F>,
  train: Frozen<T, F>,
  grid: readonly number[],
  seed = 0,
): Steps<LinearOutcome['validation']> {
  const folds = foldsOf(task, train, seed);
  if (folds.length === 0 || grid.length === 0) return [];
  const rows = [...grid].sort((a, b) => b - a).map((l2) => ({ l2, score: 0, loss: 0 }));
  const total = folds.reduce((sum, { held }) => sum + held.length, 0);
  /** Held-out samples of folds that have a score: that of a rare class needs one of it. */
  let scored = 0;
  const criterion = task.loss(train.targets);
  const part = (positions: Int32Array): Frozen<T, F> => ({
    features: form.at(train.features, positions),
    targets: pick(train.targets, positions),
  });
  const ofFold = function* (fold: Fold): Steps<void> {
    const [kept, held] = [part(fold.kept), part(fold.held)];
    const scale = form.scaling(kept.features);
    const solve = model.problem(scale(kept.features), kept.targets);
    let start: Float64Array | undefined;
    let hasScore = false;
    for (const row of rows) {
      // A ranking needs no last digits: looser than the final fit.
      const fit = yield* solve({ l2: row.l2, tolerance: 1e-4, maxIterations: 200, start });
      start = fit.x;
      const answer = (features: F) => model.outputs(fit, scale(features));
      const { answers, loss } = yield* answering(form, task, answer, held, criterion);
      const score = scoreOf(task, answers);
      hasScore = !Number.isNaN(score);
      if (hasScore) row.score += score * held.targets.count;
      row.loss += (loss * held.targets.count) / total;
    }
    if (hasScore) scored += held.targets.count;
  };
  for (const fold of folds) yield* scoped(ofFold(fold));
  // NaN where no fold has one.
  return rows.map((row) => ({ ...row, score: row.score / scored }));
}

/** A map has many places, which makes a fit dearer and a validation part larger: one split serves. */
function foldsOf<T extends Targets, P>(
  task: Task<T, P>,
  { targets, owners }: Pick<Frozen<T>, 'targets' | 'owners'>,
  seed: number,
): Fold[] {
  const strata = strataOf(task, targets);
  if (!hasPlaces(task)) return selectionFolds(strata, seed, owners);
  const split = selectionSplit(strata, seed, owners);
  return split === null ? [] : [split];
}

/** The answers to all samples, and their mean loss where that is asked for. */
function* answering<T extends Targets, P, F>(
  form: Form<F>,
  task: Task<T, P>,
  answer: (features: F) => Tensor,
  { features, targets }: Frozen<T, F>,
  criterion: Loss<T> | null,
  onOutput?: OutputListener<T>,
): Steps<{ answers: P[]; loss: number }> {
  const all = allOf(targets.count);
  const answers: P[] = [];
  let loss = 0;
  for (let from = 0; from < all.length; from += form.atOnce) {
    if (from > 0) yield;
    scope(() => {
      const positions = all.subarray(from, from + form.atOnce);
      const output = answer(positions.length === all.length ? features : form.at(features, positions));
      for (const found of task.decode(output, targets, positions)) answers.push(found);
      onOutput?.(output, targets, positions);
      if (criterion !== null) loss += criterion.of(output, targets, positions).item() * (positions.length / all.length);
    });
  }
  return { answers, loss };
}
