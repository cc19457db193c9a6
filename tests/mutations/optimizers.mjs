/** Changes to update rules, schedules, and how a step uses them. See scripts/mutate.mjs. */
import { changesOf } from './lib/changes.mjs';

const RULES = ['src/engine/optim/optimizer.test.ts'];

export const mutations = [
  ...changesOf('engine/optim/sgd.ts', [
    ['momentum is never that of Nesterov', 'nesterov: this.useNesterov', 'nesterov: false', RULES],
    ['the first velocity is damped', 'isFirstStep: this.momentum !== 0 && batch.isFirst', 'isFirstStep: false', RULES],
    ['SGD has no weight decay', 'weightDecay: group.weightDecay,', 'weightDecay: 0,', RULES],
    ['SGD climbs', 'maximize: false', 'maximize: true', RULES],
  ]),
  ...changesOf('engine/optim/adam.ts', [
    ['the decays are swapped', 'beta1: this.betas[0]', 'beta1: this.betas[1]', RULES],
    [
      'AdamW decays through the gradient',
      'protected override readonly kernel = fusedAdamw_;',
      'protected override readonly kernel = fusedAdam_;',
      RULES,
    ],
    ['steps are counted twice', '? FAR : 1)', '? FAR : 2)', RULES],
    ['the bias is corrected where it is to stay', 'const FAR = 1e9;', 'const FAR = 1;'],
    ['both betas are the first', 'beta2: this.betas[1]', 'beta2: this.betas[0]', RULES],
  ]),
  ...changesOf('engine/optim/adagrad.ts', [
    [
      'sums of squares begin at 0 whatever is asked',
      'if (batch.isFirst && this.initialSum > 0)',
      'if (batch.isFirst && this.initialSum < 0)',
    ],
    [
      'sums of squares begin anew at each step',
      'if (batch.isFirst && this.initialSum > 0)',
      'if (this.initialSum > 0)',
    ],
  ]),
  ...changesOf('engine/optim/lars.ts', [
    [
      'the trust ratio is of the gradient without decay',
      '#rates(params, gradients, group.learningRate)',
      '#rates(params, batch.gradients, group.learningRate)',
    ],
    ['all parameters are adapted', 'if (group.isAdapted) foreach', 'if (group) foreach'],
    [
      'the rate is outside of the momentum',
      'onesLike(ratios)).mul(learningRate).unbind()',
      'onesLike(ratios)).unbind()',
    ],
    [
      'a ratio of 0 stands where a norm is 0',
      'where(hasBoth, ratios, onesLike(ratios))',
      'where(hasBoth, ratios, onesLike(ratios).mul(0))',
    ],
    [
      'the ratio is upside down',
      'weightNorms.mul(this.trustCoefficient).div(gradientNorms)',
      'gradientNorms.mul(this.trustCoefficient).div(weightNorms)',
    ],
    ['the velocity is not decayed', 'foreachMulScalar_(velocities, this.momentum);', ''],
  ]),
  ...changesOf('engine/optim/adagrad.ts', [
    [
      'Adagrad forgets its penalty off the CPU',
      'const penalized = group.weightDecay === 0 ? gradients :',
      'const penalized = group.weightDecay !== 0 ? gradients :',
    ],
    [
      'epsilon is inside of the root',
      '  const scales = foreachSqrt(sums);\n  foreachAddScalar_(scales, eps);',
      '  foreachAddScalar_(sums, eps);\n  const scales = foreachSqrt(sums);',
    ],
    ['Adagrad has no weight decay', 'weightDecay: group.weightDecay,', 'weightDecay: 0,'],
  ]),
  ...changesOf('engine/optim/clip.ts', [
    ['small gradients are blown up', '.mul(maxNorm).clampMax(1)', '.mul(maxNorm)'],
    ['each gradient is clipped by itself', 'const norm = norms.vectorNorm();', 'const norm = norms.amax();'],
    [
      'the norm after clipping is returned',
      '      return norm;',
      '      return stack(foreachNorm(gradients)).vectorNorm();',
    ],
  ]),
  ...changesOf('engine/optim/groups.ts', [
    [
      'norms and biases decay, too',
      '{ ...excluded, weightDecay: 0, isAdapted: false',
      '{ ...excluded, weightDecay, isAdapted: false',
    ],
    ['only scalars are spared', 'param.ndim <= 1', 'param.ndim < 1'],
    [
      'the schedule moves what should stay',
      'constant.has(param) !== isScheduled',
      'constant.has(param) === isScheduled',
    ],
    ['a parameter of two modules is listed twice', '!seen.has(param) && seen.add(param)', 'seen.add(param)'],
  ]),
  ...changesOf('engine/optim/schedule.ts', [
    ['the cosine is a whole one', 'Math.cos(Math.PI * share)', 'Math.cos(2 * Math.PI * share)'],
    ['the decay begins at the start of the warm-up', '(progress - warmup) / (total - warmup)', 'progress / total'],
    ['a milestone takes effect one step late', 'progress >= milestone', 'progress > milestone'],
    ['the warm-up never begins at 0', 'progress / warmup : after', '(progress + 1) / warmup : after'],
    ['the end is added', 'final + (1 - final) * shape(share)', 'final + shape(share)'],
    [
      'beyond the end the rate rises again',
      'progress < total ? (progress - warmup)',
      'progress < 2 * total ? (progress - warmup)',
    ],
  ]),
  ...changesOf('engine/optim/optimizer.ts', [
    [
      'parameters without a gradient decay',
      'const gradient = entry.param.grad;',
      'const gradient = entry.param.grad ?? zerosLike(entry.param);',
    ],
    [
      'groups that no schedule moves are moved',
      'if (group.isScheduled) group.learningRate',
      'if (group) group.learningRate',
      ['src/train/optimizers.test.ts'],
    ],
    ['the rate decays from step to step', 'group.peakLearningRate * factor', 'group.learningRate * factor'],
    [
      'what was accumulated is lost when the network moves',
      'for (const [slot, value] of moved) value.copy_(entry.state.get(slot)!);',
      '',
    ],
    [
      'a gradient in another layout is used as it lies',
      'layoutOf(gradient) === entry.layout ? gradient :',
      'gradient.numel > 0 ? gradient :',
    ],
    [
      'a loaded state is zero',
      'for (const [slot, value] of entry.state) value.copy_(',
      'for (const [slot, value] of entry.state) void value.add(',
    ],
    [
      'an incomplete state is taken',
      'found.length !== 0 && found.length !== slots.length',
      'found.length > slots.length',
    ],
  ]),
  ...changesOf('train/optimizers.ts', [
    ["a group's rate is the run's", 'training.learningRate * (group.learningRateFactor ?? 1)', 'training.learningRate'],
    [
      "a group's momentum is the run's",
      'group.momentum ?? training.momentum',
      'training.momentum',
      ['tests/training.test.ts'],
    ],
    ["a group's decay is the run's", 'group.weightDecay ?? training.weightDecay', 'training.weightDecay'],
    [
      "a group's rule is the run's",
      'group.optimizer ?? training.optimizer',
      'training.optimizer',
      ['tests/training.test.ts'],
    ],
    ["a group's betas are Adam's own", '...(betas && { betas }),', ''],
    ["a group's bias is corrected always", '...(correctsBias !== undefined && { correctsBias }),', ''],
    ["a group's sums begin at 0", '...(initialSum !== undefined && { initialSum }),', ''],
    [
      'the warm-up is counted in steps',
      'Math.round(training.warmupEpochs * stepsPerEpoch)',
      'Math.round(training.warmupEpochs)',
    ],
    ['milestones are counted in epochs', 'Math.round(share * totalSteps)', 'Math.round(share * stepsPerEpoch)'],
    [
      'LARS adapts norms and biases, too',
      "sparesNormAndBias = kind === 'lars'",
      "sparesNormAndBias = kind === 'adagrad'",
    ],
    [
      'LARS has no momentum of the run',
      'new Lars(parameters, { learningRate, momentum, weightDecay })',
      'new Lars(parameters, { learningRate, weightDecay })',
    ],
    ['constant rates fall', '...(constantRate ? { constantRate } : {}),', ''],
    [
      'a cosine is a straight line',
      'return cosine({ total: totalSteps, warmup });',
      'return linear({ total: totalSteps, warmup });',
    ],
    [
      'the factor of the steps is 0.1',
      'step({ milestones, gamma: training.gamma, warmup })',
      'step({ milestones, warmup })',
    ],
  ]),
  ...changesOf('train/step.ts', [
    [
      'the schedule does nothing',
      'optimizer.scaleLearningRate(options.learningRateFactor);',
      '',
      ['tests/options.test.ts'],
    ],
    ['gradients are never forgotten', '  method.zeroGrad();\n', '', ['tests/training.test.ts']],
    [
      'gradients are not clipped',
      'options.clipNorm ?? Number.POSITIVE_INFINITY',
      'Number.POSITIVE_INFINITY',
      ['tests/options.test.ts'],
    ],
    [
      'a gradient that is not finite is used',
      'if (!Number.isFinite(norm)) throw',
      'if (norm === 1 / 3) throw',
      ['tests/training.test.ts'],
    ],
    [
      'a group without a loss of its own is differentiated',
      'if (!sharesLoss) propagate(',
      'propagate(',
      ['tests/training.test.ts'],
    ],
  ]),
  ...changesOf('train/epoch.ts', [
    [
      'optimizers of replaced parameters go on',
      'if (plan.resetGroups?.includes(group.name)) {',
      'if (plan.resetGroups?.includes(group.name) === undefined) {',
    ],
    ["the method's order is not followed", 'state.order = plan.order ?? null;', 'state.order = null;'],
  ]),
];
