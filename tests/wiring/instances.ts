/** Methods whose labels are the images themselves. */
import { ops } from '../../src/engine/index.js';
import { FLIP_IN_CROP, FOR_CPUS } from './reasons.js';
import { crop, gray, jitter, steps } from './steps.js';
import { positions, view } from './views.js';
import { type MadeViews, type Scene, sourced, type Wiring } from './wiring.js';

/** Instance discrimination, with whose stage local aggregation begins. */
export const instanceSteps = (size: number, least = 0.2) => ({
  augment: steps(crop(size, least, { interpolation: 'bilinear', flip: 0.5 }), gray(0.2), jitter(0.4, 0.4, 0.4, 0.4, 1)),
});

/** Of the test's data set. */
export const COUNT = 120;

export function instanceViews(scene: Scene): MadeViews {
  const { set, random, samples } = scene;
  const images = view(scene);
  const labels = positions(scene);
  if (set === 'small') return { images, labels };
  const others = ops.randint(0, COUNT, [samples.size(0), 4096], { dtype: 'int64', generator: random });
  return { images, labels, negatives: others };
}

export const instanceDiscrimination: Wiring = {
  code: 'zhirongw/lemniscate.pytorch',
  options: {
    paper: [
      sourced({ temperature: 0.07, negatives: 4096, projectionSize: 128, decay: 0.5 }, 'main.py:68-75'),
      sourced({ minimumScale: 0.2, grayProbability: 0.2, colorStrength: 0.4, useFlip: true }, 'main.py:118-122'),
    ],
    small: [sourced({ temperature: 0.1, negatives: 0 }, 'README.md:63')],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'resnet50' }, 'paper, section 4', 'the code begins with ResNet-18 (main.py:34)'),
      sourced({ epochs: 200, batchSize: 256 }, 'main.py:41-45'),
      sourced({ optimizer: 'sgd', learningRate: 0.03, momentum: 0.9, weightDecay: 1e-4 }, 'main.py:47-52'),
      sourced({ schedule: 'step', milestones: [120 / 200, 160 / 200], gamma: 0.1 }, 'main.py:255-263'),
    ],
    small: [
      sourced({ backbone: 'resnet18', batchSize: 128, epochs: 200 }, 'cifar.py:65, cifar.py:74, cifar.py:159'),
      sourced({ width: 32 }, FOR_CPUS),
      sourced({ optimizer: 'sgd', learningRate: 0.03, momentum: 0.9, weightDecay: 5e-4 }, 'cifar.py:30, cifar.py:110'),
      // From epoch 80 on the rate is times 0.1 to the power of (epoch - 80) // 40, which is 0 until 119.
      sourced({ schedule: 'step', milestones: [120 / 200, 160 / 200], gamma: 0.1 }, 'cifar.py:112-116'),
    ],
  },
  pipelines: {
    paper: sourced(instanceSteps(224), 'main.py:118-125', FLIP_IN_CROP),
    small: sourced(
      instanceSteps(32),
      'cifar.py:50-57',
      'one order and a flip as on ImageNet; this code distorts colors before it takes them away, and does not flip',
    ),
  },
  views: instanceViews,
};
