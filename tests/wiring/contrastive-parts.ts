/** Methods that compare crops of several sizes, or places of images. */
import type { Description } from '../../src/augment/index.js';
import { ops } from '../../src/engine/index.js';
import { AS_SIMCLR_ON_CIFAR, ENDS_AT_ZERO, FOR_CPUS, NARROW, PILLOW } from './reasons.js';
import { blur, crop, cropOf, flipped, gray, jitter, solarized, steps } from './steps.js';
import { multiCropped, view } from './views.js';
import { type MadeViews, type Scene, sourced, type Wiring } from './wiring.js';

const multiCrop = (...groups: readonly { count: number; crop: Description }[]) => ({ name: 'multiCrop', groups });

const swavCrop = (size: number, scale: readonly [number, number], strength: number, hasBlur: boolean) =>
  steps(
    cropOf(size, scale, { interpolation: 'bilinear', flip: 0.5 }),
    jitter(0.8 * strength, 0.8 * strength, 0.8 * strength, 0.2 * strength, 0.8),
    gray(0.2),
    ...(hasBlur ? [blur(0.5)] : []),
  );

const SWAV_RUN = 'scripts/swav_800ep_pretrain.sh';

const swavCrops = {
  paper: multiCrop(
    { count: 2, crop: swavCrop(224, [0.14, 1], 1, true) },
    { count: 6, crop: swavCrop(96, [0.05, 0.14], 1, true) },
  ),
  small: multiCrop(
    { count: 2, crop: swavCrop(32, [0.3, 1], 0.5, false) },
    { count: 4, crop: swavCrop(14, [0.1, 0.3], 0.5, false) },
  ),
};

const swav: Wiring = {
  code: 'facebookresearch/swav',
  options: {
    paper: [
      sourced({ prototypes: 3000, temperature: 0.1, epsilon: 0.05, sinkhornRounds: 3 }, `${SWAV_RUN}:33-37`),
      sourced({ projectionSize: 128, frozenSteps: 313, queueSize: 0 }, `${SWAV_RUN}:36-43`),
      sourced({ hiddenSize: 2048, queueStartEpoch: 15 }, 'main_swav.py:71, main_swav.py:107'),
      sourced({ smallCrops: 6, minimumScale: 0.05, boundaryScale: 0.14 }, `${SWAV_RUN}:28-31`),
      sourced({ smallCropSize: null }, `${SWAV_RUN}:29`, 'null takes 3/7 of the side, which are 96 of 224'),
      sourced({ colorStrength: 1, blurProbability: 0.5 }, 'src/multicropdataset.py:71, src/multicropdataset.py:88'),
    ],
    small: [
      sourced({ prototypes: 128, hiddenSize: 512, queueSize: 1024 }, NARROW),
      sourced({ smallCrops: 4, minimumScale: 0.1, boundaryScale: 0.3 }, 'ours: 5 % of 32 pixels show nothing'),
      sourced({ epsilon: 0.03 }, 'ours: at 0.05 a small network is slow to leave the uniform assignment'),
      sourced({ frozenSteps: 100, queueStartEpoch: 5 }, 'ours: shorter runs'),
      sourced({ colorStrength: 0.5, blurProbability: 0 }, AS_SIMCLR_ON_CIFAR),
    ],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'resnet50', epochs: 800, batchSize: 64 * 64, weightDecay: 1e-6 }, `${SWAV_RUN}:10-48`),
      sourced({ learningRate: 4.8, warmupEpochs: 10 }, `${SWAV_RUN}:41-46`, ENDS_AT_ZERO),
      sourced(
        { optimizer: 'lars', momentum: 0.9 },
        'main_swav.py:171-177',
        'LARC with SGD: the rate is after the momentum',
      ),
      sourced({ schedule: 'cosine' }, 'main_swav.py:178-182'),
    ],
    small: [
      sourced({ backbone: 'resnet18', width: 32, epochs: 200, batchSize: 256, warmupEpochs: 1 }, FOR_CPUS),
      sourced({ schedule: 'cosine', weightDecay: 1e-6 }, `${SWAV_RUN}:44, main_swav.py:178-182`),
      sourced({ optimizer: 'adam', learningRate: 1e-3 }, 'ours: needs no large batch'),
    ],
  },
  groups: sourced({ main: { sparesNormAndBias: false } }, 'main_swav.py:171-177'),
  pipelines: {
    paper: sourced({ crop: swavCrops.paper }, 'src/multicropdataset.py:37-51, src/multicropdataset.py:64-94', PILLOW),
    small: sourced({ crop: swavCrops.small }, AS_SIMCLR_ON_CIFAR),
  },
  views: (scene) => ({ crops: multiCropped(scene, swavCrops[scene.set]) }),
};

const dinoCrop = (size: number, scale: readonly [number, number], blurred: number | null, ...rest: Description[]) =>
  steps(
    cropOf(size, scale, { interpolation: 'bicubic', flip: 0.5 }),
    jitter(0.4, 0.4, 0.2, 0.1, 0.8),
    gray(0.2),
    ...(blurred === null ? [] : [blur(blurred)]),
    ...rest,
  );

const dinoCrops = {
  paper: {
    'large[0]': dinoCrop(224, [0.4, 1], 1),
    'large[1]': dinoCrop(224, [0.4, 1], 0.1, solarized(0.2)),
    small: multiCrop({ count: 8, crop: dinoCrop(96, [0.05, 0.4], 0.5) }),
  },
  small: {
    'large[0]': dinoCrop(32, [0.4, 1], null),
    'large[1]': dinoCrop(32, [0.4, 1], null, solarized(0.2)),
    // 3/7 of 32 in whole patches of 4.
    small: multiCrop({ count: 4, crop: dinoCrop(12, [0.05, 0.4], null) }),
  },
};

const dino: Wiring = {
  code: 'facebookresearch/dino',
  options: {
    paper: [
      sourced({ outputSize: 65536, useHeadNorm: false, decay: 0.996 }, 'main_dino.py:55-65'),
      sourced({ hiddenSize: 2048, bottleneckSize: 256 }, 'vision_transformer.py:258'),
      sourced({ studentTemperature: 0.1, centerDecay: 0.9, useCentering: true }, 'main_dino.py:364-416'),
      sourced({ teacherTemperature: 0.04, frozenEpochs: 1 }, 'main_dino.py:71, main_dino.py:93'),
      sourced({ smallCrops: 8, minimumScale: 0.05, boundaryScale: 0.4 }, 'main_dino.py:108-117'),
      sourced({ smallCropSize: null }, 'main_dino.py:452', 'null takes 3/7 of the side, which are 96 of 224'),
      sourced({ colorStrength: 1, solarizeProbability: 0.2, useBlur: true }, 'main_dino.py:421-456'),
    ],
    small: [
      sourced({ outputSize: 1024, hiddenSize: 256, bottleneckSize: 64, smallCrops: 4 }, NARROW),
      sourced({ useHeadNorm: true }, 'ours: short runs with small batches need the norm in the head'),
      sourced({ decay: 0.99 }, 'ours: fits runs of fewer steps'),
      sourced({ useBlur: false }, AS_SIMCLR_ON_CIFAR),
    ],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'vit-small', epochs: 100, clipNorm: 3 }, 'main_dino.py:45, main_dino.py:87-92'),
      sourced({ batchSize: 1024 }, 'README.md:171', 'two nodes of eight GPUs with 64 images each'),
      sourced({ optimizer: 'adamw', learningRate: (0.0005 * 1024) / 256 }, 'main_dino.py:96-103, main_dino.py:239'),
      sourced({ weightDecay: 0.04 }, 'main_dino.py:82-86', 'constant; the code raises it to 0.4 along a cosine'),
      sourced({ schedule: 'cosine', warmupEpochs: 10 }, 'main_dino.py:99-102', ENDS_AT_ZERO),
    ],
    small: [
      sourced({ backbone: 'vit-micro', epochs: 200, batchSize: 128, learningRate: 1e-3 }, FOR_CPUS),
      sourced({ optimizer: 'adamw', weightDecay: 0.04, clipNorm: 3 }, 'main_dino.py:82-103'),
      sourced({ schedule: 'cosine', warmupEpochs: 10 }, 'main_dino.py:99-102'),
    ],
  },
  groups: sourced({ main: { sparesNormAndBias: true, clipsEach: true } }, 'utils.py:132-141, utils.py:632-643'),
  pipelines: {
    paper: sourced(dinoCrops.paper, 'main_dino.py:419-456', PILLOW),
    small: sourced(dinoCrops.small, AS_SIMCLR_ON_CIFAR),
  },
  architecture: 'vit-micro',
  views: (scene) => ({
    large: [view(scene, 'large[0]'), view(scene, 'large[1]')],
    small: multiCropped(scene, dinoCrops[scene.set].small),
  }),
};

/** AMDIM's shared flip, a view by each of two calls, and the place in each view that predicts. */
function placesViews({ transform, prepare, samples, random }: Scene): MadeViews {
  const mirrored = transform('flip')(samples, random);
  const images = [1, 2].map(() => transform('augment')(mirrored, random)).map(prepare);
  return { images, draws: ops.rand([2, samples.size(0)], { generator: random }) };
}

const AMDIM_COLORS = [jitter(0.4, 0.4, 0.4, 0.2, 0.8), gray(0.25)];
const AMDIM_CROP = { interpolation: 'bicubic', flip: 0, ratio: [0.7, 1.4] } as const;
const AMDIM_SHIFT = { name: 'padAndCrop', padding: 4, mode: 'reflect', p: 0.8 };

const amdim: Wiring = {
  code: 'Philip-Bachman/amdim-public',
  options: {
    paper: [
      sourced({ clip: 20 }, 'train.py:34'),
      sourced({ views: 'crop', colorStrength: 1, grayProbability: 0.25 }, 'datasets.py:133-138'),
    ],
    small: [sourced({ views: 'translate' }, 'datasets.py:86-109')],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'amdim', batchSize: 200, learningRate: 2e-4 }, 'train.py:16-37'),
      sourced(
        { epochs: 300, schedule: 'step', milestones: [250 / 300, 280 / 300], gamma: 0.2 },
        'task_self_supervised.py:129-131',
      ),
      sourced({ optimizer: 'adam', weightDecay: 1e-5 }, 'task_self_supervised.py:125-127'),
      sourced({ warmupEpochs: 1 }, 'task_self_supervised.py:60-64', '500 steps, of the 525 of an epoch of STL-10'),
    ],
    small: [
      sourced(
        { backbone: 'amdim', width: 32, epochs: 100, batchSize: 128, warmupEpochs: 1, schedule: 'cosine' },
        FOR_CPUS,
      ),
      sourced({ learningRate: 1e-3 }, 'ours: fits runs of fewer steps'),
      sourced({ optimizer: 'adam', weightDecay: 1e-5 }, 'task_self_supervised.py:125-127'),
    ],
  },
  groups: sourced({ main: { betas: [0.8, 0.999] } }, 'task_self_supervised.py:127'),
  pipelines: {
    paper: sourced(
      { flip: flipped, augment: steps(crop(128, 0.3, AMDIM_CROP), ...AMDIM_COLORS) },
      'datasets.py:128-159',
      'STL-10; on ImageNet the hue changes by 0.1 (datasets.py:173)',
    ),
    small: sourced({ flip: flipped, augment: steps(AMDIM_SHIFT, ...AMDIM_COLORS) }, 'datasets.py:91-120'),
  },
  size: { paper: 128 },
  views: placesViews,
};

const BOLTS = 'pl_bolts/models/self_supervised';

const yadimSteps = (size: number) => ({
  flip: flipped,
  augment: steps(crop(size, 0.3, AMDIM_CROP), AMDIM_SHIFT, ...AMDIM_COLORS, { name: 'singleChannel', p: 0.25 }),
});

const yadim: Wiring = {
  code: 'Lightning-Universe/lightning-bolts',
  options: {
    paper: [
      sourced(
        { clip: 10, isBidirectional: true },
        'pl_bolts/losses/self_supervised_learning.py, FeatureMapContrastiveTask',
      ),
      sourced({ minimumScale: 0.3 }, `${BOLTS}/cpc/transforms.py, CPCTrainTransformsSTL10`),
      sourced({ colorStrength: 1, grayProbability: 0.25 }, `${BOLTS}/cpc/transforms.py, CPCTrainTransformsSTL10`),
      sourced({ singleChannelProbability: 0.25 }, 'ours: the share is not published'),
    ],
    small: [],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'resnet34' }, 'ours: the encoder of the paper, a wide one, could not be checked'),
      sourced({ batchSize: 200, learningRate: 2e-4 }, `${BOLTS}/amdim/amdim_module.py, DATASET_STL10`),
      sourced({ optimizer: 'adam', weightDecay: 1e-5 }, `${BOLTS}/amdim/amdim_module.py, configure_optimizers`),
      sourced(
        { epochs: 300, schedule: 'step', milestones: [250 / 300, 280 / 300], gamma: 0.2, warmupEpochs: 1 },
        `${BOLTS}/amdim/amdim_module.py, configure_optimizers`,
        'there in a comment; the paper does not give its training',
      ),
    ],
    small: [
      sourced(
        { backbone: 'resnet18', width: 32, epochs: 100, batchSize: 128, warmupEpochs: 1, schedule: 'cosine' },
        FOR_CPUS,
      ),
      sourced({ optimizer: 'adam', learningRate: 1e-3, weightDecay: 1e-5 }, 'ours: as for AMDIM'),
    ],
  },
  groups: sourced({ main: { betas: [0.8, 0.999] } }, `${BOLTS}/amdim/amdim_module.py, configure_optimizers`),
  pipelines: {
    paper: sourced(
      yadimSteps(128),
      `${BOLTS}/cpc/transforms.py, CPCTrainTransformsCIFAR10 and CPCTrainTransformsSTL10`,
    ),
    small: sourced(yadimSteps(32), `${BOLTS}/cpc/transforms.py, CPCTrainTransformsCIFAR10 and CPCTrainTransformsSTL10`),
  },
  size: { paper: 128 },
  views: placesViews,
};

export const contrastiveParts: Readonly<Record<string, Wiring>> = { swav, dino, amdim, yadim };
