/**
 * Counting: what is counted in the four quarters of an image must add up to what is counted in the whole of it, made smaller.
 *
 * Noroozi, Pirsiavash, Favaro, "Representation Learning by Learning to Count", ICCV 2017, https://arxiv.org/abs/1708.06734; no code
 * of the authors is known to us.
 *
 * Nobody says what is to be counted: phi has many outputs, each at least zero, and the loss asks that they add up, equation (5):
 * |phi(D x) - sum_j phi(T_j x)|^2 + max(0, M - |phi(D y) - sum_j phi(T_j x)|^2). The network sees the quarters T_j x and the small
 * image D x at the same size. The first term alone is solved by counting nothing; the second, in which y is another image, demands
 * that images differ. For y we take the next image of the batch.
 *
 * The paper shrinks by a random one of four filters, so that the trace of one does not give the small image away. We have three
 * of them: bilinear, bicubic and the mean over 2x2 pixels, without Lanczos. Our backbones have batch norm, the paper's AlexNet
 * has none.
 */
import { z } from 'zod';
import {
  compose,
  grayscale,
  inGroups,
  normalize,
  randomCrop,
  resize,
  toFloat,
  uniforms,
} from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import { fullPrecision, type Generator, noGrad, ops, scope, type Tensor } from '../../../engine/index.js';
import { Linear, ReLU, Sequential } from '../../../engine/nn/index.js';
import { Canvas } from '../../../modalities/canvas.js';
import {
  type Batch,
  type DataDescription,
  defineMethod,
  Method,
  type Outcome,
  type Preview,
  type Views,
} from '../../method.js';
import { Tower } from '../../networks/tower.js';

const options = z.object({
  counts: z.number().int().min(1).default(1000).describe('Outputs of the network: kinds of things that it can count'),
  margin: z
    .number()
    .min(0)
    .default(10)
    .describe('M: least squared distance to the counts of another image; with 0 the network counts nothing at all'),
  cropShare: z
    .number()
    .min(0.25)
    .max(1)
    .default(0.875)
    .describe('Side of the random crop that is cut into quarters, as a share of the image (the paper: 224 of 256)'),
  grayProbability: z.number().min(0).max(1).default(0.67).describe('Share of images that lose their color'),
  hiddenSize: z.number().int().min(1).default(4096).describe('Width of the two layers before the counts (fc6, fc7)'),
});

type Options = z.output<typeof options>;

const QUARTERS = 4;

/** The ways to halve an image (N, C, 2 s, 2 s). */
const WAYS = ['bilinear', 'bicubic', 'mean'] as const;

function halve(images: Tensor, way: (typeof WAYS)[number]): Tensor {
  if (way === 'mean') return ops.avgPool2d(images, 2);
  return resize({ size: images.size(2) / 2, interpolation: way })(images);
}

export class Counting extends Method {
  readonly tower: Tower;
  readonly head: Sequential;
  /** Side in pixels of a quarter and of the small image. */
  readonly side: number;

  constructor(
    readonly options: Options,
    override readonly backbone: Backbone,
    readonly data: DataDescription,
  ) {
    super();
    const { counts, hiddenSize } = options;
    this.side = quarterSide(options, data);
    this.tower = new Tower(backbone, {
      side: this.side,
      channels: data.channels,
      outputSize: hiddenSize,
      useNorm: false,
    });
    this.head = new Sequential(
      new Linear(hiddenSize, hiddenSize),
      new ReLU(),
      new Linear(hiddenSize, counts),
      new ReLU(),
    );
  }

  override prepare(samples: Tensor): Tensor {
    return normalize(this.data.mean, this.data.std)(toFloat(samples));
  }

  override views({ samples }: Batch, random: Generator): Views {
    return { tiles: this.prepare(this.cut(samples, random)) };
  }

  /** The small images, then all first quarters, all second, ...: (5 N, C, s, s) in [0, 1]. */
  private cut(samples: Tensor, random: Generator): Tensor {
    const images = compose(randomCrop({ size: 2 * this.side }), grayscale(this.options.grayProbability))(
      samples,
      random,
    );
    const draws = uniforms(images.size(0), 1, random);
    const chosen = Array.from({ length: images.size(0) }, (_, i) => Math.floor(draws(i)[0]! * WAYS.length));
    const small = inGroups(
      images,
      chosen,
      WAYS.map((way) => (part) => halve(part, way)),
    );
    return ops
      .cat([small, ...quarters(images, this.side)])
      .to({ memoryFormat: samples.isContiguous('channelsLast') ? 'channelsLast' : 'contiguous' });
  }

  /** Counts of the small images and sums over their quarters, each (N, counts), from small images and quarters (5 N, C, s, s). */
  private count(tiles: Tensor): { whole: Tensor; sum: Tensor; features: Tensor } {
    const maps = this.backbone.maps(tiles);
    const counts = this.head.forward(this.tower.forward(maps)).to('float32');
    const n = tiles.size(0) / (1 + QUARTERS);
    const sum = counts
      .narrow(0, n, QUARTERS * n)
      .view([QUARTERS, n, -1])
      .sum([0]);
    return { whole: counts.narrow(0, 0, n), sum, features: maps.narrow(0, 0, n).mean([2, 3]) };
  }

  override loss(views: Views): Outcome {
    const { whole, sum, features } = this.count(views.tiles as Tensor);
    return fullPrecision(whole.device, () => {
      const { loss, own, other } = countingLoss(whole, sum, this.options.margin);
      const metrics = noGrad(() => ({
        accuracy: own.lt(other).mean(null, false, { dtype: 'float32' }),
        count: whole.sum([1]).mean(),
      }));
      return { loss, metrics, features };
    });
  }

  override preview({ samples }: Batch, random: Generator): Preview[] {
    const shown = Math.min(6, samples.size(0));
    const pictures = this.cut(samples.narrow(0, 0, shown), random);
    const { whole, sum } = this.count(this.prepare(pictures));
    const distances = ops.cdist(sum, whole); // (N, N): the sums of i to the small image j
    const guesses = distances.argmin(1).toNumbers();
    const totals = (counts: Tensor): string[] =>
      counts
        .sum([1])
        .toNumbers()
        .map((total) => total.toFixed(1));
    const [small, added] = [totals(whole), totals(sum)];
    const rows = guesses.map((guess, i) => [
      { image: pictures.select(0, i), caption: `the whole: ${small[i]} counted in all` },
      { image: this.board(pictures, i, shown), caption: `the quarters: ${added[i]} counted in all` },
      {
        image: pictures.select(0, guess),
        caption: guess === i ? 'counts most like the quarters: its own' : 'counts most like the quarters: another',
        isCorrect: guess === i,
      },
    ]);
    return [
      {
        title: 'Do the parts add up?',
        explanation: `The network counts ${this.options.counts} kinds of things, and nobody told it which. What it counts in the quarters of an image must add up to what it counts in the whole.`,
        rows,
      },
    ];
  }

  /** The four quarters of an image with a gap between them. */
  private board(pictures: Tensor, image: number, count: number): Tensor {
    const step = this.side + Math.max(1, Math.round(this.side / 12));
    const board = new Canvas(step + this.side, step + this.side);
    for (let j = 0; j < QUARTERS; j++)
      board.paste(pictures.select(0, (1 + j) * count + image), Math.floor(j / 2) * step, (j % 2) * step);
    return board.image;
  }
}

function quarterSide({ cropShare }: Options, { imageSize }: DataDescription): number {
  return Math.floor((cropShare * imageSize) / 2);
}

/** Upper left, upper right, lower left, lower right of images (N, C, 2 s, 2 s). */
function quarters(images: Tensor, side: number): Tensor[] {
  const places = [
    [0, 0],
    [0, side],
    [side, 0],
    [side, side],
  ] as const;
  return places.map(([top, left]) => images.narrow(2, top, side).narrow(3, left, side));
}

/**
 * The counting loss, mean over the batch, with the squared distances from the sums over quarters to the counts of the own small
 * image and to those of the next image, each (N).
 *
 * @param whole counts phi(D x), (N, counts), at least two images
 * @param sum sums of phi(T_j x) over j, (N, counts)
 */
export function countingLoss(whole: Tensor, sum: Tensor, margin: number): { loss: Tensor; own: Tensor; other: Tensor } {
  return scope(() => {
    const own = whole.sub(sum).square().sum([1]);
    const other = whole.roll([-1], [0]).sub(sum).square().sum([1]);
    return { loss: own.add(other.rsub(margin).relu()).mean(), own, other };
  });
}

export const counting = defineMethod({
  name: 'counting',
  title: 'Counting',
  modality: 'image',
  family: 'patches',
  summary: 'Count in the quarters of an image and in the whole of it, so that the parts add up.',
  paper: {
    title: 'Representation Learning by Learning to Count',
    authors: 'Mehdi Noroozi, Hamed Pirsiavash, Paolo Favaro',
    year: 2017,
    url: 'https://arxiv.org/abs/1708.06734',
  },
  score: {
    metric: 'accuracy',
    name: 'quarters nearer to their own image than to another (chance 50 %)',
    better: 'higher',
  },
  options,
  smallOptions: { counts: 64, hiddenSize: 256, cropShare: 1 },
  smallestImage: 16,
  smallestBatch: 2,
  recipes: {
    // The rate falls by 0.9 every 10,000 steps: five times in each tenth of 100 epochs of ImageNet. Length and optimizer are our choice.
    paper: {
      backbone: 'caffenet',
      epochs: 100,
      batchSize: 256,
      optimizer: 'adam',
      learningRate: 1e-4,
      weightDecay: 0,
      schedule: 'step',
      milestones: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9],
      gamma: 0.9 ** 5,
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
  backboneOptions: (options, data) => ({ imageSize: quarterSide(options, data) }),
  create: ({ options, backbone, data }) => new Counting(options, backbone, data),
});
