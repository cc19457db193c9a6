/** The parts of a recipe, so that one fits on a line or two. */
import type { Recipe } from './method.js';

type Rule = Pick<Recipe, 'optimizer' | 'learningRate' | 'weightDecay' | 'momentum' | 'useNesterov'>;
type Course = Pick<Recipe, 'schedule' | 'warmupEpochs' | 'milestones' | 'gamma'>;

/** SGD with momentum 0.9 unless told otherwise. */
export const sgd = (
  learningRate: number,
  weightDecay: number,
  rest: Pick<Recipe, 'momentum' | 'useNesterov'> = {},
): Rule => ({ optimizer: 'sgd', learningRate, weightDecay, momentum: 0.9, ...rest });

export const lars = (learningRate: number, weightDecay: number): Rule => ({
  optimizer: 'lars',
  learningRate,
  weightDecay,
  momentum: 0.9,
});

export const adam = (learningRate: number, weightDecay = 0): Rule => ({ optimizer: 'adam', learningRate, weightDecay });

export const adamw = (learningRate: number, weightDecay: number): Rule => ({
  optimizer: 'adamw',
  learningRate,
  weightDecay,
});

/** A cosine to 0 after a linear warm-up. */
export const cosine = (warmupEpochs?: number): Course => ({
  schedule: 'cosine',
  ...(warmupEpochs === undefined ? {} : { warmupEpochs }),
});

/** The rate times `gamma` after each of these shares of the run. */
export const steps = (milestones: readonly number[], gamma = 0.1): Course => ({ schedule: 'step', milestones, gamma });

export const constant = (): Course => ({ schedule: 'constant' });
