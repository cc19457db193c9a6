import type { Dataset, Samples, Targets } from '../data/index.js';
import type { Generator, Tensor } from '../engine/index.js';
import type { Layer } from '../engine/nn/index.js';
import type { Augment } from '../modalities/modality.js';
import type { Example } from './marks.js';
import type { Steps } from './steps.js';

/** Samples with what is known of each, position by position. */
export interface Labeled<T extends Targets = Targets> {
  data: Dataset;
  targets: T;
}

/** Frozen features with what is known of their samples, row by row. */
export interface Frozen<T extends Targets = Targets, F = Tensor> {
  /** Float (N, D), or (N, C, h, w) for a task that reads maps or tokens; or sparse rows. */
  features: F;
  targets: T;
  /** What each sample is a part of, see `Dataset.owners`; each stands alone where they are left out. */
  owners?: readonly string[];
}

/** A loss that is settled: what balances the classes is taken from the training targets. */
export interface Loss<T extends Targets> {
  /**
   * A scalar, the mean over the samples.
   * @param output (B, ...) what the head gives for the samples at these positions of `targets`
   */
  of(output: Tensor, targets: T, positions: Int32Array): Tensor;
}

/** Is told what a head gives for the test samples at these positions; the output is freed afterwards. */
export type OutputListener<T extends Targets> = (output: Tensor, targets: T, positions: Int32Array) => void;

/** A head that chooses its own weights to start from; those of others are small. */
export interface StartingHead extends Layer {
  start(random: Generator): void;
}

export interface FitOptions {
  /** Weight penalty: l2 / 2 |W|^2 is added to the mean loss; biases are free. */
  l2: number;
  /** Stops at this norm of the gradient. Default 1e-6. */
  tolerance?: number;
  /** Default 5000. */
  maxIterations?: number;
  /** The solution of a similar problem, as `LinearFit.x`; zeros by default. */
  start?: Float64Array;
}

/** A linear head that was fitted. */
export interface LinearFit {
  /** All weights in a row. */
  x: Float64Array;
  /** Mean loss plus penalty. */
  loss: number;
  gradientNorm: number;
  iterations: number;
  isConverged: boolean;
}

/** A linear head on frozen features, which are standardized and in double precision unless they are sparse. */
export interface LinearModel<T extends Targets, F = Tensor> {
  /** Sets up the fit to these features; one problem is solved for several penalties, in steps between which it may be given up. */
  problem(features: F, targets: T): (options: FitOptions) => Steps<LinearFit>;
  /** What `Task.decode` takes, of features (N, ...). */
  outputs(fit: LinearFit, features: F): Tensor;
}

/**
 * What the head reads of an encoder: one vector per sample, a map, a vector for each token (N, D, 1, T), or the vectors of both samples of a
 * pair.
 */
export type Reads = 'vector' | 'map' | 'tokens' | 'sides';

/**
 * What an encoder is measured by. The protocols (k-NN, linear probe, fine-tuning) know no more of a task than this.
 *
 * Type parameters: the targets it learns from, and what is kept of the answer to one sample, compared with its target: all that
 * `measure` needs.
 */
export interface Task<T extends Targets = Targets, P = unknown> {
  readonly name: string;
  /** Kind of the targets. */
  readonly kind: T['kind'];
  readonly reads: Reads;
  /** Name of the score: the first figure of `measure`. */
  readonly score: string;
  /** What the score is called in a sentence: "Top-1 accuracy". */
  readonly title: string;
  readonly better: 'higher' | 'lower';
  /** Whether the score is a share from 0 to 1, which is shown in percent. */
  readonly isShare: boolean;
  /** What the targets are called, and what to do where data have none. */
  readonly wanted: { readonly plural: string; readonly remedy: string };

  /** A new linear head on `size` features per sample or place. Float (N, size, ...) to (N, ...). */
  head(size: number, train: T): Layer;
  /** The head that is trained together with a backbone, where it is not that linear one. */
  trainedHead?(size: number, train: T): Layer;
  /** What fine-tuning takes when nothing else is asked for; SGD by default. */
  readonly optimizer?: 'sgd' | 'adamw';
  loss(train: T): Loss<T>;
  /** The answers in the head's output (B, ...) for the samples at these positions. */
  decode(output: Tensor, targets: T, positions: Int32Array): P[];
  /** The same answers as a person can look at them, where they have places in the sample. */
  examples?(output: Tensor, targets: T, positions: Int32Array): Example[];
  /** Figures by name, the score first. */
  measure(answers: readonly P[]): Record<string, number>;
  /**
   * For a task whose `measure` gives the same for answers and for their sum, to the last digit. Its figures without a part of the answers then
   * take no look at the others.
   */
  readonly sums?: {
    of(answers: readonly P[]): P;
    /** The sum of all answers but those of the part. */
    without(whole: P, part: P): P;
  };
  /** What one answer adds to the score, where the score is a mean over samples. */
  contribution?(answer: P): number;
  /** The score of the best constant answer. */
  floor(test: T): number;
  /** The answers of a table that is made of the training targets and knows nothing else: the most frequent tag of each word. */
  lookup?(train: T, test: T): P[];

  /**
   * The class of each sample, -1 where unknown, for a task that asks for one class per sample. Few labels are drawn in balance
   * over these classes; k-NN votes for them.
   */
  classOf?(targets: T): Int32Array;
  classes?(targets: T): readonly string[];
  /**
   * The test targets in the terms of the training targets: classes numbered alike.
   * @throws AutodidactError `DATA` for other classes than those of the training targets
   */
  match?(test: T, train: T, name: string): T;
  /**
   * What the figures leave out, in whole sentences.
   * @throws AutodidactError `DATA` when nothing can be learnt or scored
   */
  review?(train: T, test: T): string[];
  /** A shorter way to fit the head to frozen features than the gradients of `head` and `loss`. */
  linear?(train: T): LinearModel<T>;
  /**
   * Changes samples and targets alike, where a target has places in its sample; null where that cannot be done. A task that
   * reads maps and lacks this trains on samples as they are.
   */
  change?(
    samples: Samples,
    targets: T,
    positions: Int32Array,
    augment: Augment,
    random: Generator,
  ): { samples: Samples; targets: T } | null;
}

/** The score of these answers. */
export function scoreOf<T extends Targets, P>(task: Task<T, P>, answers: readonly P[]): number {
  return task.measure(answers)[task.score]!;
}

/** The classes by which samples are drawn in balance; one class of all where the task has none. */
export function strataOf<T extends Targets, P>(task: Task<T, P>, targets: T): Int32Array {
  return (
    task.classOf?.(targets) ??
    Int32Array.from({ length: targets.count }, (_, position) => (targets.isKnown(position) ? 0 : -1))
  );
}

/** The targets at these positions. */
export function pick<T extends Targets>(targets: T, positions: ArrayLike<number>): T {
  return targets.subset(positions) as T;
}

/** 0, 1, ..., count - 1. */
export function allOf(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => i);
}
