/**
 * BYOL: predict, from one view of an image, what a slowly moving copy of the network says of the other view. No negatives.
 *
 * Grill, Strub, Altché, Tallec, Richemond et al., "Bootstrap Your Own Latent: A New Approach to Self-Supervised Learning",
 * NeurIPS 2020, https://arxiv.org/abs/2006.07733; code: github.com/google-deepmind/deepmind-research, folder byol.
 *
 * A constant answer would solve the task. Three things keep the networks from it: only the online network has a predictor, no
 * gradient enters the target, and batch norm sees each view's batch by itself. The options switch off the first two, as the
 * paper's ablations do.
 *
 * The official code draws the target's first weights anew and reports no difference; here it starts as a copy of the online network.
 */
import { z } from 'zod';
import { byolView, normalize, type Transform, toFloat } from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import { fullPrecision, type Generator, noGrad, scope, type Tensor } from '../../../engine/index.js';
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
  type Progress,
  type Turn,
  type Views,
} from '../../method.js';
import { pairRows } from '../../previews/pair-rows.js';
import { copyOfBackbone, moveByEma, startAsCopy, targetDecay } from '../../targets/ema.js';

const options = z.object({
  decay: z
    .number()
    .min(0)
    .max(1)
    .default(0.996)
    .describe(
      "EMA decay of the target at the start; it rises to 1 along a cosine. 0.99 for the paper's 300 epochs or less",
    ),
  projectionSize: z.number().int().min(1).default(256).describe('Dimensions of projections and predictions'),
  hiddenSize: z.number().int().min(1).default(4096).describe('Width of the hidden layers of projector and predictor'),
  usePredictor: z
    .boolean()
    .default(true)
    .describe('Whether the online network predicts; without it the representation collapses (an ablation)'),
  useStopGradient: z
    .boolean()
    .default(true)
    .describe(
      'Whether the target is the moving copy, without gradient; otherwise it is the online network itself, which collapses (an ablation)',
    ),
  minimumScale: z.number().min(0.01).max(1).default(0.08).describe('Smallest share of the image that a crop covers'),
  useBlur: z.boolean().default(true).describe('Whether view 1 is always blurred and view 2 in a tenth of the cases'),
});

type Options = z.output<typeof options>;

export class BYOL extends Method {
  readonly projection: ProjectionHead;
  readonly predictor: ProjectionHead | null;
  readonly targetBackbone: Backbone;
  readonly targetProjection: ProjectionHead;
  private readonly augments: readonly [Transform, Transform];

  constructor(
    readonly options: Options,
    override readonly backbone: Backbone,
    private readonly data: DataDescription,
  ) {
    super();
    const { projectionSize } = options;
    this.projection = this.head(backbone.featureSize);
    this.predictor = options.usePredictor ? this.head(projectionSize) : null;
    this.targetBackbone = copyOfBackbone(backbone);
    this.targetProjection = startAsCopy(this.head(backbone.featureSize), this.projection);
    const { useBlur, minimumScale } = options;
    const crop = { size: data.imageSize, useBlur, minimumScale };
    this.augments = [byolView({ ...crop, view: 1 }), byolView({ ...crop, view: 2 })];
  }

  /** Linear, batch norm, ReLU, linear without bias. */
  private head(inputSize: number): ProjectionHead {
    const { hiddenSize, projectionSize: outputSize } = this.options;
    return new ProjectionHead({
      inputSize,
      hiddenSize,
      outputSize,
      layers: 2,
      useOutputNorm: false,
      useOutputBias: false,
    });
  }

  /** Only the online network learns by gradient. */
  override turns(): Turn[] {
    const predictor = this.predictor === null ? [] : [this.predictor];
    return [{ name: 'main', modules: [this.backbone, this.projection, ...predictor] }];
  }

  override prepare(samples: Tensor): Tensor {
    return normalize(this.data.mean, this.data.std)(toFloat(samples));
  }

  override views({ samples }: Batch, random: Generator): Views {
    return { images: this.augments.map((augment) => this.prepare(augment(samples, random))) };
  }

  override loss(views: Views): Outcome {
    // Each view passes alone: its batch norm knows nothing of the other view.
    const online = (views.images as readonly Tensor[]).map((images) => this.online(images)) as [Online, Online];
    const [target1, target2] = this.options.useStopGradient
      ? (views.images as readonly Tensor[]).map((images) => noGrad(() => scope(() => this.target(images))))
      : online.map(({ projection }) => projection);
    const [one, two] = online;
    const loss = cosineDistance(one.prediction, target2!).add(cosineDistance(two.prediction, target1!)).mean();
    return { loss, metrics: { spread: directionSpread(one.projection) }, features: one.features };
  }

  private online(images: Tensor): Online {
    const features = this.backbone.features(images); // (N, D)
    const projection = this.projection.forward(features); // (N, d)
    return { features, projection, prediction: this.predictor?.forward(projection) ?? projection };
  }

  /** The target's projection (N, d). In training it normalizes by its own batch and gathers its own statistics, as in the code. */
  private target(images: Tensor): Tensor {
    return this.targetProjection.forward(this.targetBackbone.features(images));
  }

  /** The target follows the online network after each optimizer step, here before the next one: once, however many micro-batches. */
  override beforeStep({ step, totalSteps }: Progress): void {
    if (step === 0) return;
    const decay = targetDecay(this.options.decay, step - 1, totalSteps);
    moveByEma([this.targetBackbone, this.targetProjection], [this.backbone, this.projection], decay);
  }

  override preview(batch: Batch, random: Generator): Preview[] {
    const samples = batch.samples.narrow(0, 0, Math.min(6, batch.samples.size(0)));
    const [first, second] = this.augments.map((augment) => augment(samples, random)) as [Tensor, Tensor];
    const predictions = l2Normalize(this.online(this.prepare(first)).prediction);
    const targets = l2Normalize(this.target(this.prepare(second)));
    const similarity = predictions.matmul(targets.t()); // (N, N)
    const agreement = similarity.diagonal().toNumbers();
    const rows = pairRows({ originals: toFloat(samples), first, second, similarity }).map((row, i) =>
      row.with(2, { ...row[2]!, caption: `view 2, cosine ${agreement[i]!.toFixed(2)}` }),
    );
    return [
      {
        title: 'What will the target say of the other view?',
        explanation:
          'From view 1 the online network predicts how its slowly moving copy represents view 2; the cosine tells how well. With one answer for everything, the last column would be chance.',
        rows,
      },
    ];
  }
}

interface Online {
  features: Tensor;
  projection: Tensor;
  prediction: Tensor;
}

/** 2 - 2 cos of the angle between rows (N, d), equation 2: (N), from 0 for the same direction to 4. */
export function cosineDistance(first: Tensor, second: Tensor): Tensor {
  return fullPrecision(first.device, () => {
    const cosine = l2Normalize(first.to('float32'))
      .mul(l2Normalize(second.to('float32')))
      .sum([1]);
    return cosine.mul(-2).add(2);
  });
}

export const byol = defineMethod({
  name: 'byol',
  title: 'BYOL',
  modality: 'image',
  family: 'contrastive',
  summary:
    'Predict from one view how a slowly moving copy of the network represents the other view, without negatives.',
  paper: {
    title: 'Bootstrap Your Own Latent: A New Approach to Self-Supervised Learning',
    authors: 'Jean-Bastien Grill, Florian Strub, Florent Altché, Corentin Tallec, Pierre H. Richemond et al.',
    year: 2020,
    url: 'https://arxiv.org/abs/2006.07733',
    code: 'https://github.com/google-deepmind/deepmind-research/tree/master/byol',
  },
  score: { metric: 'loss', name: '2 - 2 cos, both ways', better: 'lower' },
  options,
  smallOptions: { decay: 0.99, hiddenSize: 512, useBlur: false },
  recipes: {
    // ImageNet: batch 4096, LARS at 0.2 per 256 images, 10 epochs of warm-up, cosine.
    paper: {
      backbone: 'resnet50',
      epochs: 1000,
      batchSize: 4096,
      optimizer: 'lars',
      learningRate: 3.2,
      momentum: 0.9,
      weightDecay: 1.5e-6,
      schedule: 'cosine',
      warmupEpochs: 10,
    },
    small: {
      backbone: 'resnet18',
      width: 32,
      epochs: 200,
      batchSize: 256,
      optimizer: 'sgd',
      learningRate: 0.12,
      momentum: 0.9,
      weightDecay: 5e-4,
      schedule: 'cosine',
      warmupEpochs: 1,
    },
  },
  // A batch of one has no variance for batch norm to divide by.
  smallestBatch: 2,
  create: ({ options, backbone, data }) => new BYOL(options, backbone, data),
});
