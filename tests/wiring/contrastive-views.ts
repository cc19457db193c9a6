/** Methods that compare whole views of images. */
import type { Description } from '../../src/augment/index.js';
import { ops } from '../../src/engine/index.js';
import { instanceSteps } from './instances.js';
import {
  AS_SIMCLR_ON_CIFAR,
  ENDS_AT_ZERO,
  FLIP_IN_CROP,
  FOR_CPUS,
  NARROW,
  PILLOW,
  RATE_IN_MOMENTUM,
} from './reasons.js';
import { blur, crop, gray, jitter, solarized, steps } from './steps.js';
import { doubled, pairOf, positions } from './views.js';
import { sourced, type Wiring } from './wiring.js';

/** SimCLR's views at this side and strength. */
const simclrSteps = (size: number, strength: number, ...rest: Description[]) =>
  steps(
    crop(size, 0.08, { interpolation: 'bicubic', flip: 0.5 }),
    jitter(0.8 * strength, 0.8 * strength, 0.8 * strength, 0.2 * strength, 0.8),
    gray(0.2),
    ...rest,
  );

/** Every residual block of a ResNet starts as the identity. */
function fromIdentity(from: string): NonNullable<Wiring['fields']> {
  const start = sourced({ backbone: { options: { zeroInitResidual: true } } }, from);
  return { paper: start, small: start };
}

const simclr: Wiring = {
  code: 'google-research/simclr',
  options: {
    paper: [
      sourced({ temperature: 0.1 }, 'run.py:191'),
      sourced({ projectionLayers: 2 }, 'paper, section 2.3', 'the code has the 3 of version 2 (run.py:207)'),
      sourced({ projectionSize: 128, hiddenSize: null }, 'run.py:203, model_util.py:144'),
      sourced({ normGroups: 1 }, 'run.py:216'),
      sourced({ minimumScale: 0.08 }, 'data_util.py:322'),
      sourced({ colorStrength: 1, useFlip: true }, 'run.py:240, data_util.py:471'),
      sourced({ grayProbability: 0.2, blurProbability: 0.5 }, 'data_util.py:393, data_util.py:417'),
    ],
    small: [sourced({ temperature: 0.5, colorStrength: 0.5, blurProbability: 0 }, 'README.md:79-85')],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'resnet50', batchSize: 4096 }, 'paper, section 2.3'),
      sourced({ epochs: 1000 }, 'paper, section 6', 'the ablations of section 2.3 have 100'),
      sourced(
        { optimizer: 'lars', learningRate: (0.3 * 4096) / 256, weightDecay: 1e-6 },
        'paper, section 2.3',
        'the README has the weight decay of version 2, 1e-4',
      ),
      sourced({ momentum: 0.9 }, 'run.py:175'),
      sourced({ schedule: 'cosine', warmupEpochs: 10 }, 'model_util.py:59-83'),
    ],
    small: [
      sourced({ backbone: 'resnet18' }, 'README.md:82'),
      sourced({ schedule: 'cosine' }, 'model_util.py:74-81'),
      sourced({ width: 32, epochs: 100, batchSize: 256, warmupEpochs: 1 }, FOR_CPUS),
      sourced(
        { optimizer: 'sgd', learningRate: 0.06, momentum: 0.9, weightDecay: 5e-4 },
        'ours: plain SGD, which needs no large batch; the README has LARS at 1 per 256 images',
      ),
    ],
  },
  fields: fromIdentity('resnet.py:395, resnet.py:480'),
  pipelines: {
    paper: sourced(
      { augment: simclrSteps(224, 1, blur(0.5)) },
      'data_util.py:74-77, data_util.py:317-325, data_util.py:387-394, data_util.py:409-414',
      `${FLIP_IN_CROP}; blurs mirror the image at its edges, where the code has black`,
    ),
    small: sourced({ augment: simclrSteps(32, 0.5) }, 'README.md:82-83'),
  },
  views: (scene) => ({ images: doubled(scene) }),
};

/** MoCo's second version and SimSiam. */
const mocoSteps = (size: number, least: number, ...rest: Description[]) =>
  steps(
    crop(size, least, { interpolation: 'bilinear', flip: 0.5 }),
    jitter(0.4, 0.4, 0.4, 0.1, 0.8),
    gray(0.2),
    ...rest,
  );

const NOTEBOOK = 'colab/moco_cifar10_demo.ipynb';

const moco: Wiring = {
  code: 'facebookresearch/moco',
  options: {
    paper: [
      sourced({ preset: 'v2', temperature: null, projectionLayers: null }, 'README.md:51, moco/builder.py:29-32'),
      sourced({ projectionSize: 128, queueSize: 65536, decay: 0.999 }, 'main_moco.py:83-88'),
      sourced({ normGroups: 8, useShuffle: true }, 'README.md:42, moco/builder.py:69-97'),
      sourced({ useSymmetricLoss: false }, 'moco/builder.py, forward'),
      sourced({ minimumScale: 0.2, useBlur: true }, 'main_moco.py:226-231'),
    ],
    small: [
      sourced({ temperature: 0.1, queueSize: 4096, decay: 0.99 }, `${NOTEBOOK}, cell 4`),
      sourced({ projectionLayers: 1 }, `${NOTEBOOK}, cell 8`),
      sourced({ minimumScale: 0.08, useBlur: false }, `${NOTEBOOK}, cell 6`),
    ],
  },
  fields: {
    paper: sourced({ temperature: 0.2 }, 'README.md:51'),
    small: sourced({ temperature: 0.1 }, `${NOTEBOOK}, cell 4`),
  },
  recipe: {
    paper: [
      sourced({ backbone: 'resnet50', epochs: 200, batchSize: 256 }, 'main_moco.py:35-46'),
      sourced({ optimizer: 'sgd', learningRate: 0.03, momentum: 0.9, weightDecay: 1e-4 }, 'main_moco.py:51-59'),
      sourced({ schedule: 'cosine' }, 'README.md:51, main_moco.py:375-376'),
    ],
    small: [
      sourced({ backbone: 'resnet18', epochs: 200, weightDecay: 5e-4, schedule: 'cosine' }, `${NOTEBOOK}, cell 4`),
      sourced(
        { batchSize: 256, learningRate: (0.06 * 256) / 512 },
        `${NOTEBOOK}, cell 4`,
        'half of its batch and rate',
      ),
      sourced({ optimizer: 'sgd', momentum: 0.9 }, `${NOTEBOOK}, cell 15`),
      sourced({ width: 32 }, FOR_CPUS),
    ],
  },
  pipelines: {
    paper: sourced({ augment: mocoSteps(224, 0.2, blur(0.5)) }, 'main_moco.py:225-235', PILLOW),
    small: sourced({ augment: mocoSteps(32, 0.08) }, `${NOTEBOOK}, cell 6`),
  },
  others: [
    sourced({ options: { preset: 'v1' }, pipelines: instanceSteps(224) }, 'main_moco.py:237-244', FLIP_IN_CROP),
    sourced(
      { options: { preset: 'v1', minimumScale: 0.08 }, pipelines: instanceSteps(224, 0.08) },
      'main_moco.py:237-244',
      FLIP_IN_CROP,
    ),
  ],
  views(scene) {
    const { transform, prepare, samples, random } = scene;
    const both = prepare(transform('augment')(ops.cat([samples, samples], 0), random));
    const order = ops.randperm(samples.size(0), { generator: random, dtype: 'int64' });
    return { images: both.chunk(2, 0), indices: positions(scene), order };
  },
};

/** BYOL's two views, which Barlow Twins and VICReg have too. */
const byolSteps = (size: number, hasBlur = true) => {
  const view = (probability: number, ...rest: Description[]) =>
    steps(
      crop(size, 0.08, { interpolation: 'bicubic', flip: 0.5 }),
      jitter(0.4, 0.4, 0.2, 0.1, 0.8),
      gray(0.2),
      ...(hasBlur ? [blur(probability)] : []),
      ...rest,
    );
  return { 'augments[0]': view(1), 'augments[1]': view(0.1, solarized(0.2)) };
};

const byol: Wiring = {
  code: 'google-deepmind/deepmind-research, folder byol',
  options: {
    paper: [
      sourced({ decay: 0.996 }, 'configs/byol.py, _EMA_PRESETS'),
      sourced({ projectionSize: 256, hiddenSize: 4096 }, 'configs/byol.py, network_config'),
      sourced({ usePredictor: true, useStopGradient: true }, 'byol_experiment.py, loss_fn'),
      sourced({ minimumScale: 0.08 }, 'utils/dataset.py, _decode_and_random_crop'),
      sourced({ useBlur: true }, 'utils/augmentations.py, augment_config'),
    ],
    small: [
      sourced({ decay: 0.99 }, 'configs/byol.py, _EMA_PRESETS', 'the preset of 100 and 300 epochs'),
      sourced({ hiddenSize: 512 }, NARROW),
      sourced({ useBlur: false }, AS_SIMCLR_ON_CIFAR),
    ],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'resnet50' }, 'configs/byol.py, network_config'),
      sourced(
        { epochs: 1000, learningRate: (0.2 * 4096) / 256, weightDecay: 1.5e-6 },
        'configs/byol.py, _LR_PRESETS and _WD_PRESETS; utils/schedules.py, learning_schedule',
      ),
      sourced({ batchSize: 4096 }, 'paper, section 3.3'),
      sourced({ optimizer: 'lars', momentum: 0.9 }, 'configs/byol.py, optimizer_config', RATE_IN_MOMENTUM),
      sourced({ schedule: 'cosine', warmupEpochs: 10 }, 'configs/byol.py, lr_schedule_config'),
    ],
    small: [
      sourced({ backbone: 'resnet18', width: 32, epochs: 200, batchSize: 256, warmupEpochs: 1 }, FOR_CPUS),
      sourced({ schedule: 'cosine' }, 'utils/schedules.py, learning_schedule'),
      sourced(
        { optimizer: 'sgd', learningRate: 0.12, momentum: 0.9, weightDecay: 5e-4 },
        'ours: plain SGD, which needs no large batch',
      ),
    ],
  },
  pipelines: {
    paper: sourced(
      byolSteps(224),
      'utils/augmentations.py, augment_config; utils/dataset.py, _preprocess_image',
      `${FLIP_IN_CROP}; brightness is a factor as in torchvision, where the code adds`,
    ),
    small: sourced(byolSteps(32, false), AS_SIMCLR_ON_CIFAR),
  },
  views: pairOf('augments[0]', 'augments[1]'),
};

const simsiam: Wiring = {
  code: 'facebookresearch/simsiam',
  options: {
    paper: [
      sourced({ projectionSize: 2048, predictorSize: 512 }, 'main_simsiam.py:86-89'),
      sourced({ projectionLayers: 3, hiddenSize: null }, 'simsiam/builder.py:26-35'),
      sourced({ usePredictorDecay: false }, 'README.md:32, main_simsiam.py:363-364'),
      sourced({ useStopGradient: true }, 'simsiam/builder.py:61'),
      sourced({ minimumScale: 0.2, useBlur: true }, 'main_simsiam.py:230-235'),
    ],
    small: [sourced({ projectionLayers: 2, useBlur: false }, 'paper, appendix D')],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'resnet50', epochs: 100, batchSize: 512 }, 'main_simsiam.py:40-55'),
      sourced(
        { optimizer: 'sgd', learningRate: (0.05 * 512) / 256, momentum: 0.9, weightDecay: 1e-4 },
        'main_simsiam.py:56-62, main_simsiam.py:157',
      ),
      sourced({ schedule: 'cosine' }, 'main_simsiam.py:361'),
    ],
    small: [
      sourced(
        { backbone: 'resnet18', optimizer: 'sgd', learningRate: 0.03, momentum: 0.9, weightDecay: 5e-4 },
        'paper, appendix D',
      ),
      sourced({ schedule: 'cosine' }, 'paper, appendix D'),
      sourced({ width: 32, epochs: 200, batchSize: 256 }, FOR_CPUS, 'the paper has 800 epochs with batches of 512'),
    ],
  },
  groups: sourced({ main: { constantRate: 1 } }, 'main_simsiam.py:193-195'),
  fields: fromIdentity('simsiam/builder.py:24'),
  pipelines: {
    paper: sourced({ augment: mocoSteps(224, 0.2, blur(0.5)) }, 'main_simsiam.py:229-239', PILLOW),
    small: sourced({ augment: mocoSteps(32, 0.2) }, 'paper, appendix D'),
  },
  views: pairOf(),
};

const barlowTwins: Wiring = {
  code: 'facebookresearch/barlowtwins',
  options: {
    paper: [
      sourced({ redundancyWeight: 0.0051 }, 'main.py:39'),
      sourced({ projectionSize: 8192, hiddenSize: 8192, projectionLayers: 3 }, 'main.py:41'),
      sourced({ minimumScale: 0.08, useBlur: true }, 'main.py:293-301'),
    ],
    small: [sourced({ projectionSize: 512, hiddenSize: 512 }, NARROW), sourced({ useBlur: false }, AS_SIMCLR_ON_CIFAR)],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'resnet50' }, 'main.py:191'),
      sourced({ epochs: 1000, batchSize: 2048, weightDecay: 1e-6 }, 'main.py:29-38'),
      sourced({ optimizer: 'lars', momentum: 0.9 }, 'main.py:99-101, main.py:225', RATE_IN_MOMENTUM),
      sourced({ learningRate: (0.2 * 2048) / 256 }, 'main.py:33, main.py:158'),
      sourced({ schedule: 'cosine', warmupEpochs: 10 }, 'main.py:155-168', ENDS_AT_ZERO),
    ],
    small: [
      sourced({ backbone: 'resnet18', width: 32, epochs: 200, batchSize: 256, warmupEpochs: 1 }, FOR_CPUS),
      sourced({ schedule: 'cosine', weightDecay: 1e-6 }, 'main.py:37, main.py:164'),
      sourced(
        { optimizer: 'adam', learningRate: 1e-3 },
        'ours: the loss grows with the embedding, whose scale Adam does not mind',
      ),
    ],
  },
  groups: sourced({ main: { normAndBiasRateFactor: 0.0048 / 0.2 } }, 'main.py:33-36, main.py:167-168'),
  fields: fromIdentity('main.py:191'),
  pipelines: {
    paper: sourced(byolSteps(224), 'main.py:292-321', PILLOW),
    small: sourced(byolSteps(32, false), AS_SIMCLR_ON_CIFAR),
  },
  views: pairOf('augments[0]', 'augments[1]'),
};

const vicreg: Wiring = {
  code: 'facebookresearch/vicreg',
  options: {
    paper: [
      sourced({ invarianceWeight: 25, varianceWeight: 25, covarianceWeight: 1 }, 'main_vicreg.py:58-63'),
      sourced({ deviation: 1 }, 'main_vicreg.py:207'),
      sourced({ projectionSize: 8192, hiddenSize: 8192, projectionLayers: 3 }, 'main_vicreg.py:44'),
      sourced({ minimumScale: 0.08, useBlur: true }, 'augmentations.py:41-54'),
    ],
    small: [sourced({ projectionSize: 512, hiddenSize: 512 }, NARROW), sourced({ useBlur: false }, AS_SIMCLR_ON_CIFAR)],
  },
  recipe: {
    paper: [
      sourced(
        { backbone: 'resnet50', epochs: 1000, batchSize: 2048, learningRate: (0.2 * 2048) / 256 },
        'README.md:80, main_vicreg.py:170',
      ),
      sourced({ optimizer: 'lars', momentum: 0.9 }, 'main_vicreg.py:109-115, main_vicreg.py:251', RATE_IN_MOMENTUM),
      sourced({ weightDecay: 1e-6 }, 'main_vicreg.py:54'),
      sourced({ schedule: 'cosine', warmupEpochs: 10 }, 'main_vicreg.py:167-178', ENDS_AT_ZERO),
    ],
    small: [
      sourced({ backbone: 'resnet18', width: 32, epochs: 200, batchSize: 256, warmupEpochs: 1 }, FOR_CPUS),
      sourced({ schedule: 'cosine', weightDecay: 1e-6 }, 'main_vicreg.py:54, main_vicreg.py:176'),
      sourced({ optimizer: 'adam', learningRate: 1e-3 }, 'ours: as for Barlow Twins'),
    ],
  },
  fields: fromIdentity('main_vicreg.py:190'),
  pipelines: {
    paper: sourced(byolSteps(224), 'augmentations.py:39-84', PILLOW),
    small: sourced(byolSteps(32, false), AS_SIMCLR_ON_CIFAR),
  },
  views: pairOf('augments[0]', 'augments[1]'),
};

/** No code of the authors is published; this one holds the sizes of the heads. */
const SOLO_LEARN = 'vturrisi/solo-learn: bash_files/run_nnclr.sh';

const nnclr: Wiring = {
  options: {
    paper: [
      sourced({ temperature: 0.1, queueSize: 98304, useNeighbors: true }, 'paper, on its implementation'),
      sourced({ projectionSize: 256, hiddenSize: 2048, projectionLayers: 3 }, SOLO_LEARN),
      sourced({ predictorSize: 4096 }, SOLO_LEARN),
      sourced(
        { colorStrength: 1, grayProbability: 0.2, minimumScale: 0.08, useBlur: true },
        'paper, on its implementation: the views of SimCLR',
      ),
    ],
    small: [
      sourced({ queueSize: 4096, hiddenSize: 512, projectionSize: 128, predictorSize: 512 }, NARROW),
      sourced({ colorStrength: 0.5, useBlur: false }, AS_SIMCLR_ON_CIFAR),
    ],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'resnet50', epochs: 1000, batchSize: 4096 }, 'paper, on its implementation'),
      sourced(
        { optimizer: 'lars', learningRate: (0.3 * 4096) / 256, weightDecay: 1e-6, momentum: 0.9 },
        'paper, on its implementation',
      ),
      sourced({ schedule: 'cosine', warmupEpochs: 10 }, 'paper, on its implementation'),
    ],
    small: [
      sourced({ backbone: 'resnet18', width: 32, epochs: 200, batchSize: 256, warmupEpochs: 1 }, FOR_CPUS),
      sourced({ schedule: 'cosine' }, 'paper, on its implementation'),
      sourced(
        { optimizer: 'sgd', learningRate: 0.06, momentum: 0.9, weightDecay: 5e-4 },
        'ours: plain SGD, which needs no large batch',
      ),
    ],
  },
  fields: fromIdentity('ours: as SimCLR, whose views and rates the paper takes'),
  pipelines: {
    paper: sourced(
      { augment: simclrSteps(224, 1, blur(0.5)) },
      'paper, on its implementation: the views of SimCLR',
      FLIP_IN_CROP,
    ),
    small: sourced({ augment: simclrSteps(32, 0.5) }, AS_SIMCLR_ON_CIFAR),
  },
  views: (scene) => ({ ...pairOf()(scene), indices: positions(scene) }),
};

export const contrastiveViews: Readonly<Record<string, Wiring>> = {
  ...{ simclr, moco, byol, simsiam, vicreg, nnclr },
  'barlow-twins': barlowTwins,
};
