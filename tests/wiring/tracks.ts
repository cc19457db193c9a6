/** Tracking patches. */
import { ops, type Tensor } from '../../src/engine/index.js';
import { FOR_CPUS, NARROW } from './reasons.js';
import { flipped } from './steps.js';
import { sourced, type Wiring } from './wiring.js';

const NETWORK = 'rank_scripts/rank_alexnet/imagenet_train.prototxt';
const SOLVER = 'rank_scripts/rank_alexnet/solver.prototxt';

export const trackingPatches: Wiring = {
  code: 'xiaolonw/caffe-video_triplet',
  options: {
    paper: [
      sourced({ negatives: 4, hardShare: 0.5 }, `${NETWORK}:325-331`),
      sourced({ margin: 0.5 }, 'README.md, Codes', 'one of the margins that it names; the released network has 1'),
      sourced(
        { randomShare: 0.25 },
        'README.md, Codes',
        'it says to begin with random negatives alone and not for how long',
      ),
      sourced({ hiddenSize: 4096, projectionSize: 1024 }, `${NETWORK}:249-311`),
      sourced({ useFlip: true }, `${NETWORK}:11`),
    ],
    small: [sourced({ hiddenSize: 512, projectionSize: 128 }, NARROW)],
  },
  recipe: {
    paper: [
      sourced(
        { backbone: 'caffenet' },
        `${NETWORK}:26-248`,
        'with batch norm in place of local response normalization, without groups',
      ),
      sourced({ batchSize: 100 }, `${NETWORK}:17`),
      sourced(
        { epochs: 10 },
        `${SOLVER}:7`,
        '400,000 steps are 10 passes over 4 million pairs, half of the 8 million that the name of its list speaks of',
      ),
      sourced({ optimizer: 'sgd', learningRate: 1e-3, momentum: 0.9, weightDecay: 5e-4 }, `${SOLVER}:2-9`),
      sourced({ schedule: 'step', milestones: [0.25, 0.5, 0.75], gamma: 0.1 }, `${SOLVER}:3-7`),
    ],
    small: [
      sourced({ backbone: 'resnet18', width: 16, epochs: 60, batchSize: 50, schedule: 'cosine' }, FOR_CPUS),
      sourced({ optimizer: 'adam', learningRate: 1e-3, weightDecay: 0 }, 'ours: fits runs of fewer steps'),
    ],
  },
  pipelines: { paper: sourced({ flip: flipped }, `${NETWORK}:11`), small: sourced({ flip: flipped }, `${NETWORK}:11`) },
  views({ samples, transform, prepare, random }) {
    const { patches, video } = samples as unknown as Record<'patches' | 'video', Tensor>;
    const items = transform('flip')(patches.flatten(0, 1), random);
    const count = video.size(0);
    return {
      patches: prepare(items),
      videos: ops.stack([video, video], 1).flatten(),
      draws: ops.rand([2, count, 2 * count], { generator: random }),
    };
  },
};
