/** Methods that predict colors. */
import { rgbToLab } from '../../src/augment/index.js';
import { ops, type Tensor, tensor } from '../../src/engine/index.js';
import { hueAndChroma } from '../../src/methods/targets/hue-chroma.js';
import { MEAN } from './generative.js';
import { FOR_CPUS, NARROW } from './reasons.js';
import { crop, flipped, onlyFlipped, steps } from './steps.js';
import { sourced, type Wiring } from './wiring.js';

const SOLVERS = 'train_alexnet/solver0.prototxt to solver3.prototxt';

/** 450,000 steps of 80 of the 1,281,167 images are 28.1 epochs. */
const alexNetSolvers = [
  sourced({ backbone: 'caffenet', batchSize: 80 }, 'train_alexnet/train_val.prototxt, layer data'),
  sourced({ epochs: 28, optimizer: 'adam', learningRate: 3e-5, weightDecay: 1e-3 } as const, SOLVERS),
  sourced(
    { schedule: 'step', milestones: [240 / 450, 300 / 450, 400 / 450], gamma: 1 / 3 } as const,
    SOLVERS,
    'to 1e-5, 3e-6 and 1e-6 there, one factor for all here',
  ),
];

const colorization: Wiring = {
  code: 'richzhang/colorization',
  options: {
    paper: [
      sourced({ loss: 'classification' }, 'paper, section 2.1'),
      sourced(
        { targetStride: 4, decoderWidth: 256 },
        'train/train_val.prototxt, layers data_ab_ss and conv8_3',
        'of the deep network; AlexNet has 8',
      ),
      sourced({ neighbors: 10, sigma: 5 }, 'resources/caffe_traininglayers.py, NNEncLayer'),
      sourced(
        { uniformShare: 0.5, grayThreshold: 5 },
        'resources/caffe_traininglayers.py, PriorBoostLayer and NonGrayMaskLayer',
      ),
      sourced({ temperature: 0.38 }, 'paper, section 2.3'),
      sourced(
        { minimumScale: 0.47, useFlip: true },
        'train/train_val.prototxt, layer data',
        '176 of 256 pixels, as a share of the area',
      ),
    ],
    small: [
      sourced({ targetStride: 2, decoderWidth: 64 }, NARROW),
      sourced({ minimumScale: 1 }, 'ours: small images have no pixels to spare'),
    ],
  },
  recipe: {
    paper: alexNetSolvers,
    small: [
      sourced(
        { backbone: 'alexnet', width: 32, epochs: 50, batchSize: 64, warmupEpochs: 0.5, schedule: 'cosine' },
        FOR_CPUS,
      ),
      sourced({ optimizer: 'adam', learningRate: 1e-3, weightDecay: 1e-4 }, 'ours: fits runs of fewer steps'),
    ],
  },
  // momentum2 is 0.999, Adam's own; the deep network has 0.99 (train/solver.prototxt).
  groups: sourced({ main: {} }, SOLVERS),
  pipelines: {
    paper: sourced(
      { augment: steps(crop(176, 0.47, { interpolation: 'bicubic', flip: 0, ratio: [1, 1] }), flipped) },
      'train/train_val.prototxt, layer data',
      'crops of any size from that of the code on, resized',
    ),
    small: sourced(onlyFlipped, 'train/train_val.prototxt, layer data'),
  },
  size: { paper: 176 },
  views({ transform, samples, random, set }) {
    const lab = rgbToLab(transform('augment')(samples.to('float32').div(255), random));
    const [lightness, ab] = [lab.narrow(1, 0, 1), lab.narrow(1, 1, 2)];
    const stride = set === 'paper' ? 4 : 2;
    const places = ops.arange(0, lab.size(2), stride, { dtype: 'int64' });
    return {
      lightness: lightness.sub(50).div(100),
      ab: ab.indexSelect(2, places).indexSelect(3, places),
      isColored: ab.abs().flatten(1).amax([1]).gt(5).to('float32'),
    };
  },
};

const PROXY = 'train/train_vgg16.prototxt';

/** The last of `bins` bins at 1. */
const histogramOf = (values: Tensor, bins: number): Tensor =>
  values
    .mul(bins)
    .floor()
    .clampMax(bins - 1)
    .to('int64')
    .oneHot(bins)
    .to('float32');

const colorProxy: Wiring = {
  code: 'gustavla/autocolorize',
  options: {
    paper: [
      sourced({ locations: 128, margin: 0.273 }, `${PROXY}, layer sampler_float`, 'from 96 to 256 of 352 pixels'),
      sourced({ bins: 32 }, `${PROXY}, layers prediction_h4 and prediction_c4`),
      sourced({ reach: 3 }, `${PROXY}, layers sparse_h and sparse_c`, '7x7 pixels'),
      sourced({ hueWeight: 5 }, `${PROXY}, layers loss_h4 and loss_c4`),
      sourced({ headSize: 1024, dropout: 0.5 }, `${PROXY}, layers colorize_fc1 and dropout_colorize_fc1`),
      sourced(
        { minimumScale: 0.344, useFlip: true },
        `${PROXY}, layer bgr01`,
        '352 of up to 600 pixels, as a share of the area',
      ),
    ],
    small: [
      sourced({ locations: 64, headSize: 256, dropout: 0 }, NARROW),
      sourced({ reach: 1, margin: 0, minimumScale: 1 }, 'ours: small images have no pixels to spare'),
    ],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'vgg16', batchSize: 8 }, `${PROXY}, layers bgr01 and conv1_1`),
      sourced(
        { optimizer: 'sgd', learningRate: 1e-3, momentum: 0.9, weightDecay: 5e-4 },
        'train/solver_vgg16.prototxt',
      ),
      sourced(
        { epochs: 12, schedule: 'step', milestones: [0.5, 0.75, 0.875], gamma: 0.1 },
        'train/solver_vgg16.prototxt',
        '2,000,000 steps of 8 images of ImageNet',
      ),
    ],
    small: [
      sourced(
        { backbone: 'alexnet', width: 32, epochs: 50, batchSize: 64, warmupEpochs: 0.5, schedule: 'cosine' },
        FOR_CPUS,
      ),
      sourced({ optimizer: 'adam', learningRate: 1e-3, weightDecay: 1e-4 }, 'ours: fits runs of fewer steps'),
    ],
  },
  groups: sourced({ main: {} }, 'train/solver_vgg16.prototxt'),
  pipelines: {
    paper: sourced(
      { augment: steps(crop(352, 0.344, { interpolation: 'bicubic', flip: 0, ratio: [1, 1] }), flipped) },
      `${PROXY}, layer bgr01`,
      'crops of any size from that of the code on, resized',
    ),
    small: sourced(onlyFlipped, `${PROXY}, layer bgr01`),
  },
  size: { paper: 352 },
  views({ transform, samples, random, set }) {
    const images = transform('augment')(samples.to('float32').div(255), random);
    const [free, locations, reach] = set === 'paper' ? [96, 128, 3] : [0, 64, 1];
    const [count, side] = [images.size(0), images.size(2)];
    const places = ops
      .rand([count, locations, 2], { generator: random })
      .mul(side - 2 * free)
      .floor()
      .add(free);
    const { hue, chroma } = hueAndChroma(images);
    const at = (map: Tensor, size: number): Tensor => {
      const one = Array.from({ length: count }, (_, n) =>
        (places.select(0, n).toList() as number[][]).map(([row, column]) => {
          const last = side - 1;
          const place = (from: number, by: number): number => Math.min(Math.max(from + by, 0), last);
          const offsets = Array.from({ length: 2 * size + 1 }, (_, i) => i - size);
          return offsets.flatMap((y) => offsets.map((x) => [n, place(row!, y), place(column!, x)] as const));
        }),
      );
      const values = map.squeeze(1).toList() as number[][][];
      const found = one.flat(2).map(([n, row, column]) => values[n]![row]![column]!);
      return tensor(Float32Array.from(found)).view([count, locations, -1]);
    };
    const gray = images.mean([1], true);
    const value = at(gray, 0).squeeze(2);
    return {
      gray: gray.sub(MEAN.reduce((sum, mean) => sum + mean / 3, 0)),
      places: places.to('int64'),
      hues: histogramOf(at(hue, reach), 32).mean([2]),
      chromas: histogramOf(at(chroma, reach), 32).mean([2]),
      hueWeights: at(chroma, 0).squeeze(2).mul(5),
      chromaWeights: value
        .minimum(value.rsub(1))
        .clamp(0, 1 / 3)
        .div(1 / 3),
    };
  },
};

const splitBrain: Wiring = {
  code: 'richzhang/splitbrainauto',
  options: {
    paper: [
      sourced({ pair: 'lab', loss: 'classification', useSplit: true }, 'paper, sections 3.1 and 4.1'),
      sourced({ targetStride: 4, decoderWidth: 128 }, 'ours: as colorization, half for each half'),
      sourced({ temperature: 0.38 }, 'richzhang/colorization: paper, section 2.3'),
      sourced({ useFlip: true }, 'richzhang/colorization: train_alexnet/train_val.prototxt, layer data'),
    ],
    small: [sourced({ targetStride: 2, decoderWidth: 32 }, NARROW)],
  },
  recipe: {
    paper: alexNetSolvers.map((entry) => ({ ...entry, from: `richzhang/colorization: ${entry.from}` })),
    small: [
      sourced(
        { backbone: 'alexnet', width: 32, epochs: 50, batchSize: 64, warmupEpochs: 0.5, schedule: 'cosine' },
        FOR_CPUS,
      ),
      sourced({ optimizer: 'adam', learningRate: 1e-3, weightDecay: 1e-4 }, 'ours: fits runs of fewer steps'),
    ],
  },
  groups: sourced({ main: {} }, `richzhang/colorization: ${SOLVERS}`),
  pipelines: {
    paper: sourced(onlyFlipped, 'richzhang/colorization: train_alexnet/train_val.prototxt, layer data', 'whole images'),
    small: sourced(onlyFlipped, 'richzhang/colorization: train_alexnet/train_val.prototxt, layer data', 'whole images'),
  },
  size: { paper: 176 },
  views({ transform, samples, random, set }) {
    const lab = rgbToLab(transform('augment')(samples, random).to('float32').div(255));
    const center = tensor([50, 0, 0]).view([1, 3, 1, 1]);
    const places = ops.arange(0, lab.size(2), set === 'paper' ? 4 : 2, { dtype: 'int64' });
    return {
      input: lab.sub(center).div(tensor([100, 110, 110]).view([1, 3, 1, 1])),
      target: lab.indexSelect(2, places).indexSelect(3, places),
    };
  },
};

export const colors: Readonly<Record<string, Wiring>> = {
  colorization,
  'color-proxy': colorProxy,
  'split-brain': splitBrain,
};
