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
      'trustRatios(params, gradients, this.trustCoefficient)',
      'trustRatios(params, batch.gradients, this.trustCoefficient)',
    ],
    ['all parameters are adapted', 'if (group.isAdapted) {', 'if (group) {'],
    ['the rate is outside of the momentum', 'ratios.mul(group.learningRate).unbind()', 'ratios.unbind()'],
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
  ...changesOf(
    'engine/optim/trust-ratio.ts',
    [
      [
        'a ratio of 0 stands where a norm is 0',
        'where(hasBoth, ratios, onesLike(ratios))',
        'where(hasBoth, ratios, onesLike(ratios).mul(0))',
      ],
      [
        'the ratio is upside down',
        'weightNorms.mul(coefficient).div(updateNorms)',
        'updateNorms.mul(coefficient).div(weightNorms)',
      ],
      [
        'an update of zeros has the ratio of its weights',
        'weightNorms.gt(0).logicalAnd(updateNorms.gt(0))',
        'updateNorms.gt(0)',
      ],
    ],
    ['src/engine/optim/lars.test.ts', 'src/engine/optim/lamb.test.ts'],
  ),
  ...changesOf('engine/optim/lamb.ts', [
    ['LAMB does not decay', 'if (weightDecay > 0) foreachAdd_', 'if (weightDecay < 0) foreachAdd_'],
    ['LAMB adapts norms and biases, too', 'if (isAdapted) foreachAddcmul_', 'if (batch) foreachAddcmul_'],
    ['the bias is corrected always', 'if (!this.correctsBias) {', 'if (params.length < 0) {'],
    ['the bias is corrected never', 'if (!this.correctsBias) {', 'if (batch) {'],
    [
      'the eps of the corrected rule is not of the corrected root',
      'root.mul(this.eps).unbind()',
      'root.mul(0.5).unbind()',
    ],
    ['the first mean has the bias of the second', 'root.div(c1!)', 'root.div(c2!)'],
    [
      'the mean of squares is of the absolute gradient',
      'gradients, gradients, 1 - beta2',
      'gradients, gradients, 1 - beta1',
    ],
    [
      'steps are not counted',
      "foreachAddScalar_(batch.state('step'), 1);",
      "foreachAddScalar_(batch.state('step'), 2);",
    ],
    [
      'the ratio is of the update without decay',
      'trustRatios(params, updates).unbind()',
      'trustRatios(params, batch.gradients).unbind()',
    ],
  ]),
  ...changesOf('engine/optim/adafactor.ts', [
    ['the mean forgets at once', '.pow(-this.decayExponent)', '.pow(-0 * this.decayExponent)'],
    ['the mean counts one step only', 'steps[i]!.add_(1)', 'steps[i]!.mul_(0).add_(1)'],
    ['updates are not clipped', 'rms(update).div(this.clippingThreshold).clampMin(1)', 'rms(update).mul(0).add(1)'],
    ['small updates are blown up', 'div(this.clippingThreshold).clampMin(1)', 'div(this.clippingThreshold)'],
    ['the rate is absolute', 'rms(param).clampMin(this.leastScale)', 'rms(param).mul(0).add(1)'],
    ['parameters of zeros stay', '.clampMin(this.leastScale)', ''],
    ['Adafactor does not decay', 'if (weightDecay > 0) param', 'if (weightDecay < 0) param'],
    ['rows are not divided by their mean', 'row!.div(row!.mean(longest, true)).rsqrt()', 'row!.rsqrt()'],
    ['the mean of rows is over the shorter side', 'row!.mean(longest, true)', 'row!.mean(second, true)'],
    ['every matrix is factored', 'shape[second]! < this.leastFactored ?', 'shape[second]! < 0 ?'],
    ['the two shortest dimensions are factored', 'shape[b]! - shape[a]!', 'shape[a]! - shape[b]!'],
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
    ['the root falls from the first step on', 'Math.max(progress, plateau)', 'Math.max(progress, 1)'],
    ['the rate falls by the step itself', 'Math.sqrt(plateau / Math.max', '(plateau / Math.max'],
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
  ...changesOf('engine/optim/optimizer.ts', [
    [
      'parameters with other state are updated in one batch',
      '[...entry.state.keys()].join()',
      'entry.id * 0',
      ['src/engine/optim/adafactor.test.ts'],
    ],
    [
      'state of a shape of its own is not checked',
      "return kind === 'count' ? [] : kind;",
      "return kind === 'count' ? [] : param.shape;",
    ],
  ]),
  ...changesOf('train/optimizers.ts', [
    ["a group's rate is the run's", 'training.learningRate * (group.learningRateFactor ?? 1)', 'training.learningRate'],
    ["a group's momentum is the run's", 'group.momentum ?? training.momentum', 'training.momentum'],
    ["a group's decay is the run's", 'group.weightDecay ?? training.weightDecay', 'training.weightDecay'],
    ["a group's rule is the run's", 'group.optimizer ?? training.optimizer', 'training.optimizer'],
    ["a group's betas are Adam's own", '...(betas && { betas }),', ''],
    ["a group's bias is corrected always", '...(correctsBias !== undefined && { correctsBias }),', ''],
    ["a group's sums begin at 0", '...(initialSum !== undefined && { initialSum }),', ''],
    [
      'the warm-up is counted in steps',
      'Math.round(training.warmupEpochs * stepsPerEpoch)',
      'Math.round(training.warmupEpochs)',
    ],
    ['milestones are counted in epochs', 'Math.round(share * totalSteps)', 'Math.round(share * stepsPerEpoch)'],
    ['LARS adapts norms and biases, too', "new Set(['lars', 'lamb',", "new Set(['adagrad', 'lamb',"],
    ['LAMB adapts norms and biases of a run', "'lamb', 'adamw', 'adafactor'])", "'adamw', 'adafactor'])"],
    [
      "LAMB has none of the group's terms",
      'new Lamb(parameters, { learningRate, weightDecay, ...ofAdam })',
      'new Lamb(parameters, { learningRate, weightDecay })',
    ],
    ['the plateau is cut off', '(training.milestones[0] ?? 0) * totalSteps', '0 * totalSteps'],
    ['the plateau ends before the warm-up', 'Math.max(1, warmup, Math.round', 'Math.max(1, Math.round'],
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
