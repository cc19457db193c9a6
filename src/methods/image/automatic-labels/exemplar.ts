/**
 * Exemplar-CNN: one patch and everything that translation, rotation, scaling and changes of color make of it are a class.
 *
 * Dosovitskiy, Springenberg, Riedmiller, Brox, "Discriminative Unsupervised Feature Learning with Convolutional Neural Networks", NIPS
 * 2014, https://arxiv.org/abs/1406.6909 (with Fischer, in the longer version of 2015).
 *
 * A seed patch is cut out of each of some images, at a place that is likelier the more gradient there is in it. The network tells
 * all the seeds apart, whatever has been done to them: a plain softmax with as many classes as seeds.
 *
 * The paper transforms each seed 150 times before training and takes off the mean of each pixel over the set; here every visit
 * draws a new transformation, and channels are normalized. Principal components of the colors are those of the batch. The paper
 * stops lowering the rate by a validation set of transformed patches; here its falls are spread over the run. Our
 * backbones have batch norm, and so has the layer behind them; the paper's network has none.
 */
import { z } from 'zod';
import { normalize, type Offset, toFloat } from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import { type Generator, noGrad, ops, scope, type Tensor, tensor } from '../../../engine/index.js';
import { Dropout, Linear, Sequential } from '../../../engine/nn/index.js';
import { expected } from '../../../errors.js';
import { BLUE, Canvas } from '../../../modalities/canvas.js';
import {
  type Batch,
  type DataDescription,
  defineMethod,
  type EpochContext,
  type EpochPlan,
  Method,
  type Outcome,
  type Preview,
  type Tile,
  type Views,
} from '../../method.js';
import { Tower } from '../../networks/tower.js';
import { drawChanges, drawCorners, transformPatches } from './exemplar-patches.js';

const options = z.object({
  seedPatches: z
    .number()
    .int()
    .min(2)
    .default(8000)
    .describe('Seed patches, from as many images drawn at random: each is a class. At most one for each image'),
  patchSize: z
    .number()
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'Side of a patch in pixels; null takes 32 (the paper), a third of images above 96, the whole of smaller ones',
    ),
  strength: z
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe("Share of the paper's ranges of all transformations; 0 leaves the patches as they are"),
  hiddenSize: z.number().int().min(1).default(512).describe('Units of the fully connected layer before the classes'),
  dropout: z.number().min(0).max(1).default(0.5).describe('Dropout after this layer'),
});

type Options = z.output<typeof options>;

const PAPER_PATCH = 32;
/** The class of an image without a seed: cross-entropy leaves it out. */
const NO_CLASS = -100;
/** Rows and transformed patches of the preview. */
const SHOWN = 6;
const TRANSFORMED = 5;

export class Exemplar extends Method {
  override readonly previewSamples = 96;
  readonly tower: Tower;
  readonly head: Sequential;
  /** The class of each image, int64 (count). */
  readonly classes: Tensor;
  /** Upper left corners of the patches in their images, int64 (count, 2): in the middle until the first epoch. */
  readonly corners: Tensor;
  /** Side of a patch in pixels. */
  readonly side: number;

  constructor(
    readonly options: Options,
    override readonly backbone: Backbone,
    readonly data: DataDescription,
  ) {
    super();
    const { hiddenSize, dropout } = options;
    const { count, channels, imageSize } = data;
    this.side = patchSide(options, data);
    const classes = new BigInt64Array(count).fill(BigInt(NO_CLASS));
    for (const [i, image] of ops.randperm(count, { dtype: 'int64' }).toNumbers().slice(0, this.seedCount).entries())
      classes[image] = BigInt(i);
    this.classes = this.buffer('classes', tensor(classes));
    const middle = Math.floor((imageSize - this.side) / 2);
    this.corners = this.buffer('corners', ops.full([count, 2], middle, { dtype: 'int64' }));
    this.tower = new Tower(backbone, { side: this.side, channels, outputSize: hiddenSize, useNorm: true });
    this.head = new Sequential(new Dropout(dropout), new Linear(hiddenSize, this.seedCount));
  }

  /** Number of classes. */
  get seedCount(): number {
    return Math.min(this.options.seedPatches, this.data.count);
  }

  override prepare(samples: Tensor): Tensor {
    return normalize(this.data.mean, this.data.std)(toFloat(samples));
  }

  /** Before the first epoch chooses the patches; visits only the images with a seed, as often as it takes to fill an epoch. */
  override onEpochStart(context: EpochContext): EpochPlan {
    const seeds = this.classes.ge(0).nonzero().flatten().toNumbers();
    if (context.progress.epoch === 0) this.choosePatches(seeds, context);
    if (seeds.length === context.count) return {};
    const order: number[] = [];
    while (order.length < context.count) {
      const shuffled = ops.randperm(seeds.length, { generator: context.random, device: context.random.device });
      for (const i of shuffled.toNumbers()) order.push(seeds[i]!);
    }
    return { order: order.slice(0, context.count) };
  }

  private choosePatches(seeds: readonly number[], { samples, batchSize, random }: EpochContext): void {
    if (this.side === this.data.imageSize) return;
    for (let start = 0; start < seeds.length; start += batchSize)
      scope(() => {
        const images = seeds.slice(start, start + batchSize);
        const corners = drawCorners(toFloat(samples(images)), this.side, random);
        this.corners.indexCopy_(0, positions(images, corners), corners);
      });
  }

  override views({ samples, indices }: Batch, random: Generator): Views {
    const patches = this.transform(toFloat(samples), indices, random);
    return {
      patches: this.prepare(patches).to({
        memoryFormat: samples.isContiguous('channelsLast') ? 'channelsLast' : 'contiguous',
      }),
      labels: this.classes.indexSelect(0, positions(indices, this.classes)),
    };
  }

  /** The patches of these images after a random change: (N, C, side, side) in [0, 1]. */
  private transform(images: Tensor, indices: readonly number[], random: Generator): Tensor {
    const changes = drawChanges(indices.length, this.data.channels, this.options.strength, random);
    return transformPatches(images, this.cornersOf(indices), this.side, changes);
  }

  private cornersOf(indices: readonly number[]): Offset[] {
    const rows = this.corners.indexSelect(0, positions(indices, this.corners)).toList() as number[][];
    return rows.map(([top, left]) => ({ top: top!, left: left! }));
  }

  override loss(views: Views): Outcome {
    const { patches, labels } = views as { patches: Tensor; labels: Tensor };
    const maps = this.backbone.maps(patches);
    const logits = this.classify(maps);
    return {
      loss: ops.crossEntropy(logits, labels),
      metrics: { accuracy: noGrad(() => accuracyOfSeeds(logits, labels)) },
      features: maps.mean([2, 3]),
    };
  }

  /** Logits (N, seeds) from the last maps. */
  private classify(maps: Tensor): Tensor {
    return this.head.forward(this.tower.forward(maps));
  }

  override preview({ samples, indices }: Batch, random: Generator): Preview[] {
    const classes = this.classes.indexSelect(0, positions(indices, this.classes)).toNumbers();
    const withSeed = indices.flatMap((_, i) => (classes[i]! >= 0 ? [i] : []));
    const shown = (withSeed.length > 0 ? withSeed : [...indices.keys()]).slice(0, SHOWN);
    const positionsShown = shown.map((i) => indices[i]!);
    const images = toFloat(samples.indexSelect(0, positions(shown, samples)));
    const pictures = Array.from({ length: TRANSFORMED }, () => this.transform(images, positionsShown, random));
    const guesses = pictures.map((patches) =>
      this.classify(this.backbone.maps(this.prepare(patches)))
        .argmax(1)
        .toNumbers(),
    );
    const corners = this.cornersOf(positionsShown);
    const rows = shown.map((place, row): Tile[] => {
      const label = classes[place]!;
      const { top, left } = corners[row]!;
      const image = images.select(0, row);
      const isWhole = this.side === this.data.imageSize;
      const seed = isWhole ? image : Canvas.of(image).frame(top, left, this.side, BLUE).image;
      return [
        { image: seed, caption: label >= 0 ? `seed of class ${label}` : 'an image without a seed' },
        ...pictures.map((patches, k): Tile => {
          const guess = guesses[k]![row]!;
          const image = patches.select(0, row);
          return label >= 0 ? { image, caption: `says class ${guess}`, isCorrect: guess === label } : { image };
        }),
      ];
    });
    return [
      {
        title: 'Which patch was this?',
        explanation: `Each seed patch is a class of its own. The network sees it moved, turned, scaled and recolored, and says which of the ${this.seedCount} seeds it was.`,
        rows,
      },
    ];
  }
}

/** Share of the images with a seed that are recognized. */
function accuracyOfSeeds(logits: Tensor, labels: Tensor): Tensor {
  return logits.argmax(1).eq(labels).sum().div(labels.ge(0).sum().clampMin(1));
}

function patchSide({ patchSize }: Options, { imageSize }: DataDescription): number {
  const side = patchSize ?? Math.max(Math.min(PAPER_PATCH, imageSize), Math.floor(imageSize / 3));
  if (side > imageSize) throw expected(`a patch of at most the image of ${imageSize} pixels`, 'patchSize', side);
  return side;
}

/** An int64 vector beside another tensor. */
function positions(indices: readonly number[], beside: Tensor): Tensor {
  return tensor(BigInt64Array.from(indices, BigInt), { device: beside.device });
}

export const exemplar = defineMethod({
  name: 'exemplar',
  title: 'Exemplar-CNN',
  modality: 'image',
  family: 'automatic-labels',
  summary: 'Make a class of each of many patches by transforming it, and tell the classes apart.',
  paper: {
    title: 'Discriminative Unsupervised Feature Learning with Convolutional Neural Networks',
    authors: 'Alexey Dosovitskiy, Jost Tobias Springenberg, Martin Riedmiller, Thomas Brox',
    year: 2014,
    url: 'https://arxiv.org/abs/1406.6909',
  },
  score: { metric: 'accuracy', name: 'accuracy on the seeds', better: 'higher', isOfTrainingData: true },
  options,
  smallOptions: { dropout: 0 },
  recipes: {
    // 150 visits of each seed, over which the paper's rate falls from 0.01; how often it falls is our choice.
    paper: {
      backbone: 'alexnet',
      epochs: 150,
      batchSize: 128,
      optimizer: 'sgd',
      learningRate: 0.01,
      momentum: 0.9,
      weightDecay: 0,
      schedule: 'step',
      milestones: [0.5, 0.7, 0.9],
      gamma: 1 / 3,
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
  backboneOptions: (options, data) => ({ imageSize: patchSide(options, data) }),
  create: ({ options, backbone, data }) => new Exemplar(options, backbone, data),
});
