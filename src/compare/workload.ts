/** How much work a comparison is: its budget, the trainings and scorings, and their time. */
import type { Dataset } from '../data/index.js';
import type { Block } from './blocks.js';
import type { Competitor } from './competitors.js';
import { PASSES_PER_STEP } from './encoders.js';
import type { CompareConfig } from './folder.js';
import { type MethodPlan, secondsOf, stepsWithin } from './plans.js';
import { rungsOf } from './race.js';
import { type Budget, budgetOf, type CompareRequest } from './request.js';

/** Samples per step of supervised training and fine-tuning. */
export const SUPERVISED_BATCH = 64;

/** What is known of the networks that take part. */
export type Networks = Pick<CompareConfig, 'plans' | 'encoders' | 'reference'>;

/** "resnet18, width 32" */
export function networkInWords({ training }: Pick<MethodPlan, 'training'>): string {
  return training.width === null ? training.backbone : `${training.backbone}, width ${training.width}`;
}

/** The network of a method or an encoder in words; null for a method that could not begin. */
export function networkOf(name: string, { plans, encoders }: Networks): string | null {
  const plan = plans[name];
  return typeof plan === 'object' ? networkInWords(plan) : (encoders[name]?.network ?? null);
}

/** Seconds of training per sample that passes the network of the baselines. */
export function secondsPerPass({ plans, encoders, reference }: Networks): number {
  const plan = plans[reference];
  return typeof plan === 'object' ? plan.secondsPerPass : encoders[reference]!.secondsPerPass;
}

/** What the work follows from. */
export interface Shares extends Networks {
  competitors: readonly Competitor[];
  blocks: readonly Block[];
  fresh: readonly Block[];
  train: Dataset;
  labelCount: number;
}

/** Reading features of so many samples as statistics. */
const REFERENCE = 2000;
/** Seconds of a scoring beside the reading of features. */
const PROBE_SECONDS = 2;
const LEAST_SECONDS = 1;
/** A share of the whole for calibration, packing and pictures. */
const WORK_SHARE = 0.95;

/** What each pretraining may take: as given, or a share of the time for all. */
export function settledBudget(request: CompareRequest, shares: Shares): Budget {
  const given = budgetOf(request);
  if ('each' in given) return given.each;
  const { trainings, scorings } = loadOf(request.halving, shares);
  const seconds = (WORK_SHARE * given.total - scorings * scoringSeconds(shares)) / Math.max(1, trainings);
  return { unit: 'seconds', amount: Math.max(LEAST_SECONDS, Math.round(seconds)) };
}

/** Trainings in units of the whole budget, and scorings, of all rungs, blocks and fresh blocks. */
export function loadOf(
  eta: number | null,
  { plans, competitors, blocks, fresh }: Shares,
): { trainings: number; scorings: number } {
  let methods = competitors.filter(({ name, kind }) => kind === 'method' && typeof plans[name] === 'object').length;
  const idle = competitors.filter(({ kind }) => kind !== 'method' && kind !== 'supervised').length;
  const supervised = competitors.filter(({ kind }) => kind === 'supervised').length;
  let [trainings, scorings] = [0, 0];
  for (const { share, isLast } of rungsOf(eta)) {
    const count = isLast ? blocks.length : 1;
    trainings += methods * share * count;
    scorings += methods * count;
    if (!isLast) methods = Math.min(methods, Math.max(2, Math.ceil(methods / eta!)));
  }
  const again = methods > 0 ? fresh.length : 0;
  trainings += supervised * (blocks.length + fresh.length) + again;
  scorings += (idle + supervised) * (blocks.length + fresh.length) + again;
  return { trainings, scorings };
}

export function scoringSeconds({ blocks, train, labelCount, ...networks }: Shares): number {
  const read = Math.min(REFERENCE, train.count) + (blocks[0]?.held?.length ?? 0) + labelCount;
  return PROBE_SECONDS + (read * secondsPerPass(networks)) / PASSES_PER_STEP;
}

/** Seconds of the longest training: of a method, or of supervised training where there is none. */
export function trainingSeconds({ plans, competitors, blocks, ...networks }: Shares, budget: Budget): number {
  const pool = blocks[0]!.pool.length;
  const methods = competitors.flatMap(({ name }) => {
    const plan = plans[name];
    return typeof plan === 'object' ? [secondsOf(plan, stepsWithin(plan, budget, pool), pool)] : [];
  });
  if (methods.length > 0) return Math.max(...methods);
  if (budget.unit === 'seconds') return budget.amount;
  const images = budget.unit === 'images' ? budget.amount : budget.amount * SUPERVISED_BATCH;
  return images * secondsPerPass({ plans, ...networks });
}
