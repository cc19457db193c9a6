/** Several tasks on one trunk. The text of the paper was at hand in parts only: its abstract, figure 1, and the README of its weights. */
import {
  cutPatches,
  drawChanges,
  keepOneChannel,
  resize,
  rgbToLab,
  toFloat,
  toUnitPower,
  transformPatches,
} from '../../src/augment/index.js';
import { ops, type Tensor, tensor } from '../../src/engine/index.js';
import { drawLayout } from '../../src/methods/image/patches/blocks.js';
import { MEAN, STD } from './generative.js';
import { FOR_CPUS, NARROW } from './reasons.js';
import { sourced, type Wiring } from './wiring.js';

const BLOCKS = {
  paper: { patch: 56, gap: 28, jitter: 7, sides: [224, 224] },
  small: { patch: 8, gap: 4, jitter: 1, sides: [32, 32] },
} as const;

const pipelines = (set: 'paper' | 'small', stride: number, side: number) => ({
  position: { name: 'cutBlocks', ...BLOCKS[set] },
  color: { name: 'lab', stride },
  exemplar: {
    name: 'changePatches',
    ...{ side, strength: 1 },
    ...{ translation: 0.2, scale: [0.7, 1.4], degrees: 20, contrast: [0.5, 2] },
    ...{ power: [0.25, 4], factor: [0.7, 1.4], added: 0.1, hue: 0.1 },
  },
});

const perChannel = (values: readonly number[]): Tensor => tensor(Float32Array.from(values)).view([1, 3, 1, 1]);

export const multiTask: Wiring = {
  code: 'deepmind/multiself',
  options: {
    paper: [
      sourced({ tasks: ['position', 'color', 'exemplar'] }, 'README.md', 'motion segmentation needs videos'),
      sourced({ harmonize: false }, 'README.md', 'the published weights see colors'),
      sourced({ layers: 'last' }, 'paper, figure 1', 'the naive trunk; the lasso is an option'),
      sourced({ sparsity: 0.01 }, 'ours: the value of the paper was not at hand'),
      sourced({ patchSize: null, gap: null, jitter: null, grids: 4 }, 'ours: as relative patch position'),
      sourced({ towerSize: 4096, headSize: 4096 }, 'ours: as relative patch position'),
      sourced({ targetStride: 4, neighbors: 10, sigma: 5, decoderWidth: 256 }, 'ours: as colorization'),
      sourced({ embeddingSize: 1024, margin: 0.5 }, 'ours: the values of the paper were not at hand'),
      sourced({ strength: 1 }, 'ours: the changes of Exemplar-CNN, whose task it is'),
    ],
    small: [
      sourced(
        { harmonize: true },
        'paper, on harmonizing inputs (abstract)',
        'as our backbones estimate statistics over all tasks',
      ),
      sourced({ grids: 1, targetStride: 2 }, 'ours: small images have few pixels'),
      sourced({ towerSize: 256, headSize: 256, decoderWidth: 64, embeddingSize: 128 }, NARROW),
    ],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'resnet101' }, 'README.md', 'whole; the weights end with its third block'),
      sourced(
        { epochs: 100, batchSize: 64, optimizer: 'adam', learningRate: 1e-3, weightDecay: 0, schedule: 'constant' },
        'ours: rates and length of the paper were not at hand',
      ),
    ],
    small: [
      sourced(
        { backbone: 'resnet18', width: 32, epochs: 60, batchSize: 64, warmupEpochs: 1, schedule: 'cosine' },
        FOR_CPUS,
      ),
      sourced({ optimizer: 'adam', learningRate: 1e-3, weightDecay: 0 }, 'ours: as relative patch position'),
    ],
  },
  pipelines: {
    paper: sourced(pipelines('paper', 4, 224), 'ours: as the methods of the single tasks'),
    small: sourced(pipelines('small', 2, 32), 'ours: as the methods of the single tasks'),
  },
  lean: { embeddingSize: 8 },
  views({ samples, random, set }) {
    const isSmall = set === 'small';
    const stride = isSmall ? 2 : 4;
    const images = toFloat(samples);
    const lightness = (pixels: Tensor): Tensor => rgbToLab(pixels).narrow(1, 0, 1).sub(50).div(100);
    const standardized = (pixels: Tensor): Tensor => pixels.sub(perChannel(MEAN)).div(perChannel(STD));

    const block = BLOCKS[set];
    const layout = drawLayout(samples.size(0), block, isSmall ? 1 : 4, random);
    const cut = toFloat(cutPatches(resize({ size: layout.side })(samples), layout.places, block.patch));
    const patches = isSmall ? lightness(cut) : toUnitPower(keepOneChannel(cut.sub(cut.mean([2, 3], true)), random));
    const index = (values: readonly number[]) => tensor(BigInt64Array.from(values, BigInt));

    const lab = rgbToLab(images);
    const gray = lab.narrow(1, 0, 1);
    const places = ops.arange(0, lab.size(2), stride, { dtype: 'int64' });
    const distorted = (): Tensor => {
      const corners = Array.from({ length: images.size(0) }, () => ({ top: 0, left: 0 }));
      const changed = transformPatches(images, corners, images.size(2), drawChanges(images.size(0), 3, 1, random));
      return isSmall ? lightness(changed) : standardized(changed);
    };
    const [anchors, positives] = [distorted(), distorted()];
    return {
      ...{ patches, first: index(layout.first), second: index(layout.second), labels: index(layout.labels) },
      lightness: isSmall ? lightness(images) : standardized(gray.div(100).expand(images.shape)),
      ab: lab.narrow(1, 1, 2).indexSelect(2, places).indexSelect(3, places),
      ...{ anchors, positives },
    };
  },
};
