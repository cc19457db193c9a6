/**
 * SwAV: say from one crop of an image to which prototypes another crop of it was assigned.
 *
 * Caron, Misra, Mairal, Goyal, Bojanowski, Joulin, "Unsupervised Learning of Visual Features by Contrasting Cluster Assignments",
 * NeurIPS 2020, https://arxiv.org/abs/2006.09882; code: github.com/facebookresearch/swav.
 *
 * Crops are never compared with each other, only with the prototypes. Sinkhorn's algorithm shares a batch out among all
 * prototypes in equal parts, so that not everything ends in one of them. Large crops are assigned; all crops, many of them
 * small and cheap, predict.
 *
 * We follow the official code where it says more than the paper: prototypes are normalized before every step and frozen at first,
 * queues hold embeddings that today's prototypes score anew, and LARS adapts the rate of norms and biases too. The code cuts the
 * queue to a multiple of the batch; here batches wrap around the queue's end.
 */
import { z } from 'zod';
import { colorJitter, compose, gaussianBlur, grayscale, normalize, toFloat } from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import { fullPrecision, type Generator, noGrad, ops, type Tensor } from '../../../engine/index.js';
import { Linear } from '../../../engine/nn/index.js';
import { expected } from '../../../errors.js';
import { type CropGroup, type MultiCrop, multiCrop, multiCropOptions, smallCropGroups } from '../../cuts/multi-crop.js';
import { ProjectionHead } from '../../heads/projection-head.js';
import { l2Normalize } from '../../losses/nt-xent.js';
import { swappedPrediction } from '../../losses/swapped-prediction.js';
import { FeatureQueue } from '../../memory/queue.js';
import {
  type Batch,
  type DataDescription,
  defineMethod,
  Method,
  type MethodContext,
  type Outcome,
  type Preview,
  type Progress,
  type Turn,
  type Views,
} from '../../method.js';
import { sinkhorn } from '../../targets/sinkhorn.js';
import { cropPreview, prototypePreview } from './prototype-previews.js';

const options = z.object({
  prototypes: z
    .number()
    .int()
    .min(2)
    .default(3000)
    .describe('Number of prototypes; the paper takes 3 per ImageNet class'),
  temperature: z.number().positive().default(0.1).describe('Divides the scores before the softmax of the predictions'),
  epsilon: z.number().min(0.005).default(0.05).describe("Softness of the assignments in Sinkhorn's algorithm"),
  sinkhornRounds: z
    .number()
    .int()
    .min(0)
    .default(3)
    .describe('Rounds of balancing; 0 assigns by softmax alone, which collapses (an ablation)'),
  projectionSize: z.number().int().min(1).default(128).describe('Dimensions of embeddings and prototypes'),
  hiddenSize: z.number().int().min(1).default(2048).describe('Width of the hidden layer of the projection head'),
  ...multiCropOptions({ smallCrops: 6, boundaryScale: 0.14 }),
  colorStrength: z.number().min(0).default(1).describe('Strength s of the color jitter (0.8s, 0.8s, 0.8s, 0.2s)'),
  blurProbability: z.number().min(0).max(1).default(0.5).describe('Share of crops that are blurred'),
  frozenSteps: z.number().int().min(0).default(313).describe('First steps, in which the prototypes stay as they are'),
  queueSize: z
    .number()
    .int()
    .min(0)
    .default(0)
    .describe('Embeddings of earlier images that are assigned together with the batch; 0 for none, 3840 at batch 256'),
  queueStartEpoch: z.number().int().min(0).default(15).describe('First epoch in which the queue is filled'),
});

type Options = z.output<typeof options>;

/** Large crops of each image; the assignments are made from these. */
const LARGE = 2;

export class SwAV extends Method {
  override readonly backbone: Backbone;
  override readonly previewSamples = 96;
  readonly projection: ProjectionHead;
  readonly prototypes: Linear;
  /** One per large crop; none without a queue. */
  readonly queues: FeatureQueue[];
  readonly options: Options;
  private readonly data: DataDescription;
  private readonly crop: MultiCrop;

  constructor({ options, backbone, data, batchSize }: MethodContext<Options>) {
    super();
    const { prototypes, queueSize, projectionSize, hiddenSize } = options;
    this.options = options;
    this.data = data;
    this.backbone = backbone;
    if (prototypes > batchSize + queueSize)
      throw expected(
        `at most ${batchSize + queueSize}, the samples that are assigned at once,`,
        'prototypes',
        prototypes,
        {
          remedy:
            'With fewer samples than prototypes nothing can be shared out: take fewer prototypes, a larger batch or a queue.',
        },
      );
    this.projection = new ProjectionHead({
      inputSize: backbone.featureSize,
      hiddenSize,
      outputSize: projectionSize,
      layers: 2,
      useOutputNorm: false,
    });
    this.prototypes = new Linear(projectionSize, prototypes, { bias: false });
    this.normalizePrototypes();
    this.queues = Array.from({ length: queueSize > 0 ? LARGE : 0 }, () => {
      return new FeatureQueue({ capacity: queueSize, size: projectionSize, batch: batchSize, name: 'queueSize' });
    });
    this.crop = this.makeCrop();
  }

  private makeCrop(): MultiCrop {
    const { boundaryScale, colorStrength: s, blurProbability } = this.options;
    const distort = compose(
      ...(s > 0
        ? [colorJitter({ brightness: 0.8 * s, contrast: 0.8 * s, saturation: 0.8 * s, hue: 0.2 * s, p: 0.8 })]
        : []),
      grayscale(0.2),
      ...(blurProbability > 0 ? [gaussianBlur({ p: blurProbability })] : []),
    );
    const large: CropGroup = { count: LARGE, size: this.data.imageSize, scale: [boundaryScale, 1] };
    return multiCrop([large, ...smallCropGroups(this.options, this.backbone, this.data.imageSize)], distort);
  }

  /** The official LARC adapts the rate of all parameters. */
  override turns(): Turn[] {
    return [{ name: 'main', modules: [this], sparesNormAndBias: false }];
  }

  override prepare(samples: Tensor): Tensor {
    return normalize(this.data.mean, this.data.std)(toFloat(samples));
  }

  override views({ samples }: Batch, random: Generator): Views {
    return { crops: this.crop(samples, random).map((crops) => this.prepare(crops)) };
  }

  /** Prototypes have unit length before every step; those that never moved have it still, to the last bit. */
  override beforeStep({ step }: Progress): void {
    if (step > this.options.frozenSteps) this.normalizePrototypes();
  }

  private normalizePrototypes(): void {
    noGrad(() => this.prototypes.weight.copy_(l2Normalize(this.prototypes.weight)));
  }

  override loss(views: Views, _turn: string, progress: Progress): Outcome {
    const crops = views.crops as readonly Tensor[]; // one per resolution, (count N, C, side, side)
    const count = crops[0]!.size(0) / LARGE; // N
    const features = ops.cat(
      crops.map((images) => this.backbone.features(images)),
      0,
    ); // (V N, D)
    const projected = this.projection.forward(features); // (V N, d)
    return fullPrecision(projected.device, () => {
      const embeddings = l2Normalize(projected.to('float32'));
      const { weight } = this.prototypes;
      const prototypes = progress.step < this.options.frozenSteps ? weight.detach() : weight; // (K, d)
      const scores = embeddings.matmul(prototypes.t()).split(count, 0); // V of (N, K)
      const assigned = scores.slice(0, LARGE).map((score, i) => this.assign(score, i, progress));
      views.embeddings = embeddings.detach().split(count, 0).slice(0, LARGE); // for the queues, once the step is done
      const predicted = scores.map((score) => score.div(this.options.temperature).logSoftmax(1));
      return {
        loss: swappedPrediction(assigned, predicted),
        metrics: assignmentMetrics(assigned),
        features: features.narrow(0, 0, count),
      };
    });
  }

  /** Soft assignments (N, K) of the large crops number `index`, shared out together with those in its queue. */
  private assign(scores: Tensor, index: number, { epoch }: Progress): Tensor {
    return noGrad(() => {
      const queue = epoch >= this.options.queueStartEpoch ? this.queues[index] : undefined;
      // Embeddings wait in the queue, not scores: the prototypes have moved since.
      const earlier = queue?.isFull ? [queue.features.matmul(this.prototypes.weight.t())] : [];
      const all = ops.cat([...earlier, scores.detach()], 0);
      const shared = sinkhorn(all, this.options.epsilon, this.options.sinkhornRounds);
      return shared.narrow(0, all.size(0) - scores.size(0), scores.size(0));
    });
  }

  override afterStep(views: Views, { epoch }: Progress): void {
    if (epoch < this.options.queueStartEpoch) return;
    this.queues.forEach((queue, i) => {
      queue.push((views.embeddings as readonly Tensor[])[i]!);
    });
  }

  override preview({ samples }: Batch, random: Generator): Preview[] {
    const few = samples.narrow(0, 0, Math.min(6, samples.size(0)));
    const crops = this.crop(few, random).flatMap((images) => images.split(few.size(0), 0));
    const shown = crops.slice(0, LARGE + 2);
    const nearest = shown.map((images) => this.scores(this.prepare(images)).argmax(1).toNumbers());
    return [
      cropPreview(toFloat(few), shown, nearest, LARGE),
      prototypePreview(samples, this.scores(this.prepare(samples))),
    ];
  }

  /** Cosines (N, K) of images and prototypes. */
  private scores(images: Tensor): Tensor {
    return this.prototypes.forward(l2Normalize(this.projection.forward(this.backbone.features(images))));
  }
}

/** How evenly the batch uses the prototypes (1: all alike, 0: one takes everything), and how often two large crops agree. */
function assignmentMetrics(assigned: readonly Tensor[]): Record<string, Tensor> {
  return noGrad(() => {
    const mean = ops.cat(assigned, 0).mean([0]); // (K)
    const entropy = mean.mul(mean.clampMin(1e-12).log()).sum().neg();
    const [first, second] = assigned.map((q) => q.argmax(1)) as [Tensor, Tensor];
    return {
      assignmentEntropy: entropy.div(Math.log(mean.size(0))),
      agreement: first.eq(second).mean(null, false, { dtype: 'float32' }),
    };
  });
}

export const swav = defineMethod({
  name: 'swav',
  title: 'SwAV',
  modality: 'image',
  family: 'contrastive',
  summary: 'Predict from every crop of an image to which prototypes its other crops were assigned, in balanced shares.',
  paper: {
    title: 'Unsupervised Learning of Visual Features by Contrasting Cluster Assignments',
    authors: 'Mathilde Caron, Ishan Misra, Julien Mairal, Priya Goyal, Piotr Bojanowski, Armand Joulin',
    year: 2020,
    url: 'https://arxiv.org/abs/2006.09882',
    code: 'https://github.com/facebookresearch/swav',
  },
  score: { metric: 'loss', name: 'swapped cross-entropy in nats', better: 'lower' },
  options,
  smallOptions: {
    prototypes: 128,
    // At 0.05 a small network is slow to leave the uniform assignment.
    epsilon: 0.03,
    hiddenSize: 512,
    smallCrops: 4,
    minimumScale: 0.1,
    boundaryScale: 0.3,
    colorStrength: 0.5,
    blurProbability: 0,
    frozenSteps: 100,
    queueSize: 1024,
    queueStartEpoch: 5,
  },
  recipes: {
    // ImageNet: batch 4096, large rate with LARS, 10 epochs of warm-up, cosine. Batch 256: rate 0.6, queue 3840, 5005 frozen steps.
    paper: {
      backbone: 'resnet50',
      epochs: 800,
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
  create: (context) => new SwAV(context),
});
