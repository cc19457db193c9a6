/**
 * CPC: cut an image into overlapping patches, read them from the top, and predict the vectors of the patches further down.
 *
 * van den Oord, Li, Vinyals, "Representation Learning with Contrastive Predictive Coding", 2018, https://arxiv.org/abs/1807.03748.
 * The authors have published no code.
 *
 * z is the vector of a patch, c the context that a masked network makes of all rows so far. For each step k, W_k c must be more like
 * the z of the patch k rows further down than like those of all other patches of the batch (InfoNCE). Rows of patches overlap by
 * half, so the next row shares pixels with the context: it is left out (as version 2 does; the paper does not say). There is no
 * batch norm in the encoder: its statistics would carry the answer.
 *
 * The layout of the paper's PixelCNN is not published; the context network is that of version 2. Features of an image are the mean of
 * the vectors of its patches.
 */
import { z } from 'zod';
import { grayChosen, normalize, randomResizedCrop, type Transform, toFloat } from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import { NORMS } from '../../../backbones/norms.js';
import type { Generator, Tensor } from '../../../engine/index.js';
import { Conv2d, init, Sequential } from '../../../engine/nn/index.js';
import { shiftInFrame } from '../../cuts/patch-shift.js';
import { gridNce, meanNce } from '../../losses/grid-nce.js';
import { type Batch, type DataDescription, defineMethod, type Outcome, type Views } from '../../method.js';
import { ContextNetwork } from '../../networks/context-network.js';
import { GridMethod, gridOf, withNorm } from './grid-method.js';

const options = z.object({
  patchSize: z
    .number()
    .int()
    .min(2)
    .nullable()
    .default(null)
    .describe(
      'Side of a patch in pixels, the next begins half of it further on; null takes a quarter of the image (64 of 256)',
    ),
  ignoredRows: z
    .number()
    .int()
    .min(0)
    .default(1)
    .describe('Rows below the context that are not predicted, since they share pixels with it'),
  predictedRows: z
    .number()
    .int()
    .min(1)
    .default(4)
    .describe('Further rows that are predicted, each by a matrix of its own (the paper: up to five below)'),
  contextSize: z.number().int().min(1).default(256).describe('Hidden channels of the context network'),
  contextBlocks: z.number().int().min(1).default(5).describe('Residual blocks of the context network'),
  frame: z
    .number()
    .min(0)
    .max(0.4)
    .default(1 / 32)
    .describe('Border around what is kept of a patch, as a share of its side: 2 of 64 pixels'),
  norm: z
    .enum(NORMS)
    .default('none')
    .describe('Norm of a ResNet encoder; batch norm gives the answer away (an ablation)'),
});

type Options = z.output<typeof options>;

/** Of the image's area: 256x256 of 300x300 pixels, where the images here have no pixels to spare. */
const SMALLEST_CROP = 0.73;

/** The luminance of red, green and blue. */
const LUMINANCE = [0.299, 0.587, 0.114];

export class CPC extends GridMethod {
  readonly context: ContextNetwork;
  /** W_k for each predicted row. */
  readonly predictors: Sequential;
  private readonly augment: Transform;
  private readonly framed: Transform;

  constructor(
    readonly options: Options,
    backbone: Backbone,
    data: DataDescription,
  ) {
    super(backbone, data, options);
    const { featureSize } = this.backbone;
    this.context = new ContextNetwork(featureSize, options.contextSize, options.contextBlocks);
    this.predictors = new Sequential(
      ...this.offsets.map(() => new Conv2d(featureSize, featureSize, 1, { bias: false })),
    );
    // Small, so that all answers are equally likely at first.
    for (const layer of this.predictors.layers) init.normal_((layer as Conv2d).weight, 0, 0.3 / featureSize);
    this.augment = randomResizedCrop({ size: data.imageSize, scale: [SMALLEST_CROP, 1], ratio: [1, 1], flip: 0.5 });
    this.framed = shiftInFrame(Math.round(options.frame * this.grid.patch));
  }

  /** Gray, with mean 0 and deviation about 1. */
  override prepare(samples: Tensor): Tensor {
    const { mean, std } = this.data;
    const weights = mean.length === 3 ? LUMINANCE : [1];
    const gray = (values: readonly number[]): number => values.reduce((sum, value, i) => sum + value * weights[i]!, 0);
    return normalize([gray(mean)], [gray(std)])(this.seen(toFloat(samples)));
  }

  protected override seen(images: Tensor): Tensor {
    return grayChosen(images, Array<boolean>(images.size(0)).fill(true)).narrow(1, 0, 1);
  }

  override views({ samples }: Batch, random: Generator): Views {
    const patches = this.cut(this.prepare(this.augment(samples, random)));
    return { patches: this.framed(patches, random) };
  }

  override loss(views: Views): Outcome {
    const vectors = this.encode(views.patches as Tensor); // (N, D, G, G)
    const context = this.context.forward(vectors);
    const parts = this.offsets.map((offset, k) => gridNce(this.predict(context, k), vectors, offset));
    const { loss, accuracy } = meanNce(parts);
    return { loss, metrics: { accuracy }, features: vectors.mean([2, 3]) };
  }

  private predict(context: Tensor, k: number): Tensor {
    return (this.predictors.layers[k] as Conv2d).forward(context);
  }

  protected override predictionsOf(vectors: Tensor, offset: number): { predictions: Tensor; targets: Tensor } {
    const k = this.offsets.indexOf(offset);
    return { predictions: this.predict(this.context.forward(vectors), k), targets: vectors };
  }
}

export const cpc = defineMethod({
  name: 'cpc',
  title: 'CPC',
  modality: 'image',
  family: 'contrastive',
  summary: 'Read an image patch by patch from the top and find the patches further down among those of all images.',
  paper: {
    title: 'Representation Learning with Contrastive Predictive Coding',
    authors: 'Aaron van den Oord, Yazhe Li, Oriol Vinyals',
    year: 2018,
    url: 'https://arxiv.org/abs/1807.03748',
  },
  score: { metric: 'accuracy', name: 'patches found among those of 100 images', better: 'higher' },
  options,
  smallOptions: { contextSize: 64, contextBlocks: 3, predictedRows: 3 },
  smallestImage: 28,
  recipes: {
    // Adam at 0.0002, 32 GPUs with 16 images each; the number of epochs is not published.
    paper: {
      backbone: 'resnet101',
      epochs: 200,
      batchSize: 512,
      optimizer: 'adam',
      learningRate: 2e-4,
      weightDecay: 0,
      schedule: 'constant',
    },
    small: {
      backbone: 'resnet18',
      width: 32,
      epochs: 60,
      batchSize: 64,
      optimizer: 'adam',
      learningRate: 5e-4,
      weightDecay: 0,
      schedule: 'cosine',
      warmupEpochs: 1,
    },
  },
  backboneOptions: (options, data, architecture) => ({
    inputChannels: 1,
    imageSize: gridOf(options, data.imageSize).patch,
    ...withNorm(options.norm, architecture),
  }),
  create: ({ options, backbone, data }) => new CPC(options, backbone, data),
});
