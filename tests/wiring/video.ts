/** Methods that learn from videos. */

import { uniforms } from '../../src/augment/index.js';
import { ops, type Tensor, tensor } from '../../src/engine/index.js';
import { drawFive, FIVE_DRAWS, type TupleRule, tupleDraws, tuplesOf } from '../../src/methods/video/order-tuples.js';
import { FOR_CPUS, NARROW } from './reasons.js';
import { cropOf, flipped, jitter, steps } from './steps.js';
import { sourced, type Wiring } from './wiring.js';

const LAYER = 'python_layers/multiple_image_multiple_label_data_layer.py';
const TRAIN = 'networks/tuple_train.prototxt';
const SOLVER = 'networks/tuple_solver.prototxt';

/** Times in frames, at 10 a second. */
const TUPLES = {
  paper: { name: 'orderTuples', farthest: 24, margin: 6, leastDifference: 5e-4, usesMotion: true, negatives: 3 },
  small: { name: 'orderTuples', farthest: 12, margin: 3, leastDifference: 5e-4, usesMotion: true, negatives: 3 },
} as const;

const sameCrop = (size: number, ...more: readonly { name: string }[]) => ({
  name: 'overFrames',
  fold: 'channels',
  steps: [{ name: 'randomCrop', size }, ...more],
});

/** Every step-th pixel of a clip (T, C, H, W), so that about 16 a side are left: frame by frame. */
function coarse(clip: Tensor): Uint8Array {
  const step = Math.max(1, Math.floor(clip.size(2) / 16));
  const rows = Array.from({ length: Math.ceil(clip.size(2) / step) }, (_, i) => BigInt(i * step));
  const index = tensor(BigInt64Array.from(rows));
  return clip.indexSelect(2, index).indexSelect(3, index).contiguous().toTypedArray() as Uint8Array;
}

const shuffleAndLearn: Wiring = {
  code: 'imisra/shuffle-tuple',
  options: {
    paper: [
      sourced(
        { farthest: 2.4, margin: 0.6 },
        'ours: the text of the paper was not at hand, and the code reads a list of tuples',
      ),
      sourced({ leastDifference: 5e-4 }, 'ours: 2 % of the range of a pixel; the text of the paper was not at hand'),
      sourced({ motion: 'difference' }, 'paper, on sampling', 'differences of frames where the paper has optical flow'),
      sourced({ negatives: 3 }, 'paper, on the ratio of negatives: 75 %'),
      sourced(
        { cropShare: 227 / 256 },
        `${LAYER}:127-142`,
        'anywhere, where the layer has the corners and the middle of 256x340, if it is asked to crop',
      ),
      sourced({ useFlip: false }, `${LAYER}:223-226`),
      sourced({ frameSize: 4096, dropout: 0.5 }, `${TRAIN}:273-355`),
      sourced({ head: 'linear' }, `${TRAIN}:369-388`),
      sourced({ headSize: 128 }, 'ours: of the head that the code does not have'),
    ],
    small: [
      sourced({ farthest: 1.2, margin: 0.3 }, 'ours: for videos of about three seconds'),
      sourced({ cropShare: 1 }, 'ours: small frames have no pixels to spare'),
      sourced({ frameSize: 128, dropout: 0 }, NARROW),
      sourced({ head: 'mlp' }, 'ours: sums over the frames cannot say that one lies between two others'),
    ],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'caffenet' }, `${TRAIN}:1`, 'batch norm everywhere, where the code has it from conv3 on'),
      sourced(
        { batchSize: 32 },
        `${TRAIN}:13, ${SOLVER}:13`,
        'of clips, which give the 128 tuples of a step in the code',
      ),
      sourced({ optimizer: 'sgd', learningRate: 0.001, momentum: 0.9, weightDecay: 5e-4 }, `${SOLVER}:3-10`),
      sourced({ schedule: 'step', milestones: [80 / 100], gamma: 0.1 }, `${SOLVER}:4-8`),
      sourced({ epochs: 335 }, 'ours: the 100,000 steps of the code over the 9,537 videos of UCF101'),
    ],
    small: [
      sourced(
        { backbone: 'resnet18', width: 32, epochs: 60, batchSize: 64, warmupEpochs: 1, schedule: 'cosine' },
        FOR_CPUS,
      ),
      sourced({ optimizer: 'adam', learningRate: 1e-3, weightDecay: 0 }, 'ours: fits runs of fewer steps'),
    ],
  },
  pipelines: {
    paper: sourced({ augment: sameCrop(199), tuples: TUPLES.paper }, `${LAYER}:127-142`),
    small: sourced({ augment: sameCrop(32), tuples: TUPLES.small }, 'ours: small frames have no pixels to spare'),
  },
  others: [
    sourced(
      {
        options: { useFlip: true, motion: 'none', negatives: 1 },
        pipelines: {
          augment: sameCrop(199, flipped),
          tuples: { ...TUPLES.paper, usesMotion: false, negatives: 1 },
        },
      },
      `${LAYER}:127-142`,
    ),
  ],
  views({ transform, prepare, samples, random, set }) {
    const { negatives, name: _, ...rule } = TUPLES[set];
    const [count, frames] = samples.shape as [number, number];
    const [ofFive, ofTuples] = [FIVE_DRAWS, tupleDraws(negatives)].map((draws) => uniforms(count, draws, random));
    const clips = samples.unbind(0);
    const fives = clips.map((clip, i) => drawFive(coarse(clip), frames, rule satisfies TupleRule, ofFive!(i)));
    const chosen = ops.stack(
      clips.map((clip, i) => clip.indexSelect(0, tensor(BigInt64Array.from(fives[i]!, BigInt)))),
      0,
    );
    const tuples = clips.flatMap((_clip, i) =>
      tuplesOf(negatives, ofTuples!(i)).map(({ places, isInOrder }) => ({
        row: places.map((place) => 5 * i + place),
        isInOrder,
      })),
    );
    const integers = (values: readonly number[]) => tensor(BigInt64Array.from(values, BigInt));
    return {
      frames: prepare(transform('augment')(chosen, random).flatten(0, 1)),
      tuples: integers(tuples.flatMap(({ row }) => row)).view([-1, 3]),
      labels: integers(tuples.map(({ isInOrder }) => (isInOrder ? 1 : 0))),
    };
  },
};

/** `utils/augmentation.py` of DPC: the same crop and mirror for all frames, channels and colors of each by themselves. */
const clipSteps = (size: number) =>
  steps(
    {
      name: 'overFrames',
      fold: 'channels',
      steps: [{ ...cropOf(size, [0.5, 1], { interpolation: 'bilinear', flip: 0.5 }), size: [size, size] }],
    },
    { name: 'overFrames', fold: 'apart', steps: [{ name: 'singleChannel', p: 0.5 }, jitter(0.5, 0.5, 0.5, 0.25, 1)] },
  );

const cpcVideo: Wiring = {
  code: 'TengdaHan/DPC',
  options: {
    paper: [
      sourced({ blocks: 8, blockFrames: 5, predictedBlocks: 3 }, 'dpc/main.py:31-33'),
      sourced({ predictFrom: 'last' }, 'dpc/model_3d.py:62-71'),
      sourced({ layout: 'map' }, 'dpc/model_3d.py:81-83'),
      sourced(
        { contextSize: 256 },
        'backbone/select_backbone.py:5-7',
        'by a 1 x 1 convolution, where the code has as many as its last stage',
      ),
      sourced({ norm: 'batch' }, 'dpc/model_3d.py:28', 'with running statistics for evaluation'),
      sourced({ minimumScale: 0.5, useFlip: true }, 'utils/augmentation.py:156, dpc/main.py:127-128'),
      sourced({ channelProbability: 0.5, colorStrength: 1 }, 'dpc/main.py:129-130, utils/augmentation.py:245-250'),
    ],
    small: [
      sourced({ blockFrames: 1 }, 'ours: networks of images, frame by frame'),
      sourced({ predictFrom: 'all' }, 'ours: as CPC; more to learn from each clip'),
      sourced({ contextSize: 128 }, NARROW),
    ],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'r3d18' }, 'README.md, on training', 'nearest to its 2D3D-ResNet-18'),
      sourced({ epochs: 300, batchSize: 128 }, 'README.md, on training'),
      sourced(
        { optimizer: 'adam', learningRate: 1e-3, weightDecay: 1e-5, schedule: 'constant' },
        'dpc/main.py:36-37, dpc/main.py:81',
      ),
    ],
    small: [
      sourced(
        { backbone: 'resnet18', width: 32, epochs: 60, batchSize: 64, warmupEpochs: 1, schedule: 'cosine' },
        FOR_CPUS,
      ),
      sourced({ optimizer: 'adam', learningRate: 1e-3, weightDecay: 0 }, 'ours: fits runs of fewer steps'),
    ],
  },
  pipelines: {
    paper: sourced({ augment: clipSteps(48) }, 'dpc/main.py:126-133'),
    small: sourced({ augment: clipSteps(32) }, 'dpc/main.py:126-133'),
  },
  size: { paper: 48 },
  lean: { contextSize: 8 },
  views: ({ transform, prepare, samples, random }) => ({ clips: prepare(transform('augment')(samples, random)) }),
};

export const video: Readonly<Record<string, Wiring>> = {
  'shuffle-and-learn': shuffleAndLearn,
  'cpc-video': cpcVideo,
};
