import type { ScoreTitle } from '../evaluate/result.js';
import type { Rival } from './competitors.js';
import type { Budget } from './request.js';
import type { Ranking, Standing } from './statistics.js';

/** One competitor in the table of a comparison; JSON-safe. */
export interface ComparedRow {
  name: string;
  title: string;
  kind: 'method' | 'encoder' | Rival;
  /** "resnet18, width 32"; null for a method that could not begin. */
  network: string | null;
  /** Over the blocks of the last rung that it reached; null without a score. */
  mean: number | null;
  std: number | null;
  scores: number[];
  /** Beside the leader; null for the leader itself, and for what has no rank. */
  standing: Standing | null;
  /** Why it has no rank; null where it has one. */
  failure: string | null;
  /** The rung of successive halving after which it was given up, from 1; null where it went on to the end. */
  leftAfter: number | null;
  /** Means over the blocks, without labels by name of the figure; empty otherwise. */
  labelFree: Record<string, number>;
  /** Why scores without labels must not rank it; null where nothing speaks against it. */
  refusal: string | null;
  /** Of one pretraining, in seconds, steps and passes over the samples; 0 where there is none. */
  seconds: number;
  steps: number;
  epochs: number;
  /** Seconds of one scoring, or of supervised training with its search. */
  evaluationSeconds: number;
  /** Highest resident memory of the process. */
  peakBytes: number;
  /** For all its blocks, at the price that was given; null without one. */
  cost: number | null;
  warnings: string[];
  /** Whether the budget ended a training that might still have become better: then no sentence says that it was beaten. */
  isCut: boolean;
}

/** What stands beside the winner on samples that chose nothing. */
export interface FreshRow {
  name: string;
  title: string;
  mean: number;
  std: number;
  scores: number[];
}

/** Everything that a comparison came to; JSON-safe. */
export interface CompareResult {
  folder: string;
  date: string;
  data: { name: string; count: number; plural: string; spec: string; testCount: number | null };
  /** null without labels. */
  score: (ScoreTitle & { protocol: string; labels: string; labelCount: number; floor: number }) | null;
  budget: Budget;
  blocks: number;
  /** Samples that score in each block. */
  held: number;
  margin: number;
  price: number | null;
  rows: ComparedRow[];
  /** null without labels, or where nothing was measured in all blocks. */
  ranking: Ranking | null;
  /** The winner and what stands beside it on new blocks and the test samples, with a ranking of their own; null where nobody was measured. */
  fresh: { rows: FreshRow[]; ranking: Ranking; blocks: number } | null;
  /** Sentences for a person, the verdict first. */
  conclusion: string[];
  /** The command that trains the winner in full; null where the advice is not to pretrain, or several lead together. */
  command: string | null;
  /** What the figures leave out. */
  notes: string[];
  seconds: { pretraining: number; evaluation: number; all: number };
}
