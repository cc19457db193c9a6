/**
 * NNCLR: SimCLR whose positives are other images: the nearest neighbor of a view among earlier embeddings stands in for it.
 *
 * Dwibedi, Aytar, Tompson, Sermanet, Zisserman, "With a Little Help from My Friends: Nearest-Neighbor Contrastive Learning of
 * Visual Representations", ICCV 2021, https://arxiv.org/abs/2104.14548.
 *
 * Distortions show the same object in other crops and colors; a neighbor shows another object of the same kind, which no distortion
 * can. The neighbor is a constant: gradients reach the network through the other view's prediction only. The queue takes the
 * first views' embeddings after each step. The paper leaves open what an image finds that is in the queue from the epoch before; here no
 * image is its own neighbor, and while the queue has none for a view, the view stands for itself.
 */
import { z } from 'zod';
import type { Transform } from '../../../augment/index.js';
import { compose, distortion, randomResizedCrop, STRONG_JITTER, toFloat } from '../../../augment/index.js';
import { fullPrecision, type Generator, noGrad, ops, type Tensor } from '../../../engine/index.js';
import { standardizedImages } from '../../encoders.js';
import { type ProjectionHead, predictionHead, projectionHead } from '../../heads/projection-head.js';
import { indexTensor } from '../../index-tensor.js';
import { accuracy } from '../../losses/accuracy.js';
import { cosineMatrix } from '../../losses/cosine.js';
import { l2Normalize } from '../../losses/nt-xent.js';
import { ImageQueue } from '../../memory/queue.js';
import { type Batch, defineMethod, type MethodContext, type Outcome } from '../../method.js';
import * as option from '../../options.js';
import { both, type Pair, type PairViews, twice } from '../../views/two-views.js';
import { card } from './nnclr.card.js';
import { type Comparison, PairMethod } from './pair-method.js';

const options = z.object({
  temperature: option.positive(0.1, 'Divides the cosine similarities'),
  queueSize: option.whole(
    98304,
    'Embeddings of earlier images that can stand in for a view; at most as many as images',
  ),
  projectionSize: option.projectionSize(256, 'the embedding'),
  hiddenSize: option.hiddenSize(2048, 'the projector'),
  projectionLayers: option.whole(3, 'Linear layers of the projector'),
  predictorSize: option.whole(4096, 'Width of the hidden layer of the predictor'),
  useNeighbors: option.flag(true, 'Whether neighbors stand in for the views; if not, the views, as in SimCLR'),
  colorStrength: option.colorStrength(1, '0.8s, 0.8s, 0.8s, 0.2s; 0.5 on small images'),
  grayProbability: option.grayProbability(0.2),
  minimumScale: option.minimumScale(0.08),
  useBlur: option.useBlur(),
});

type Options = z.output<typeof options>;

/** Two views of each image, and its position in the data, int64 (N). */
type NNCLRViews = PairViews & { indices: Tensor };
/** Embeddings (N, d) of the first views, of unit length, which enter the queue after the step, and the positions of their images. */
type Embedded = { embeddings: Tensor; indices: Tensor };

export class NNCLR extends PairMethod<Options, Embedded> {
  override readonly previewSamples = 64;
  readonly projection: ProjectionHead;
  readonly predictor: ProjectionHead;
  readonly queue: ImageQueue;
  private readonly augment: Transform;

  constructor(context: MethodContext<Options>) {
    super(context);
    const { backbone, options, spec } = this;
    const { projectionSize: size, queueSize: capacity } = options;
    this.projection = projectionHead(backbone, options, 'norm');
    this.predictor = predictionHead(size, options.predictorSize);
    this.queue = new ImageQueue({ capacity, size, batch: context.batchSize, count: context.count });
    this.augment = compose(
      randomResizedCrop({ size: spec.height, scale: [options.minimumScale, 1], flip: 0.5 }),
      distortion(STRONG_JITTER, { ...options, blurProbability: options.useBlur ? 0.5 : 0 }),
    );
  }

  protected override draw(samples: Tensor, random: Generator): Pair {
    return twice(() => this.augment(samples, random));
  }

  override views(batch: Batch, random: Generator): NNCLRViews {
    return { ...super.views(batch, random), indices: indexTensor(batch.indices, batch.samples) };
  }

  override loss({ images, indices }: NNCLRViews): Outcome<Embedded> {
    const [first, second] = both(images, (view) => {
      const features = this.backbone.features(view); // (N, D)
      const z = this.projection.forward(features); // (N, d)
      const unit = l2Normalize(z.detach().to('float32'));
      return { features, unit, p: this.predictor.forward(z), friend: this.friend(unit, indices) };
    });
    const one = contrast(first.friend, second.p, this.options.temperature);
    const two = contrast(second.friend, first.p, this.options.temperature);
    // Cosine of the view and what stands in for it: 1 would be the view itself.
    const similarity = noGrad(() => first.friend.mul(first.unit).sum([1]).mean());
    return {
      loss: one.loss.add(two.loss).div(2),
      metrics: { accuracy: one.accuracy, similarity },
      features: first.features,
      carry: { embeddings: first.unit, indices },
    };
  }

  /** What stands in for unit embeddings (N, d) of these images: their nearest neighbors in the queue. */
  private friend(unit: Tensor, indices: Tensor): Tensor {
    if (!this.options.useNeighbors) return unit;
    const isLeftOut = this.queue.isOf(indices).logicalOr(this.queue.isEmpty);
    return nearest(unit, this.queue.features, isLeftOut);
  }

  override afterStep(carries: readonly Embedded[]): void {
    for (const { embeddings, indices } of carries) this.queue.pushOf(embeddings, indices);
  }

  override warnings(): readonly string[] {
    return this.queue.warnings;
  }

  protected override compare(first: Tensor, second: Tensor, samples: Tensor): Comparison {
    const known = toFloat(samples); // among these are the neighbors
    const embed = (images: Tensor): Tensor => this.projection.forward(this.backbone.features(images));
    const self = ops.eye(known.size(0), { dtype: 'bool', device: known.device }).narrow(0, 0, first.size(0));
    const embedded = embed(this.prepare(known));
    const friends = cosineMatrix(embed(first), embedded).maskedFill(self, -Infinity).argmax(1);
    const predictions = this.predictor.forward(embed(second));
    const nearest = friends.toNumbers();
    return {
      title: 'A neighbor instead of the image',
      explanation: `The nearest other image stands in for view 1, and view 2 must fit it better than the views of all other images. Neighbors here are among ${known.size(0)} images; in training they come from a long queue.`,
      similarity: cosineMatrix(embedded.indexSelect(0, friends), predictions), // (N, N)
      captions: { nearest: 'fits the neighbor best' },
      extra: (i) => [{ image: known.select(0, nearest[i]!), caption: 'neighbor of view 1, stands in for it' }],
    };
  }
}

/**
 * The rows of `known` (Q, d) that are most similar to each of these (N, d); all of unit length. Where all are left out, the row itself.
 *
 * @param isLeftOut bool (N, Q)
 */
export function nearest(unit: Tensor, known: Tensor, isLeftOut: Tensor): Tensor {
  return noGrad(() =>
    fullPrecision(unit.device, () => {
      const [similarity, best] = unit.matmul(known.t()).maskedFill(isLeftOut, -Infinity).maxDim(1);
      const found = known.indexSelect(0, best).to('float32');
      return ops.where(similarity.unsqueeze(1).isinf(), unit, found);
    }),
  );
}

/**
 * Equation 3: -log exp(friend_i p_i / t) / sum over the batch of exp(friend_i p_k / t), mean over the batch.
 *
 * @param friends (N, d), of unit length
 * @param predictions (N, d), of any length
 */
export function contrast(friends: Tensor, predictions: Tensor, temperature: number) {
  return fullPrecision(friends.device, () => {
    const logits = friends.matmul(l2Normalize(predictions.to('float32')).t()).div(temperature); // (N, N)
    const labels = ops.arange(0, logits.size(0), 1, { dtype: 'int64', device: logits.device });
    return { loss: ops.crossEntropy(logits, labels), accuracy: accuracy(logits, labels) };
  });
}

export const nnclr = defineMethod({
  ...card,
  options,
  smallOptions: {
    ...{ queueSize: 4096, hiddenSize: 512, projectionSize: 128, predictorSize: 512 },
    ...{ colorStrength: 0.5, useBlur: false },
  },
  smallestBatch: 2,
  encoder: standardizedImages(() => ({ zeroInitResidual: true })),
  create: (context) => new NNCLR(context),
});
