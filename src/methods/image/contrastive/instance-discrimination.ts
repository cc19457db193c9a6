/**
 * Instance discrimination: every image is a class of its own, and its classifier is the memory of how it was embedded last.
 *
 * Wu, Xiong, Yu, Lin, "Unsupervised Feature Learning via Non-Parametric Instance Discrimination", CVPR 2018,
 * https://arxiv.org/abs/1805.01978; code: github.com/zhirongw/lemniscate.pytorch.
 *
 * With as many classes as images a softmax needs all images' memories in each step. With `negatives` 0 it takes them (the code on
 * CIFAR); otherwise noise-contrastive estimation tells the own memory from K others drawn evenly, with the softmax's denominator
 * estimated once from the first batch and kept.
 *
 * The paper adds a penalty on the change of each image's embedding (proximal regularization, equation 8); the code instead moves
 * memories halfway towards the new embedding. We follow the code. It adds 1e-7 inside the logarithms of the estimation; here they
 * are computed from log-odds, which need no such guard.
 */
import { z } from 'zod';
import {
  colorJitter,
  compose,
  grayscale,
  normalize,
  randomResizedCrop,
  type Transform,
  toFloat,
} from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import { fullPrecision, type Generator, noGrad, ops, type Tensor, tensor } from '../../../engine/index.js';
import { Linear } from '../../../engine/nn/index.js';
import { accuracy } from '../../losses/accuracy.js';
import { l2Normalize } from '../../losses/nt-xent.js';
import { MemoryBank } from '../../memory/memory-bank.js';
import {
  type Batch,
  type DataDescription,
  defineMethod,
  Method,
  type Outcome,
  type Preview,
  type Progress,
  type Views,
} from '../../method.js';

/** Also those of local aggregation, which starts from this method. */
export const instanceOptions = z.object({
  temperature: z.number().positive().default(0.07).describe('Divides the cosine similarities; 0.1 on CIFAR'),
  projectionSize: z.number().int().min(1).default(128).describe('Dimensions of the embedding and of the memory'),
  negatives: z
    .number()
    .int()
    .min(0)
    .default(4096)
    .describe('K: memories that stand against the own one in each estimate; 0 takes the softmax over all images'),
  decay: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe("Share of an image's memory that stays when it meets its new embedding"),
  minimumScale: z.number().min(0.01).max(1).default(0.2).describe('Smallest share of the image that a crop covers'),
  colorStrength: z
    .number()
    .min(0)
    .max(0.5)
    .default(0.4)
    .describe('Strength of the jitter of brightness, contrast, saturation and hue; 0 for none'),
  grayProbability: z.number().min(0).max(1).default(0.2).describe('Share of views that lose their color'),
  useFlip: z.boolean().default(true).describe('Random horizontal flip; not in the code for CIFAR'),
});

type Options = z.output<typeof instanceOptions>;

export class InstanceDiscrimination<Own extends Options = Options> extends Method {
  readonly projection: Linear;
  readonly memory: MemoryBank;
  /** ln Z of the estimation, NaN before the first step. */
  readonly logNormalizer: Tensor;
  private readonly augment: Transform;

  constructor(
    readonly options: Own,
    override readonly backbone: Backbone,
    readonly data: DataDescription,
  ) {
    super();
    const { projectionSize, colorStrength: s } = options;
    this.projection = new Linear(backbone.featureSize, projectionSize);
    this.memory = new MemoryBank({ count: data.count, size: projectionSize });
    this.logNormalizer = this.buffer('logNormalizer', ops.full([], Number.NaN, { dtype: 'float32' }));
    // As in MoCo's first version, which took these views over: gray images come before the jitter, which is always applied.
    this.augment = compose(
      randomResizedCrop({
        size: data.imageSize,
        scale: [options.minimumScale, 1],
        interpolation: 'bilinear',
        flip: options.useFlip ? 0.5 : 0,
      }),
      ...(options.grayProbability > 0 ? [grayscale(options.grayProbability)] : []),
      ...(s > 0 ? [colorJitter({ brightness: s, contrast: s, saturation: s, hue: s })] : []),
    );
  }

  override prepare(samples: Tensor): Tensor {
    return normalize(this.data.mean, this.data.std)(toFloat(samples));
  }

  override views({ samples, indices }: Batch, random: Generator): Views {
    const { count } = this.data;
    const { device } = samples;
    const labels = tensor(BigInt64Array.from(indices, BigInt), { device });
    const images = this.prepare(this.augment(samples, random));
    if (this.options.negatives === 0) return { images, labels };
    const shape = [indices.length, this.options.negatives];
    const drawn = ops.randint(0, count, shape, { dtype: 'int64', generator: random, device: random.device });
    return { images, labels, negatives: drawn.to(device) };
  }

  /** The backbone's features (N, D), and embeddings (N, d) of length one. */
  protected embed(views: Views): { features: Tensor; embeddings: Tensor } {
    const features = this.backbone.features(views.images as Tensor);
    const embeddings = l2Normalize(this.projection.forward(features).to('float32'));
    views.embeddings = embeddings.detach(); // for the memory, once the step is done
    return { features, embeddings };
  }

  override loss(views: Views, _turn?: string, _progress?: Progress): Outcome {
    const { temperature } = this.options;
    const labels = views.labels as Tensor;
    const { features, embeddings } = this.embed(views);
    return fullPrecision(embeddings.device, () => {
      if (views.negatives === undefined) {
        const logits = embeddings.matmul(this.memory.features.t()).div(temperature); // (N, n)
        return { loss: ops.crossEntropy(logits, labels), metrics: { accuracy: accuracy(logits, labels) }, features };
      }
      const others = views.negatives as Tensor; // (N, K)
      const chosen = ops.cat([labels.unsqueeze(1), others], 1); // (N, 1 + K), the own memory first
      const memories = this.memory.features.indexSelect(0, chosen.flatten()).view([...chosen.shape, -1]);
      const logits = memories.matmul(embeddings.unsqueeze(2)).squeeze(2).div(temperature); // (N, 1 + K)
      const loss = noiseContrastive(logits, this.normalizer(logits), this.data.count);
      return { loss, metrics: { accuracy: accuracy(logits, labels.mul(0)) }, features };
    });
  }

  /** ln Z: n times the mean of exp(v f / t) over the first batch's memories, kept from then on. */
  private normalizer(logits: Tensor): Tensor {
    return noGrad(() => {
      const estimate = logits.detach().exp().mean().mul(this.data.count).log();
      const value = ops.where(this.logNormalizer.isnan(), estimate, this.logNormalizer);
      if (this.isTraining) this.logNormalizer.copy_(value);
      return value;
    });
  }

  override afterStep(views: Views): void {
    this.memory.update(views.labels as Tensor, views.embeddings as Tensor, this.options.decay);
  }

  override preview(batch: Batch, random: Generator): Preview[] {
    const count = Math.min(8, batch.samples.size(0));
    const originals = toFloat(batch.samples.narrow(0, 0, count));
    const views = this.augment(originals, random);
    const labels = tensor(BigInt64Array.from(batch.indices.slice(0, count), BigInt), { device: originals.device });
    const embeddings = l2Normalize(this.projection.forward(this.backbone.features(this.prepare(views))));
    const similarity = embeddings.matmul(this.memory.features.t()); // (N, n)
    const guesses = similarity.indexSelect(1, labels).argmax(1).toNumbers();
    const ranks = similarity
      .gt(similarity.gather(1, labels.unsqueeze(1)))
      .sum([1])
      .toNumbers();
    const rows = guesses.map((guess, i) => [
      { image: originals.select(0, i), caption: 'image' },
      {
        image: views.select(0, i),
        caption: `its view: ${ranks[i]} of ${this.data.count} memories come closer than its own`,
      },
      { image: originals.select(0, guess), caption: 'closest memory of those shown', isCorrect: guess === i },
    ]);
    return [
      {
        title: 'Which image is this?',
        explanation:
          'Every image is a class of its own. The network looks at a cropped and recolored view and compares it with its memory of every image of the data set.',
        rows,
      },
    ];
  }
}

/**
 * Noise-contrastive estimation (equation 7) with noise that is even over n images: with P = exp(logit) / Z, minus
 * ln(P / (P + K / n)) for the own memory and minus ln((K / n) / (P + K / n)) for each of the K others, mean over the batch.
 *
 * @param logits (N, 1 + K), the own memory first
 * @param logNormalizer ln Z, scalar
 */
export function noiseContrastive(logits: Tensor, logNormalizer: Tensor, count: number): Tensor {
  const negatives = logits.size(1) - 1;
  const logOdds = logits.sub(logNormalizer).sub(Math.log(negatives / count)); // ln(P / (K / n))
  const own = logOdds.select(1, 0).neg().softplus();
  return own.add(logOdds.narrow(1, 1, negatives).softplus().sum([1])).mean();
}

export const instanceDiscrimination = defineMethod({
  name: 'instance-discrimination',
  title: 'Instance discrimination',
  modality: 'image',
  family: 'contrastive',
  summary: 'Recognize each image of the data set from a crop, by comparing it with a memory of all of them.',
  paper: {
    title: 'Unsupervised Feature Learning via Non-Parametric Instance Discrimination',
    authors: 'Zhirong Wu, Yuanjun Xiong, Stella X. Yu, Dahua Lin',
    year: 2018,
    url: 'https://arxiv.org/abs/1805.01978',
    code: 'https://github.com/zhirongw/lemniscate.pytorch',
  },
  score: { metric: 'accuracy', name: 'instance accuracy', better: 'higher', isOfTrainingData: true },
  options: instanceOptions,
  smallOptions: { temperature: 0.1, negatives: 0 },
  recipes: {
    // ImageNet: the rate falls by 10 after epochs 120 and 160.
    paper: {
      backbone: 'resnet50',
      epochs: 200,
      batchSize: 256,
      optimizer: 'sgd',
      learningRate: 0.03,
      momentum: 0.9,
      weightDecay: 1e-4,
      schedule: 'step',
      milestones: [0.6, 0.8],
      gamma: 0.1,
    },
    // The code's CIFAR run: batch 128, weight decay 5e-4, the rate falls by 10 after epochs 80, 120 and 160.
    small: {
      backbone: 'resnet18',
      width: 32,
      epochs: 200,
      batchSize: 128,
      optimizer: 'sgd',
      learningRate: 0.03,
      momentum: 0.9,
      weightDecay: 5e-4,
      schedule: 'step',
      milestones: [0.4, 0.6, 0.8],
      gamma: 0.1,
    },
  },
  smallestBatch: 2,
  create: ({ options, backbone, data }) => new InstanceDiscrimination(options, backbone, data),
});
