/** Methods that learn from clips of videos. */
import { cutPatchGrid, labOf, resize, toFloat, uniforms } from '../../src/augment/index.js';
import { ops, type Tensor } from '../../src/engine/index.js';
import type { VideoColorization } from '../../src/methods/video/video-colorization.js';
import { ENDS_AT_ZERO, FLIP_IN_CROP, FOR_CPUS, NARROW } from './reasons.js';
import { blur, crop, cropOf, gray, jitter, over, solarized, steps } from './steps.js';
import { sourced, type Wiring } from './wiring.js';

const COLORIZER = 'tracking_via_colorization/networks/resnet_colorizer.py';

const videoColorization: Wiring = {
  // Not by the authors, who have published none.
  code: 'wbaek/tracking_via_colorization',
  options: {
    paper: [
      sourced({ outputStride: 8, embeddingSize: 64 }, `${COLORIZER}, forward and feature`),
      sourced({ colors: 16, temperature: 1 }, 'tracking_via_colorization/networks/colorizer.py, get'),
      sourced(
        { headBlocks: 5, headWidth: 256 },
        'LapTQ/tracking-emerges-by-colorizing-videos: src/models/head/convnet3d/__init__.py',
      ),
    ],
    small: [
      sourced({ outputStride: 4, embeddingSize: 32 }, NARROW),
      sourced({ headBlocks: 0 }, 'ours: cheaper, and the task is as well solved without them'),
    ],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'resnet18' }, 'ours: as in a re-implementation, LapTQ/tracking-emerges-by-colorizing-videos'),
      sourced(
        { batchSize: 32, optimizer: 'adam', learningRate: 1e-3, weightDecay: 0 },
        'ours: as notes on the paper have it; the code has this optimizer and rate (bin/train_colorizer.py)',
      ),
      sourced(
        { epochs: 53, schedule: 'step', milestones: [0.15], gamma: 0.1 },
        'ours: as notes on the paper have it, 400,000 steps, a tenth of the rate after 60,000; here in epochs of Kinetics-400',
      ),
    ],
    small: [
      sourced(
        { backbone: 'resnet18', width: 8, epochs: 60, batchSize: 8, warmupEpochs: 0.5, schedule: 'cosine' },
        FOR_CPUS,
      ),
      sourced({ optimizer: 'adam', learningRate: 2e-3, weightDecay: 0 }, 'ours: fits runs of fewer steps'),
    ],
  },
  pipelines: { paper: sourced({}, 'bin/train_colorizer.py, dataflow'), small: sourced({}, 'bin/train_colorizer.py') },
  fields: {
    paper: sourced({ grid: 32, spec: { frames: 4, fps: 6 } }, `${COLORIZER}, forward`, 'the rate is that of notes'),
    small: sourced({ grid: 8, spec: { frames: 4, fps: 6 } }, `${COLORIZER}, forward`, 'the rate is that of notes'),
  },
  size: { paper: 256 },
  views({ samples, method }) {
    const { palette, grid } = method as unknown as VideoColorization;
    const frames = samples.flatten(0, 1);
    const lightness = labOf(frames).narrow(1, 0, 1).sub(50).div(100);
    const cells = labOf(resize({ size: grid, interpolation: 'bilinear' })(toFloat(frames))).narrow(1, 1, 2);
    const points = cells.permute([0, 2, 3, 1]).reshape([-1, 1, 2]);
    const distances = points.sub(palette.unsqueeze(0)).square().sum([2]);
    return {
      lightness: lightness.unflatten(0, [-1, 4]),
      colors: distances.argmin(1).view([-1, 4, grid ** 2]),
    };
  },
};

const AUGS = 'code/utils/augs.py';
/** Patches of a frame: 7 x 7 either way. */
const WALK_GRIDS = { paper: { side: 64, stride: 32 }, small: { side: 8, stride: 4 } } as const;

const walkSteps = (size: number, patch: number) => ({
  augment: over('apart', cropOf(size, [0.8, 0.95], { interpolation: 'bilinear', flip: 0, ratio: [0.7, 1.3] })),
  jitter: cropOf(patch, [0.7, 0.9], { interpolation: 'bilinear', flip: 0 }),
});

const crw: Wiring = {
  code: 'ajabri/videowalk',
  options: {
    paper: [
      sourced(
        { patchSize: null },
        'code/utils/arguments.py, patch-size',
        'null takes a quarter of the frame: 64 of 256',
      ),
      sourced({ outputStride: 8 }, 'code/resnet.py, modify'),
      sourced({ padding: 'reflect' }, 'code/utils/__init__.py, make_encoder'),
      sourced({ projectionSize: 128 }, 'code/model.py, make_head'),
      sourced({ temperature: 0.05, edgeDropout: 0.1 }, 'README.md, Train'),
      sourced({ minimumScale: 0.8 }, `${AUGS}, get_frame_transform`),
      sourced({ useJitter: true }, `${AUGS}, patch_grid`),
    ],
    small: [sourced({ outputStride: 4 }, 'ours: small frames have no pixels to spare')],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'resnet18', batchSize: 20, learningRate: 1e-4 }, 'README.md, Train'),
      sourced({ optimizer: 'adam', weightDecay: 0 }, 'code/train.py, main', 'the option weight-decay is read nowhere'),
      sourced(
        { epochs: 25, schedule: 'step', milestones: [20 / 25], gamma: 0.3 },
        'code/utils/arguments.py, epochs and lr-milestones',
        'an epoch there has up to five clips of each video',
      ),
    ],
    small: [
      sourced(
        { backbone: 'resnet18', width: 16, epochs: 60, batchSize: 8, warmupEpochs: 0.5, schedule: 'cosine' },
        FOR_CPUS,
      ),
      sourced({ optimizer: 'adam', learningRate: 1e-3, weightDecay: 0 }, 'ours: fits runs of fewer steps'),
    ],
  },
  fields: {
    paper: sourced(
      { grid: { side: 7, patch: 64, stride: 32 }, spec: { frames: 4, fps: 8 } },
      `${AUGS}, patch_grid; README.md, Train; code/utils/arguments.py, frame-skip`,
    ),
    small: sourced({ grid: { side: 7, patch: 8, stride: 4 }, spec: { frames: 4, fps: 8 } }, `${AUGS}, patch_grid`),
  },
  pipelines: {
    paper: sourced(walkSteps(256, 64), `${AUGS}, get_frame_transform and patch_grid`),
    small: sourced(walkSteps(32, 8), `${AUGS}, get_frame_transform and patch_grid`),
  },
  size: { paper: 256 },
  others: [
    sourced(
      { options: { useJitter: false }, pipelines: { augment: walkSteps(256, 64).augment } },
      'ours: the control, in which patches keep their places',
    ),
  ],
  views({ transform, prepare, samples, random, set }) {
    const frames = transform('augment')(samples, random).flatten(0, 1);
    const patches = prepare(transform('jitter')(cutPatchGrid(frames, WALK_GRIDS[set]), random));
    const edges = () => ops.rand([samples.size(0), 3, 49, 49], { generator: random }).lt(0.1);
    const [forth, back] = [edges(), edges()];
    return { patches: patches.unflatten(0, [-1, 4, 49]), forth, back };
  },
};

const PRETRAIN = 'scripts/kinetics/videomae_vit_base_patch16_224_tubemasking_ratio_0.9_epoch_800/pretrain.sh';
const BASE = 'modeling_pretrain.py, pretrain_videomae_base_patch16_224';

const tubeCrop = (size: number) => ({
  augment: over('channels', crop(size, 0.4356, { interpolation: 'bilinear', flip: 0, ratio: [0.875, 1 / 0.875] })),
});

const videoMae: Wiring = {
  code: 'MCG-NJU/VideoMAE',
  options: {
    paper: [
      sourced({ maskRatio: 0.9, masking: 'tube', decoderDepth: 4 }, PRETRAIN),
      sourced({ patchSize: null, decoderWidth: 384, decoderHeads: 6 }, BASE, 'null takes 16'),
      sourced({ useNormalizedTargets: true }, 'run_mae_pretraining.py, normlize_target'),
      sourced(
        { minimumScale: 0.66 ** 2 },
        'datasets.py, DataAugmentationForVideoMAE',
        'any size and place in place of five scales at thirteen places',
      ),
    ],
    small: [sourced({ decoderWidth: 64, decoderDepth: 2, decoderHeads: 4 }, NARROW)],
  },
  fields: {
    paper: sourced(
      { visible: 8 * 20, hidden: 8 * 176, spec: { frames: 16, fps: 7.5 } },
      `masking_generator.py; ${PRETRAIN}`,
    ),
    small: sourced({ visible: 8 * 2, hidden: 8 * 14, spec: { frames: 16, fps: 7.5 } }, 'masking_generator.py'),
  },
  recipe: {
    paper: [
      sourced({ backbone: 'video-vit-base', epochs: 800, batchSize: 64 * 32, warmupEpochs: 40 }, PRETRAIN),
      sourced(
        { learningRate: (1.5e-4 * 2048) / 256, weightDecay: 0.05 },
        'run_mae_pretraining.py, lr and weight_decay',
      ),
      sourced({ optimizer: 'adamw', schedule: 'cosine' }, 'run_mae_pretraining.py, main', ENDS_AT_ZERO),
    ],
    small: [
      sourced(
        { backbone: 'video-vit-micro', epochs: 200, batchSize: 32, warmupEpochs: 5, learningRate: 1e-3 },
        FOR_CPUS,
      ),
      sourced({ optimizer: 'adamw', weightDecay: 0.05, schedule: 'cosine' }, 'run_mae_pretraining.py, main'),
    ],
  },
  groups: sourced({ main: { betas: [0.9, 0.95] } }, PRETRAIN),
  pipelines: {
    paper: sourced(tubeCrop(224), 'datasets.py, DataAugmentationForVideoMAE', 'see minimumScale'),
    small: sourced(tubeCrop(32), 'datasets.py, DataAugmentationForVideoMAE', 'see minimumScale'),
  },
  views({ transform, prepare, samples, random, set }) {
    const clips = prepare(transform('augment')(samples, random));
    const grid = set === 'paper' ? 14 ** 2 : 4 ** 2;
    const kept = set === 'paper' ? 20 : 2;
    const order = ops.rand([samples.size(0), grid], { generator: random }).argsort(1);
    const repeated = (places: Tensor) =>
      ops.cat(
        Array.from({ length: 8 }, (_, slot) => places.add(slot * grid)),
        1,
      );
    return { clips, seen: repeated(order.narrow(1, 0, kept)), hidden: repeated(order.narrow(1, kept, grid - kept)) };
  },
};

const SSL = 'official/projects/video_ssl';
const INPUT = `${SSL}/dataloaders/video_ssl_input.py, _process_image`;
const OPS = `${SSL}/ops/video_ssl_preprocess_ops.py`;

const clipCrop = (size: number) => crop(size, 0.3, { interpolation: 'bilinear', flip: 0.5, ratio: [0.5, 2] });
const recolored = over('rows', jitter(0.8, 0.8, 0.8, 0.2, 0.8), gray(0.2));
const clipSteps = (size: number, isBlurred: boolean) => ({
  'augments[0]': steps(over('channels', clipCrop(size)), recolored, ...(isBlurred ? [over('channels', blur(1))] : [])),
  'augments[1]': steps(
    over('channels', clipCrop(size)),
    recolored,
    ...(isBlurred ? [over('channels', blur(0.1)), over('rows', solarized(0.2))] : []),
  ),
});

const cvrl: Wiring = {
  code: 'tensorflow/models',
  options: {
    paper: [
      sourced({ clipFrames: 16 }, `${SSL}/configs/video_ssl.py, video_ssl_pretrain_kinetics400`),
      sourced({ interval: 'falling' }, `${OPS}, sample_ssl_sequence`),
      sourced({ temperature: 0.1 }, `${SSL}/configs/video_ssl.py, SSLLosses`),
      sourced({ projectionSize: 128, projectionLayers: 4 }, `${SSL}/configs/video_ssl.py, VideoSSLModel`),
      sourced({ hiddenSize: null }, `${SSL}/configs/video_ssl.py, VideoSSLModel`, '2048, the width of R3D-50'),
      sourced({ minimumScale: 0.3, useFlip: true }, INPUT),
      sourced({ colorStrength: 1, grayProbability: 0.2, isConsistent: true }, `${OPS}, random_color_jitter_3d`),
      sourced({ useBlur: true }, INPUT),
    ],
    small: [
      sourced({ clipFrames: 8 }, 'ours: half the work, for small runs'),
      sourced({ useBlur: false }, 'ours: as SimCLR on CIFAR, whose images are too small to be blurred'),
    ],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'r3d18' }, 'ours: nearest to the R3D-50 of the paper'),
      sourced(
        { batchSize: 1024, optimizer: 'sgd', learningRate: 0.32, momentum: 0.9, weightDecay: 1e-6 },
        `${SSL}/configs/experiments/cvrl_pretrain_k600_200ep.yaml`,
        'decay of all weights, there of kernels alone; the loss there is twice as large',
      ),
      sourced(
        { epochs: 200, schedule: 'cosine', warmupEpochs: 5 },
        `${SSL}/configs/experiments/cvrl_pretrain_k600_200ep.yaml`,
      ),
    ],
    small: [
      sourced(
        { backbone: 'r3d18', width: 16, epochs: 100, batchSize: 32, warmupEpochs: 2, schedule: 'cosine' },
        FOR_CPUS,
      ),
      sourced(
        { optimizer: 'sgd', learningRate: 0.06, momentum: 0.9, weightDecay: 1e-4 },
        'ours: fits runs of fewer steps',
      ),
    ],
  },
  fields: {
    paper: sourced(
      { spec: { frames: 112, fps: 12.5 }, encoder: { spec: { frames: 16 } } },
      `${SSL}/configs/video_ssl.py`,
      'every second frame of 25; 9 of the 10 seconds of a video, so that somewhat shorter ones serve too',
    ),
    small: sourced({ spec: { frames: 56, fps: 12.5 }, encoder: { spec: { frames: 8 } } }, 'ours: shorter clips'),
  },
  pipelines: {
    paper: sourced(clipSteps(64, true), INPUT, FLIP_IN_CROP),
    small: sourced(clipSteps(32, false), INPUT, FLIP_IN_CROP),
  },
  others: [
    sourced(
      {
        options: { isConsistent: false, useBlur: false },
        pipelines: Object.fromEntries(
          ['augments[0]', 'augments[1]'].map((name) => [
            name,
            steps(over('apart', clipCrop(64)), over('apart', jitter(0.8, 0.8, 0.8, 0.2, 0.8), gray(0.2))),
          ]),
        ),
      },
      'ours: the ablation, in which every frame is changed by itself',
    ),
  ],
  size: { paper: 64 },
  views({ transform, samples, random, set }) {
    const frames = set === 'paper' ? 16 : 8;
    const [count, length] = samples.shape as [number, number];
    const starts = length - frames + 1;
    const draws = uniforms(count, 3, random);
    // P(k) falls linearly: the inverse of its distribution function at a uniform number.
    const pairs = Array.from({ length: count }, (_, i) => {
      const [u, v, w] = draws(i) as unknown as [number, number, number];
      const interval = Math.floor(starts * (1 - Math.sqrt(1 - u)));
      const early = Math.floor((starts - interval) * v);
      return w < 0.5 ? [early, early + interval] : [early + interval, early];
    });
    const clips = [0, 1].map((which) =>
      ops.cat(pairs.map((pair, i) => samples.narrow(0, i, 1).narrow(1, pair[which]!, frames))),
    );
    return { clips: ops.cat(clips.map((clip, i) => transform(`augments[${i}]`)(clip, random))) };
  },
};

export const videos: Readonly<Record<string, Wiring>> = {
  ...{ crw, cvrl },
  'video-colorization': videoColorization,
  'video-mae': videoMae,
};
