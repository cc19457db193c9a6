import { Adagrad, Adam, AdamW, Lars, type Optimizer, parameterGroups, Sgd } from '../engine/optim/index.js';
import { constant, cosine, linear, type Schedule, step } from '../engine/optim/schedule.js';
import type { Method, Turn } from '../methods/method.js';
import type { TrainingOptions } from './config.js';

/** An optimizer per turn over the parameters that require a gradient. */
export function makeOptimizers(method: Method, stage: number, training: TrainingOptions): Map<string, Optimizer> {
  return new Map(method.turns(stage).map((turn) => [turn.name, makeOptimizer(turn, training)]));
}

export function makeOptimizer(turn: Turn, training: TrainingOptions): Optimizer {
  const learningRate = training.learningRate * (turn.learningRateFactor ?? 1);
  const weightDecay = turn.weightDecay ?? training.weightDecay;
  const momentum = turn.momentum ?? training.momentum;
  const useNesterov = training.useNesterov && momentum > 0;
  const kind = turn.optimizer ?? training.optimizer;
  // LARS leaves norms and biases alone, as SimCLR and BYOL do; the other rules treat all parameters alike, as most papers.
  const { constantRate, normAndBiasRateFactor = 1, sparesNormAndBias = kind === 'lars' } = turn;
  const groups = parameterGroups(turn.modules, {
    weightDecay,
    excludeNormAndBias: sparesNormAndBias,
    ...(constantRate ? { constantRate } : {}),
  }).map((group) => (group.isAdapted ? group : { ...group, learningRate: learningRate * normAndBiasRateFactor }));
  const betas = turn.betas ? { betas: turn.betas } : {};
  switch (kind) {
    case 'sgd':
      return new Sgd(groups, { learningRate, momentum, useNesterov, weightDecay });
    case 'lars':
      return new Lars(groups, { learningRate, momentum, weightDecay });
    case 'adam':
      return new Adam(groups, { learningRate, weightDecay, ...betas });
    case 'adamw':
      return new AdamW(groups, { learningRate, weightDecay, ...betas });
    case 'adagrad':
      return new Adagrad(groups, { learningRate, weightDecay });
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
