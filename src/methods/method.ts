import type { z } from 'zod';
import type { Backbone, BackboneOptions } from '../backbones/backbone.js';
import type { Generator, Tensor } from '../engine/index.js';
import { Module } from '../engine/nn/index.js';

/** Sounds come packed like gray images, see `synthetic:sounds`. */
export type Modality = 'image' | 'sound' | 'video' | 'text';

/** What the data look like to a method when it is made. */
export interface DataDescription {
  /** Number of unlabeled samples; memory banks and instance labels need it. */
  count: number;
  channels: number;
  /** Side of the square images in pixels. */
  imageSize: number;
  /** Per-channel mean and standard deviation of the pixels in [0, 1]. */
  mean: readonly number[];
  std: readonly number[];
}

/** One batch of unlabeled samples. */
export interface Batch {
  /** Images: uint8 (N, C, H, W); clips: uint8 (N, T, C, H, W); text: int64 (N, L). */
  samples: Tensor;
  /** Positions of the samples in the data set. */
  indices: readonly number[];
}

/** Inputs and labels that a method made from a batch. They carry no gradient. */
export type Views = Record<string, Tensor | readonly Tensor[]>;

/** What one turn's forward pass gives: the loss to minimize and what is worth watching. */
export interface Outcome {
  /** Scalar; the loop differentiates it. Left out by a method with its own `update`. */
  loss?: Tensor;
  /** Scalars for curves and tables (pretext accuracy, the parts of the loss). */
  metrics?: Readonly<Record<string, Tensor | number>>;
  /** Representations (N, D) of this batch; the loop watches their spread for collapse. */
  features?: Tensor;
}

/** Where training stands when a hook runs. */
export interface Progress {
  /** Optimizer steps done so far, over all stages. */
  step: number;
  totalSteps: number;
  epoch: number;
  totalEpochs: number;
  /** Stage of the method (0 for nearly all; SRGAN has 2). */
  stage: number;
}

/** One optimizer and the networks it moves. Turns run one after the other on the same views, each with its own loss. */
export interface Turn {
  name: string;
  modules: readonly Module[];
  /** Factor on the run's learning rate (a generator ten times faster than its discriminator). */
  learningRateFactor?: number;
  /** Another optimizer than the run's, for this turn alone. */
  optimizer?: OptimizerName;
  /** SGD's or LARS's momentum, where it is another than the run's; 0 for the plain rule. */
  momentum?: number;
  weightDecay?: number;
  /** Has no loss of its own and steps on the gradients that the turn before it left: one loss, two optimizers (DeepCluster). */
  sharesLoss?: boolean;
  /** Those of the modules whose learning rate stays at its peak, whatever the schedule (SimSiam's predictor). */
  constantRate?: readonly Module[];
  /** Whether norms and biases go without weight decay and without LARS's trust ratio; by default under LARS only. */
  sparesNormAndBias?: boolean;
  /** Factor on the learning rate of norms and biases, where the optimizer treats them apart: LARS (Barlow Twins). */
  normAndBiasRateFactor?: number;
  /** Adam's decays of the means of the gradient and of its square, where the paper has others than (0.9, 0.999). */
  betas?: readonly [number, number];
}

export type OptimizerName = 'sgd' | 'adam' | 'adamw' | 'lars' | 'adagrad';

/** A part of training with its own turns; its length is a share of the run's steps. */
export interface Stage {
  name: string;
  share: number;
}

/** Access to the whole data set at the start of an epoch, for methods that label it anew (DeepCluster). */
export interface EpochContext {
  progress: Progress;
  random: Generator;
  count: number;
  batchSize: number;
  /** Raw samples at these positions, as in `Batch.samples`. */
  samples(indices: readonly number[]): Tensor;
}

/** What the hook at the start of an epoch may change. */
export interface EpochPlan {
  /** The positions to visit in this epoch, in this order; replaces the shuffled pass over the data. */
  order?: readonly number[];
  /** Turns whose optimizer starts anew because their parameters were replaced. */
  resetTurns?: readonly string[];
}

/** A tile of a preview: an image and what to write below it. */
export interface Tile {
  /** Float (C, H, W) in [0, 1], one or three channels. */
  image: Tensor;
  caption?: string;
  /** Colors the caption: an answer that is right or wrong. */
  isCorrect?: boolean;
}

/** Pictures (or lines of text) that show the pretext task and the model's present answer. */
export interface Preview {
  title: string;
  /** One sentence that tells a newcomer what they see. */
  explanation: string;
  rows: readonly (readonly Tile[])[];
  lines?: readonly string[];
}

/**
 * A pretext task at work: the networks, the views made from unlabeled samples, and the loss. Everything that must survive in
 * a checkpoint is a parameter or a buffer of this module (queues, memory banks, prototypes, momentum encoders).
 */
export abstract class Method extends Module {
  /** The network that survives pretraining. */
  abstract readonly backbone: Backbone;

  /** Turns raw samples into what the backbone takes when its features are used: float, normalized, converted. */
  abstract prepare(samples: Tensor): Tensor;

  /** Makes inputs and labels from unlabeled samples. Runs without a graph. */
  abstract views(batch: Batch, random: Generator): Views;

  /** The loss of one turn on these views; runs under the run's precision. */
  abstract loss(views: Views, turn: string, progress: Progress): Outcome;

  /** The task in pictures, with the present answers. Runs in eval mode without a graph. */
  abstract preview(batch: Batch, random: Generator): Preview[];

  /** How many samples of the data set `preview` is shown at most. */
  readonly previewSamples: number = 8;

  /** The optimizers in turn; by default one over everything that requires a gradient. */
  turns(_stage: number): Turn[] {
    return [{ name: 'main', modules: [this] }];
  }

  /** The parts of training; by default one. */
  readonly stages: readonly Stage[] = [{ name: 'pretraining', share: 1 }];

  /** Called once before each stage begins (SRGAN's generator starts from SRResNet). */
  onStageStart(_progress: Progress): void {}

  /** Called at the start of each epoch; may look at all the data and change the order of the epoch. */
  onEpochStart(_context: EpochContext): EpochPlan {
    return {};
  }

  /** Called before the forward pass of each step (MoCo moves its key encoder here). */
  beforeStep(_progress: Progress): void {}

  /** Called after the optimizer's step (BYOL's target, queues, the normalization of prototypes). */
  afterStep(_views: Views, _progress: Progress): void {}

  /**
   * An update rule that is not back-propagation through one loss (word2vec): when a method has it, the loop calls it instead
   * of `loss`, `backward` and the optimizer, and the method changes its parameters by itself.
   */
  update?(views: Views, learningRate: number, progress: Progress): Outcome;

  /** Makes new data: fills a hole, colors a gray image, continues a text. Shapes are the method's own. */
  generate?(input: Tensor, random: Generator): Tensor;

  /** Files that belong to the model beside its tensors (a tokenizer), by name. */
  assets(): ReadonlyMap<string, Uint8Array> {
    return new Map();
  }
}

/** A network with the conversion of raw samples that it was trained on: all that evaluation and export need. */
export interface Encoder {
  readonly backbone: Backbone;
  prepare(samples: Tensor): Tensor;
}

/** How to train: what the command line, the saved configuration and the recipes have in common. */
export interface Recipe {
  backbone: string;
  /** Base width of the backbone; left out for the published one. */
  width?: number;
  epochs: number;
  /** Samples per optimizer step. */
  batchSize: number;
  optimizer: OptimizerName;
  /** Learning rate at `batchSize`; scale it yourself when you change the batch, as the papers do linearly. */
  learningRate: number;
  momentum?: number;
  useNesterov?: boolean;
  weightDecay: number;
  schedule: 'cosine' | 'step' | 'constant' | 'linear';
  warmupEpochs?: number;
  /** For `step`: shares of the run after which the rate is multiplied by `gamma`. */
  milestones?: readonly number[];
  gamma?: number;
  /** Largest norm of the whole gradient. */
  clipNorm?: number;
}

/** What `create` receives. */
export interface MethodContext<Options> {
  options: Options;
  backbone: Backbone;
  data: DataDescription;
  batchSize: number;
  /** What `Method.assets` gave when the run was saved that is now loaded; left out for a new run. */
  assets?: ReadonlyMap<string, Uint8Array>;
}

export interface Paper {
  title: string;
  authors: string;
  year: number;
  url: string;
  code?: string;
}

/** Which number tells how well the pretext task is solved on held-out samples, for tables and comparisons. */
export interface PretextScore {
  /** A key of `Outcome.metrics`, or `loss`. */
  metric: string;
  /** For people, with the unit: "PSNR of the hole in dB". */
  name: string;
  better: 'higher' | 'lower';
  /** The labels are made of the images that are learnt (clusters, instances): the number is about these and says nothing of others. */
  isOfTrainingData?: boolean;
  /** The turn that gives it, where there are several; by default the first of the last stage. */
  turn?: string;
}

/** A method's entry in the registry: what the command line, the help, the documentation and saved runs know about it. */
export interface MethodDefinition<Schema extends z.ZodObject = z.ZodObject> {
  /** The key: kebab case, used on the command line and in saved runs. */
  name: string;
  title: string;
  modality: Modality;
  /** The folder in which it lives: `geometric`, `patches`, `generative`, `automatic-labels`, `contrastive`. */
  family: string;
  /** One sentence: what is hidden, and what is to be told from the rest. */
  summary: string;
  paper: Paper;
  score: PretextScore;
  /** Every option with a description and the paper's default. */
  options: Schema;
  /** Options that change on small images (up to 64 pixels a side). */
  smallOptions?: Partial<z.output<Schema>>;
  /** The published recipe, and one for small images that learns within minutes to hours on a CPU. */
  recipes: { paper: Recipe; small: Recipe };
  /** What the method asks of the backbone: another input than the images (patches, Sobel channels), another initialization. */
  backboneOptions?(options: z.output<Schema>, data: DataDescription, architecture: string): Partial<BackboneOptions>;
  /** The backbones that it can train, where it cannot train all (masked patches need a transformer); the first is for tests. */
  architectures?: readonly string[];
  /** Fewest samples that a step needs. */
  smallestBatch?: number;
  /** Numbers of channels of the images that it can work on; by default 1 (gray) and 3 (color). */
  channels?(options: z.output<Schema>): readonly number[];
  /** Smallest side in pixels of the images that it can work on, for methods that look at parts of them. */
  smallestImage?: number;
  create(context: MethodContext<z.output<Schema>>): Method;
}

/** Ties a definition to its schema, so that `create` receives typed options. */
export function defineMethod<Schema extends z.ZodObject>(
  definition: MethodDefinition<Schema>,
): MethodDefinition<Schema> {
  return definition;
}
