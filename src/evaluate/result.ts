import { groupBy } from '../data/groups.js';
import type { Dataset, SampleSpec } from '../data/index.js';
import type { Interval } from './intervals.js';
import { PEERS } from './peers/names.js';

/**
 * What is compared: the encoder in question, the same network untrained, untrained with weights that fit the data (Krähenbühl et al.
 * 2015), trained on the labels alone, and by semi-supervised peers; of texts also counts of words; where words are tagged, the most frequent
 * tag of each; where labels are propagated through videos, also patches of raw pixels in place of features, and
 * labels that stay where they are.
 */
export const ENCODERS = [
  ...(['pretrained', 'random', 'data-dependent', 'supervised'] as const),
  ...PEERS,
  ...(['bag-of-words', 'frequent-tag'] as const),
  ...(['pixels', 'identity'] as const),
] as const;

export type EncoderKind = (typeof ENCODERS)[number];

/** One figure of one measurement; JSON-safe. */
export interface EvaluationRow {
  encoder: EncoderKind;
  /** See `Protocol`; training from scratch is a protocol of its own, `supervised`, once per amount of labels. */
  protocol: string;
  task: string;
  /** Name of the figure. Several figures of one measurement are several rows, the score first. */
  metric: string;
  value: number;
  /** 95 % interval of the value over other test samples of the same kind; null where it cannot be given. */
  interval: Interval | null;
  /** Number of test samples. */
  n: number;
  seed: number;
  /** The amount of labels as asked for: `1%`, `10/class`. */
  labels: string;
  /** How many samples that was. */
  labelCount: number;
  /** Of the final training, where something was trained by steps. */
  steps: number | null;
  /** Passes over the labeled samples in these steps. */
  epochs: number | null;
  /** What was chosen and how it went: k, l2, learning rate, weight decay; `warning` where the budget was short. */
  details: Record<string, number | string | boolean | null>;
}

/** The rows that differ only in their seed. */
export interface EvaluationSummary
  extends Pick<EvaluationRow, 'encoder' | 'protocol' | 'task' | 'metric' | 'labels' | 'labelCount'> {
  mean: number;
  /** Sample standard deviation over the seeds; 0 for a single one. */
  std: number;
  /** Number of seeds. */
  n: number;
}

export const VERDICTS = ['better', 'worse', 'no difference can be shown'] as const;

export type Verdict = (typeof VERDICTS)[number];

/** Two encoders under one protocol with one amount of labels: the same test samples and the same choices of labels. */
export interface Comparison {
  protocol: string;
  labels: string;
  metric: string;
  encoder: EncoderKind;
  against: EncoderKind;
  /** Score of `encoder` minus score of `against`, mean over the seeds. */
  difference: number;
  /** Of the difference, at `level`; null where it cannot be given. */
  interval: Interval | null;
  /** 0.95, or more where several comparisons stand together (Holm 1979). */
  level: number;
  /** Of `encoder`: `better` and `worse` only where the interval leaves out 0. */
  verdict: Verdict;
  /**
   * Standard error of the difference by its two causes, the larger of which says what would help: more seeds, or more test samples. Null where it
   * cannot be given.
   */
  errors: { seeds: number | null; samples: number | null };
  /** Number of seeds. */
  seeds: number;
}

/** A data set that took part. */
export interface EvaluatedData {
  name: string;
  /** How it was asked for; null where that is not known. */
  spec: string | null;
  /** What a sample looks like. */
  samples: SampleSpec;
  count: number;
  fingerprint: string;
  /** Fingerprint of what was known of the samples, such as their labels; null in files of earlier versions and where nothing was. */
  targets: string | null;
}

/** A data set as it is kept with a result. @param spec how it was asked for, where that is known */
export function describedData(data: Dataset, spec?: string): EvaluatedData {
  const { name, spec: samples, count, fingerprint, targetsFingerprint: targets } = data;
  return { name, spec: spec ?? null, samples, count, fingerprint, targets };
}

/** The score of a task, for tables. */
export interface ScoreTitle {
  metric: string;
  /** "Top-1 accuracy". */
  title: string;
  better: 'higher' | 'lower';
  /** Whether it is shown in percent. */
  isShare: boolean;
}

/** Everything that one evaluation measured; JSON-safe. `evaluation.json` holds several of them. */
export interface EvaluationResult {
  /** ISO 8601; null in files of earlier versions. */
  date: string | null;
  /** Training steps of the encoder; null where that is not known. */
  step: number | null;
  /** Fingerprint of the encoder's weights; null in files of earlier versions. */
  encoder: string | null;
  task: string;
  score: ScoreTitle;
  data: { train: EvaluatedData; test: EvaluatedData } | null;
  options: {
    protocols: string[];
    labels: string[];
    seeds: number[];
    baselines: string[];
    /** The layer that was read, null for the last. */
    layer: string | null;
    /** As given. */
    settings: Record<string, unknown>;
  };
  /** False while it goes on, and where it ended before everything was measured. */
  isComplete: boolean;
  rows: EvaluationRow[];
  summary: EvaluationSummary[];
  comparisons: Comparison[];
  /** The score of the best constant answer on the test samples. */
  floor: number;
  testCount: number;
  /** Names of the classes; empty for a task without classes. */
  classes: string[];
  /** What the figures leave out, and what limits them, in sentences. */
  notes: string[];
  seconds: number;
}

/** Mean and deviation over the seeds, in the order in which the rows first appear. */
export function summarize(rows: readonly EvaluationRow[]): EvaluationSummary[] {
  const groups = groupBy(rows, ({ encoder, protocol, task, metric, labels }) =>
    JSON.stringify([encoder, protocol, task, metric, labels]),
  );
  return [...groups.values()].map((group) => {
    const { encoder, protocol, task, metric, labels, labelCount } = group[0]!;
    const n = group.length;
    const mean = group.reduce((sum, { value }) => sum + value, 0) / n;
    const squares = group.reduce((sum, { value }) => sum + (value - mean) ** 2, 0);
    const std = n > 1 ? Math.sqrt(squares / (n - 1)) : 0;
    return { encoder, protocol, task, metric, labels, labelCount, mean, std, n };
  });
}
