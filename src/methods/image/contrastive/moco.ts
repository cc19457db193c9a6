/**
 * MoCo: a view's query must find the key of the other view of its image among the keys of thousands of earlier images.
 *
 * He, Fan, Wu, Xie, Girshick, "Momentum Contrast for Unsupervised Visual Representation Learning", CVPR 2020,
 * https://arxiv.org/abs/1911.05722, and Chen, Fan, Girshick, He, "Improved Baselines with Momentum Contrastive Learning", 2020,
 * https://arxiv.org/abs/2003.04297 (version 2: MLP head, blur, temperature 0.2); code: github.com/facebookresearch/moco.
 *
 * The keys wait in a queue, so their number does not hang on the batch. The encoder that makes them follows the trained one
 * slowly (EMA), so that keys of different ages stay comparable. Batch norm would tell which samples share a batch, and thereby
 * the answer: as on the authors' eight devices, its statistics come from parts of the batch, and the keys' parts are shuffled.
 *
 * The official code asserts that the queue's size is a multiple of the batch. Here batches wrap around its end.
 */
import { z } from 'zod';
import { compose, mocoV1View, mocoV2View, normalize, type Transform, toFloat } from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import { fullPrecision, type Generator, noGrad, ops, scope, type Tensor } from '../../../engine/index.js';
import { Linear, ReLU, Sequential } from '../../../engine/nn/index.js';
import { inNormGroups } from '../../heads/norm-groups.js';
import { accuracy } from '../../losses/accuracy.js';
import { l2Normalize } from '../../losses/nt-xent.js';
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
import { pairRows } from '../../previews/pair-rows.js';
import { copyOfBackbone, moveByEma, startAsCopy } from '../../targets/ema.js';

const options = z.object({
  preset: z
    .enum(['v1', 'v2'])
    .default('v2')
    .describe('Preset of views, head and temperature: v1 as in the first paper, v2 with an MLP head and blur'),
  temperature: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe("Divides the cosine similarities; null takes the preset's: 0.07 in v1, 0.2 in v2. 0.1 on CIFAR"),
  projectionLayers: z
    .number()
    .int()
    .min(1)
    .max(2)
    .nullable()
    .default(null)
    .describe("Linear layers of the head; null takes the preset's: 1 in v1, 2 with a ReLU between in v2"),
  projectionSize: z.number().int().min(1).default(128).describe('Dimensions of queries and keys'),
  queueSize: z.number().int().min(1).default(65536).describe('Keys of earlier images that serve as negatives'),
  decay: z
    .number()
    .min(0)
    .max(1)
    .default(0.999)
    .describe('EMA decay of the key encoder: the share of it that stays at each step. 0.99 on CIFAR'),
  normGroups: z
    .number()
    .int()
    .min(1)
    .default(8)
    .describe(
      'Parts of the batch of which batch norm takes statistics, as if on so many devices; 1 for the whole batch',
    ),
  useShuffle: z.boolean().default(true).describe('Whether the keys are shuffled among those parts'),
  useSymmetricLoss: z
    .boolean()
    .default(false)
    .describe('Whether each view is both query and key; the two losses are added, as in the CIFAR notebook'),
  minimumScale: z.number().min(0.01).max(1).default(0.2).describe('Smallest share of the image that a crop covers'),
  useBlur: z.boolean().default(true).describe('Whether views of version 2 are blurred with probability 0.5'),
});

type Options = z.output<typeof options>;

const PRESETS = { v1: { temperature: 0.07, layers: 1 }, v2: { temperature: 0.2, layers: 2 } } as const;

export class MoCo extends Method {
  override readonly backbone: Backbone;
  readonly projection: Sequential;
  readonly keyBackbone: Backbone;
  readonly keyProjection: Sequential;
  readonly queue: FeatureQueue;
  readonly options: Options;
  readonly temperature: number;
  private readonly data: DataDescription;
  private readonly augment: Transform;

  constructor({ options, backbone, data, batchSize }: MethodContext<Options>) {
    super();
    this.options = options;
    this.data = data;
    this.temperature = options.temperature ?? PRESETS[options.preset].temperature;
    const { projectionSize, queueSize } = options;
    const layers = options.projectionLayers ?? PRESETS[options.preset].layers;
    this.backbone = backbone;
    this.projection = head(backbone.featureSize, projectionSize, layers);
    this.keyBackbone = copyOfBackbone(backbone);
    this.keyProjection = startAsCopy(head(backbone.featureSize, projectionSize, layers), this.projection);
    const batch = options.useSymmetricLoss ? 2 * batchSize : batchSize;
    this.queue = new FeatureQueue({ capacity: queueSize, size: projectionSize, batch, name: 'queueSize' });
    const { minimumScale, useBlur } = options;
    const crop = { size: data.imageSize, minimumScale };
    this.augment = options.preset === 'v1' ? mocoV1View(crop) : mocoV2View({ ...crop, useBlur });
  }

  /** Only the query encoder learns by gradient. */
  override turns(): Turn[] {
    return [{ name: 'main', modules: [this.backbone, this.projection] }];
  }

  override prepare(samples: Tensor): Tensor {
    return normalize(this.data.mean, this.data.std)(toFloat(samples));
  }

  override views({ samples }: Batch, random: Generator): Views {
    const both = compose(this.augment, (images) => this.prepare(images))(ops.cat([samples, samples], 0), random);
    const count = samples.size(0);
    // The keys' parts are drawn here, where the run's generator is at hand.
    const order = ops.randperm(count, { generator: random, dtype: 'int64', device: random.device }).to(samples.device);
    return { images: both.chunk(2, 0), order };
  }

  /** The key encoder moves before it is used: theta_k = decay theta_k + (1 - decay) theta_q. */
  override beforeStep(): void {
    moveByEma([this.keyBackbone, this.keyProjection], [this.backbone, this.projection], this.options.decay);
  }

  override loss(views: Views): Outcome {
    const [first, second] = views.images as [Tensor, Tensor];
    const order = views.order as Tensor;
    const one = this.contrast(first, second, order);
    const two = this.options.useSymmetricLoss ? [this.contrast(second, first, order)] : [];
    views.keys = [one.keys, ...two.map(({ keys }) => keys)]; // for the queue, once the step is done
    return {
      loss: two.reduce((sum, { loss }) => sum.add(loss), one.loss),
      metrics: { accuracy: one.accuracy },
      features: one.features,
    };
  }

  private contrast(queryImages: Tensor, keyImages: Tensor, order: Tensor) {
    const groups = this.isTraining ? this.options.normGroups : 1;
    const features = inNormGroups(queryImages, groups, (part) => this.backbone.features(part)); // (N, D)
    const queries = this.projection.forward(features); // (N, d)
    const keys = this.keys(keyImages, groups, order); // (N, d)
    return { features, keys, ...infoNce(queries, keys, this.queue.features, this.temperature) };
  }

  /** Unit keys (N, d) in the order of the images; no graph is built. */
  private keys(images: Tensor, groups: number, order: Tensor): Tensor {
    const isShuffled = groups > 1 && this.options.useShuffle;
    return noGrad(() =>
      scope(() => {
        const encode = (part: Tensor) => this.keyProjection.forward(this.keyBackbone.features(part));
        if (!isShuffled) return l2Normalize(inNormGroups(images, groups, encode).to('float32'));
        const shuffled = images.indexSelect(0, order).to({ memoryFormat: 'channelsLast' });
        return l2Normalize(inNormGroups(shuffled, groups, encode).to('float32')).indexSelect(0, order.argsort());
      }),
    );
  }

  /** The keys of this step become negatives of later ones. */
  override afterStep(views: Views, _progress: Progress): void {
    for (const keys of views.keys as readonly Tensor[]) this.queue.push(keys);
  }

  override preview(batch: Batch, random: Generator): Preview[] {
    const count = Math.min(6, batch.samples.size(0));
    const samples = batch.samples.narrow(0, 0, count);
    const pictures = this.augment(ops.cat([samples, samples], 0), random);
    const [first, second] = this.prepare(pictures).chunk(2, 0) as [Tensor, Tensor];
    const queries = l2Normalize(this.projection.forward(this.backbone.features(first)));
    const keys = l2Normalize(this.keyProjection.forward(this.keyBackbone.features(second)));
    const similarity = queries.matmul(keys.t()); // (N, N)
    // How many keys in the queue resemble the query more than its own key does.
    const rivals = queries.matmul(this.queue.features.t()).gt(similarity.diagonal().unsqueeze(1)).sum([1]).toNumbers();
    const [view1, view2] = pictures.chunk(2, 0) as [Tensor, Tensor];
    const rows = pairRows({ originals: toFloat(samples), first: view1, second: view2, similarity }).map((row, i) =>
      row.with(2, { ...row[2]!, caption: `view 2; ${rivals[i]} of ${this.options.queueSize} queued are closer` }),
    );
    return [
      {
        title: 'Which key fits the query?',
        explanation:
          'Every image is cropped and recolored twice. The query must find its own key among those of all images and of a long queue.',
        rows,
      },
    ];
  }
}

/** Version 1 has one linear layer, version 2 an MLP whose hidden layer is as wide as the representation. No batch norm. */
function head(inputSize: number, outputSize: number, layers: number): Sequential {
  if (layers === 1) return new Sequential(new Linear(inputSize, outputSize));
  return new Sequential(new Linear(inputSize, inputSize), new ReLU(), new Linear(inputSize, outputSize));
}

/**
 * InfoNCE with a queue (equation 1): -log exp(q k+ / t) / (exp(q k+ / t) + sum over the queue of exp(q k- / t)), mean over the batch.
 *
 * @param queries (N, d), of any length
 * @param keys (N, d), of unit length: the positive of each query
 * @param negatives (K, d), of unit length
 */
export function infoNce(queries: Tensor, keys: Tensor, negatives: Tensor, temperature: number) {
  return fullPrecision(queries.device, () => {
    const q = l2Normalize(queries.to('float32'));
    const positive = q.mul(keys).sum([1], true); // (N, 1)
    const logits = ops.cat([positive, q.matmul(negatives.t())], 1).div(temperature); // (N, 1 + K)
    const labels = ops.zeros([q.size(0)], { dtype: 'int64', device: q.device }); // the positive stands first
    return { loss: ops.crossEntropy(logits, labels), accuracy: accuracy(logits, labels) };
  });
}

export const moco = defineMethod({
  name: 'moco',
  title: 'MoCo',
  modality: 'image',
  family: 'contrastive',
  summary: 'Find the other view of an image among a long queue of keys made by a slowly moving copy of the encoder.',
  paper: {
    title: 'Momentum Contrast for Unsupervised Visual Representation Learning',
    authors: 'Kaiming He, Haoqi Fan, Yuxin Wu, Saining Xie, Ross Girshick',
    year: 2020,
    url: 'https://arxiv.org/abs/1911.05722',
    code: 'https://github.com/facebookresearch/moco',
  },
  score: { metric: 'accuracy', name: 'contrastive accuracy', better: 'higher' },
  options,
  // The authors' CIFAR notebook: linear head, temperature 0.1, 4096 keys, decay 0.99, no blur.
  smallOptions: { temperature: 0.1, projectionLayers: 1, queueSize: 4096, decay: 0.99, useBlur: false },
  recipes: {
    // Version 2 on ImageNet; version 1 divides the rate by 10 at epochs 120 and 160 instead of the cosine.
    paper: {
      backbone: 'resnet50',
      epochs: 200,
      batchSize: 256,
      optimizer: 'sgd',
      learningRate: 0.03,
      momentum: 0.9,
      weightDecay: 1e-4,
      schedule: 'cosine',
    },
    // The CIFAR notebook's 0.06 at 512, scaled to 256.
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
  create: (context) => new MoCo(context),
});
