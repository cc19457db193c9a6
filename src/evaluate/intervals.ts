import { shuffledPositions } from '../data/draw.js';
import type { Targets } from '../data/index.js';
import { tQuantile } from './student-t.js';
import type { Task } from './task.js';

/** From low to high. */
export type Interval = readonly [low: number, high: number];

export const LEVEL = 0.95;
/** The normal quantile of `LEVEL`. */
const Z = 1.959963984540054;

/** Groups of samples that are left out in turn, for a figure that is no mean over samples. */
const GROUPS = 200;

/** What a set of answers comes to. */
export interface Figures {
  /** By name; the first is the score. */
  measures: Record<string, number>;
  /** 95 % intervals for other test samples of the same kind; null where they cannot be given. */
  intervals: Record<string, Interval | null>;
  /**
   * Numbers whose mean is the score, up to the bias of a jackknife: one per test sample, or per group of test samples. The same
   * samples stand at the same places for every encoder, which pairs them.
   */
  values: Float64Array;
}

/** What the figures of answers need of a task. */
type Measure<T extends Targets, P> = Pick<Task<T, P>, 'score' | 'measure' | 'contribution' | 'sums'>;

/** The figures of the answers to all test samples, with their uncertainty. */
export function figuresOf<T extends Targets, P>(task: Measure<T, P>, answers: readonly P[]): Figures {
  const { score, contribution } = task;
  const measures = task.measure(answers);
  const values = contribution === undefined ? null : Float64Array.from(answers, (answer) => contribution(answer));
  const others = Object.fromEntries(Object.entries(measures).filter(([name]) => values === null || name !== score));
  const pseudo = Object.keys(others).length === 0 ? {} : jackknife(task, answers, others);
  const intervals: Figures['intervals'] = Object.fromEntries(
    Object.keys(measures).map((name) => [name, meanInterval(pseudo[name] ?? values!, measures[name]!)]),
  );
  if (values === null) return { measures, intervals, values: pseudo[score]! };
  const isCounted = values.every((value) => value === 0 || value === 1);
  if (isCounted) intervals[score] = wilson(measures[score]!, values.length);
  return { measures, intervals, values };
}

/**
 * Pseudo-values of these figures: G f - (G - 1) f(without group g), for G random groups of samples. Their mean is the figure but for
 * its bias, and their scatter that of a mean. Source: Quenouille 1956, Tukey 1958; with one sample per group for a mean over
 * samples they are the samples.
 */
function jackknife<T extends Targets, P>(
  task: Measure<T, P>,
  answers: readonly P[],
  whole: Record<string, number>,
): Record<string, Float64Array> {
  const names = Object.keys(whole);
  const groups = Math.min(GROUPS, answers.length);
  const groupOf = new Int32Array(answers.length);
  for (const [rank, position] of shuffledPositions(answers.length).entries()) groupOf[position] = rank % groups;
  const result = Object.fromEntries(names.map((name) => [name, new Float64Array(groups)]));
  if (groups < 2) {
    for (const name of names) result[name]!.fill(whole[name]!);
    return result;
  }
  const restOf = leavingOut(task, answers, groupOf);
  for (let group = 0; group < groups; group++) {
    const others = task.measure(restOf(group));
    for (const name of names) result[name]![group] = groups * whole[name]! - (groups - 1) * others[name]!;
  }
  return result;
}

/** Gives the answers without a group of them, or their sum where that will do. */
function leavingOut<T extends Targets, P>(
  { sums }: Measure<T, P>,
  answers: readonly P[],
  groupOf: Int32Array,
): (group: number) => readonly P[] {
  if (sums === undefined) return (group) => answers.filter((_, i) => groupOf[i] !== group);
  const whole = sums.of(answers);
  return (group) => [sums.without(whole, sums.of(answers.filter((_, i) => groupOf[i] === group)))];
}

/** Student's interval of a mean; null for a single value or one that is no number. */
function meanInterval(values: Float64Array, center: number): Interval | null {
  const { variance } = moments(values);
  if (values.length < 2 || !Number.isFinite(variance)) return null;
  const half = tQuantile(LEVEL, values.length - 1) * Math.sqrt(variance / values.length);
  return [center - half, center + half];
}

/** Wilson's interval of a share of n samples (Wilson 1927): right also where all or none are counted. */
function wilson(share: number, n: number): Interval {
  const weight = 1 + Z ** 2 / n;
  const center = (share + Z ** 2 / (2 * n)) / weight;
  const half = (Z * Math.sqrt((share * (1 - share)) / n + Z ** 2 / (4 * n ** 2))) / weight;
  return [Math.max(0, center - half), Math.min(1, center + half)];
}

/**
 * The standard error that m samples leave in a share p: sqrt(p (1 - p) / m), where one more sample is taken as right and one as wrong
 * (Laplace), since none or all of a few samples is no evidence for exactly 0 or 1.
 */
export function sampleError(share: number, samples: number): number {
  const p = (share * samples + 1) / (samples + 2);
  return Math.sqrt((p * (1 - p)) / samples);
}

/** Mean and sample variance; the variance of a single value is 0. */
export function moments(values: ArrayLike<number>): { mean: number; variance: number } {
  const n = values.length;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += values[i]! / n;
  let squares = 0;
  for (let i = 0; i < n; i++) squares += (values[i]! - mean) ** 2;
  return { mean, variance: n > 1 ? squares / (n - 1) : 0 };
}
