/** Motion segmentation. */
import { ops, type Tensor } from '../../src/engine/index.js';
import { FOR_CPUS } from './reasons.js';
import { crop, flipped, steps } from './steps.js';
import { sourced, type Wiring } from './wiring.js';

const NETWORK = 'motionseg/DeepMaskAlexNet.lua';
const UNPUBLISHED = 'ours: the code has the network alone';

const augment = (size: number) => ({
  augment: steps(crop(size, 0.5, { interpolation: 'bicubic', flip: 0, ratio: [1, 1] }), flipped),
});

export const motionSegmentation: Wiring = {
  code: 'pathak22/unsupervised-video',
  options: {
    paper: [
      sourced({ still: 0.4, moving: 0.7 }, 'ours: between them the votes disagree'),
      sourced({ targetStride: 4 }, 'ours: a mask of 56 pixels for a frame of 224'),
      sourced({ head: 'linear', headSize: 128 }, `${NETWORK}:createTrunk, createMaskBranch`, 'without the bottleneck'),
      sourced({ minimumScale: 0.5, useFlip: true }, UNPUBLISHED),
    ],
    small: [
      sourced(
        { head: 'decoder', headSize: 32 },
        'ours: a linear layer learns each place by itself, which takes many frames',
      ),
    ],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'caffenet' }, `${NETWORK}:createTrunk`, 'with batch norm, one of its variants'),
      sourced({ epochs: 30, batchSize: 128 }, UNPUBLISHED),
      sourced({ optimizer: 'sgd', learningRate: 0.01, momentum: 0.9, weightDecay: 5e-4 }, UNPUBLISHED),
      sourced({ schedule: 'step', milestones: [0.5, 0.75], gamma: 0.1 }, UNPUBLISHED),
    ],
    small: [
      sourced(
        { backbone: 'resnet18', width: 16, epochs: 60, batchSize: 32, schedule: 'cosine', warmupEpochs: 1 },
        FOR_CPUS,
      ),
      sourced({ optimizer: 'adam', learningRate: 1e-3, weightDecay: 0 }, FOR_CPUS),
    ],
  },
  pipelines: { paper: sourced(augment(224), UNPUBLISHED), small: sourced(augment(32), UNPUBLISHED) },
  views({ samples, transform, prepare, random }) {
    const { first, second } = samples as unknown as Record<'first' | 'second', Tensor>;
    const both = transform('augment')(ops.cat([first, second], 1).to('float32').div(255), random);
    const side = first.size(2) / 4;
    return { frames: prepare(both.narrow(1, 1, 3)), votes: ops.adaptiveAvgPool2d(both.narrow(1, 0, 1), side) };
  },
};
