/**
 * MoCo: a view's query must find the key of the other view of its image among the keys of thousands of earlier images.
 *
 * He, Fan, Wu, Xie, Girshick, "Momentum Contrast for Unsupervised Visual Representation Learning", CVPR 2020,
 * https://arxiv.org/abs/1911.05722, and Chen, Fan, Girshick, He, "Improved Baselines with Momentum Contrastive Learning", 2020,
 * https://arxiv.org/abs/2003.04297 (version 2: MLP head, blur, temperature 0.2); code: github.com/facebookresearch/moco.
 *
 * The queue decouples the number of negatives from the batch size. The key encoder is an EMA of the query encoder, so that keys
 * of different ages stay comparable. Batch norm would reveal which samples share a batch, and with it the answer: as on the
 * authors' eight devices, its statistics come from parts of the batch, and the keys are shuffled among the parts.
 *
 * The official code asserts that the size of the queue is a multiple of the batch size. Here batches wrap around its end. It compares
 * an image with all keys, its own earlier ones as well, which are rare on ImageNet; here these do not count.
 */
import { z } from 'zod';
import { mocoV1View, mocoV2View, type Transform } from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import { type Generator, ops, type Tensor, withoutGraph } from '../../../engine/index.js';
import type { Sequential } from '../../../engine/nn/index.js';
import { standardizedImages } from '../../encoders.js';
import { mlp } from '../../heads/mlp.js';
import { inNormGroups } from '../../heads/norm-groups.js';
import { indexTensor } from '../../index-tensor.js';
import { cosineMatrix } from '../../losses/cosine.js';
import { infoNce } from '../../losses/info-nce.js';
import { l2Normalize } from '../../losses/nt-xent.js';
import { ImageQueue } from '../../memory/queue.js';
import { type Batch, defineMethod, type MethodContext, type Outcome } from '../../method.js';
import * as option from '../../options.js';
import { copyOfBackbone, moveByEma, startAsCopy } from '../../targets/ema.js';
import { type Pair, type PairViews, twoViews } from '../../views/two-views.js';
import { card } from './moco.card.js';
import { type Comparison, PairMethod } from './pair-method.js';

const options = z.object({
  preset: option.choice(['v2', 'v1'], 'Views, head and temperature: v1 as in the first paper, v2 with MLP and blur'),
  temperature: option.positiveOrNull('Divides the cosine similarities; null takes 0.07 in v1, 0.2 in v2. 0.1 on CIFAR'),
  projectionLayers: option.wholeOrNull('Linear layers of the head; null takes 1 in v1, 2 in v2', { max: 2 }),
  projectionSize: option.projectionSize(128, 'queries and keys'),
  queueSize: option.whole(65536, 'Keys of earlier images that serve as negatives; at most as many as images'),
  decay: option.share(0.999, 'EMA decay of the key encoder: the share of it that stays at each step. 0.99 on CIFAR'),
  normGroups: option.normGroups(8),
  useShuffle: option.flag(true, 'Whether the keys are shuffled among these parts'),
  useSymmetricLoss: option.flag(false, 'Whether each view is both query and key, as in the CIFAR notebook (a sum)'),
  minimumScale: option.minimumScale(0.2),
  useBlur: option.useBlur('views of version 2 are blurred with probability 0.5'),
});

type Options = z.output<typeof options>;
/** Two views of each image, its position in the data, and the order in which keys are shuffled among the norm groups, int64 (N). */
type MoCoViews = PairViews & { indices: Tensor; order: Tensor };
/** Keys (N, d) of the step, of one view or both, which enter the queue after it, and the positions of their images, int64 (N). */
type Keys = { keys: readonly Tensor[]; indices: Tensor };

const PRESETS = { v1: { temperature: 0.07, layers: 1 }, v2: { temperature: 0.2, layers: 2 } } as const;

export class MoCo extends PairMethod<Options, Keys> {
  protected override readonly shownImages = 6;
  readonly projection: Sequential;
  readonly keyBackbone: Backbone;
  readonly keyProjection: Sequential;
  readonly queue: ImageQueue;
  readonly temperature: number;
  private readonly augment: Transform;

  constructor(context: MethodContext<Options>) {
    super(context);
    const { backbone, options, spec } = this;
    this.temperature = options.temperature ?? PRESETS[options.preset].temperature;
    const layers = options.projectionLayers ?? PRESETS[options.preset].layers;
    const makeHead = () => mlp(backbone.featureSize, options.projectionSize, layers);
    this.projection = makeHead();
    this.keyBackbone = copyOfBackbone(backbone);
    this.keyProjection = startAsCopy(makeHead(), this.projection);
    const batch = options.useSymmetricLoss ? 2 * context.batchSize : context.batchSize;
    const { count } = context;
    this.queue = new ImageQueue({ capacity: options.queueSize, size: options.projectionSize, batch, count });
    this.augment = (options.preset === 'v1' ? mocoV1View : mocoV2View)({ ...options, size: spec.height });
  }

  /** Only the query encoder learns by gradient. */
  override optimizerGroups() {
    return [{ name: 'main', modules: [this.backbone, this.projection] }];
  }

  protected override draw(samples: Tensor, random: Generator): Pair {
    return twoViews(this.augment, samples, random);
  }

  override views(batch: Batch, random: Generator): MoCoViews {
    const views = super.views(batch, random);
    const order = ops.randperm(batch.samples.size(0), { generator: random, dtype: 'int64', device: random.device });
    return { ...views, indices: indexTensor(batch.indices, batch.samples), order: order.to(batch.samples.device) };
  }

  /** The key encoder moves before it is used: theta_k = decay theta_k + (1 - decay) theta_q. */
  override beforeStep(): void {
    moveByEma([this.keyBackbone, this.keyProjection], [this.backbone, this.projection], this.options.decay);
  }

  override loss({ images: [first, second], indices, order }: MoCoViews): Outcome<Keys> {
    const isOwn = this.queue.isOf(indices);
    const one = this.contrast(first, second, isOwn, order);
    const { accuracy, features } = one;
    const metrics = { accuracy };
    if (!this.options.useSymmetricLoss)
      return { loss: one.loss, metrics, features, carry: { keys: [one.keys], indices } };
    const two = this.contrast(second, first, isOwn, order);
    return { loss: one.loss.add(two.loss), metrics, features, carry: { keys: [one.keys, two.keys], indices } };
  }

  /** @param isOwn bool (N, K): the keys in the queue that are of the query's own image */
  private contrast(queryImages: Tensor, keyImages: Tensor, isOwn: Tensor, order: Tensor) {
    const { normGroups, useShuffle } = this.options;
    const groups = this.isTraining ? normGroups : 1;
    const features = inNormGroups(queryImages, groups, (part) => this.backbone.features(part)); // (N, D)
    const queries = this.projection.forward(features); // (N, d)
    const encode = (part: Tensor) => this.keyProjection.forward(this.keyBackbone.features(part));
    const ofKeys = () => l2Normalize(inNormGroups(keyImages, groups, encode, useShuffle ? order : null).to('float32'));
    const keys = withoutGraph(ofKeys); // (N, d)
    return { features, keys, ...infoNce(queries, keys, this.queue.features, this.temperature, isOwn) };
  }

  /** The keys of this step become negatives of later ones. */
  override afterStep(carries: readonly Keys[]): void {
    for (const { keys, indices } of carries) for (const ofView of keys) this.queue.pushOf(ofView, indices);
  }

  override warnings(): readonly string[] {
    return this.queue.warnings;
  }

  protected override compare(first: Tensor, second: Tensor): Comparison {
    const queries = this.projection.forward(this.backbone.features(first));
    const keys = this.keyProjection.forward(this.keyBackbone.features(second));
    const similarity = cosineMatrix(queries, keys); // (N, N)
    // Keys in the queue that are closer to the query than its own key.
    const closer = cosineMatrix(queries, this.queue.features).gt(similarity.diagonal().unsqueeze(1));
    const rivals = closer.sum([1]).toNumbers();
    return {
      title: 'Which key fits the query?',
      explanation:
        'Every image is cropped and recolored twice. The query must find its own key among those of all images and of a long queue.',
      similarity,
      captions: { second: (i) => `view 2; ${rivals[i]} of ${this.queue.features.size(0)} queued are closer` },
    };
  }
}

export const moco = defineMethod({
  ...card,
  options,
  // The authors' CIFAR notebook: linear head, temperature 0.1, 4096 keys, decay 0.99, crops from 8 %, no blur.
  smallOptions: {
    ...{ temperature: 0.1, projectionLayers: 1, queueSize: 4096, decay: 0.99 },
    ...{ minimumScale: 0.08, useBlur: false },
  },
  smallestBatch: 2,
  encoder: standardizedImages(),
  create: (context) => new MoCo(context),
});
