/**
 * Instance discrimination: every image is a class of its own, and its classifier is the memory of its last embedding.
 *
 * Wu, Xiong, Yu, Lin, "Unsupervised Feature Learning via Non-Parametric Instance Discrimination", CVPR 2018,
 * https://arxiv.org/abs/1805.01978; code: github.com/zhirongw/lemniscate.pytorch.
 *
 * With as many classes as images, a softmax needs the memories of all images in each step. With `negatives` 0 it takes them (the
 * code on CIFAR); otherwise noise-contrastive estimation separates the own memory from K others drawn uniformly, with the softmax's
 * denominator Z estimated once from the first step and kept.
 *
 * The paper adds a penalty on the change of each image's embedding (proximal regularization, equation 8); the code instead moves
 * memories halfway towards the new embedding. We follow the code. It adds 1e-7 inside the logarithms of the estimation; here they
 * are computed from log-odds and need no guard.
 */
import { z } from 'zod';
import { colorJitter, compose, grayscale, randomResizedCrop, type Transform, toFloat } from '../../../augment/index.js';
import { firstSamples } from '../../../data/index.js';
import { fullPrecision, type Generator, noGrad, ops, type Tensor } from '../../../engine/index.js';
import { Linear } from '../../../engine/nn/index.js';
import { standardizedImages } from '../../encoders.js';
import { indexTensor } from '../../index-tensor.js';
import { accuracy } from '../../losses/accuracy.js';
import { l2Normalize } from '../../losses/nt-xent.js';
import { MemoryBank } from '../../memory/memory-bank.js';
import type { Batch, MethodContext, Outcome, Preview, Progress } from '../../method.js';
import { defineMethod, Method } from '../../method.js';
import * as option from '../../options.js';
import { chosen, tileRows } from '../../previews/tile-rows.js';
import { type PartMean, stepMean } from '../../targets/step-mean.js';
import { card } from './instance-discrimination.card.js';

/** Local aggregation, which starts from this method, has these options too. */
export const instanceOptions = z.object({
  temperature: option.positive(0.07, 'Divides the cosine similarities; 0.1 on CIFAR'),
  projectionSize: option.projectionSize(128, 'the embedding and of the memory'),
  negatives: option.count(4096, 'K: memories against the own one in each estimate; 0 for a softmax over all'),
  decay: option.share(0.5, "Share of an image's memory that stays when it meets its new embedding"),
  minimumScale: option.minimumScale(0.2),
  colorStrength: option.share(0.4, 'Strength of the jitter of all four color properties; 0 for none', { max: 0.5 }),
  grayProbability: option.grayProbability(0.2),
  useFlip: option.flag(true, 'Random horizontal flip; not in the code for CIFAR'),
});

type Options = z.output<typeof instanceOptions>;
/** A view of each image (N, C, H, W), the images' positions in the data set (N), and with estimation K others for each (N, K). */
export type InstanceViews = { images: Tensor; labels: Tensor } | { images: Tensor; labels: Tensor; negatives: Tensor };
/** Positions (N) and new embeddings (N, d) of images, for the memory, and with estimation the estimate of Z. */
export type InstanceCarry = { labels: Tensor; embeddings: Tensor; normalizer?: PartMean };

export class InstanceDiscrimination<Own extends Options = Options> extends Method<Own, InstanceViews, InstanceCarry> {
  /** Images of the data set. */
  readonly count: number;
  readonly projection: Linear;
  readonly memory: MemoryBank;
  /** ln Z of the estimation, NaN before the first step. */
  readonly logNormalizer: Tensor;
  private readonly augment: Transform;

  constructor(context: MethodContext<Own>) {
    super(context);
    const { projectionSize: size, colorStrength: s, grayProbability: gray, minimumScale, useFlip } = this.options;
    this.count = context.count;
    this.projection = new Linear(this.backbone.featureSize, size);
    this.memory = new MemoryBank({ count: context.count, size });
    this.logNormalizer = this.buffer('logNormalizer', ops.full([], Number.NaN, { dtype: 'float32' }));
    const crop = { size: this.spec.height, scale: [minimumScale, 1], flip: useFlip ? 0.5 : 0 } as const;
    // As in MoCo's first version, which took these views over: gray images come before the jitter, which is always applied.
    this.augment = compose(
      randomResizedCrop({ ...crop, interpolation: 'bilinear' }),
      ...(gray > 0 ? [grayscale(gray)] : []),
      ...(s > 0 ? [colorJitter({ brightness: s, contrast: s, saturation: s, hue: s })] : []),
    );
  }

  override views({ samples, indices }: Batch, random: Generator): InstanceViews {
    const labels = indexTensor(indices, samples);
    const images = this.prepare(this.augment(samples, random));
    if (this.options.negatives === 0) return { images, labels };
    const shape = [indices.length, this.options.negatives];
    const drawn = ops.randint(0, this.count, shape, { dtype: 'int64', generator: random, device: random.device });
    return { images, labels, negatives: drawn.to(samples.device) };
  }

  /** The backbone's features (N, D), embeddings (N, d) of length one, and what the memory takes after the step. */
  protected embed({ images, labels }: InstanceViews) {
    const features = this.backbone.features(images);
    const embeddings = l2Normalize(this.projection.forward(features).to('float32'));
    const carry: InstanceCarry = { labels, embeddings: embeddings.detach() };
    return { features, embeddings, carry };
  }

  override loss(views: InstanceViews, _group?: string, _progress?: Progress): Outcome<InstanceCarry> {
    const { temperature } = this.options;
    const { labels } = views;
    const { features, embeddings, carry } = this.embed(views);
    return fullPrecision(embeddings.device, () => {
      if (!('negatives' in views)) {
        const logits = embeddings.matmul(this.memory.features.t()).div(temperature); // (N, n)
        const loss = ops.crossEntropy(logits, labels);
        return { loss, metrics: { accuracy: accuracy(logits, labels) }, features, carry };
      }
      const chosen = ops.cat([labels.unsqueeze(1), views.negatives], 1); // (N, 1 + K), the own memory first
      const memories = this.memory.features.indexSelect(0, chosen.flatten()).view([...chosen.shape, -1]);
      const logits = memories.matmul(embeddings.unsqueeze(2)).squeeze(2).div(temperature); // (N, 1 + K)
      // Z: n times the mean of exp(v f / t) over the first step's memories, kept from then on.
      const mean = noGrad(() => logits.detach().exp().mean().mul(this.count));
      const loss = noiseContrastive(logits, this.keptOr(mean), this.count);
      const normalizer = { mean, count: labels.size(0) };
      const metrics = { accuracy: accuracy(logits, labels.mul(0)) };
      return { loss, metrics, features, carry: { ...carry, normalizer } };
    });
  }

  /** ln Z: the one kept from the first step, or before it that of an estimate of Z. */
  private keptOr(estimate: Tensor): Tensor {
    return noGrad(() => ops.where(this.logNormalizer.isnan(), estimate.log(), this.logNormalizer));
  }

  override afterStep(carries: readonly InstanceCarry[], _progress?: Progress): void {
    for (const { labels, embeddings } of carries) this.memory.update(labels, embeddings, this.options.decay);
    const estimates = carries.flatMap(({ normalizer }) => normalizer ?? []);
    if (estimates.length > 0) this.logNormalizer.copy_(this.keptOr(stepMean(estimates)));
  }

  override preview(batch: Batch, random: Generator): Preview[] {
    const samples = firstSamples(batch.samples, 8);
    const originals = toFloat(samples);
    const views = this.augment(originals, random);
    const labels = indexTensor(batch.indices.slice(0, samples.size(0)), samples);
    const embeddings = l2Normalize(this.projection.forward(this.backbone.features(this.prepare(views))));
    const similarity = embeddings.matmul(this.memory.features.t()); // (N, n)
    const guesses = similarity.indexSelect(1, labels).argmax(1).toNumbers();
    const closer = similarity.gt(similarity.gather(1, labels.unsqueeze(1)));
    const ranks = closer.sum([1]).toNumbers();
    const rows = tileRows([
      { images: originals, caption: 'image' },
      { images: views, caption: (i) => `its view: ${ranks[i]} of ${this.count} memories come closer than its own` },
      chosen(originals, guesses, 'closest memory of those shown'),
    ]);
    const explanation =
      'Every image is a class of its own. The network looks at a cropped and recolored view and compares it with its memory of every image of the data set.';
    return [{ title: 'Which image is this?', explanation, rows, chance: 1 / rows.length }];
  }
}

/**
 * Noise-contrastive estimation (equation 7) with uniform noise over n images: with P = exp(logit) / Z, minus
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

/** The float32 memory of each image. */
export const memoryBytes = ({ projectionSize }: { projectionSize: number }): number => 4 * projectionSize;

export const instanceDiscrimination = defineMethod({
  ...card,
  options: instanceOptions,
  smallOptions: { temperature: 0.1, negatives: 0 },
  smallestBatch: 2,
  encoder: standardizedImages(),
  bytesPerSample: memoryBytes,
  create: (context) => new InstanceDiscrimination(context),
});
