/**
 * SwAV: predict from one crop of an image to which prototypes another crop of it was assigned.
 *
 * Caron, Misra, Mairal, Goyal, Bojanowski, Joulin, "Unsupervised Learning of Visual Features by Contrasting Cluster Assignments",
 * NeurIPS 2020, https://arxiv.org/abs/2006.09882; code: github.com/facebookresearch/swav.
 *
 * Crops are never compared with each other, only with the prototypes. Sinkhorn's algorithm assigns equal parts of a batch to all
 * prototypes, so that one of them does not take everything. Large crops are assigned; all crops, many of them small and cheap,
 * predict.
 *
 * We follow the official code in what the paper leaves open: prototypes are normalized before every step and frozen at first,
 * queues hold embeddings, which are scored anew by the present prototypes, and LARS adapts the rate of norms and biases too. The
 * code cuts the queue to a multiple of the batch; here batches wrap around the queue's end.
 */
import { z } from 'zod';
import type { CropGroup, MultiCrop } from '../../../augment/index.js';
import { distortion, multiCrop, STRONG_JITTER, toFloat } from '../../../augment/index.js';
import { firstSamples } from '../../../data/index.js';
import { fullPrecision, type Generator, noGrad, ops, type Tensor } from '../../../engine/index.js';
import { Linear } from '../../../engine/nn/index.js';
import { expected } from '../../../errors.js';
import { standardizedImages } from '../../encoders.js';
import { type ProjectionHead, projectionHead } from '../../heads/projection-head.js';
import { l2Normalize } from '../../losses/nt-xent.js';
import { swappedPrediction } from '../../losses/swapped-prediction.js';
import { FeatureQueue } from '../../memory/queue.js';
import type { Batch, MethodContext, OptimizerGroup, Outcome, Preview, Progress } from '../../method.js';
import { defineMethod, Method } from '../../method.js';
import * as option from '../../options.js';
import { sinkhorn } from '../../targets/sinkhorn.js';
import { multiCropOptions, smallCropGroups } from '../../views/small-crops.js';
import { cropPreview, prototypePreview } from './prototype-previews.js';
import { card } from './swav.card.js';

const options = z.object({
  prototypes: option.whole(3000, 'Number of prototypes; the paper takes 3 per ImageNet class', { min: 2 }),
  temperature: option.positive(0.1, 'Divides the scores before the softmax of the predictions'),
  epsilon: z.number().min(0.005).default(0.05).describe("Softness of the assignments in Sinkhorn's algorithm"),
  sinkhornRounds: option.count(3, 'Rounds of balancing; 0 is a softmax alone, which collapses (an ablation)'),
  projectionSize: option.projectionSize(128, 'embeddings and prototypes'),
  hiddenSize: option.hiddenSize(2048),
  ...multiCropOptions({ smallCrops: 6, boundaryScale: 0.14 }),
  colorStrength: option.colorStrength(1, '0.8s, 0.8s, 0.8s, 0.2s'),
  blurProbability: option.blurProbability(0.5),
  frozenSteps: option.count(313, 'First steps, in which the prototypes stay as they are'),
  queueSize: option.count(0, 'Earlier embeddings assigned with the batch; 0 for none, 3840 at batch 256'),
  queueStartEpoch: option.count(15, 'First epoch in which the queue is filled'),
});

type Options = z.output<typeof options>;
/** Crops of all images, one tensor (count N, C, side, side) per resolution, the large ones first. */
type Crops = { crops: readonly Tensor[] };
/** Embeddings (N, d) of each large crop, which enter the queues after the step. */
type Embeddings = readonly Tensor[];

/** Large crops of each image; the assignments are made from these. */
const LARGE = 2;

export class SwAV extends Method<Options, Crops, Embeddings> {
  override readonly previewSamples = 96;
  readonly projection: ProjectionHead;
  readonly prototypes: Linear;
  /** One per large crop; none without a queue. */
  readonly queues: FeatureQueue[];
  private readonly crop: MultiCrop;

  constructor(context: MethodContext<Options>) {
    super(context);
    const { backbone, options, spec } = this;
    const { prototypes, queueSize: capacity, projectionSize: size } = options;
    const atOnce = context.batchSize + capacity;
    if (prototypes > atOnce)
      throw expected(`at most ${atOnce}, the samples that are assigned at once,`, 'prototypes', prototypes, {
        remedy:
          'With fewer samples than prototypes nothing can be balanced: take fewer prototypes, a larger batch or a queue.',
      });
    this.projection = projectionHead(backbone, { ...options, projectionLayers: 2 }, 'bias');
    this.prototypes = new Linear(size, prototypes, { bias: false });
    this.normalizePrototypes();
    const queue = () => new FeatureQueue({ capacity, size, batch: context.batchSize });
    this.queues = Array.from({ length: capacity > 0 ? LARGE : 0 }, queue);
    const large: CropGroup = { count: LARGE, size: spec.height, scale: [options.boundaryScale, 1] };
    const distort = distortion(STRONG_JITTER, { ...options, grayProbability: 0.2 });
    this.crop = multiCrop([large, ...smallCropGroups(options, backbone, spec.height)], distort);
  }

  /** The official LARC adapts the rate of all parameters. */
  override optimizerGroups(): OptimizerGroup[] {
    return [{ name: 'main', modules: [this], sparesNormAndBias: false }];
  }

  override views({ samples }: Batch, random: Generator): Crops {
    return { crops: this.crop(samples, random).map((crops) => this.prepare(crops)) };
  }

  /** Prototypes have unit length before every step; those that never moved still have it, to the last bit. */
  override beforeStep({ step }: Progress): void {
    if (step > this.options.frozenSteps) this.normalizePrototypes();
  }

  private normalizePrototypes(): void {
    noGrad(() => this.prototypes.weight.copy_(l2Normalize(this.prototypes.weight)));
  }

  override loss({ crops }: Crops, _group: string, progress: Progress): Outcome<Embeddings> {
    const count = crops[0]!.size(0) / LARGE; // N
    const features = ops.cat(crops.map((images) => this.backbone.features(images))); // (V N, D)
    const projected = this.projection.forward(features); // (V N, d)
    return fullPrecision(projected.device, () => {
      const embeddings = l2Normalize(projected.to('float32'));
      const { weight } = this.prototypes;
      const prototypes = progress.step < this.options.frozenSteps ? weight.detach() : weight; // (K, d)
      const scores = embeddings.matmul(prototypes.t()).split(count, 0); // V of (N, K)
      const assigned = scores.slice(0, LARGE).map((score, i) => this.assign(score, i, progress));
      const predicted = scores.map((score) => score.div(this.options.temperature).logSoftmax(1));
      return {
        loss: swappedPrediction(assigned, predicted),
        metrics: assignmentMetrics(assigned),
        features: features.narrow(0, 0, count),
        carry: embeddings.detach().split(count, 0).slice(0, LARGE),
      };
    });
  }

  /** Soft assignments (N, K) of the large crops number `index`, balanced together with those in their queue. */
  private assign(scores: Tensor, index: number, { epoch }: Progress): Tensor {
    return noGrad(() => {
      const queue = epoch >= this.options.queueStartEpoch ? this.queues[index] : undefined;
      // The queue holds embeddings, not scores: the prototypes have moved since.
      const earlier = queue?.isFull ? [queue.features.matmul(this.prototypes.weight.t())] : [];
      const all = ops.cat([...earlier, scores.detach()], 0);
      const shared = sinkhorn(all, this.options.epsilon, this.options.sinkhornRounds);
      return shared.narrow(0, all.size(0) - scores.size(0), scores.size(0));
    });
  }

  override afterStep(carries: readonly Embeddings[], { epoch }: Progress): void {
    if (epoch < this.options.queueStartEpoch) return;
    for (const embeddings of carries) for (const [i, queue] of this.queues.entries()) queue.push(embeddings[i]!);
  }

  override preview({ samples }: Batch, random: Generator): Preview[] {
    const few = firstSamples(samples, 6);
    const crops = this.crop(few, random).flatMap((images) => images.split(few.size(0), 0));
    const shown = crops.slice(0, LARGE + 2);
    const nearest = shown.map((images) => this.scores(this.prepare(images)).argmax(1).toNumbers());
    const { prototypes } = this.options;
    return [
      cropPreview({ originals: toFloat(few), crops: shown, nearest, large: LARGE, prototypes }),
      prototypePreview(samples, this.scores(this.prepare(samples))),
    ];
  }

  /** Cosines (N, K) of images and prototypes. */
  private scores(images: Tensor): Tensor {
    return this.prototypes.forward(l2Normalize(this.projection.forward(this.backbone.features(images))));
  }
}

/** How evenly the batch uses the prototypes (1: all equally, 0: one takes everything), and how often two large crops agree. */
function assignmentMetrics(assigned: readonly Tensor[]): Record<string, Tensor> {
  return noGrad(() => {
    const mean = ops.cat(assigned, 0).mean([0]); // (K)
    const entropy = mean.mul(mean.clampMin(1e-12).log()).sum().neg();
    const [first, second] = assigned.map((q) => q.argmax(1)) as [Tensor, Tensor];
    const agreement = first.eq(second).mean(null, false, { dtype: 'float32' });
    return { assignmentEntropy: entropy.div(Math.log(mean.size(0))), agreement };
  });
}

export const swav = defineMethod({
  ...card,
  options,
  smallOptions: {
    // At 0.05 a small network is slow to leave the uniform assignment.
    ...{ prototypes: 128, epsilon: 0.03, hiddenSize: 512, frozenSteps: 100, queueSize: 1024, queueStartEpoch: 5 },
    ...{ smallCrops: 4, minimumScale: 0.1, boundaryScale: 0.3, colorStrength: 0.5, blurProbability: 0 },
  },
  smallestBatch: 2,
  encoder: standardizedImages(),
  create: (context) => new SwAV(context),
});
