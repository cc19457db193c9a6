import { Adagrad, Adam, AdamW, Lars, type Optimizer, parameterGroups, Sgd } from '../engine/optim/index.js';
import { constant, cosine, linear, type Schedule, step } from '../engine/optim/schedule.js';
import type { Method, OptimizerGroup } from '../methods/method.js';
import type { TrainingOptions } from './config.js';

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
  // LARS leaves norms and biases alone, as SimCLR and BYOL do, and so does AdamW in the codes of MAE, DINO and I-JEPA; the other rules
  // treat all parameters alike, as most papers.
  const { constantRate, normAndBiasRateFactor = 1, sparesNormAndBias = kind === 'lars' || kind === 'adamw' } = group;
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
    case 'step': {
      const milestones = training.milestones.map((share) => Math.round(share * totalSteps));
      return step({ milestones, gamma: training.gamma, warmup });
    }
  }
}
