/** Methods that restore or generate images. */

import { ops, type Tensor, tensor } from '../../src/engine/index.js';
import { regionMasks } from '../../src/methods/masks/masks.js';
import { randomCrops, shrink } from '../../src/methods/views/small-and-large.js';
import { FOR_CPUS, NARROW } from './reasons.js';
import { crop, onlyFlipped } from './steps.js';
import { images, view } from './views.js';
import { sourced, type Wiring } from './wiring.js';

/** Of the test's images, which are ImageNet's. */
export const MEAN = [0.485, 0.456, 0.406];
export const STD = [0.229, 0.224, 0.225];

const CONTEXT_RUN = 'README.md:75';

const contextEncoder: Wiring = {
  code: 'pathak22/context-encoder',
  options: {
    paper: [
      sourced(
        { mask: 'region', loss: 'l2', bottleneck: 'channelwise' },
        'paper, sections 3.1, 3.3 and 4.2',
        'of the features; those of the pictures are options',
      ),
      sourced({ hiddenShare: 0.25, blocks: 5 }, 'paper, section 3.3', 'the number of blocks is ours'),
      sourced({ adversarialWeight: 0.001, bottleneckSize: 4000 }, CONTEXT_RUN),
      sourced({ overlap: 0 }, CONTEXT_RUN, 'the visible edge of 4 pixels is an option'),
      sourced({ decoderWidth: 64, discriminatorWidth: 64 }, 'train.lua:12-13'),
      sourced({ useFlip: true }, 'data/donkey_folder.lua:84'),
    ],
    small: [sourced({ decoderWidth: 32, discriminatorWidth: 16, bottleneckSize: 500 }, NARROW)],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'caffenet' }, 'paper, section 3.1: AlexNet'),
      sourced(
        { batchSize: 64, optimizer: 'adam', learningRate: 0.0002 * 10 },
        'train.lua:7, train.lua:19, train.lua:213-216',
      ),
      sourced({ weightDecay: 0, schedule: 'constant' }, 'train.lua:214-222'),
      sourced({ epochs: 100 }, 'ours: the README has 500 for smaller data'),
    ],
    small: [
      sourced({ backbone: 'alexnet', width: 32, epochs: 50, warmupEpochs: 0.5, schedule: 'cosine' }, FOR_CPUS),
      sourced(
        { batchSize: 64, optimizer: 'adam', learningRate: 2e-3, weightDecay: 0 },
        'train.lua:7, train.lua:213-216',
      ),
    ],
  },
  groups: sourced({ generator: { betas: [0.5, 0.999], learningRateFactor: 1 } }, 'train.lua:20, train.lua:214-217'),
  pipelines: {
    paper: sourced(onlyFlipped, 'data/donkey_folder.lua:75-85', 'whole images; the code cuts 128 pixels out of 350'),
    small: sourced(onlyFlipped, 'data/donkey_folder.lua:84'),
  },
  size: { paper: 128 },
  views(scene) {
    const images = view(scene); // in [-1, 1]
    const hidden = regionMasks(scene.samples.size(0), images.size(2), 0.25, scene.random);
    const mean = tensor(
      Float32Array.from(MEAN, (value) => 2 * value - 1),
      { shape: [1, 3, 1, 1] },
    );
    return { images, hidden, input: ops.where(hidden, mean.expand(images.shape), images) };
  },
};

const superResolution: Wiring = {
  options: {
    paper: [
      sourced({ factor: 4, cropSize: 96, blocks: 16, tailWidth: 64 }, 'paper, sections 2.1 and 3.2'),
      sourced({ useBicubicSkip: false, discriminatorWidth: 64 }, 'paper, section 2.1'),
      sourced({ ganShare: 0.167 }, 'paper, section 3.2', '200,000 steps after a million'),
      sourced(
        { content: 'features', encoder: null, contentLayer: null },
        'paper, section 2.2.1',
        'an encoder without labels instead of VGG19',
      ),
      sourced({ contentWeight: 1, adversarialWeight: 1e-3 }, 'paper, section 2.2'),
    ],
    small: [
      sourced({ factor: 2, cropSize: 48 }, 'ours: small images have no pixels to spare'),
      sourced({ blocks: 4, tailWidth: 16, discriminatorWidth: 16 }, NARROW),
      sourced({ useBicubicSkip: true, ganShare: 0.3, adversarialWeight: 0.1 }, 'ours: shorter runs'),
    ],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'srresnet', batchSize: 16 }, 'paper, section 3.2'),
      sourced({ optimizer: 'adam', learningRate: 1e-4, weightDecay: 0 }, 'paper, section 3.2'),
      sourced(
        { epochs: 15, schedule: 'step', milestones: [0.9165], gamma: 0.1 },
        'paper, section 3.2',
        '1,200,000 steps of ImageNet, a tenth of the rate in the last 100,000',
      ),
    ],
    small: [
      sourced({ backbone: 'srresnet', width: 16, epochs: 20, batchSize: 16 }, FOR_CPUS),
      sourced({ optimizer: 'adam', learningRate: 2e-3, weightDecay: 0 }, 'ours: fits runs of fewer steps'),
      sourced(
        { schedule: 'step', milestones: [0.7], gamma: 0.25 },
        'ours: a discriminator learns nothing at the first rate',
      ),
    ],
  },
  groups: sourced({ discriminator: {}, generator: {} }, 'paper, section 3.2'),
  pipelines: {
    paper: sourced(
      { crop: { name: 'randomCrop', size: 96 }, small: { name: 'shrink', factor: 4 } },
      'paper, section 3.2',
      'bicubic with antialiasing, where the paper blurs before it',
    ),
    small: sourced(
      { crop: { name: 'randomCrop', size: 32 }, small: { name: 'shrink', factor: 2 } },
      'ours: smaller images are taken whole',
    ),
  },
  size: { paper: 128 },
  architecture: 'srresnet',
  lean: { blocks: 1 },
  views: ({ samples, random, set }) =>
    set === 'paper' ? shrink(randomCrops(samples, 96, random), 4) : shrink(randomCrops(samples, 32, random), 2),
};

const autoencoder: Wiring = {
  options: {
    paper: [
      sourced({ codeSize: 128, decoder: 'convolutional', decoderWidth: 64 }, 'ours: no published network of today'),
      sourced({ useFlip: true }, 'pathak22/context-encoder: data/donkey_folder.lua:84'),
    ],
    small: [sourced({ codeSize: 64, decoderWidth: 32 }, NARROW)],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'caffenet', epochs: 100 }, 'ours: as the context encoder, whose baseline it is'),
      sourced(
        { batchSize: 64, optimizer: 'adam', learningRate: 0.0002 * 10, weightDecay: 0, schedule: 'constant' },
        'pathak22/context-encoder: train.lua:7, train.lua:213-216',
      ),
    ],
    small: [
      sourced(
        { backbone: 'alexnet', width: 32, epochs: 50, batchSize: 64, warmupEpochs: 0.5, schedule: 'cosine' },
        FOR_CPUS,
      ),
      sourced({ optimizer: 'adam', learningRate: 1e-3, weightDecay: 0 }, 'ours: fits runs of fewer steps'),
    ],
  },
  pipelines: {
    paper: sourced(onlyFlipped, 'pathak22/context-encoder: data/donkey_folder.lua:84'),
    small: sourced(onlyFlipped, 'pathak22/context-encoder: data/donkey_folder.lua:84'),
  },
  size: { paper: 128 },
  views: images,
};

const maeCrop = (size: number) => ({ augment: crop(size, 0.2, { interpolation: 'bicubic', flip: 0.5 }) });

const mae: Wiring = {
  code: 'facebookresearch/mae',
  options: {
    paper: [
      sourced({ maskRatio: 0.75, useNormalizedTargets: true }, 'PRETRAIN.md:11-12'),
      sourced({ decoderWidth: 512, decoderDepth: 8, decoderHeads: 16 }, 'models_mae.py:27'),
      sourced({ minimumScale: 0.2 }, 'main_pretrain.py:124'),
    ],
    small: [sourced({ decoderWidth: 64, decoderDepth: 2, decoderHeads: 4 }, NARROW)],
  },
  fields: {
    paper: sourced({ visible: 49, hidden: 147 }, 'models_mae.py:129-130'),
    small: sourced({ visible: 16, hidden: 48 }, 'models_mae.py:129-130'),
  },
  recipe: {
    paper: [
      sourced({ backbone: 'vit-base' }, 'PRETRAIN.md:24', 'ViT-Base of the three'),
      sourced({ epochs: 800, warmupEpochs: 40, batchSize: 64 * 8 * 8 }, 'PRETRAIN.md:7-18'),
      sourced({ learningRate: (1.5e-4 * 4096) / 256, weightDecay: 0.05 }, 'PRETRAIN.md:15, main_pretrain.py:165-166'),
      sourced({ optimizer: 'adamw', schedule: 'cosine' }, 'main_pretrain.py:180, util/lr_sched.py:9-15'),
    ],
    small: [
      sourced({ backbone: 'vit-micro', epochs: 200, batchSize: 128, warmupEpochs: 5, learningRate: 1e-3 }, FOR_CPUS),
      sourced({ optimizer: 'adamw', weightDecay: 0.05, schedule: 'cosine' }, 'PRETRAIN.md:15, main_pretrain.py:180'),
    ],
  },
  groups: sourced({ main: { betas: [0.9, 0.95] } }, 'main_pretrain.py:179-180'),
  pipelines: {
    paper: sourced(maeCrop(224), 'main_pretrain.py:123-127'),
    small: sourced(maeCrop(32), 'main_pretrain.py:123-127'),
  },
  views(scene) {
    const images = view(scene);
    const patches = scene.set === 'paper' ? 14 ** 2 : 8 ** 2;
    const order = ops.rand([images.size(0), patches], { generator: scene.random }).argsort(1);
    const kept = patches / 4;
    return { images, seen: order.narrow(1, 0, kept), hidden: order.narrow(1, kept, patches - kept) };
  },
};

const bigan: Wiring = {
  code: 'jeffdonahue/bigan',
  options: {
    paper: [
      sourced(
        { codeSize: 200, generatorWidth: 64, discriminatorWidth: 64 },
        'train_imagenet.sh:6, train_imagenet.sh:20-21',
      ),
      sourced({ useFlip: true }, "ours: in place of the code's crops of 64 out of 72 pixels"),
    ],
    small: [
      sourced({ codeSize: 50 }, 'train_mnist.sh:3'),
      sourced({ generatorWidth: 32, discriminatorWidth: 32 }, NARROW),
    ],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'caffenet' }, 'train_imagenet.sh:22'),
      sourced(
        { epochs: 50 + 50, batchSize: 128, optimizer: 'adam', learningRate: 0.0002 },
        'train_gan.py:159-183',
        'the script for ten classes has 400 epochs',
      ),
      sourced({ weightDecay: 2.5e-5 }, 'train_gan.py:173', 'of all parameters; the script spares the scales of norms'),
      sourced(
        { schedule: 'step', milestones: [0.5, 0.6, 0.7, 0.8, 0.9], gamma: 0.4 },
        'train_gan.py:168-170',
        'to a hundredth in the second half: exponentially there, in steps here',
      ),
    ],
    small: [
      sourced({ backbone: 'dcgan', width: 32, epochs: 100, batchSize: 64 }, FOR_CPUS),
      sourced({ optimizer: 'adam', learningRate: 2e-4, weightDecay: 2.5e-5 }, 'train_gan.py:166-174'),
      sourced({ schedule: 'constant' }, 'ours: shorter runs'),
    ],
  },
  groups: sourced(
    { discriminator: { betas: [0.5, 0.999] }, generator: { betas: [0.5, 0.999] } },
    'train_gan.py:177, lib/updates.py:159',
  ),
  pipelines: {
    paper: sourced(onlyFlipped, 'train_imagenet.sh:19', 'a flip in place of random crops'),
    small: sourced(onlyFlipped, 'train_mnist.sh:16', 'a flip, as for larger images'),
  },
  size: { paper: 64 },
  views(scene) {
    const images = view(scene);
    const length = scene.set === 'paper' ? 200 : 50;
    return {
      images,
      codes: ops
        .rand([images.size(0), length], { generator: scene.random })
        .mul(2)
        .sub(1),
    };
  },
};

const HPARAMS = 'src/configs/hparams.py';

/** The authors published weights alone; the code is that of an unofficial small version. */
const bigBigan: Wiring = {
  code: 'RKorzeniowski/BigBiGAN-PyTorch',
  options: {
    paper: [
      sourced({ codeSize: 100 }, 'src/configs/dataset_configs.py'),
      sourced({ encoding: 'stochastic' }, 'src/model/encoders.py:RevNetEnc'),
      sourced({ scores: 'all' }, 'src/model/architecture.py:BigBiGAN'),
      sourced(
        { shrink: 2 },
        'src/model/encoders.py:RevNetEnc',
        'the code doubles the side of the images for the encoder',
      ),
      sourced({ generatorWidth: 64, discriminatorWidth: 64 }, 'ours: as BiGAN, whose networks they are'),
      sourced(
        { hiddenSize: 256, blocks: 2 },
        'src/configs/dataset_configs.py',
        'of the encoder; the others have 64 or 128 and 5',
      ),
      sourced({ useFlip: true }, 'ours: as BiGAN, which it enlarges'),
    ],
    small: [
      sourced({ codeSize: 50 }, 'ours: as BiGAN, which it enlarges'),
      sourced({ shrink: 1 }, 'ours: small images have no pixels to spare'),
      sourced({ generatorWidth: 32, discriminatorWidth: 32, hiddenSize: 128 }, NARROW),
    ],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'resnet50' }, 'ours: the convolutional network next to the reversible one of the paper'),
      sourced({ epochs: 2000, optimizer: 'adam', learningRate: 2e-4, weightDecay: 0, schedule: 'constant' }, HPARAMS),
      sourced({ batchSize: 64 }, 'src/configs/dataset_configs.py:img_color_64x64_config'),
    ],
    small: [
      sourced({ backbone: 'dcgan', width: 32, epochs: 100, batchSize: 64 }, FOR_CPUS),
      sourced({ optimizer: 'adam', learningRate: 2e-4, weightDecay: 0, schedule: 'constant' }, HPARAMS),
    ],
  },
  groups: sourced(
    { discriminator: { betas: [0.5, 0.999] }, generator: { betas: [0.5, 0.999] } },
    HPARAMS,
    'the code has two steps of the discriminator for each of the others',
  ),
  pipelines: {
    paper: sourced(onlyFlipped, 'ours: as BiGAN, which it enlarges'),
    small: sourced(onlyFlipped, 'ours: as BiGAN, which it enlarges'),
  },
  size: { paper: 64 },
  views(scene) {
    const images = view(scene);
    const shape = [images.size(0), scene.set === 'paper' ? 100 : 50];
    const draw = (): Tensor => ops.randn(shape, { generator: scene.random });
    return { images, codes: draw(), noise: draw() };
  },
};

export const generative: Readonly<Record<string, Wiring>> = {
  ...{ autoencoder, mae, bigan },
  'context-encoder': contextEncoder,
  'big-bigan': bigBigan,
  'super-resolution': superResolution,
};
