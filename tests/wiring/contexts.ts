/** Methods that predict parts of an image or a sound from its other parts. */
import { cutPatchGrid } from '../../src/augment/index.js';
import { tokenBlocks } from '../../src/methods/masks/token-blocks.js';
import { ENDS_AT_ZERO, FOR_CPUS, NARROW } from './reasons.js';
import { crop, flipped, jitter, steps } from './steps.js';
import { view } from './views.js';
import { sourced, type Wiring } from './wiring.js';

const VIT_H = 'configs/in1k_vith14_ep300.yaml';

const iJepa: Wiring = {
  code: 'facebookresearch/ijepa',
  options: {
    paper: [
      sourced({ targets: 4, smallestTarget: 0.15, largestTarget: 0.2, smallestContext: 0.85 }, `${VIT_H}:23-32`),
      sourced({ predictorWidth: 384 }, `${VIT_H}:38`),
      sourced({ predictorDepth: 6 }, 'src/helper.py:73', '12 for ViT-H (configs/in1k_vith14_ep300.yaml:37)'),
      sourced({ predictorHeads: 12 }, 'src/helper.py:84', 'the heads of the encoder, ViT-B'),
      sourced({ decay: 0.996, useStopGradient: true }, `${VIT_H}:42-44, src/train.py:295-303`),
      sourced({ minimumScale: 0.3 }, `${VIT_H}:4-6`),
    ],
    small: [
      sourced({ predictorWidth: 64, predictorDepth: 2, predictorHeads: 4 }, NARROW),
      sourced({ decay: 0.99 }, 'ours: fits runs of fewer steps'),
    ],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'vit-base', epochs: 600 }, 'paper, appendix A'),
      sourced({ batchSize: 2048, learningRate: 1e-3 }, `README.md:120, ${VIT_H}:49`),
      sourced(
        { optimizer: 'adamw', weightDecay: 0.04 },
        `src/helper.py:142, ${VIT_H}:52`,
        'constant; the code raises it to 0.4',
      ),
      sourced(
        { schedule: 'cosine', warmupEpochs: 15 },
        'paper, appendix A',
        `${ENDS_AT_ZERO}; 40 epochs of warm-up for ViT-H`,
      ),
    ],
    small: [
      sourced({ backbone: 'vit-micro', epochs: 200, batchSize: 128, learningRate: 1e-3, warmupEpochs: 5 }, FOR_CPUS),
      sourced({ optimizer: 'adamw', weightDecay: 0.04, schedule: 'cosine' }, `src/helper.py:142-149, ${VIT_H}:52`),
    ],
  },
  pipelines: {
    paper: sourced(
      { augment: crop(224, 0.3, { interpolation: 'bilinear', flip: 0 }) },
      `src/transforms.py:42, ${VIT_H}:1-12`,
    ),
    small: sourced({ augment: crop(32, 0.3, { interpolation: 'bilinear', flip: 0 }) }, 'src/transforms.py:42'),
  },
  views(scene) {
    const { set, samples, random } = scene;
    // src/masks/multiblock.py:55-66, where one draw serves size and ratio; here each has its own, the ratio's on a log scale.
    const ranges = { targets: 4, targetScale: [0.15, 0.2], targetRatio: [0.75, 1.5], contextScale: [0.85, 1] } as const;
    const images = view(scene);
    return { images, ...tokenBlocks(samples.size(0), set === 'paper' ? 14 : 8, ranges, random, 'cpu') };
  },
};

/** Side of a patch and pixels to the next: 7x7 patches either way. */
const GRIDS = { paper: { side: 64, stride: 32 }, small: { side: 8, stride: 4 } } as const;

const cpc: Wiring = {
  options: {
    paper: [
      sourced({ patchSize: null, frame: 1 / 32 }, 'paper, section 3.2', 'null takes a quarter of the image: 64 of 256'),
      sourced(
        { ignoredRows: 1, predictedRows: 4 },
        'paper, section 3.2',
        'up to five rows, without the one that shares pixels',
      ),
      sourced({ norm: 'none' }, 'paper, section 3.2'),
      sourced({ contextSize: 256, contextBlocks: 5 }, 'https://arxiv.org/abs/1905.09272, appendix A.1', 'of version 2'),
    ],
    small: [sourced({ contextSize: 64, contextBlocks: 3, predictedRows: 3 }, NARROW)],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'resnet101', batchSize: 32 * 16 }, 'paper, section 3.2'),
      sourced({ optimizer: 'adam', learningRate: 2e-4, weightDecay: 0 }, 'paper, section 3.2'),
      sourced({ epochs: 200, schedule: 'constant' }, 'ours: not published'),
    ],
    small: [
      sourced(
        { backbone: 'resnet18', width: 32, epochs: 60, batchSize: 64, warmupEpochs: 1, schedule: 'cosine' },
        FOR_CPUS,
      ),
      sourced({ optimizer: 'adam', learningRate: 5e-4, weightDecay: 0 }, 'ours: fits runs of fewer steps'),
    ],
  },
  pipelines: {
    paper: sourced(
      {
        augment: crop(256, 0.73, { interpolation: 'bicubic', flip: 0.5, ratio: [1, 1] }),
        framed: { name: 'shiftInFrame', border: 2 },
      },
      'paper, section 3.2',
      '256 of 300 pixels as a share of the area, resized: images have no pixels to spare here',
    ),
    small: sourced(
      {
        augment: crop(32, 0.73, { interpolation: 'bicubic', flip: 0.5, ratio: [1, 1] }),
        framed: { name: 'shiftInFrame', border: 0 },
      },
      'paper, section 3.2',
      'two of 64 pixels are less than half of one of 8',
    ),
  },
  size: { paper: 256 },
  views: (scene) => ({ patches: scene.transform('framed')(cutPatchGrid(view(scene), GRIDS[scene.set]), scene.random) }),
};

const cpcV2Steps = (size: number, border: number) => ({
  augment: crop(size, 0.3, { interpolation: 'bicubic', flip: 0.5 }),
  patchAugment: steps(
    { name: 'singleChannel', p: 1 },
    flipped,
    { name: 'shiftInFrame', border },
    jitter(0.4, 0.4, 0, 0, 0.8),
  ),
});

const cpcV2: Wiring = {
  options: {
    paper: [
      sourced(
        { patchSize: null },
        'paper, on version 1: half-overlapping patches',
        'null takes a quarter of the image',
      ),
      sourced(
        { ignoredRows: 2, predictedRows: 1 },
        'paper, on CPC: pseudo-code of the appendix',
        'the loop over steps_to_predict 3 skips two',
      ),
      sourced(
        { targetSize: 64, scale: 0.1, contextSize: 256, contextBlocks: 5 },
        'paper, on CPC: pseudo-code of the appendix',
      ),
      sourced(
        { directions: 4, norm: 'layer', useChannelDrop: true, usePatchJitter: true },
        'paper, on the changes from version 1',
      ),
    ],
    small: [sourced({ contextSize: 64, contextBlocks: 3 }, NARROW)],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'resnet101', width: 128 }, 'ours: nearest to the ResNet-161 of the paper'),
      sourced({ optimizer: 'adam', learningRate: 4e-4, batchSize: 512 }, 'paper, on its optimizer: appendix'),
      sourced({ epochs: 200, weightDecay: 0, schedule: 'constant' }, 'ours: not published'),
    ],
    small: [
      sourced(
        { backbone: 'resnet18', width: 32, epochs: 60, batchSize: 64, warmupEpochs: 1, schedule: 'cosine' },
        FOR_CPUS,
      ),
      sourced({ optimizer: 'adam', learningRate: 5e-4, weightDecay: 0 }, 'ours: fits runs of fewer steps'),
    ],
  },
  groups: sourced({ main: { betas: [0.8, 0.999] } }, 'paper, on its optimizer: appendix'),
  pipelines: {
    paper: sourced(
      cpcV2Steps(256, 4),
      'paper, on the changes from version 1',
      'the text names the changes; their strengths are ours',
    ),
    small: sourced(
      cpcV2Steps(32, 1),
      'paper, on the changes from version 1',
      'the text names the changes; their strengths are ours',
    ),
  },
  size: { paper: 256 },
  views({ transform, prepare, samples, random, set }) {
    const patches = cutPatchGrid(transform('augment')(samples, random), GRIDS[set]);
    return { patches: prepare(transform('patchAugment')(patches, random)) };
  },
};

const cpcSound: Wiring = {
  options: {
    paper: [sourced({ steps: 12, smallestLevel: 1 }, 'paper, section 3.1')],
    small: [sourced({ steps: 4 }, 'ours: shorter sounds')],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'sound', batchSize: 8 * 8 }, 'paper, section 3.1'),
      sourced({ optimizer: 'adam', learningRate: 2e-4, weightDecay: 0, schedule: 'constant' }, 'paper, section 3.1'),
      sourced({ epochs: 100 }, 'ours: the paper has 300,000 steps'),
    ],
    small: [
      sourced(
        { backbone: 'sound', width: 64, epochs: 40, batchSize: 64, warmupEpochs: 1, schedule: 'cosine' },
        FOR_CPUS,
      ),
      sourced({ optimizer: 'adam', learningRate: 1e-3, weightDecay: 0 }, 'ours: fits runs of fewer steps'),
    ],
  },
  pipelines: { paper: sourced({}, 'paper, section 3.1'), small: sourced({}, 'paper, section 3.1') },
  size: { paper: 20480, small: 2048 },
  views: ({ prepare, samples }) => ({ waves: prepare(samples) }),
};

export const contexts: Readonly<Record<string, Wiring>> = {
  cpc,
  'i-jepa': iJepa,
  'cpc-v2': cpcV2,
  'cpc-sound': cpcSound,
};
