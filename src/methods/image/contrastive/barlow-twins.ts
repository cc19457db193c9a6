/**
 * Barlow Twins: make the cross-correlation matrix between the embeddings of two views the identity.
 *
 * Zbontar, Jing, Misra, LeCun, Deny, "Barlow Twins: Self-Supervised Learning via Redundancy Reduction", ICML 2021,
 * https://arxiv.org/abs/2103.03230; code: github.com/facebookresearch/barlowtwins.
 *
 * A 1 on the diagonal says that a component does not depend on the distortion, a 0 elsewhere that no component repeats another.
 * There are no negatives, no predictor and no momentum copy; without the second term all components would become the same one.
 *
 * Paper and code differ slightly: weight of the redundancy term 0.005 and 0.0051, weight decay 1.5e-6 and 1e-6. We follow the code.
 */
import { z } from 'zod';
import { byolView, normalize, type Transform, toFloat } from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import { fullPrecision, type Generator, ops, type Tensor } from '../../../engine/index.js';
import { ProjectionHead } from '../../heads/projection-head.js';
import { l2Normalize } from '../../losses/nt-xent.js';
import { offDiagonal } from '../../losses/off-diagonal.js';
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
  redundancyWeight: z
    .number()
    .min(0)
    .default(0.0051)
    .describe('Lambda: weight of the squared correlations between different components'),
  projectionSize: z.number().int().min(2).default(8192).describe('Components of the embedding'),
  hiddenSize: z.number().int().min(1).default(8192).describe('Width of the hidden layers of the projector'),
  projectionLayers: z.number().int().min(1).default(3).describe('Linear layers of the projector'),
  minimumScale: z.number().min(0.01).max(1).default(0.08).describe('Smallest share of the image that a crop covers'),
  useBlur: z
    .boolean()
    .default(true)
    .describe('Whether the first views are blurred always and the second with probability 0.1; not on small images'),
});

type Options = z.output<typeof options>;

/** Components of which the preview shows the correlations. */
const SHOWN = 48;

export class BarlowTwins extends Method {
  readonly projection: ProjectionHead;
  /** The cross-correlation matrix of the last step, its first components only; zero before the first step. */
  readonly correlation: Tensor;
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
    const shown = Math.min(SHOWN, projectionSize);
    this.correlation = this.buffer('correlation', ops.zeros([shown, shown]));
    const size = data.imageSize;
    this.augments = [
      byolView({ size, view: 1, useBlur, minimumScale }),
      byolView({ size, view: 2, useBlur, minimumScale }),
    ];
  }

  /** Norms and biases take 0.0048 where weights take 0.2. */
  override turns(): Turn[] {
    return [{ name: 'main', modules: [this], normAndBiasRateFactor: 0.0048 / 0.2 }];
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
    const { loss, invariance, redundancy, correlation } = barlowLoss(z1, z2, this.options.redundancyWeight);
    const shown = this.correlation.size(0);
    views.correlation = correlation.detach().narrow(0, 0, shown).narrow(1, 0, shown);
    return { loss, metrics: { invariance: invariance.detach(), redundancy: redundancy.detach() }, features };
  }

  override afterStep(views: Views): void {
    this.correlation.copy_(views.correlation as Tensor);
  }

  override preview(batch: Batch, random: Generator): Preview[] {
    const count = Math.min(8, batch.samples.size(0));
    const originals = toFloat(batch.samples.narrow(0, 0, count));
    const [first, second] = this.augments.map((augment) => augment(originals, random)) as [Tensor, Tensor];
    const embed = (images: Tensor): Tensor =>
      l2Normalize(this.projection.forward(this.backbone.features(this.prepare(images))));
    const shown = this.correlation.size(0);
    const hasBegun = this.correlation.any().item() === 1;
    const tile = (matrix: Tensor, caption: string) => ({ image: matrix.abs().clamp(0, 1).unsqueeze(0), caption });
    return [
      {
        title: 'Agree on every component, repeat none',
        explanation:
          'Each cell is the correlation of two components of the embedding between two views of the same images: white is 1, black is 0. The diagonal should be white, all else black.',
        rows: [
          [
            tile(this.correlation, hasBegun ? `last step, first ${shown} components` : 'training has not begun'),
            tile(ops.eye(shown, { device: this.correlation.device }), 'the goal'),
          ],
        ],
      },
      {
        title: 'Which two belong together?',
        explanation:
          'Every image is cropped and recolored twice. Shown is the second view whose embedding is most similar to that of view 1.',
        rows: pairRows({ originals, first, second, similarity: embed(first).matmul(embed(second).t()) }),
      },
    ];
  }
}

/**
 * Equation 1: sum over i of (1 - C_ii)^2 plus `weight` times the sum over i != j of C_ij^2, where C is the cross-correlation of the
 * components of two embeddings (N, d) over the batch. Components are standardized as by batch norm without scale and shift.
 */
export function barlowLoss(first: Tensor, second: Tensor, weight: number) {
  return fullPrecision(first.device, () => {
    const correlation = standardize(first).t().matmul(standardize(second)).div(first.size(0)); // (d, d)
    const invariance = correlation.diagonal().sub(1).square().sum();
    const redundancy = offDiagonal(correlation).square().sum();
    return { loss: invariance.add(redundancy.mul(weight)), invariance, redundancy, correlation };
  });
}

/** Columns (N, d) with mean 0 and variance 1 over the batch, with batch norm's 1e-5 beside the variance. */
function standardize(z: Tensor): Tensor {
  const centered = z.to('float32').sub(z.to('float32').mean([0], true));
  return centered.div(centered.square().mean([0], true).add(1e-5).sqrt());
}

export const barlowTwins = defineMethod({
  name: 'barlow-twins',
  title: 'Barlow Twins',
  modality: 'image',
  family: 'contrastive',
  summary:
    'Make each component of the embedding agree between two views of an image and differ from all other components.',
  paper: {
    title: 'Barlow Twins: Self-Supervised Learning via Redundancy Reduction',
    authors: 'Jure Zbontar, Li Jing, Ishan Misra, Yann LeCun, Stéphane Deny',
    year: 2021,
    url: 'https://arxiv.org/abs/2103.03230',
    code: 'https://github.com/facebookresearch/barlowtwins',
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
    // The loss grows with the size of the embedding; Adam does not mind its scale.
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
  create: ({ options, backbone, data }) => new BarlowTwins(options, backbone, data),
});
