/**
 * SimCLR: two random views of an image must find each other among the views of all other images of the batch.
 *
 * Chen, Kornblith, Norouzi, Hinton, "A Simple Framework for Contrastive Learning of Visual Representations", ICML 2020,
 * https://arxiv.org/abs/2002.05709; code: github.com/google-research/simclr.
 *
 * Crops make the task semantic (a part must be recognized from another part), color distortion keeps color histograms from
 * solving it. The loss acts on a projection that is thrown away; the representation before it is what is kept.
 *
 * Batch norm takes its statistics over all devices, that is over the whole batch: statistics of a part in which both views of an
 * image are would tell which views belong together. `normGroups` brings that leak back, for whoever wants to see it.
 */
import { z } from 'zod';
import {
  colorJitter,
  compose,
  gaussianBlur,
  grayscale,
  randomResizedCrop,
  type Transform,
  toFloat,
} from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import { type Generator, ops, type Tensor } from '../../../engine/index.js';
import { inNormGroups } from '../../heads/norm-groups.js';
import { ProjectionHead } from '../../heads/projection-head.js';
import { l2Normalize, ntXent } from '../../losses/nt-xent.js';
import {
  type Batch,
  type DataDescription,
  defineMethod,
  Method,
  type Outcome,
  type Preview,
  type Views,
} from '../../method.js';
import { pairRows } from '../../previews/pair-rows.js';

const options = z.object({
  temperature: z
    .number()
    .positive()
    .default(0.1)
    .describe('Divides the cosine similarities; 0.1 on ImageNet, 0.5 on CIFAR'),
  projectionSize: z.number().int().min(1).default(128).describe('Dimensions of the projection that the loss compares'),
  projectionLayers: z
    .number()
    .int()
    .min(1)
    .default(2)
    .describe('Linear layers of the projection head: 2 in version 1, 3 in version 2, 1 in the ablation'),
  hiddenSize: z
    .number()
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe('Width of the hidden layers of the head; null takes the width of the representation'),
  normGroups: z
    .number()
    .int()
    .min(1)
    .default(1)
    .describe(
      'Parts of the batch of which batch norm takes statistics, as if on so many devices; 1 for the whole batch, as in the paper',
    ),
  minimumScale: z.number().min(0.01).max(1).default(0.08).describe('Smallest share of the image that a crop covers'),
  colorStrength: z
    .number()
    .min(0)
    .default(1)
    .describe('Strength s of the color jitter (0.8s, 0.8s, 0.8s, 0.2s); 1 on ImageNet, 0.5 on CIFAR, 0 for none'),
  grayProbability: z.number().min(0).max(1).default(0.2).describe('Share of views that lose their color'),
  blurProbability: z.number().min(0).max(1).default(0.5).describe('Share of views that are blurred; 0 on CIFAR'),
  useFlip: z.boolean().default(true).describe('Random horizontal flip of each view'),
});

type Options = z.output<typeof options>;

export class SimCLR extends Method {
  readonly projection: ProjectionHead;
  private readonly augment: Transform;

  constructor(
    readonly options: Options,
    override readonly backbone: Backbone,
    data: DataDescription,
  ) {
    super();
    this.projection = new ProjectionHead({
      inputSize: backbone.featureSize,
      hiddenSize: options.hiddenSize ?? backbone.featureSize,
      outputSize: options.projectionSize,
      layers: options.projectionLayers,
      useOutputNorm: true,
    });
    const s = options.colorStrength;
    this.augment = compose(
      randomResizedCrop({
        size: data.imageSize,
        scale: [options.minimumScale, 1],
        ratio: [3 / 4, 4 / 3],
        interpolation: 'bicubic',
        flip: options.useFlip ? 0.5 : 0,
      }),
      ...(s > 0
        ? [colorJitter({ brightness: 0.8 * s, contrast: 0.8 * s, saturation: 0.8 * s, hue: 0.2 * s, p: 0.8 })]
        : []),
      ...(options.grayProbability > 0 ? [grayscale(options.grayProbability)] : []),
      // The kernel is a tenth of the side; the paper draws sigma from [0.1, 2].
      ...(options.blurProbability > 0
        ? [gaussianBlur({ kernelFraction: 0.1, sigma: [0.1, 2], p: options.blurProbability })]
        : []),
    );
  }

  /** The official code feeds [0, 1] without mean and standard deviation; so do we. */
  override prepare(samples: Tensor): Tensor {
    return toFloat(samples);
  }

  override views({ samples }: Batch, random: Generator): Views {
    // One call on the doubled batch: every view draws its own parameters.
    return { images: this.augment(toFloat(ops.cat([samples, samples], 0)), random) };
  }

  override loss(views: Views): Outcome {
    const features = this.inParts(views.images as Tensor, (x) => this.backbone.features(x)); // (2N, D)
    const projected = this.inParts(features, (x) => this.projection.forward(x)); // (2N, d)
    const [first, second] = projected.chunk(2, 0) as [Tensor, Tensor];
    const { loss, accuracy } = ntXent(first, second, this.options.temperature);
    return { loss, metrics: { accuracy }, features };
  }

  /** Results (2N, d) for both views (2N, ...). As on a device, the two views of an image are in the same part of the batch. */
  private inParts(views: Tensor, forward: (x: Tensor) => Tensor): Tensor {
    if (this.options.normGroups === 1 || !this.isTraining) return forward(views);
    const pairs = ops.stack(views.chunk(2, 0), 1); // (N, 2, ...)
    const results = inNormGroups(pairs, this.options.normGroups, (part) =>
      forward(part.flatten(0, 1)).unflatten(0, [part.size(0), 2]),
    ); // (N, 2, d)
    return results.transpose(0, 1).flatten(0, 1);
  }

  override preview(batch: Batch, random: Generator): Preview[] {
    const samples = batch.samples.narrow(0, 0, Math.min(8, batch.samples.size(0)));
    const images = this.views({ ...batch, samples }, random).images as Tensor;
    const z = l2Normalize(this.projection.forward(this.backbone.features(images)));
    const [z1, z2] = z.chunk(2, 0) as [Tensor, Tensor];
    const [first, second] = images.chunk(2, 0) as [Tensor, Tensor];
    return [
      {
        title: 'Which two belong together?',
        explanation:
          'Every image is cropped and recolored twice. For view 1 the network looks for view 2 among those of all images shown.',
        rows: pairRows({ originals: toFloat(samples), first, second, similarity: z1.matmul(z2.t()) }),
      },
    ];
  }
}

export const simclr = defineMethod({
  name: 'simclr',
  title: 'SimCLR',
  modality: 'image',
  family: 'contrastive',
  summary: 'Crop and recolor every image twice and find the two views of one image among all views of the batch.',
  paper: {
    title: 'A Simple Framework for Contrastive Learning of Visual Representations',
    authors: 'Ting Chen, Simon Kornblith, Mohammad Norouzi, Geoffrey Hinton',
    year: 2020,
    url: 'https://arxiv.org/abs/2002.05709',
    code: 'https://github.com/google-research/simclr',
  },
  score: { metric: 'accuracy', name: 'contrastive accuracy', better: 'higher' },
  options,
  smallOptions: { temperature: 0.5, colorStrength: 0.5, blurProbability: 0 },
  recipes: {
    // ImageNet: batch 4096, LARS at 0.3 per 256 images, 10 epochs of warm-up, cosine.
    paper: {
      backbone: 'resnet50',
      epochs: 1000,
      batchSize: 4096,
      optimizer: 'lars',
      learningRate: 4.8,
      momentum: 0.9,
      weightDecay: 1e-6,
      schedule: 'cosine',
      warmupEpochs: 10,
    },
    small: {
      backbone: 'resnet18',
      width: 32,
      epochs: 100,
      batchSize: 256,
      optimizer: 'sgd',
      learningRate: 0.06,
      momentum: 0.9,
      weightDecay: 5e-4,
      schedule: 'cosine',
      warmupEpochs: 1,
    },
  },
  smallestBatch: 2,
  // Each residual block starts as the identity, as in the official code.
  backboneOptions: () => ({ zeroInitResidual: true }),
  create: ({ options, backbone, data }) => new SimCLR(options, backbone, data),
});
