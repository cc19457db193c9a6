/**
 * SimSiam: predict the embedding of one view from the other; nothing is pushed apart.
 *
 * Chen, He, "Exploring Simple Siamese Representation Learning", CVPR 2021, https://arxiv.org/abs/2011.10566;
 * code: github.com/facebookresearch/simsiam.
 *
 * Both views go through the same network. A small predictor on one side must reach the other side's embedding, which is taken as
 * a constant (stop-gradient). Without that constant the loss falls to its minimum at once and all images get one embedding; the
 * option `useStopGradient` keeps that experiment of the paper (section 4.1) at hand.
 *
 * The paper says that all hidden layers of the projector have 2048 units; the code takes the width of the representation, which
 * is the same for ResNet-50. We follow the code. Its predictor's rate does not decay (the flag of the published command).
 */
import { z } from 'zod';
import { mocoV2View, normalize, type Transform, toFloat } from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import { fullPrecision, type Generator, type Tensor } from '../../../engine/index.js';
import { BatchNorm, Sequential } from '../../../engine/nn/index.js';
import { ProjectionHead } from '../../heads/projection-head.js';
import { directionSpread } from '../../losses/direction-spread.js';
import { l2Normalize } from '../../losses/nt-xent.js';
import {
  type Batch,
  type DataDescription,
  defineMethod,
  Method,
  type Outcome,
  type Preview,
  type Turn,
  type Views,
} from '../../method.js';
import { pairRows } from '../../previews/pair-rows.js';

const options = z.object({
  projectionSize: z.number().int().min(1).default(2048).describe('Dimensions of the embeddings that are compared'),
  projectionLayers: z.number().int().min(1).default(3).describe('Linear layers of the projector; 2 on CIFAR'),
  hiddenSize: z
    .number()
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe('Width of the hidden layers of the projector; null takes the width of the representation'),
  predictorSize: z
    .number()
    .int()
    .min(1)
    .default(512)
    .describe("Width of the predictor's bottleneck: a quarter of the embedding in the paper"),
  usePredictorDecay: z
    .boolean()
    .default(false)
    .describe("Whether the predictor's learning rate follows the schedule instead of staying at its peak"),
  useStopGradient: z
    .boolean()
    .default(true)
    .describe('Whether the side that is predicted counts as a constant; without it everything collapses (section 4.1)'),
  minimumScale: z.number().min(0.01).max(1).default(0.2).describe('Smallest share of the image that a crop covers'),
  useBlur: z.boolean().default(true).describe('Whether views are blurred with probability 0.5; not on CIFAR'),
});

type Options = z.output<typeof options>;

export class SimSiam extends Method {
  readonly projection: Sequential;
  readonly predictor: ProjectionHead;
  private readonly augment: Transform;

  constructor(
    readonly options: Options,
    override readonly backbone: Backbone,
    readonly data: DataDescription,
  ) {
    super();
    const { projectionSize, projectionLayers, predictorSize } = options;
    // The output norm has no scale and shift, so every embedding dimension has variance 1 over the batch.
    this.projection = new Sequential(
      new ProjectionHead({
        inputSize: backbone.featureSize,
        hiddenSize: options.hiddenSize ?? backbone.featureSize,
        outputSize: projectionSize,
        layers: projectionLayers,
        useOutputNorm: false,
        useOutputBias: false,
      }),
      new BatchNorm(projectionSize, { affine: false }),
    );
    this.predictor = new ProjectionHead({
      inputSize: projectionSize,
      hiddenSize: predictorSize,
      outputSize: projectionSize,
      layers: 2,
      useOutputNorm: false,
    });
    this.augment = mocoV2View({
      size: data.imageSize,
      useBlur: options.useBlur,
      minimumScale: options.minimumScale,
    });
  }

  override turns(): Turn[] {
    return [{ name: 'main', modules: [this], constantRate: this.options.usePredictorDecay ? [] : [this.predictor] }];
  }

  override prepare(samples: Tensor): Tensor {
    return normalize(this.data.mean, this.data.std)(toFloat(samples));
  }

  override views({ samples }: Batch, random: Generator): Views {
    return { images: [0, 1].map(() => this.prepare(this.augment(samples, random))) };
  }

  override loss(views: Views): Outcome {
    const [first, second] = (views.images as readonly Tensor[]).map((images) => {
      const features = this.backbone.features(images); // (N, D)
      const z = this.projection.forward(features); // (N, d)
      return { features, z, p: this.predictor.forward(z) };
    }) as [Sides, Sides];
    const target = (z: Tensor): Tensor => (this.options.useStopGradient ? z.detach() : z);
    const loss = negativeCosine(first.p, target(second.z))
      .add(negativeCosine(second.p, target(first.z)))
      .div(2);
    return { loss, metrics: { spread: directionSpread(first.z) }, features: first.features };
  }

  override preview(batch: Batch, random: Generator): Preview[] {
    const count = Math.min(8, batch.samples.size(0));
    const originals = toFloat(batch.samples.narrow(0, 0, count));
    const [first, second] = [this.augment(originals, random), this.augment(originals, random)];
    const embed = (images: Tensor): Tensor => this.projection.forward(this.backbone.features(this.prepare(images)));
    const p = l2Normalize(this.predictor.forward(embed(first)));
    const similarity = p.matmul(l2Normalize(embed(second)).t());
    return [
      {
        title: 'Predict the other view',
        explanation:
          'Every image is cropped and recolored twice. From view 1 the network predicts the embedding of view 2; shown is the view that fits the prediction best.',
        rows: pairRows({ originals, first, second, similarity }),
      },
    ];
  }
}

interface Sides {
  features: Tensor;
  z: Tensor;
  p: Tensor;
}

/** Equation 1: minus the cosine of predictions and targets (N, d), averaged over the batch; from -1 to 1. */
export function negativeCosine(p: Tensor, z: Tensor): Tensor {
  return fullPrecision(p.device, () =>
    l2Normalize(p.to('float32'))
      .mul(l2Normalize(z.to('float32')))
      .sum([1])
      .mean()
      .neg(),
  );
}

export const simsiam = defineMethod({
  name: 'simsiam',
  title: 'SimSiam',
  modality: 'image',
  family: 'contrastive',
  summary: 'Predict the embedding of one view of an image from another, with the predicted side held constant.',
  paper: {
    title: 'Exploring Simple Siamese Representation Learning',
    authors: 'Xinlei Chen, Kaiming He',
    year: 2021,
    url: 'https://arxiv.org/abs/2011.10566',
    code: 'https://github.com/facebookresearch/simsiam',
  },
  score: { metric: 'loss', name: 'negative cosine', better: 'lower' },
  options,
  smallOptions: { projectionLayers: 2, useBlur: false },
  recipes: {
    // ImageNet: 0.05 per 256 images, no warm-up.
    paper: {
      backbone: 'resnet50',
      epochs: 100,
      batchSize: 512,
      optimizer: 'sgd',
      learningRate: 0.1,
      momentum: 0.9,
      weightDecay: 1e-4,
      schedule: 'cosine',
    },
    // The paper's CIFAR run (appendix D): 0.03 per 256 images, weight decay 5e-4.
    small: {
      backbone: 'resnet18',
      width: 32,
      epochs: 200,
      batchSize: 256,
      optimizer: 'sgd',
      learningRate: 0.03,
      momentum: 0.9,
      weightDecay: 5e-4,
      schedule: 'cosine',
    },
  },
  smallestBatch: 2,
  backboneOptions: () => ({ zeroInitResidual: true }),
  create: ({ options, backbone, data }) => new SimSiam(options, backbone, data),
});
