/** The parts of a card: the reference to a paper on arXiv, and those of a recipe, so that one fits on a line or two. */
import type { Paper, Recipe } from './method.js';

/** @param year of the publication, which may be later than that of the preprint */
export function arxiv(id: string, year: number, paper: Pick<Paper, 'title' | 'authors' | 'code'>): Paper {
  return { year, url: `https://arxiv.org/abs/${id}`, ...paper };
}

type Rule = Pick<Recipe, 'optimizer' | 'learningRate' | 'weightDecay' | 'momentum' | 'useNesterov'>;
type Course = Pick<Recipe, 'schedule' | 'warmupEpochs' | 'milestones' | 'gamma'>;
type SgdOptions = Pick<Recipe, 'momentum' | 'useNesterov'>;

/** SGD with momentum 0.9 unless told otherwise. */
export function sgd(learningRate: number, weightDecay: number, rest: SgdOptions = {}): Rule {
  return { optimizer: 'sgd', learningRate, weightDecay, momentum: 0.9, ...rest };
}

export function lars(learningRate: number, weightDecay: number): Rule {
  return { optimizer: 'lars', learningRate, weightDecay, momentum: 0.9 };
}

export const adam = (learningRate: number, weightDecay = 0): Rule => ({ optimizer: 'adam', learningRate, weightDecay });

export function adamw(learningRate: number, weightDecay: number): Rule {
  return { optimizer: 'adamw', learningRate, weightDecay };
}

/** Without weight decay; the rate is relative to the size of each parameter. */
export const adafactor = (learningRate: number): Rule => ({ optimizer: 'adafactor', learningRate, weightDecay: 0 });

/** A cosine to 0 after a linear warm-up. */
export function cosine(warmupEpochs?: number): Course {
  return { schedule: 'cosine', ...(warmupEpochs === undefined ? {} : { warmupEpochs }) };
}

/** A line to 0 after a linear warm-up. */
export function linear(warmupEpochs?: number): Course {
  return { schedule: 'linear', ...(warmupEpochs === undefined ? {} : { warmupEpochs }) };
}

/** The rate times `gamma` after each of these shares of the run. */
export const steps = (milestones: readonly number[], gamma = 0.1): Course => ({ schedule: 'step', milestones, gamma });

/** The full rate for this share of the run, then one over the square root of the step. */
export const inverseSqrt = (plateau: number): Course => ({ schedule: 'inverse-sqrt', milestones: [plateau] });

export const constant = (): Course => ({ schedule: 'constant' });
