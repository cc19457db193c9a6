/** Methods that make labels from the data, and the one that learns from rendered scenes. */
import { drawChanges, oneChannel, rotate90, toFloat, transformPatches } from '../../src/augment/index.js';
import { ops } from '../../src/engine/index.js';
import type { ClusteredMethod } from '../../src/methods/image/automatic-labels/clustered-method.js';
import type { DeeperCluster } from '../../src/methods/image/automatic-labels/deeper-cluster.js';
import type { Exemplar } from '../../src/methods/image/automatic-labels/exemplar.js';
import type { SyntheticImagery } from '../../src/methods/image/automatic-labels/synthetic-imagery.js';
import { SceneSupply } from '../../src/methods/memory/scene-supply.js';
import { MEAN, STD } from './generative.js';
import { instanceSteps, instanceViews } from './instances.js';
import { FLIP_IN_CROP, FOR_CPUS, NARROW } from './reasons.js';
import { crop, flipped, steps } from './steps.js';
import { positions, view } from './views.js';
import { sourced, type Wiring } from './wiring.js';

/** It follows how the seeds are drawn. */
const LIST = 'paper, on the surrogate classes: list of transformations';

/** The ranges of the paper's list of transformations. */
const exemplarChanges = (side: number) => ({
  patches: {
    name: 'changePatches',
    side,
    strength: 1,
    ...{ translation: 0.2, scale: [0.7, 1.4], degrees: 20, contrast: [0.5, 2] },
    ...{ power: [0.25, 4], factor: [0.7, 1.4], added: 0.1, hue: 0.1 },
  },
});

const exemplar: Wiring = {
  options: {
    paper: [
      sourced(
        { seedPatches: 8000, patchSize: null },
        'paper, figure 3: the best number of classes',
        'null takes its 32 pixels, a third of images above 96',
      ),
      sourced({ strength: 1 }, LIST),
      sourced(
        { hiddenSize: 512, dropout: 0.5 },
        'paper, on its networks: 64c5-128c5-256c5-512f',
        'the dropout of AlexNet',
      ),
    ],
    small: [sourced({ dropout: 0 }, 'ours: small networks in short runs')],
  },
  recipe: {
    paper: [
      sourced({ learningRate: 0.01, momentum: 0.9, optimizer: 'sgd' }, 'paper, appendix B.2'),
      sourced(
        { epochs: 150 },
        'paper, figure 4',
        'a visit is one transformed patch of each seed; about 100 of them suffice',
      ),
      sourced(
        { schedule: 'step', gamma: 1 / 3, milestones: [0.5, 0.7, 0.9] },
        'paper, appendix B.2',
        'a third each time; by a validation set there',
      ),
      sourced({ backbone: 'alexnet', batchSize: 128, weightDecay: 0 }, 'ours: not published in what was at hand'),
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
    paper: sourced(exemplarChanges(32), LIST, 'drawn at every visit; factors and powers evenly on a log scale'),
    small: sourced(exemplarChanges(32), LIST, 'drawn at every visit; factors and powers evenly on a log scale'),
  },
  size: { paper: 96 },
  views({ prepare, samples, indices, random, method }) {
    const { corners, classes } = method as unknown as Exemplar;
    const rows = corners.toList() as [number, number][];
    const places = indices.map((i) => ({ top: rows[i]![0], left: rows[i]![1] }));
    const changes = drawChanges(indices.length, 3, 1, random);
    const all = classes.toList() as number[];
    return {
      patches: prepare(transformPatches(toFloat(samples), places, 32, changes)),
      labels: ops.cat(indices.map((i) => ops.full([1], all[i]!, { dtype: 'int64' }))),
    };
  },
};

const clusterCrop = (size: number, least: number) => ({
  crop: crop(size, least, { interpolation: 'bilinear', flip: 0.5 }),
});
const OBJECTS_FILL = 'ours: objects fill small images, of which smaller crops miss them';

const deepCluster: Wiring = {
  code: 'facebookresearch/deepcluster',
  options: {
    paper: [
      sourced({ clusters: null }, 'main.sh:13', 'null takes one per 128 images, which are its 10,000 of ImageNet'),
      sourced({ reassignEvery: 1, pcaSize: 256, iterations: 20 }, 'main.py:45, clustering.py:76, clustering.py:168'),
      sourced({ hiddenSize: 4096, useSobel: true }, 'models/alexnet.py:25-30, main.sh:21'),
      sourced({ minimumScale: 0.08, useFlip: true }, 'clustering.py:142-143'),
    ],
    small: [sourced({ hiddenSize: 0, pcaSize: 64 }, NARROW), sourced({ minimumScale: 0.25 }, OBJECTS_FILL)],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'caffenet', epochs: 200, batchSize: 256 }, 'main.py:50-55, models/alexnet.py:16-18'),
      sourced(
        { optimizer: 'sgd', learningRate: 0.05, momentum: 0.9, weightDecay: 10 ** -5 },
        'main.sh:11-12, main.py:84-89',
      ),
      sourced({ schedule: 'constant' }, 'main.py:142-213'),
    ],
    small: [
      sourced({ backbone: 'resnet18', width: 32, epochs: 100, batchSize: 128 }, FOR_CPUS),
      sourced(
        { optimizer: 'sgd', learningRate: 0.05, momentum: 0.9, weightDecay: 10 ** -5, schedule: 'constant' },
        'main.sh:11-12',
      ),
    ],
  },
  groups: sourced({ main: {}, head: { optimizer: 'sgd', momentum: 0, sharesLoss: true } }, 'main.py:234-239'),
  pipelines: {
    paper: sourced(clusterCrop(224, 0.08), 'clustering.py:142-145', FLIP_IN_CROP),
    small: sourced(clusterCrop(32, 0.25), 'clustering.py:142-145', OBJECTS_FILL),
  },
  views: (scene) => ({
    images: view(scene, 'crop'),
    labels: (scene.method as unknown as ClusteredMethod<never, never>).clusters.of(scene.indices),
  }),
};

const deeperCluster: Wiring = {
  code: 'facebookresearch/DeeperCluster',
  options: {
    paper: [
      sourced(
        { clusters: null },
        'main.sh:20, main.sh:31',
        'null takes one per 300 images, which are its 320,000 of 96 million',
      ),
      sourced({ superClusters: 4 }, 'main.sh:29-30', '16 super-classes: clusters times rotations'),
      sourced({ reassignEvery: 3, pcaSize: 4096, iterations: 10 }, 'main.sh:27-28, main.sh:34'),
      sourced({ hiddenSize: 4096, useSobel: true }, 'src/model/vgg16.py, main.sh:22'),
      sourced({ minimumScale: 0.08, useFlip: true }, 'src/data/loader.py:54-55'),
    ],
    small: [sourced({ hiddenSize: 0, pcaSize: 64 }, NARROW), sourced({ minimumScale: 0.25 }, OBJECTS_FILL)],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'vgg16', epochs: 100, batchSize: 48 * 64 }, 'main.sh:25-26, main.sh:35, README.md:12'),
      sourced(
        { optimizer: 'sgd', learningRate: 0.1, momentum: 0.9, weightDecay: 1e-5 },
        'main.sh:23-24, src/model/model_factory.py:128-134',
      ),
      sourced({ schedule: 'constant' }, 'main.py'),
    ],
    small: [
      sourced({ backbone: 'resnet18', width: 32, epochs: 100, batchSize: 128 }, FOR_CPUS),
      sourced(
        { optimizer: 'sgd', learningRate: 0.1, momentum: 0.9, weightDecay: 1e-5, schedule: 'constant' },
        'main.sh:23-24',
      ),
    ],
  },
  groups: sourced({ main: {}, heads: { sharesLoss: true } }, 'src/model/model_factory.py:94-111'),
  pipelines: {
    paper: sourced(clusterCrop(224, 0.08), 'src/data/loader.py:53-58', FLIP_IN_CROP),
    small: sourced(clusterCrop(32, 0.25), 'src/data/loader.py:53-58', OBJECTS_FILL),
  },
  views(scene) {
    const { transform, prepare, samples, random, indices, method } = scene;
    const { superLabels, subLabels } = method as unknown as DeeperCluster;
    const upright = transform('crop')(samples, random);
    const turns = ops.randint(0, 4, [indices.length], { generator: random, dtype: 'int64' });
    const turned = turns.toNumbers().map((turn, i) => rotate90(upright.narrow(0, i, 1), turn));
    const rows = positions(scene);
    return {
      images: prepare(ops.cat(turned)),
      superClasses: superLabels.indexSelect(0, rows).mul(4).add(turns),
      labels: subLabels.indexSelect(0, rows),
    };
  },
};

const LA_RUN = 'exp_configs/la_final.json, res18_LA';

const localAggregation: Wiring = {
  code: 'neuroailab/LocalAggregation',
  options: {
    paper: [
      sourced({ temperature: 0.07, negatives: 4096, backgroundNeighbors: 4096 }, 'param_setter.py:48-51'),
      sourced({ projectionSize: 128, decay: 0.5 }, 'model/instance_model.py:117, model/instance_model.py:150'),
      sourced(
        { minimumScale: 0.2, grayProbability: 0.2, colorStrength: 0.4, useFlip: true },
        'model/prep_utils.py:343-376',
      ),
      sourced(
        { clusters: null, clusterings: 10 },
        LA_RUN,
        'null takes one per 43 images, which are its 30,000 of ImageNet',
      ),
      sourced({ warmStart: 100090 / 2001800 }, LA_RUN, 'load_step of train_num_steps'),
    ],
    small: [
      sourced({ temperature: 0.1, negatives: 0 }, 'zhirongw/lemniscate.pytorch: README.md:63'),
      sourced({ backgroundNeighbors: 512, clusterings: 3, warmStart: 0.2 }, 'ours: smaller data and shorter runs'),
    ],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'resnet18', batchSize: 128, learningRate: 0.03, weightDecay: 1e-4 }, 'param_setter.py:28-59'),
      sourced(
        { epochs: 200 },
        LA_RUN,
        '2,001,800 steps of 128; the step count is loaded with the warm start (framework.py:147-161)',
      ),
      sourced(
        { schedule: 'step', milestones: [0.8, 0.936], gamma: 0.1 },
        `${LA_RUN}; param_setter.py:197-202`,
        '1,600,000 and 1,873,411 steps',
      ),
      sourced({ optimizer: 'sgd', momentum: 0.9 }, 'param_setter.py:349-352'),
    ],
    small: [
      sourced({ backbone: 'resnet18', width: 32, epochs: 200, batchSize: 128 }, FOR_CPUS),
      sourced(
        { optimizer: 'sgd', learningRate: 0.03, momentum: 0.9, weightDecay: 5e-4 },
        'zhirongw/lemniscate.pytorch: cifar.py:110',
      ),
      sourced(
        { schedule: 'step', milestones: [120 / 200, 160 / 200], gamma: 0.1 },
        'zhirongw/lemniscate.pytorch: cifar.py:112-116',
      ),
    ],
  },
  pipelines: {
    paper: sourced(
      instanceSteps(224),
      'model/prep_utils.py:372-376',
      `${FLIP_IN_CROP}; bilinear, where the code takes means of areas`,
    ),
    small: sourced(instanceSteps(32), 'model/prep_utils.py:372-376'),
  },
  views: instanceViews,
};

const noiseSteps = (side: number) => ({ augment: steps({ name: 'randomCrop', size: side }, flipped) });

const noiseAsTargets: Wiring = {
  code: 'facebookresearch/noise-as-targets',
  options: {
    paper: [
      sourced({ targetSize: 2048, assignEvery: 3 }, 'main.lua:37-38'),
      sourced({ useSobel: true }, 'main.lua:97-119'),
      sourced({ cropShare: 224 / 256, useFlip: true }, 'main.lua:50-51, imagenet.lua:37-39'),
      sourced({ hiddenSize: 4096, dropout: 0.5 }, 'alexnet-specs.lua:42-43, alexnet.lua:77'),
    ],
    small: [
      sourced({ targetSize: 64, hiddenSize: 256, dropout: 0 }, NARROW),
      sourced({ cropShare: 1 }, 'ours: small images have no pixels to spare'),
    ],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'caffenet', epochs: 100, batchSize: 256 }, 'main.sh:17-18, main.lua:31-32'),
      sourced({ learningRate: 0.01 * 256 }, 'main.lua:36, main.lua:126', 'the mean over the batch instead of the sum'),
      sourced(
        { optimizer: 'sgd', momentum: 0, weightDecay: 0, schedule: 'constant' },
        'main.lua:176, main.lua:328-334',
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
    paper: sourced(noiseSteps(224), 'imagenet.lua:23-43'),
    small: sourced(noiseSteps(32), 'imagenet.lua:23-43', 'whole images'),
  },
  size: { paper: 256 },
  views: (scene) => ({ images: view(scene), indices: positions(scene) }),
};

/** Gray images have the mean statistics of the channels. */
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const grayNorm = {
  standardized: { name: 'normalize', mean: Array(3).fill(mean(MEAN)), std: Array(3).fill(mean(STD)) },
};

const GAMES = 'configs/alexnet.yaml';

const syntheticImagery: Wiring = {
  code: 'jason718/game-feature-learning',
  options: {
    paper: [
      sourced(
        { depthWeight: 5, normalWeight: 10, contourWeight: 1, domainWeight: 0.05, poolSize: 128 },
        `${GAMES}:42-50`,
      ),
      sourced({ scaleInvariance: 0.5 }, 'src/model.py:128-137', 'subtracted as by Eigen; the code adds it'),
      sourced(
        { trunkWidth: 4096, headWidth: 64, discriminatorWidth: 512 },
        'src/networks.py:114-118, src/networks.py:139-164',
      ),
      sourced({ discriminatorRate: 1 }, 'src/model.py:92'),
      sourced({ objects: 5, scenes: null }, 'ours: scenes are rendered here'),
    ],
    small: [
      sourced({ trunkWidth: 64, headWidth: 32, discriminatorWidth: 64, scenes: 1000 }, NARROW),
      sourced({ discriminatorRate: 60 }, 'ours: in a short run the discriminator has to learn faster'),
    ],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'caffenet', epochs: 30, batchSize: 224, learningRate: 1e-3 }, `${GAMES}:1, ${GAMES}:21-25`),
      sourced(
        { schedule: 'step', milestones: [18 / 30, 27 / 30], gamma: 0.1 },
        `${GAMES}:22-23, src/networks.py:50-51`,
      ),
      sourced({ optimizer: 'adam', weightDecay: 0 }, 'src/model.py:81-84'),
    ],
    small: [
      sourced({ backbone: 'resnet18', width: 16, epochs: 50, batchSize: 64, schedule: 'cosine' }, FOR_CPUS),
      sourced({ optimizer: 'adam', learningRate: 2e-3, weightDecay: 0 }, 'ours: fits runs of fewer steps'),
    ],
  },
  groups: sourced(
    {
      tasks: { betas: [0.5, 0.999] },
      discriminator: { optimizer: 'sgd', momentum: 0.9, weightDecay: 5e-4, learningRateFactor: 1 },
    },
    `${GAMES}:29-33, src/model.py:81-93`,
  ),
  pipelines: {
    paper: sourced(
      grayNorm,
      `${GAMES}:9, src/model.py:101-105`,
      'whole images; the code cuts 227 of 256 pixels; means and deviations of gray',
    ),
    small: sourced(grayNorm, `${GAMES}:9, src/model.py:101-105`, 'whole images; means and deviations of gray'),
  },
  lean: { scenes: 8 },
  views(scene) {
    const { samples, random, transform, method } = scene;
    const count = samples.size(0);
    const scenes = new SceneSupply({ size: samples.size(2), objects: 5 }, 8).take(count, random);
    const { renderedPool, realPool } = method as unknown as SyntheticImagery;
    const [rendered, real] = [renderedPool.draw(count, random), realPool.draw(count, random)];
    const asSeen = (images: typeof samples) => transform('standardized')(toFloat(oneChannel(images, random)), random);
    return {
      scenes: asSeen(scenes.images),
      real: asSeen(samples),
      ...{ logDepth: scenes.depth.log(), normals: scenes.normals, contours: scenes.contours },
      isOld: [rendered.isOld, real.isOld],
      slots: [rendered.slots, real.slots],
    };
  },
};

export const labels: Readonly<Record<string, Wiring>> = {
  exemplar,
  'deep-cluster': deepCluster,
  'deeper-cluster': deeperCluster,
  'local-aggregation': localAggregation,
  'noise-as-targets': noiseAsTargets,
  'synthetic-imagery': syntheticImagery,
};
