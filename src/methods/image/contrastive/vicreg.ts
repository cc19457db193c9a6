/**
 * VICReg: draw the embeddings of two views together while each component keeps its variance and no two components covary.
 *
 * Bardes, Ponce, LeCun, "VICReg: Variance-Invariance-Covariance Regularization for Self-Supervised Learning", ICLR 2022,
 * https://arxiv.org/abs/2105.04906; code: github.com/facebookresearch/vicreg.
 *
 * Each of the three terms has one task: invariance makes the views agree, variance forbids the answer that is the same for all
 * images, covariance forbids components that repeat each other. Variance and covariance look at each view by itself.
 *
 * Paper and code weigh the terms differently: the code divides the squared distance by the number of components (the paper sums
 * them) and takes the mean of both views' variance terms (the paper their sum). We follow the code. Its biases in front of batch
 * norms, which the norms cancel, are left out.
 */
import { z } from 'zod';
import { byolView, normalize, type Transform, toFloat } from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import { fullPrecision, type Generator, ops, type Tensor } from '../../../engine/index.js';
import { ProjectionHead } from '../../heads/projection-head.js';
import { offDiagonal } from '../../losses/off-diagonal.js';
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

const weight = (value: number, what: string) =>
  z.number().min(0).default(value).describe(`Weight of the ${what}; ${value} in the paper`);

const options = z.object({
  invarianceWeight: weight(25, 'squared distance between the two views'),
  varianceWeight: weight(25, 'hinge on the deviation of each component; 0 lets everything collapse'),
  covarianceWeight: weight(1, 'squared covariances between different components'),
  deviation: z.number().positive().default(1).describe('Gamma: the standard deviation that each component is to reach'),
  projectionSize: z.number().int().min(2).default(8192).describe('Components of the embedding'),
  hiddenSize: z.number().int().min(1).default(8192).describe('Width of the hidden layers of the expander'),
  projectionLayers: z.number().int().min(1).default(3).describe('Linear layers of the expander'),
  minimumScale: z.number().min(0.01).max(1).default(0.08).describe('Smallest share of the image that a crop covers'),
  useBlur: z
    .boolean()
    .default(true)
    .describe('Whether the first views are blurred always and the second with probability 0.1; not on small images'),
});

type Options = z.output<typeof options>;

export class VICReg extends Method {
  readonly projection: ProjectionHead;
  private readonly augments: readonly [Transform, Transform];

  constructor(
    readonly options: Options,
    override readonly backbone: Backbone,
    readonly data: DataDescription,
  ) {
    super();
    const { projectionSize, hiddenSize, projectionLayers, useBlur, minimumScale } = options;
    this.projection = new ProjectionHead({
      inputSize: backbone.featureSize,
      hiddenSize,
      outputSize: projectionSize,
      layers: projectionLayers,
      useOutputNorm: false,
      useOutputBias: false,
    });
    const size = data.imageSize;
    this.augments = [
      byolView({ size, view: 1, useBlur, minimumScale }),
      byolView({ size, view: 2, useBlur, minimumScale }),
    ];
  }

  override prepare(samples: Tensor): Tensor {
    return normalize(this.data.mean, this.data.std)(toFloat(samples));
  }

  override views({ samples }: Batch, random: Generator): Views {
    return { images: this.augments.map((augment) => this.prepare(augment(samples, random))) };
  }

  override loss(views: Views): Outcome {
    const [first, second] = views.images as readonly [Tensor, Tensor];
    const features = this.backbone.features(first); // (N, D)
    const z1 = this.projection.forward(features); // (N, d)
    const z2 = this.projection.forward(this.backbone.features(second));
    const { invarianceWeight, varianceWeight, covarianceWeight, deviation } = this.options;
    const { invariance, variance, covariance, meanDeviation } = vicregTerms(z1, z2, deviation);
    const loss = invariance
      .mul(invarianceWeight)
      .add(variance.mul(varianceWeight))
      .add(covariance.mul(covarianceWeight));
    const metrics = {
      invariance: invariance.detach(),
      variance: variance.detach(),
      covariance: covariance.detach(),
      deviation: meanDeviation.detach(),
    };
    return { loss, metrics, features };
  }

  override preview(batch: Batch, random: Generator): Preview[] {
    const count = Math.min(8, batch.samples.size(0));
    const originals = toFloat(batch.samples.narrow(0, 0, count));
    const [first, second] = this.augments.map((augment) => augment(originals, random)) as [Tensor, Tensor];
    const embed = (images: Tensor): Tensor => this.projection.forward(this.backbone.features(this.prepare(images)));
    return [
      {
        title: 'Which two belong together?',
        explanation:
          'Every image is cropped and recolored twice; both embeddings should be one point, while the points of different images spread. Shown is the second view nearest to view 1.',
        rows: pairRows({ originals, first, second, similarity: ops.cdist(embed(first), embed(second), 2).neg() }),
      },
    ];
  }
}

/** Keeps the root's gradient finite where a component is constant. */
const EPSILON = 1e-4;

/**
 * The three terms for embeddings (N, d) of two views, N at least 2.
 *
 * Invariance: mean squared difference. Variance (equation 1): mean of max(0, gamma - sqrt(Var(z_j) + 1e-4)), averaged over the
 * views. Covariance (equations 3 and 4): sum over i != j of Cov(z)_ij^2 / d, added over the views. `meanDeviation` is the mean
 * standard deviation of the first view's components, for watching.
 */
export function vicregTerms(first: Tensor, second: Tensor, deviation: number) {
  return fullPrecision(first.device, () => {
    const sides = [first, second].map((z) => {
      const [count, size] = z.shape as [number, number];
      const centered = z.to('float32').sub(z.to('float32').mean([0], true));
      const covariances = centered
        .t()
        .matmul(centered)
        .div(count - 1); // (d, d)
      const deviations = covariances.diagonal().add(EPSILON).sqrt();
      return {
        deviations,
        variance: deviations.neg().add(deviation).relu().mean(),
        covariance: offDiagonal(covariances).square().sum().div(size),
      };
    });
    const [one, two] = sides as [(typeof sides)[0], (typeof sides)[0]];
    return {
      invariance: ops.mseLoss(first.to('float32'), second.to('float32')),
      variance: one.variance.add(two.variance).div(2),
      covariance: one.covariance.add(two.covariance),
      meanDeviation: one.deviations.mean(),
    };
  });
}

export const vicreg = defineMethod({
  name: 'vicreg',
  title: 'VICReg',
  modality: 'image',
  family: 'contrastive',
  summary:
    'Draw two views of an image together while every component of the embedding keeps its variance and stays uncorrelated.',
  paper: {
    title: 'VICReg: Variance-Invariance-Covariance Regularization for Self-Supervised Learning',
    authors: 'Adrien Bardes, Jean Ponce, Yann LeCun',
    year: 2022,
    url: 'https://arxiv.org/abs/2105.04906',
    code: 'https://github.com/facebookresearch/vicreg',
  },
  score: { metric: 'loss', name: 'loss', better: 'lower' },
  options,
  smallOptions: { projectionSize: 512, hiddenSize: 512, useBlur: false },
  recipes: {
    // ImageNet: LARS at 0.2 per 256 images.
    paper: {
      backbone: 'resnet50',
      epochs: 1000,
      batchSize: 2048,
      optimizer: 'lars',
      learningRate: 1.6,
      momentum: 0.9,
      weightDecay: 1e-6,
      schedule: 'cosine',
      warmupEpochs: 10,
    },
    small: {
      backbone: 'resnet18',
      width: 32,
      epochs: 200,
      batchSize: 256,
      optimizer: 'adam',
      learningRate: 1e-3,
      weightDecay: 1e-6,
      schedule: 'cosine',
      warmupEpochs: 1,
    },
  },
  smallestBatch: 2,
  backboneOptions: () => ({ zeroInitResidual: true }),
  create: ({ options, backbone, data }) => new VICReg(options, backbone, data),
});
