/** Methods that turn, cut and shuffle images. */
import {
  cutPatches,
  grayChosen,
  keepOneChannel,
  resize,
  sampleChosen,
  toFloat,
  toUnitPower,
} from '../../src/augment/index.js';
import { ops, tensor } from '../../src/engine/index.js';
import { cutFrames, drawJourney, type StillPairs } from '../../src/methods/image/geometric/camera-motion.js';
import type { Egomotion } from '../../src/methods/image/geometric/egomotion.js';
import { drawLayout } from '../../src/methods/image/patches/blocks.js';
import type { Jigsaw } from '../../src/methods/image/patches/jigsaw.js';
import { cutTiles } from '../../src/methods/image/patches/tiles.js';
import { FOR_CPUS, NARROW } from './reasons.js';
import { flipped, gray, steps } from './steps.js';
import { sourced, type Wiring } from './wiring.js';

const ROTNET = 'config/CIFAR10_RotNet_NIN4blocks.py';

const rotNetSteps = {
  augment: steps({ name: 'padAndCrop', padding: 4, mode: 'zero', p: 1 }, flipped),
};

const rotation: Wiring = {
  code: 'gidariss/FeatureLearningRotNet',
  options: {
    paper: [
      sourced({ angles: [0, 90, 180, 270] }, 'dataloader.py:267-273'),
      sourced(
        { padding: null },
        'dataloader.py:152',
        'null takes an eighth of the side: 4 of 32; ImageNet has other crops',
      ),
      sourced({ useFlip: true }, 'dataloader.py:153'),
    ],
    small: [],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'nin', epochs: 200, batchSize: 128 }, `${ROTNET}:1, ${ROTNET}:23-32`),
      sourced(
        { optimizer: 'sgd', learningRate: 0.1, momentum: 0.9, useNesterov: true, weightDecay: 5e-4 },
        `${ROTNET}:31`,
      ),
      sourced({ schedule: 'step', milestones: [60 / 200, 120 / 200, 160 / 200], gamma: 0.02 / 0.1 }, `${ROTNET}:31`),
    ],
    small: [
      sourced(
        { backbone: 'resnet18', width: 32, epochs: 30, batchSize: 128, warmupEpochs: 0.5, schedule: 'cosine' },
        FOR_CPUS,
      ),
      sourced(
        { optimizer: 'sgd', learningRate: 0.1, momentum: 0.9, useNesterov: true, weightDecay: 5e-4 },
        `${ROTNET}:31`,
      ),
    ],
  },
  pipelines: {
    paper: sourced(rotNetSteps, 'dataloader.py:152-153'),
    small: sourced(rotNetSteps, 'dataloader.py:152-153'),
  },
  size: { paper: 32 },
  views({ transform, prepare, samples, random }) {
    // Pixels are padded before they are standardized (dataloader.py:246-249), so that the frame is black.
    const upright = prepare(transform('augment')(samples, random));
    const transposed = upright.transpose(2, 3);
    // dataloader.py:216-226
    const turned = [upright, transposed.flip([2]), upright.flip([2]).flip([3]), upright.flip([2]).transpose(2, 3)];
    const count = samples.size(0);
    return {
      images: ops.cat(turned, 0),
      labels: tensor(BigInt64Array.from({ length: 4 * count }, (_, i) => BigInt(Math.floor(i / count)))),
    };
  },
};

/** The network files of the code lie in another repository. */
const KITTI_NET = 'pulkitag/egomotion: base_files/kitti_siamese_window_conv5_cls-trn2-rot1_concat_conv.prototxt';

/** Of 224 pixels a side: (223 / 2 + sqrt(1/2)) / (sqrt(1/2) + sqrt(2) / 16 + sqrt(2) / 16) = 126.9; of 32: 18.3. */
const frames = (imageSize: number, side: number, bins: number) => ({
  frames: {
    name: 'cameraMotion',
    ...{ imageSize, side, degrees: ['x', 'y', 'rotation'], bins, isInside: true },
    ...{ shift: side / 8, angle: Math.PI / 6, zoom: 1.25, jitter: side / 16 },
  },
});

const egomotion: Wiring = {
  code: 'pulkitag/learning-to-see-by-moving',
  options: {
    paper: [
      sourced(
        { motions: ['x', 'y', 'rotation'] },
        'kitti_utils.py:get_pose_label',
        'over a still image right, down and around; of the car right, ahead and around',
      ),
      sourced({ bins: 20 }, 'kitti_utils.py:get_prms', 'the code has two more for what lies beyond; here nothing does'),
      sourced({ shift: 0.125, angle: 30, zoom: 1.25 }, 'ours: the motion of a camera over a still image'),
      sourced({ jitter: 0.0625 }, 'kitti_utils.py:get_prms', 'the code crops at random'),
      sourced({ borders: 'hidden' }, 'ours: black borders would give the motion away'),
      sourced({ useNorm: false }, `${KITTI_NET}, layers conv6, conv7, common_fc`),
      sourced({ topWidth: 256, hiddenSize: 500, dropout: 0.5 }, `${KITTI_NET}, layers conv6, conv7, common_fc, drop8`),
    ],
    small: [
      sourced({ bins: 9 }, 'ours: small frames have few pixels, and an odd number has a class for no motion'),
      sourced({ topWidth: 64, hiddenSize: 128, dropout: 0 }, NARROW),
      sourced({ useNorm: true }, 'ours: as in the backbones of small samples; what it changes is not measured'),
    ],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'caffenet' }, `${KITTI_NET}, layers conv1 to conv5`),
      sourced({ batchSize: 128 }, 'kitti_new.py:get_caffe_prms'),
      sourced({ epochs: 8 }, 'kitti_new.py:run_sun_layerwise_small_multiple', '60,000 batches of a million pairs'),
      sourced({ optimizer: 'sgd', learningRate: 0.001, weightDecay: 5e-4 }, 'kitti_new.py:get_solver'),
      sourced({ momentum: 0.9 }, 'pulkitag/pycaffe-utils: my_pycaffe_utils.py:make_solver'),
      sourced({ schedule: 'step', milestones: [1 / 3, 2 / 3], gamma: 0.5 }, 'kitti_new.py:get_caffe_prms, get_solver'),
    ],
    small: [
      sourced(
        { backbone: 'resnet18', width: 32, epochs: 60, batchSize: 64, schedule: 'cosine', warmupEpochs: 1 },
        FOR_CPUS,
      ),
      sourced({ optimizer: 'adam', learningRate: 1e-3, weightDecay: 0 }, FOR_CPUS),
    ],
  },
  pipelines: {
    paper: sourced(frames(224, 126, 20), 'ours: the largest frames that always lie inside of the image'),
    small: sourced(frames(32, 18, 9), 'ours: the largest frames that always lie inside of the image'),
  },
  lean: { topWidth: 8 },
  views({ prepare, samples, random, method }) {
    const { rule } = (method as unknown as Egomotion).frames as StillPairs;
    const { first, second, labels } = drawJourney(samples.size(0), rule, random);
    return {
      first: prepare(cutFrames(samples, first, rule)),
      second: prepare(cutFrames(samples, second, rule)),
      labels: tensor(BigInt64Array.from(labels, BigInt)).view([samples.size(0), 3]),
    };
  },
};

/** As the paper's at 671 pixels a side, which are its 450,000; sides in pixels. */
const BLOCKS = {
  paper: { patch: 96, gap: 48, jitter: 12, sides: [387, 671] as const },
  small: { patch: 8, gap: 4, jitter: 1, sides: [32, 32] as const },
};
const BLOCKS_PER_IMAGE = { paper: 4, small: 1 };

const patchPosition: Wiring = {
  code: 'cdoersch/deepcontext',
  options: {
    paper: [
      sourced(
        { patchSize: null, gap: null },
        'train.py:14-16',
        'null takes a quarter of the smallest image, and half of that',
      ),
      sourced(
        { jitter: null },
        'train.py:17',
        'null takes an eighth of a patch, 12 of 96 where the code has 7: small patches must move',
      ),
      sourced({ grids: 4 }, 'train.py:162', 'blocks of 2x2 patches instead of grids over the whole image'),
      sourced({ smallestScale: 0.577 }, 'train.py:177'),
      sourced({ color: 'drop' }, 'train.py:98-105', 'noise as faint as in the paper'),
      sourced({ pixelateProbability: 0.33, smallestPixelSide: 0.104 }, 'train.py:92-94'),
      sourced({ towerSize: 4096, headSize: 4096 }, 'train.py:65, train.py:78-79'),
      sourced({ useNormScale: false }, 'train.py:33-36'),
    ],
    small: [
      sourced({ grids: 1, smallestScale: 1, smallestPixelSide: 0.5 }, 'ours: small images have no pixels to spare'),
      sourced({ towerSize: 256, headSize: 256 }, NARROW),
    ],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'caffenet' }, 'train.py:54-65'),
      sourced({ batchSize: 32 }, 'train.py:15', '512 patches, 16 of each image'),
      sourced({ learningRate: 0.02 }, 'train.py:332', '1e-5 on the sum over some 2,000 pairs; here the mean'),
      sourced({ optimizer: 'sgd', momentum: 0, weightDecay: 0 }, 'solver_mko.prototxt:2, train.py:331-332'),
      sourced({ schedule: 'constant' }, 'solver_mko.prototxt:5'),
      sourced({ epochs: 35 }, 'ours: over a million steps of 32 images of ImageNet'),
    ],
    small: [
      sourced(
        { backbone: 'resnet18', width: 32, epochs: 60, batchSize: 64, warmupEpochs: 1, schedule: 'cosine' },
        FOR_CPUS,
      ),
      sourced({ optimizer: 'adam', learningRate: 1e-3, weightDecay: 0 }, 'ours: plain SGD needs weeks'),
    ],
  },
  pipelines: {
    paper: sourced(
      { patches: { name: 'cutBlocks', ...BLOCKS.paper }, pixelate: { name: 'pixelate', smallest: 0.104, p: 0.33 } },
      'train.py:14-17, train.py:92-96',
      'the code loses detail before it drops colors',
    ),
    small: sourced(
      { patches: { name: 'cutBlocks', ...BLOCKS.small }, pixelate: { name: 'pixelate', smallest: 0.5, p: 0.33 } },
      'train.py:92-96',
    ),
  },
  size: { paper: 671 },
  views({ transform, samples, random, set }) {
    const { side, places, first, second, labels } = drawLayout(
      samples.size(0),
      BLOCKS[set],
      BLOCKS_PER_IMAGE[set],
      random,
    );
    const cut = toFloat(cutPatches(resize({ size: side })(samples), places, BLOCKS[set].patch));
    const colorless = keepOneChannel(cut.sub(cut.mean([2, 3], true)), random);
    const index = (values: readonly number[]) => tensor(BigInt64Array.from(values, BigInt));
    return {
      patches: toUnitPower(transform('pixelate')(colorless, random)),
      ...{ first: index(first), second: index(second), labels: index(labels) },
    };
  },
};

const CUTS = {
  paper: { cell: 85, tile: 64, channelJitter: 2 },
  small: { cell: 10, tile: 8, channelJitter: 1 },
};

const jigsaw: Wiring = {
  code: 'MehdiNoroozi/JigsawPuzzleSolver',
  options: {
    paper: [
      sourced(
        { permutationCount: 64, permutationRule: 'affine', permutationSeed: 0 },
        'ours: the largest distance there is; the paper has 1000, the code 100',
      ),
      sourced(
        { cellSize: null, tileSize: null },
        'train_val_cfn_jps.prototxt:12-18',
        'null takes thirds of the image: 85 of 255, and 64 of these',
      ),
      sourced(
        { channelJitter: 2, grayProbability: 0.3, useTileNorm: true },
        'paper, on shortcuts',
        'the code has 50 % gray images, and no jitter or norm of tiles',
      ),
      sourced(
        { conv1Stride: null, tileFeatures: 512, headSize: 4096 },
        'paper, figure 3',
        "null takes the paper's 2 for tiles that are not small",
      ),
      sourced({ dropout: 0.5 }, 'train_val_cfn_jps.prototxt'),
    ],
    small: [
      sourced({ channelJitter: 1 }, 'ours: tiles of 8 pixels have gaps of 2'),
      sourced({ tileFeatures: 128, headSize: 512, dropout: 0 }, NARROW),
    ],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'caffenet', batchSize: 256 }, 'train_val_cfn_jps.prototxt:1, train_val_cfn_jps.prototxt:25'),
      sourced(
        { epochs: 70, schedule: 'step', milestones: [100 / 350, 200 / 350, 300 / 350], gamma: 0.1 },
        'solver_cfn_jps.prototxt:6-10',
        '350,000 steps of 256 images of ImageNet',
      ),
      sourced(
        { optimizer: 'sgd', learningRate: 0.01, momentum: 0.9, weightDecay: 5e-4 },
        'solver_cfn_jps.prototxt:5-12',
      ),
    ],
    small: [
      sourced(
        { backbone: 'resnet18', width: 32, epochs: 60, batchSize: 128, warmupEpochs: 1, schedule: 'cosine' },
        FOR_CPUS,
      ),
      sourced({ optimizer: 'adam', learningRate: 1e-3, weightDecay: 0 }, 'ours: fits runs of fewer steps'),
    ],
  },
  pipelines: {
    paper: sourced(
      { tiles: { name: 'cutTiles', ...CUTS.paper }, gray: gray(0.3) },
      'train_val_cfn_jps.prototxt:10-20; paper, on shortcuts',
    ),
    small: sourced({ tiles: { name: 'cutTiles', ...CUTS.small }, gray: gray(0.3) }, 'paper, on shortcuts'),
  },
  size: { paper: 256 },
  views({ prepare, samples, random, set, method }) {
    const chosen = sampleChosen(samples.size(0), 0.3, random);
    const cut = toFloat(cutTiles(samples, CUTS[set], random));
    const isGray = Array.from({ length: cut.size(0) }, (_, tile) => chosen[Math.floor(tile / 9)]!);
    const tiles = prepare(grayChosen(cut, isGray).to({ memoryFormat: 'channelsLast' }));
    const labels = ops.randint(0, 64, [samples.size(0)], { generator: random, dtype: 'int64' });
    return { tiles: (method as unknown as Jigsaw).shuffled(tiles, labels), labels };
  },
};

const countingSteps = (side: number) => ({
  augment: steps({ name: 'randomCrop', size: side }, gray(0.67)),
  shrink: { name: 'halve', ways: ['bilinear', 'bicubic', 'mean'] },
});

const counting: Wiring = {
  options: {
    paper: [
      sourced({ margin: 10 }, 'paper, equation 4'),
      sourced({ cropShare: 224 / 256, grayProbability: 0.67 }, 'paper, table 4: against shortcuts'),
      sourced({ hiddenSize: 4096, counts: 1000 }, 'paper, on the network: AlexNet with layers of 4096, 4096 and 1000'),
    ],
    small: [
      sourced({ counts: 64, hiddenSize: 256 }, NARROW),
      sourced({ cropShare: 1 }, 'ours: small images have no pixels to spare'),
    ],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'caffenet', learningRate: 1e-4 }, 'paper, on the experiments'),
      sourced(
        { schedule: 'step', milestones: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9], gamma: 0.9 ** 5 },
        'paper, on the experiments',
        'times 0.9 every 10,000 steps, which are a fiftieth of the run',
      ),
      sourced(
        { epochs: 100, batchSize: 256, optimizer: 'adam', weightDecay: 0 },
        'ours: not named in what was at hand',
      ),
    ],
    small: [
      sourced(
        { backbone: 'resnet18', width: 32, epochs: 60, batchSize: 128, warmupEpochs: 1, schedule: 'cosine' },
        FOR_CPUS,
      ),
      sourced({ optimizer: 'adam', learningRate: 1e-3, weightDecay: 0 }, 'ours: fits runs of fewer steps'),
    ],
  },
  pipelines: {
    paper: sourced(
      countingSteps(224),
      'paper, table 4: against shortcuts',
      'three of its four filters, without Lanczos',
    ),
    small: sourced(
      countingSteps(32),
      'paper, table 4: against shortcuts',
      'three of its four filters, without Lanczos',
    ),
  },
  size: { paper: 256 },
  views({ transform, prepare, samples, random }) {
    const images = transform('augment')(samples, random);
    const side = images.size(2) / 2;
    const small = transform('shrink')(images, random);
    const quarters = [
      [0, 0],
      [0, side],
      [side, 0],
      [side, side],
    ].map(([top, left]) => images.narrow(2, top!, side).narrow(3, left!, side));
    return { tiles: prepare(ops.cat([small, ...quarters])) };
  },
};

export const patches: Readonly<Record<string, Wiring>> = {
  rotation,
  egomotion,
  'patch-position': patchPosition,
  jigsaw,
  counting,
};
