/**
 * DINO: self-distillation without labels. From small crops a student must give the answer that the teacher, a slowly moving copy
 * of the student, gives from large ones.
 *
 * Caron, Touvron, Misra, Jegou, Mairal, Bojanowski, Joulin, "Emerging Properties in Self-Supervised Vision Transformers",
 * ICCV 2021, https://arxiv.org/abs/2104.14294; code: github.com/facebookresearch/dino.
 *
 * Answers are distributions over many dimensions without a meaning. Two things prevent collapse, each in one direction: subtracting
 * the teacher's mean score (centering) prevents one dimension from winning for all images, a low temperature of the teacher
 * (sharpening) prevents uniform answers.
 *
 * As in the official code, norms and biases do not decay, and the last layer has rows of unit length and is frozen during the
 * first epoch. The code raises the weight decay from 0.04 to 0.4 along a cosine; here it is constant. The authors evaluate the
 * teacher; here the student is kept.
 */
import { z } from 'zod';
import type { MultiCrop, Transform } from '../../../augment/index.js';
import { compose, distortion, MILD_JITTER, multiCrop, randomResizedCrop, solarize } from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import { firstSamples } from '../../../data/index.js';
import { type Generator, noGrad, ops, type Tensor, withoutGraph } from '../../../engine/index.js';
import { standardizedImages } from '../../encoders.js';
import { DinoHead } from '../../heads/dino-head.js';
import { swappedPrediction } from '../../losses/swapped-prediction.js';
import type { Batch, MethodContext, Outcome, Preview, Progress } from '../../method.js';
import { defineMethod, Method } from '../../method.js';
import * as option from '../../options.js';
import { pairPreview } from '../../previews/pair-preview.js';
import { copyOfBackbone, moveByEma, risingDecay, startAsCopy } from '../../targets/ema.js';
import { type PartMean, stepMean } from '../../targets/step-mean.js';
import { multiCropOptions, smallCropGroups } from '../../views/small-crops.js';
import { both, type Pair } from '../../views/two-views.js';
import { card } from './dino.card.js';

const options = z.object({
  outputSize: option.whole(65536, 'Dimensions of the answers', { min: 2 }),
  hiddenSize: option.hiddenSize(2048, 'the head'),
  bottleneckSize: option.whole(256, 'Width of the normalized layer before the last one'),
  useHeadNorm: option.flag(false, 'Whether batch norm follows the hidden layers of the head'),
  studentTemperature: option.positive(0.1, "Divides the student's scores"),
  teacherTemperature: option.positive(0.04, "Divides the teacher's scores; at 1 all answers become uniform"),
  useCentering: option.flag(true, "Whether the teacher's mean score is subtracted; without it one dimension wins"),
  centerDecay: option.share(0.9, "EMA decay of the teacher's mean score"),
  decay: option.share(0.996, 'EMA decay of the teacher at the start; it rises to 1 along a cosine'),
  frozenEpochs: option.count(1, 'First epochs in which the last layer stays as it is'),
  ...multiCropOptions({ smallCrops: 8, boundaryScale: 0.4 }),
  colorStrength: option.colorStrength(1, '0.4s, 0.4s, 0.2s, 0.1s'),
  solarizeProbability: option.share(0.2, 'Share of the second large crops that are solarized'),
  useBlur: option.useBlur('crops are blurred, with the probabilities 1, 0.1 and 0.5'),
});

type Options = z.output<typeof options>;
/** Large crops of each image (N, C, H, W), and small ones of one size (count N, C, side, side) or none. */
type Crops = { large: Pair; small: readonly Tensor[] };

/** The carry: the teacher's mean scores (K) over the large crops. */
export class DINO extends Method<Options, Crops, PartMean> {
  readonly head: DinoHead;
  readonly teacherBackbone: Backbone;
  readonly teacherHead: DinoHead;
  /** The teacher's mean scores (K). */
  readonly center: Tensor;
  private readonly large: readonly [Transform, Transform];
  private readonly small: MultiCrop;

  constructor(context: MethodContext<Options>) {
    super(context);
    const { backbone, options, spec } = this;
    this.head = new DinoHead(backbone.featureSize, options);
    this.teacherBackbone = copyOfBackbone(backbone);
    this.teacherHead = startAsCopy(new DinoHead(backbone.featureSize, options), this.head);
    this.center = this.buffer('center', ops.zeros([options.outputSize]));
    const { boundaryScale, solarizeProbability: p, useBlur } = options;
    const distort = (blur: number) =>
      distortion(MILD_JITTER, { ...options, grayProbability: 0.2, blurProbability: useBlur ? blur : 0 });
    const crop = randomResizedCrop({ size: spec.height, scale: [boundaryScale, 1], flip: 0.5 });
    const inverted = p > 0 ? [solarize({ p })] : [];
    this.large = [compose(crop, distort(1)), compose(crop, distort(0.1), ...inverted)];
    this.small = multiCrop(smallCropGroups(options, backbone, spec.height), distort(0.5), 'bicubic');
  }

  /** Only the student learns by gradient; its norms and biases do not decay, and each parameter's gradient is clipped by itself. */
  override optimizerGroups() {
    return [{ name: 'main', modules: [this.backbone, this.head], sparesNormAndBias: true, clipsEach: true }];
  }

  override views({ samples }: Batch, random: Generator): Crops {
    return {
      large: both(this.large, (augment) => this.prepare(augment(samples, random))),
      small: this.small(samples, random).map((crops) => this.prepare(crops)),
    };
  }

  override loss({ large, small }: Crops, _group: string, { epoch }: Progress): Outcome<PartMean> {
    const count = large[0].size(0); // N
    const largest = ops.cat([...large], 0); // (2N, C, side, side)
    const features = [largest, ...small].map((images) => this.backbone.features(images));
    const scores = this.head.forward(ops.cat(features, 0), epoch < this.options.frozenEpochs); // (V N, K)
    const answers = this.answers(largest); // (2N, K)
    const targets = this.targets(answers);
    const predicted = scores.div(this.options.studentTemperature).logSoftmax(1).split(count, 0);
    const loss = swappedPrediction(targets.split(count, 0), predicted);
    const carry = { mean: answers.mean([0]), count };
    return { loss, metrics: answerMetrics(targets, loss), features: features[0]!.narrow(0, 0, count), carry };
  }

  /** The teacher's scores (n, K). In training it normalizes by its own batches, as in the code. */
  private answers(images: Tensor): Tensor {
    return withoutGraph(() => this.teacherHead.forward(this.teacherBackbone.features(images)));
  }

  /** Centered and sharpened: softmax((scores - center) / temperature), (n, K). */
  private targets(answers: Tensor): Tensor {
    const { useCentering, teacherTemperature } = this.options;
    return noGrad(() => (useCentering ? answers.sub(this.center) : answers).div(teacherTemperature).softmax(1));
  }

  /** The teacher follows the student after each optimizer step, here before the next one. */
  override beforeStep(progress: Progress): void {
    const decay = risingDecay(this.options.decay, progress);
    moveByEma([this.teacherBackbone, this.teacherHead], [this.backbone, this.head], decay);
  }

  override afterStep(carries: readonly PartMean[]): void {
    this.center.lerp_(stepMean(carries), 1 - this.options.centerDecay);
  }

  override preview(batch: Batch, random: Generator): Preview[] {
    const samples = firstSamples(batch.samples, 6);
    const large = this.large[0](samples, random);
    const small = firstSamples(this.small(samples, random)[0] ?? this.large[1](samples, random), samples.size(0));
    const targets = this.targets(this.answers(this.prepare(large)));
    const scores = this.head.forward(this.backbone.features(this.prepare(small)));
    const predicted = scores.div(this.options.studentTemperature).logSoftmax(1);
    const certainty = targets.mul(targets.clampMin(1e-12).log()).sum([1]); // (N)
    const divergence = certainty.sub(predicted.matmul(targets.t())); // KL of student i from teacher j, (N, N)
    const strongest = targets.argmax(1).toNumbers();
    return pairPreview({
      title: "From a part, give the teacher's answer to the whole",
      explanation:
        'The student sees a small crop and must give the answer that the teacher, a slowly moving copy of it, gives for a large crop of the same image. Last column: of all the large crops here, the one whose answer fits best.',
      ...{ samples, first: small, second: large, similarity: divergence.neg() },
      captions: {
        first: 'small crop: the student',
        second: (i) => `large crop: the teacher, strongest answer ${strongest[i]}`,
        nearest: "fits the student's answer best",
      },
    });
  }
}

/**
 * The two ways to collapse, as shares of ln K: the entropy of single answers (1: all are uniform) and of the mean answer (0: the
 * same dimension wins for all). In both, the divergence of student and teacher, in nats, is 0: there is nothing left to learn. The
 * loss is the mean entropy of single answers plus this divergence (figure 7 of the paper).
 */
export function answerMetrics(targets: Tensor, loss: Tensor): Record<string, Tensor> {
  return noGrad(() => {
    const most = Math.log(targets.size(1));
    const entropy = (p: Tensor): Tensor => p.mul(p.clampMin(1e-12).log()).sum([-1]).neg().mean();
    const single = entropy(targets);
    const meanAnswerEntropy = entropy(targets.mean([0])).div(most);
    return { answerEntropy: single.div(most), meanAnswerEntropy, divergence: loss.detach().sub(single) };
  });
}

export const dino = defineMethod({
  ...card,
  options,
  smallOptions: {
    ...{ outputSize: 1024, hiddenSize: 256, bottleneckSize: 64, useHeadNorm: true },
    ...{ smallCrops: 4, useBlur: false, decay: 0.99 },
  },
  smallestBatch: 2,
  encoder: standardizedImages(),
  create: (context) => new DINO(context),
});
