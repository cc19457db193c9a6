import {
  Adafactor,
  Adagrad,
  Adam,
  AdamW,
  Lamb,
  Lars,
  type Optimizer,
  parameterGroups,
  Sgd,
} from '../engine/optim/index.js';
import { constant, cosine, inverseSqrt, linear, type Schedule, step } from '../engine/optim/schedule.js';
import type { Method, OptimizerGroup, OptimizerName } from '../methods/method.js';
import type { TrainingOptions } from './config.js';

/**
 * Rules that leave norms and biases without weight decay, and without the trust ratio where there is one: LARS in SimCLR and BYOL, LAMB in
 * ALBERT's code, AdamW in the codes of MAE, DINO and I-JEPA, and Adafactor, whose decay is decoupled too. The others treat all
 * parameters alike, as most papers.
 */
const SPARING: ReadonlySet<OptimizerName> = new Set(['lars', 'lamb', 'adamw', 'adafactor']);

/** An optimizer per group over the parameters that require a gradient. */
export function makeOptimizers(method: Method, stage: number, training: TrainingOptions): Map<string, Optimizer> {
  return new Map(method.optimizerGroups(stage).map((group) => [group.name, makeOptimizer(group, training)]));
}

export function makeOptimizer(group: OptimizerGroup, training: TrainingOptions): Optimizer {
  const learningRate = training.learningRate * (group.learningRateFactor ?? 1);
  const weightDecay = group.weightDecay ?? training.weightDecay;
  const momentum = group.momentum ?? training.momentum;
  const useNesterov = training.useNesterov && momentum > 0;
  const kind = group.optimizer ?? training.optimizer;
  const { constantRate, normAndBiasRateFactor = 1, sparesNormAndBias = SPARING.has(kind) } = group;
  const parameters = parameterGroups(group.modules, {
    weightDecay,
    excludeNormAndBias: sparesNormAndBias,
    ...(constantRate ? { constantRate } : {}),
  }).map((part) => (part.isAdapted ? part : { ...part, learningRate: learningRate * normAndBiasRateFactor }));
  const { betas, eps, correctsBias, initialSum } = group;
  const ofAdam = {
    ...(betas && { betas }),
    ...(eps !== undefined && { eps }),
    ...(correctsBias !== undefined && { correctsBias }),
  };
  switch (kind) {
    case 'sgd':
      return new Sgd(parameters, { learningRate, momentum, useNesterov, weightDecay });
    case 'lars':
      return new Lars(parameters, { learningRate, momentum, weightDecay });
    case 'lamb':
      return new Lamb(parameters, { learningRate, weightDecay, ...ofAdam });
    case 'adafactor':
      return new Adafactor(parameters, { learningRate, weightDecay });
    case 'adam':
      return new Adam(parameters, { learningRate, weightDecay, ...ofAdam });
    case 'adamw':
      return new AdamW(parameters, { learningRate, weightDecay, ...ofAdam });
    case 'adagrad':
      return new Adagrad(parameters, {
        ...{ learningRate, weightDecay },
        ...(eps !== undefined && { eps }),
        ...(initialSum !== undefined && { initialSum }),
      });
  }
}

/** Factor on the peak learning rate as a function of the step. */
export function makeSchedule(training: TrainingOptions, stepsPerEpoch: number, totalSteps: number): Schedule {
  const warmup = Math.round(training.warmupEpochs * stepsPerEpoch);
  switch (training.schedule) {
    case 'cosine':
      return cosine({ total: totalSteps, warmup });
    case 'linear':
      return linear({ total: totalSteps, warmup });
    case 'constant':
      return constant({ warmup });
    case 'inverse-sqrt': {
      const plateau = Math.max(1, warmup, Math.round((training.milestones[0] ?? 0) * totalSteps));
      return inverseSqrt({ plateau, warmup });
    }
    case 'step': {
      const milestones = training.milestones.map((share) => Math.round(share * totalSteps));
      return step({ milestones, gamma: training.gamma, warmup });
    }
  }
}
