/**
 * Noise as targets: every image gets a random point of the unit sphere to map to, and images trade their points until similar
 * ones lie near each other.
 *
 * Bojanowski, Joulin, "Unsupervised Learning by Predicting Noise", ICML 2017, https://arxiv.org/abs/1704.05310; code:
 * github.com/facebookresearch/noise-as-targets.
 *
 * The points C are drawn once and stay; the loss is |f(x_i) - C P_i|^2 with f on the unit sphere too. Every third epoch, each
 * batch hands its points around by the Hungarian algorithm so that their sum is least, and the network learns from the new ones.
 * No two images ever share a point: the network cannot map all of them to one place.
 *
 * The network sees the gradients of the gray image. The code normalizes each image before and scales its filters by a third; we
 * normalize the gray image and take DeepCluster's filters, which differ by sign and factor, and batch norm cancels both. The code sums
 * the loss over the batch, we take the mean: its rate of 0.01 at 256 images is 2.56 here.
 */
import { z } from 'zod';
import { centerCrop, horizontalFlip, randomCrop, sobel, toFloat } from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import { fullPrecision, type Generator, noGrad, ops, scope, type Tensor, tensor } from '../../../engine/index.js';
import { BatchNorm, Dropout, Linear, ReLU, Sequential } from '../../../engine/nn/index.js';
import { standardize } from '../../colors/standardize.js';
import { l2Normalize } from '../../losses/nt-xent.js';
import {
  type Batch,
  type DataDescription,
  defineMethod,
  Method,
  type Outcome,
  type Preview,
  type Progress,
  type Views,
} from '../../method.js';
import { Tower } from '../../networks/tower.js';
import { assign } from '../../targets/assignment.js';

const options = z.object({
  targetSize: z.number().int().min(2).default(2048).describe('Dimensions of the sphere that the targets lie on'),
  assignEvery: z
    .number()
    .int()
    .min(0)
    .default(3)
    .describe('Epochs from one in which batches trade their targets to the next; 0 for targets that stay as they are'),
  useSobel: z.boolean().default(true).describe('Show the network two gradients of the gray image instead of colors'),
  cropShare: z
    .number()
    .min(0.25)
    .max(1)
    .default(0.875)
    .describe('Side of the random crop, as a share of the image (the code: 224 of 256)'),
  useFlip: z.boolean().default(true).describe('Random horizontal flip'),
  hiddenSize: z.number().int().min(1).default(4096).describe('Width of the two layers before the output'),
  dropout: z.number().min(0).max(1).default(0.5).describe('Dropout after the first of these'),
});

type Options = z.output<typeof options>;

/** Channels of the network's input: horizontal and vertical. */
const GRADIENTS = 2;
/** Rows of the preview, and images with similar targets in each. */
const SHOWN = 6;
const NEIGHBORS = 4;

export class NoiseAsTargets extends Method {
  override readonly previewSamples = 96;
  readonly tower: Tower;
  readonly head: Sequential;
  /** C: points on the unit sphere, (count, targetSize); they never change. */
  readonly targets: Tensor;
  /** P: the row of `targets` of each image, int64 (count), a permutation. */
  readonly assignment: Tensor;

  constructor(
    readonly options: Options,
    override readonly backbone: Backbone,
    readonly data: DataDescription,
  ) {
    super();
    const { targetSize, hiddenSize, dropout } = options;
    this.tower = new Tower(backbone, {
      side: cropSide(options, data),
      channels: channelsOf(options, data),
      outputSize: hiddenSize,
      useNorm: true,
    });
    this.head = new Sequential(
      new Dropout(dropout),
      new Linear(hiddenSize, hiddenSize, { bias: false }),
      new BatchNorm(hiddenSize),
      new ReLU(),
      new Linear(hiddenSize, targetSize),
    );
    this.targets = this.buffer('targets', l2Normalize(ops.randn([data.count, targetSize])));
    this.assignment = this.buffer('assignment', ops.randperm(data.count, { dtype: 'int64' }));
  }

  override prepare(samples: Tensor): Tensor {
    const images = toFloat(samples);
    if (!this.options.useSobel) return standardize(images);
    return sobel()(standardize(images.mean([1], true))).to({
      memoryFormat: samples.isContiguous('channelsLast') ? 'channelsLast' : 'contiguous',
    });
  }

  override views({ samples, indices }: Batch, random: Generator): Views {
    const crops = randomCrop({ size: cropSide(this.options, this.data) })(samples, random);
    const images = this.prepare(this.options.useFlip ? horizontalFlip(0.5)(crops, random) : crops);
    return { images, indices: positions(indices, images) };
  }

  /** Outputs on the unit sphere, (N, targetSize), from the last maps. */
  private output(maps: Tensor): Tensor {
    return l2Normalize(this.head.forward(this.tower.forward(maps)).to('float32'));
  }

  override loss(views: Views, _turn: string, progress: Progress): Outcome {
    const indices = views.indices as Tensor;
    const maps = this.backbone.maps(views.images as Tensor);
    const outputs = this.output(maps);
    return fullPrecision(indices.device, () => {
      const { assignEvery } = this.options;
      const isTrading = this.isTraining && assignEvery > 0 && progress.epoch % assignEvery === 0;
      const traded = isTrading ? noGrad(() => scope(() => this.trade(outputs.detach(), indices))) : 0;
      const loss = this.distances(outputs, indices).mean();
      return { loss, metrics: { traded }, features: maps.mean([2, 3]) };
    });
  }

  /** |f(x_i) - C P_i|^2 from 0 to 4 for outputs (N, targetSize) of some images (N). */
  private distances(outputs: Tensor, indices: Tensor): Tensor {
    return outputs.sub(this.targetsOf(indices)).square().sum([1]);
  }

  /** The points that images (N) are to map to. */
  targetsOf(indices: Tensor): Tensor {
    return this.targets.indexSelect(0, this.assignment.indexSelect(0, indices));
  }

  /** Hands the batch's targets around so that the sum of the distances is least. Returns the share of images with a new one. */
  trade(outputs: Tensor, indices: Tensor): number {
    const similarity = outputs.matmul(this.targetsOf(indices).t()); // (N, N)
    // Outputs that are not finite assign nothing: the loop reports the loss that follows.
    if (!Number.isFinite(similarity.sum().item())) return 0;
    const columns = assign(similarity.neg());
    const before = this.assignment.indexSelect(0, indices);
    const after = before.indexSelect(0, columns);
    this.assignment.indexCopy_(0, indices, after);
    return after.ne(before).mean(null, false, { dtype: 'float32' }).item();
  }

  override preview({ samples, indices }: Batch): Preview[] {
    const images = toFloat(samples);
    const inputs = this.prepare(centerCrop({ size: cropSide(this.options, this.data) })(samples));
    const outputs = this.output(this.backbone.maps(inputs));
    const targets = this.targetsOf(positions(indices, inputs));
    const cosines = outputs.mul(targets).sum([1]).toNumbers();
    // The first of each row is the image itself.
    const order = targets.matmul(targets.t()).argsort(1, true).toList() as number[][];
    const rows = order.slice(0, SHOWN).map((neighbors, i) => [
      { image: images.select(0, i), caption: 'image' },
      { image: pattern(targets.select(0, i), this.data.imageSize), caption: 'its noise' },
      {
        image: pattern(outputs.select(0, i), this.data.imageSize),
        caption: `the answer, cosine ${cosines[i]!.toFixed(2)}`,
      },
      ...neighbors
        .slice(1, 1 + NEIGHBORS)
        .map((other) => ({ image: images.select(0, other), caption: 'has similar noise' })),
    ]);
    return [
      {
        title: 'Which noise belongs to this image?',
        explanation:
          'Every image was given a pattern of random numbers, and the network must answer with it. Images trade their patterns: in time, those with similar patterns look alike.',
        rows,
      },
    ];
  }
}

function cropSide({ cropShare }: Options, { imageSize }: DataDescription): number {
  return Math.floor(cropShare * imageSize);
}

function channelsOf({ useSobel }: Options, { channels }: DataDescription): number {
  return useSobel ? GRADIENTS : channels;
}

/** An int64 vector beside another tensor. */
function positions(indices: readonly number[], beside: Tensor): Tensor {
  return tensor(BigInt64Array.from(indices, BigInt), { device: beside.device });
}

/** A vector as a square of gray cells, about a middle gray; as many cells as are a square number. */
function pattern(vector: Tensor, size: number): Tensor {
  const side = Math.floor(Math.sqrt(vector.numel));
  const cells = vector.narrow(0, 0, side * side).view([1, 1, side, side]);
  const gray = cells.div(cells.abs().amax().clampMin(1e-6)).mul(0.5).add(0.5);
  return ops.upsampleNearest2d(gray, [size, size]).select(0, 0);
}

export const noiseAsTargets = defineMethod({
  name: 'noise-as-targets',
  title: 'Noise as targets',
  modality: 'image',
  family: 'automatic-labels',
  summary: 'Map every image to a random point of its own, and let images trade points so that similar ones come close.',
  paper: {
    title: 'Unsupervised Learning by Predicting Noise',
    authors: 'Piotr Bojanowski, Armand Joulin',
    year: 2017,
    url: 'https://arxiv.org/abs/1704.05310',
    code: 'https://github.com/facebookresearch/noise-as-targets',
  },
  score: { metric: 'loss', name: 'squared distance to the target', better: 'lower', isOfTrainingData: true },
  options,
  smallOptions: { targetSize: 64, hiddenSize: 256, cropShare: 1, dropout: 0 },
  smallestBatch: 2,
  recipes: {
    paper: {
      backbone: 'caffenet',
      epochs: 100,
      batchSize: 256,
      optimizer: 'sgd',
      learningRate: 2.56,
      momentum: 0,
      weightDecay: 0,
      schedule: 'constant',
    },
    small: {
      backbone: 'resnet18',
      width: 32,
      epochs: 60,
      batchSize: 128,
      optimizer: 'adam',
      learningRate: 1e-3,
      weightDecay: 0,
      schedule: 'cosine',
      warmupEpochs: 1,
    },
  },
  backboneOptions: (options, data) => ({
    inputChannels: channelsOf(options, data),
    imageSize: cropSide(options, data),
  }),
  create: ({ options, backbone, data }) => new NoiseAsTargets(options, backbone, data),
});
