/**
 * DINO: self-distillation without labels. From small crops a student must give the answer that a slowly moving copy of itself, the
 * teacher, gives from large ones.
 *
 * Caron, Touvron, Misra, Jegou, Mairal, Bojanowski, Joulin, "Emerging Properties in Self-Supervised Vision Transformers",
 * ICCV 2021, https://arxiv.org/abs/2104.14294; code: github.com/facebookresearch/dino.
 *
 * Answers are distributions over many dimensions without a meaning. Two things keep them from collapse, each against the other's
 * failure: subtracting the teacher's mean answer (centring) forbids that one dimension wins for all images, a low temperature of
 * the teacher (sharpening) forbids that all dimensions win alike.
 *
 * As in the official code, norms and biases do not decay, and the last layer has rows of unit length and stays as it is during the
 * first epoch. The code raises the weight decay from 0.04 to 0.4 along a cosine; here it is constant. The authors evaluate the
 * teacher; here the student is kept, the network that learns by gradient.
 */
import { z } from 'zod';
import {
  colorJitter,
  compose,
  gaussianBlur,
  grayscale,
  normalize,
  randomResizedCrop,
  solarize,
  type Transform,
  toFloat,
} from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import { type Generator, noGrad, ops, scope, type Tensor } from '../../../engine/index.js';
import { type MultiCrop, multiCrop, multiCropOptions, smallCropGroups } from '../../cuts/multi-crop.js';
import { DinoHead } from '../../heads/dino-head.js';
import { swappedPrediction } from '../../losses/swapped-prediction.js';
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
import { copyOfBackbone, moveByEma, startAsCopy, targetDecay } from '../../targets/ema.js';

const options = z.object({
  outputSize: z.number().int().min(2).default(65536).describe('Dimensions of the answers'),
  hiddenSize: z.number().int().min(1).default(2048).describe('Width of the hidden layers of the head'),
  bottleneckSize: z.number().int().min(1).default(256).describe('Width of the normalized layer before the last one'),
  useHeadNorm: z.boolean().default(false).describe('Whether batch norm follows the hidden layers of the head'),
  studentTemperature: z.number().positive().default(0.1).describe("Divides the student's scores"),
  teacherTemperature: z
    .number()
    .positive()
    .default(0.04)
    .describe("Divides the teacher's scores; 1 would not sharpen them, and all answers become uniform"),
  useCentering: z
    .boolean()
    .default(true)
    .describe("Whether the teacher's mean score is subtracted; without it one dimension wins for all images"),
  centerDecay: z.number().min(0).max(1).default(0.9).describe("EMA decay of the teacher's mean score"),
  decay: z
    .number()
    .min(0)
    .max(1)
    .default(0.996)
    .describe('EMA decay of the teacher at the start; it rises to 1 along a cosine'),
  frozenEpochs: z.number().int().min(0).default(1).describe('First epochs in which the last layer stays as it is'),
  ...multiCropOptions({ smallCrops: 8, boundaryScale: 0.4 }),
  colorStrength: z.number().min(0).default(1).describe('Strength s of the color jitter (0.4s, 0.4s, 0.2s, 0.1s)'),
  solarizeProbability: z
    .number()
    .min(0)
    .max(1)
    .default(0.2)
    .describe('Share of the second large crops that are solarized'),
  useBlur: z.boolean().default(true).describe('Whether crops are blurred, with the probabilities 1, 0.1 and 0.5'),
});

type Options = z.output<typeof options>;

export class DINO extends Method {
  readonly head: DinoHead;
  readonly teacherBackbone: Backbone;
  readonly teacherHead: DinoHead;
  /** The teacher's mean scores (K). */
  readonly center: Tensor;
  private readonly large: readonly Transform[];
  private readonly small: MultiCrop;

  constructor(
    readonly options: Options,
    override readonly backbone: Backbone,
    readonly data: DataDescription,
  ) {
    super();
    this.head = new DinoHead(backbone.featureSize, options);
    this.teacherBackbone = copyOfBackbone(backbone);
    this.teacherHead = startAsCopy(new DinoHead(backbone.featureSize, options), this.head);
    this.center = this.buffer('center', ops.zeros([options.outputSize]));
    this.large = this.largeCrops();
    const small = smallCropGroups(options, backbone, data.imageSize);
    this.small = multiCrop(small, compose(...this.distort(0.5)));
  }

  /** Jitter and gray, then blur with probability `blur`. */
  private distort(blur: number): Transform[] {
    const { colorStrength: s, useBlur } = this.options;
    return [
      ...(s > 0
        ? [colorJitter({ brightness: 0.4 * s, contrast: 0.4 * s, saturation: 0.2 * s, hue: 0.1 * s, p: 0.8 })]
        : []),
      grayscale(0.2),
      ...(useBlur ? [gaussianBlur({ p: blur })] : []),
    ];
  }

  private largeCrops(): Transform[] {
    const { boundaryScale, solarizeProbability: p } = this.options;
    const crop = randomResizedCrop({ size: this.data.imageSize, scale: [boundaryScale, 1], flip: 0.5 });
    const inverted = p > 0 ? [solarize({ p })] : [];
    return [compose(crop, ...this.distort(1)), compose(crop, ...this.distort(0.1), ...inverted)];
  }

  /** Only the student learns by gradient; its norms and biases do not decay. */
  override turns(): Turn[] {
    return [{ name: 'main', modules: [this.backbone, this.head], sparesNormAndBias: true }];
  }

  override prepare(samples: Tensor): Tensor {
    return normalize(this.data.mean, this.data.std)(toFloat(samples));
  }

  override views({ samples }: Batch, random: Generator): Views {
    return {
      large: this.large.map((augment) => this.prepare(augment(samples, random))),
      small: this.small(samples, random).map((crops) => this.prepare(crops)),
    };
  }

  override loss(views: Views, _turn: string, { epoch }: Progress): Outcome {
    const count = (views.large as readonly Tensor[])[0]!.size(0); // N
    const large = ops.cat(views.large as Tensor[], 0); // (2N, C, side, side)
    const features = [large, ...(views.small as readonly Tensor[])].map((images) => this.backbone.features(images));
    const scores = this.head.forward(ops.cat(features, 0), epoch < this.options.frozenEpochs); // (V N, K)
    const answers = this.answers(large); // (2N, K)
    views.answers = answers; // for the center, once the step is done
    const targets = this.targets(answers);
    const predicted = scores.div(this.options.studentTemperature).logSoftmax(1).split(count, 0);
    const loss = swappedPrediction(targets.split(count, 0), predicted);
    return { loss, metrics: answerMetrics(targets, loss), features: features[0]!.narrow(0, 0, count) };
  }

  /** The teacher's scores (n, K). In training it normalizes by its own batches, as in the code. */
  private answers(images: Tensor): Tensor {
    return noGrad(() => scope(() => this.teacherHead.forward(this.teacherBackbone.features(images))));
  }

  /** Centered and sharpened: softmax((scores - center) / temperature), (n, K). */
  private targets(answers: Tensor): Tensor {
    const { useCentering, teacherTemperature } = this.options;
    return noGrad(() => (useCentering ? answers.sub(this.center) : answers).div(teacherTemperature).softmax(1));
  }

  /** The teacher follows what the last step made of the student. */
  override beforeStep({ step, totalSteps }: Progress): void {
    if (step === 0) return;
    const share = targetDecay(this.options.decay, step - 1, totalSteps);
    moveByEma([this.teacherBackbone, this.teacherHead], [this.backbone, this.head], share);
  }

  override afterStep(views: Views): void {
    this.center.lerp_((views.answers as Tensor).mean([0]), 1 - this.options.centerDecay);
  }

  override preview(batch: Batch, random: Generator): Preview[] {
    const count = Math.min(6, batch.samples.size(0));
    const samples = batch.samples.narrow(0, 0, count);
    const large = this.large[0]!(samples, random);
    const small = (this.small(samples, random)[0] ?? this.large[1]!(samples, random)).narrow(0, 0, count);
    const targets = this.targets(this.answers(this.prepare(large)));
    const scores = this.head.forward(this.backbone.features(this.prepare(small)));
    const predicted = scores.div(this.options.studentTemperature).logSoftmax(1);
    const certainty = targets.mul(targets.clampMin(1e-12).log()).sum([1]); // (N)
    const divergence = certainty.sub(predicted.matmul(targets.t())); // KL of student i from teacher j, (N, N)
    const guesses = divergence.argmin(1).toNumbers();
    const strongest = targets.argmax(1).toNumbers();
    const originals = toFloat(samples);
    const rows = guesses.map((guess, i) => [
      { image: originals.select(0, i), caption: 'image' },
      { image: small.select(0, i), caption: 'small crop: the student' },
      { image: large.select(0, i), caption: `large crop: the teacher, strongest answer ${strongest[i]}` },
      {
        image: large.select(0, guess),
        caption: "fits the student's answer best",
        isCorrect: guess === i,
      },
    ]);
    return [
      {
        title: 'Say from a part what the teacher says of the whole',
        explanation:
          'The student sees a small crop and must give the answer that the teacher, a slowly moving copy of it, gives for a large crop of the same image. Last column: of all the large crops here, the one whose answer fits best.',
        rows,
      },
    ];
  }
}

/**
 * The two ways to collapse, as shares of ln K: the entropy of single answers (1: all are uniform) and of the mean answer (0: the
 * same dimension wins for all). In both the divergence of student and teacher, in nats, is 0: there is nothing left to learn. The
 * loss is the mean entropy of single answers plus this divergence (figure 7 of the paper).
 */
export function answerMetrics(targets: Tensor, loss: Tensor): Record<string, Tensor> {
  return noGrad(() => {
    const most = Math.log(targets.size(1));
    const entropy = (p: Tensor): Tensor => p.mul(p.clampMin(1e-12).log()).sum([-1]).neg().mean();
    const single = entropy(targets);
    return {
      answerEntropy: single.div(most),
      meanAnswerEntropy: entropy(targets.mean([0])).div(most),
      divergence: loss.detach().sub(single),
    };
  });
}

export const dino = defineMethod({
  name: 'dino',
  title: 'DINO',
  modality: 'image',
  family: 'contrastive',
  summary: 'Give, from small crops, the answer that a slowly moving copy of the network gives from large ones.',
  paper: {
    title: 'Emerging Properties in Self-Supervised Vision Transformers',
    authors: 'Mathilde Caron, Hugo Touvron, Ishan Misra, Hervé Jégou, Julien Mairal, Piotr Bojanowski, Armand Joulin',
    year: 2021,
    url: 'https://arxiv.org/abs/2104.14294',
    code: 'https://github.com/facebookresearch/dino',
  },
  score: { metric: 'loss', name: 'cross-entropy to the teacher in nats', better: 'lower' },
  options,
  smallOptions: {
    outputSize: 1024,
    hiddenSize: 256,
    bottleneckSize: 64,
    useHeadNorm: true,
    smallCrops: 4,
    useBlur: false,
    decay: 0.99,
  },
  recipes: {
    // ViT-S/16: 0.0005 per 256 images.
    paper: {
      backbone: 'vit-small',
      epochs: 100,
      batchSize: 1024,
      optimizer: 'adamw',
      learningRate: 2e-3,
      weightDecay: 0.04,
      schedule: 'cosine',
      warmupEpochs: 10,
      clipNorm: 3,
    },
    small: {
      backbone: 'vit-micro',
      epochs: 200,
      batchSize: 128,
      optimizer: 'adamw',
      learningRate: 1e-3,
      weightDecay: 0.04,
      schedule: 'cosine',
      warmupEpochs: 10,
      clipNorm: 3,
    },
  },
  smallestBatch: 2,
  create: ({ options, backbone, data }) => new DINO(options, backbone, data),
});
