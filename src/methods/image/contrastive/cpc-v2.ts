/**
 * CPC v2: contrastive predictive coding from all four sides of the image, with layer norm, a wider encoder and patches that are changed
 * one by one.
 *
 * Hénaff, Srinivas, De Fauw, Razavi, Doersch, Eslami, van den Oord, "Data-Efficient Image Recognition with Contrastive Predictive
 * Coding", 2019, https://arxiv.org/abs/1905.09272. No code is published; this follows the pseudo-code of the appendix.
 *
 * Targets are a 1x1 convolution of the vectors to 64 dimensions, predictions another one of the context, times 0.1. The first two
 * rows below the context are left out, since they overlap with it, and with the listed defaults that leaves one: the loop of the
 * pseudo-code over three rows skips two. Every direction has a context network of its own; the grid is turned instead of the network.
 *
 * Of the patch augmentations the text names, these are here: two of three colors are dropped, flips, shifts, brightness and
 * contrast; elastic deformation, shear and rotation, whose strengths are not given, are not.
 */
import { z } from 'zod';
import {
  colorJitter,
  compose,
  horizontalFlip,
  normalize,
  randomResizedCrop,
  rotate90,
  type Transform,
  toFloat,
} from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import { NORMS } from '../../../backbones/norms.js';
import type { Generator, Tensor } from '../../../engine/index.js';
import { Conv2d, Layer, Sequential } from '../../../engine/nn/index.js';
import { singleChannel } from '../../colors/single-channel.js';
import { shiftInFrame } from '../../cuts/patch-shift.js';
import { gridNce, meanNce } from '../../losses/grid-nce.js';
import { type Batch, type DataDescription, defineMethod, type Outcome, type Turn, type Views } from '../../method.js';
import { ContextNetwork } from '../../networks/context-network.js';
import { GridMethod, gridOf, withNorm } from './grid-method.js';

const options = z.object({
  patchSize: z
    .number()
    .int()
    .min(2)
    .nullable()
    .default(null)
    .describe('Side of a patch in pixels, the next begins half of it further on; null takes a quarter of the image'),
  ignoredRows: z
    .number()
    .int()
    .min(0)
    .default(2)
    .describe('Rows beyond the context that are not predicted (steps_to_ignore)'),
  predictedRows: z
    .number()
    .int()
    .min(1)
    .default(1)
    .describe('Further rows that are predicted (steps_to_predict less those ignored)'),
  directions: z
    .union([z.literal(1), z.literal(2), z.literal(4)])
    .default(4)
    .describe('From how many sides an image is read: 1 from the top, 2 also from the bottom, 4 from all'),
  targetSize: z.number().int().min(1).default(64).describe('Dimensions in which predictions and targets are compared'),
  scale: z.number().positive().default(0.1).describe('Factor on the predictions (emb_scale)'),
  contextSize: z.number().int().min(1).default(256).describe('Hidden channels of the context networks'),
  contextBlocks: z.number().int().min(1).default(5).describe('Residual blocks of each context network'),
  useChannelDrop: z.boolean().default(true).describe('Whether each patch keeps one of its three colors only'),
  usePatchJitter: z
    .boolean()
    .default(true)
    .describe('Whether each patch is flipped, shifted and changed in brightness and contrast'),
  norm: z
    .enum(NORMS)
    .default('layer')
    .describe('Norm of a ResNet encoder; batch norm gives the answer away (an ablation)'),
});

type Options = z.output<typeof options>;

/** Turns a grid (N, D, G, G) so that the network that reads from the top reads it from another side. */
function turned(grid: Tensor, quarterTurns: number): Tensor {
  return quarterTurns === 0 ? grid : rotate90(grid, quarterTurns);
}

/** What reads the grid from one side: its context and, for each predicted row, a 1x1 convolution. */
class Reader extends Layer {
  readonly context: ContextNetwork;
  readonly predictors: Sequential;

  constructor(featureSize: number, { contextSize, contextBlocks, targetSize, predictedRows }: Options) {
    super();
    this.context = new ContextNetwork(featureSize, contextSize, contextBlocks);
    this.predictors = new Sequential(
      ...Array.from({ length: predictedRows }, () => new Conv2d(featureSize, targetSize, 1)),
    );
  }

  override forward(vectors: Tensor): Tensor {
    return this.context.forward(vectors);
  }
}

export class CPCv2 extends GridMethod {
  readonly readers: Sequential;
  readonly toTargets: Conv2d;
  private readonly augment: Transform;
  private readonly patchAugment: Transform | null;

  constructor(
    readonly options: Options,
    backbone: Backbone,
    data: DataDescription,
  ) {
    super(backbone, data, options);
    const { featureSize } = this.backbone;
    this.readers = new Sequential(...this.quarterTurns.map(() => new Reader(featureSize, options)));
    this.toTargets = new Conv2d(featureSize, options.targetSize, 1);
    this.augment = randomResizedCrop({ size: data.imageSize, scale: [0.3, 1], flip: 0.5 });
    const steps = [
      ...(options.useChannelDrop && data.channels === 3 ? [singleChannel(1)] : []),
      ...(options.usePatchJitter
        ? [
            horizontalFlip(0.5),
            shiftInFrame(Math.round(this.grid.patch / 16)),
            colorJitter({ brightness: 0.4, contrast: 0.4, p: 0.8 }),
          ]
        : []),
    ];
    this.patchAugment = steps.length > 0 ? compose(...steps) : null;
  }

  /** Quarter turns of the grid, one for each side that it is read from. */
  private get quarterTurns(): number[] {
    return [0, 2, 1, 3].slice(0, this.options.directions);
  }

  override prepare(samples: Tensor): Tensor {
    return normalize(this.data.mean, this.data.std)(toFloat(samples));
  }

  protected override seen(images: Tensor): Tensor {
    return images;
  }

  override views({ samples }: Batch, random: Generator): Views {
    const patches = this.cut(this.augment(samples, random));
    return { patches: this.prepare(this.patchAugment?.(patches, random) ?? patches) };
  }

  override loss(views: Views): Outcome {
    const vectors = this.encode(views.patches as Tensor); // (N, D, G, G)
    const targets = this.toTargets.forward(vectors); // (N, 64, G, G)
    const parts = this.quarterTurns.flatMap((quarterTurn, i) => {
      const reader = this.readers.layers[i] as Reader;
      const context = reader.forward(turned(vectors, quarterTurn));
      const aside = turned(targets, quarterTurn);
      return this.offsets.map((offset, k) => gridNce(this.predict(reader, context, k), aside, offset));
    });
    const { loss, accuracy } = meanNce(parts);
    return { loss, metrics: { accuracy }, features: vectors.mean([2, 3]) };
  }

  private predict(reader: Reader, context: Tensor, k: number): Tensor {
    return (reader.predictors.layers[k] as Conv2d).forward(context).mul(this.options.scale);
  }

  protected override predictionsOf(vectors: Tensor, offset: number): { predictions: Tensor; targets: Tensor } {
    const reader = this.readers.layers[0] as Reader;
    const predictions = this.predict(reader, reader.forward(vectors), this.offsets.indexOf(offset));
    return { predictions, targets: this.toTargets.forward(vectors) };
  }

  override turns(): Turn[] {
    return [{ name: 'main', modules: [this], betas: [0.8, 0.999] }];
  }
}

export const cpcV2 = defineMethod({
  name: 'cpc-v2',
  title: 'CPC v2',
  modality: 'image',
  family: 'contrastive',
  summary:
    'Read an image patch by patch from all four sides and find the patches further on among those of all images.',
  paper: {
    title: 'Data-Efficient Image Recognition with Contrastive Predictive Coding',
    authors: 'Olivier J. Hénaff, Aravind Srinivas, Jeffrey De Fauw, Ali Razavi, Carl Doersch, S. M. Ali Eslami et al.',
    year: 2019,
    url: 'https://arxiv.org/abs/1905.09272',
  },
  score: { metric: 'accuracy', name: 'patches found among those of 100 images', better: 'higher' },
  options,
  smallOptions: { contextSize: 64, contextBlocks: 3 },
  smallestImage: 28,
  recipes: {
    // Adam with decays 0.8 and 0.999, batches of 512. The paper's ResNet-161 has a third stack of 46 blocks; 101 layers are the nearest here.
    paper: {
      backbone: 'resnet101',
      width: 128,
      epochs: 200,
      batchSize: 512,
      optimizer: 'adam',
      learningRate: 4e-4,
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
    imageSize: gridOf(options, data.imageSize).patch,
    ...withNorm(options.norm, architecture),
  }),
  create: ({ options, backbone, data }) => new CPCv2(options, backbone, data),
});
