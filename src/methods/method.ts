/**
 * The contract of methods: what they are given, what they are, what the loop, the evaluation and the command line ask of them. One file,
 * since it is read as a whole by everybody who writes a method.
 */
import type { z } from 'zod';
import { type Description, describedFields } from '../augment/index.js';
import type { Backbone, BackboneOptions } from '../backbones/backbone.js';
import type { Preparation } from '../backbones/preparation.js';
import type { ImageSpec, SampleSpec, SamplesOf } from '../data/index.js';
import type { Generator, Tensor } from '../engine/index.js';
import { Module } from '../engine/nn/index.js';
import type { Needs } from '../modalities/modality.js';

/** One batch of unlabeled samples. */
export interface Batch<S extends SampleSpec = ImageSpec> {
  samples: SamplesOf<S>;
  /** Positions of the samples in the data set. */
  indices: readonly number[];
}

/** Inputs and labels that a method makes from a batch. They carry no gradient, and `loss` does not write into them. */
export type Views = Readonly<Record<string, Tensor | readonly Tensor[]>>;

/** What one forward pass gives: the loss to minimize and what is worth watching. */
export interface Outcome<Carry = unknown> {
  /** Scalar; the loop differentiates it. Left out by a method with its own `update`. */
  loss?: Tensor;
  /** Scalars for curves and tables (pretext accuracy, the parts of the loss); left out where a batch has nothing to measure. */
  metrics?: Readonly<Record<string, Tensor | number>>;
  /** Representations (N, D) of this batch; the loop watches their spread for collapse. */
  features?: Tensor;
  /** What `afterStep` needs of this forward pass: keys for a queue, the batch's mean. Tensors in it must carry no graph. */
  carry?: Carry;
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

/** One optimizer and the networks that it moves. Groups step one after the other on the same views, each with its own loss. */
export interface OptimizerGroup {
  name: string;
  modules: readonly Module[];
  /** Factor on the run's learning rate (a generator ten times faster than its discriminator). */
  learningRateFactor?: number;
  /** Another optimizer than the run's, for this group alone. */
  optimizer?: OptimizerName;
  /** SGD's or LARS's momentum, where it is another than the run's; 0 for the plain rule. */
  momentum?: number;
  weightDecay?: number;
  /** Has no loss of its own and steps on the gradients that the group before it left: one loss, two optimizers (DeepCluster). */
  sharesLoss?: boolean;
  /** Those of the modules whose learning rate stays at its peak, whatever the schedule (SimSiam's predictor). */
  constantRate?: readonly Module[];
  /** Whether norms and biases go without weight decay and trust ratio; by default under LARS, LAMB, AdamW and Adafactor. */
  sparesNormAndBias?: boolean;
  /** Factor on the learning rate of norms and biases, where the optimizer treats them apart: LARS (Barlow Twins). */
  normAndBiasRateFactor?: number;
  /** Whether `clipNorm` bounds the gradient of each parameter by itself, not their joint norm (DINO). */
  clipsEach?: boolean;
  /** Decays of Adam and LAMB of the means of the gradient and of its square, where the paper has others than (0.9, 0.999). */
  betas?: readonly [number, number];
  /** The term beside the root in Adam, LAMB and Adagrad. */
  eps?: number;
  /** Whether Adam and LAMB divide their means by their bias towards 0; those of BERT and ALBERT do not. */
  correctsBias?: boolean;
  /** What Adagrad's sums of squares begin at; 0 by default. */
  initialSum?: number;
}

export type OptimizerName = 'sgd' | 'adam' | 'adamw' | 'lars' | 'lamb' | 'adagrad' | 'adafactor';

/** A part of training with its own optimizers; its length is a share of the run's steps. */
export interface Stage {
  name: string;
  share: number;
}

/** Access to the whole data set at the start of an epoch, for methods that label it anew (DeepCluster). */
export interface EpochContext<S extends SampleSpec = ImageSpec> {
  progress: Progress;
  random: Generator;
  count: number;
  batchSize: number;
  /** Raw samples at these positions, as in `Batch.samples`. */
  samples(indices: readonly number[]): SamplesOf<S>;
}

/** What the hook at the start of an epoch may change. */
export interface EpochPlan {
  /**
   * The positions to visit in this epoch, in this order; replaces the shuffled pass over the data. In the middle of an epoch, those
   * from the place on that was reached.
   */
  order?: readonly number[];
  /** Groups whose optimizer starts anew because their parameters were replaced. */
  resetGroups?: readonly string[];
}

/** A tile of a preview: a picture or a text, and what to write below it. */
export interface Tile {
  /** Float (C, H, W) in [0, 1], one or three channels. */
  image?: Tensor;
  text?: string;
  caption?: string;
  /** Colors the caption: an answer that is right or wrong. */
  isCorrect?: boolean;
}

/** The pretext task with the model's present answers, as a person can look at it. */
export interface Preview {
  title: string;
  /** One sentence that tells a newcomer what they see. */
  explanation: string;
  rows: readonly (readonly Tile[])[];
  /** Share of answers that a guess gets right, where `isCorrect` marks some; left out where nobody could guess, as whole texts. */
  chance?: number;
}

/** A network with the conversion of raw samples that it was trained on: all that evaluation and export need. */
export interface Encoder<S extends SampleSpec = SampleSpec> {
  /** The samples that it takes. */
  readonly spec: S;
  readonly backbone: Backbone;
  readonly preparation: Preparation;
  /**
   * Where the first token of a sample stands in the maps, (N, C, 1, T), the others behind it; left out where maps have no place for each token.
   */
  readonly firstToken?: number;
  /** Raw samples to what the backbone takes: float, normalized, converted. */
  prepare(samples: SamplesOf<S>): Tensor;
  /** Of text: how rows of ids become what the backbone takes, or a sentence why they do not. */
  readonly tokenRows?: TokenRows | string;
}

/** Rows of ids, one per text, as tokenizers of other programs give them: what an encoder of text reads when it is exported. */
export interface TokenRows {
  /** Most ids in a row, with those that stand around the text. */
  readonly most: number;
  /** Ids before and behind those of a text; null where there is none. */
  readonly begin: number | null;
  readonly end: number | null;
  /** Whether the network takes rows of `most` ids alone in a graph, as it runs step by step. */
  readonly isFixed?: boolean;
  /** int64 (N, T) and booleans (N, T), false for padding behind the text, to the input of the backbone. */
  toInput(ids: Tensor, isReal: Tensor): Tensor;
}

/** What the definition of a method makes its encoder from. */
export interface EncoderContext<Options = unknown, S extends SampleSpec = ImageSpec> {
  options: Options;
  /** Of the data. */
  spec: S;
  /** Name of the backbone that was asked for. */
  architecture: string;
  /** The files of the data, such as their tokenizer. */
  assets?: ReadonlyMap<string, Uint8Array>;
  /** Makes the backbone that was asked for, or a form of it (`split-resnet18`), for samples of `spec` unless told otherwise. */
  makeBackbone(overrides?: Partial<BackboneOptions>, architecture?: string): Backbone;
}

/** What a method is made from. */
export interface MethodContext<Options = unknown, S extends SampleSpec = ImageSpec, E extends SampleSpec = S> {
  options: Options;
  encoder: Encoder<E>;
  /** Of the data. */
  spec: S;
  /** Number of unlabeled samples; memory banks and instance labels need it. */
  count: number;
  /** Most samples in a forward pass. */
  batchSize: number;
  /** Samples per optimizer step, of all its micro-batches. */
  samplesPerStep: number;
  /**
   * The files of the data, such as their tokenizer (`tokenizerOf`), and what `Method.assets` gave when the run was saved that is now
   * loaded.
   */
  assets?: ReadonlyMap<string, Uint8Array>;
}

/**
 * A pretext task at work: the networks, the views made from unlabeled samples, and the loss. Everything that must survive in
 * a checkpoint is a parameter or a buffer of this module (queues, memory banks, prototypes, momentum encoders).
 *
 * Type parameters: its options, the views, what `loss` hands to `afterStep`, the samples of the data, and those of the encoder
 * where they differ (one side of a pair).
 */
export abstract class Method<
  Options = unknown,
  V extends Views = Views,
  Carry = unknown,
  S extends SampleSpec = ImageSpec,
  E extends SampleSpec = S,
> extends Module {
  /** The network that survives pretraining, with its preparation of samples. */
  readonly encoder: Encoder<E>;
  readonly backbone: Backbone;
  readonly options: Options;
  readonly spec: S;

  constructor({ encoder, options, spec }: Pick<MethodContext<Options, S, E>, 'encoder' | 'options' | 'spec'>) {
    super();
    this.encoder = encoder;
    this.backbone = encoder.backbone;
    this.options = options;
    this.spec = spec;
  }

  /** Makes inputs and labels from unlabeled samples. Runs without a graph. */
  abstract views(batch: Batch<S>, random: Generator): V;

  /** The loss of one optimizer group on these views; runs under the run's precision. */
  abstract loss(views: V, group: string, progress: Progress): Outcome<Carry>;

  /** What `views` does to samples: the transforms among the fields, and what a method adds of its own. */
  pipelines(): Readonly<Record<string, Description>> {
    return describedFields(this);
  }

  /** The task in pictures, with the present answers. Runs in eval mode without a graph. */
  abstract preview(batch: Batch<S>, random: Generator): Preview[];

  /** How many samples of the data set `preview` is shown at most. */
  readonly previewSamples: number = 8;

  /** The optimizers, in the order in which they step; by default one over everything that requires a gradient. */
  optimizerGroups(_stage: number): OptimizerGroup[] {
    return [{ name: 'main', modules: [this] }];
  }

  /** The parts of training; by default one. */
  readonly stages: readonly Stage[] = [{ name: 'pretraining', share: 1 }];

  /** Called once before each stage begins (SRGAN's generator starts from SRResNet). */
  onStageStart(_progress: Progress): void {}

  /**
   * Called at the start of each epoch, and of a stage that begins in the middle of one; may look at all the data and change the order of
   * the epoch, or of the rest of it.
   */
  onEpochStart(_context: EpochContext<S>): EpochPlan {
    return {};
  }

  /**
   * Numbers that the k-means of an epoch's start multiplies, on average over the epochs: points times clusters times dimensions, of all
   * rounds. The trial, which sees few samples, adds the time for them: with the data the clusters grow as well.
   */
  get clusteringProducts(): number {
    return 0;
  }

  /** Called once before each optimizer step (MoCo moves its key encoder here). */
  beforeStep(_progress: Progress): void {}

  /**
   * Called once after each optimizer step (queues, centers, the normalization of prototypes), however many micro-batches it had.
   *
   * @param carries what `loss` gave as `carry`, in the order of the groups and, within one, of the micro-batches
   */
  afterStep(_carries: readonly Carry[], _progress: Progress): void {}

  /**
   * An update rule that is not back-propagation through one loss (word2vec): when a method has it, the loop calls it instead
   * of `loss`, `backward` and the optimizer, once per micro-batch, and the method changes its parameters by itself. The loss of the
   * outcome is only shown.
   *
   * @param rates the schedule's learning rate at the beginning and at the end of these samples
   */
  update?(views: V, rates: readonly [from: number, to: number], progress: Progress): Outcome<Carry>;

  /** Sentences that a person should read when a run begins: what a choice of options costs. */
  warnings(): readonly string[] {
    return [];
  }

  /** Makes new data: fills a hole, colors a gray image, continues a text. Shapes are the method's own. */
  generate?(input: Tensor, random: Generator): Tensor;

  /** Files that belong to the model beside its tensors and the files of its data, by name. */
  assets(): ReadonlyMap<string, Uint8Array> {
    return new Map();
  }

  /** Raw samples as the backbone takes them. */
  prepare(samples: SamplesOf<E>): Tensor {
    return this.encoder.prepare(samples);
  }
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
  schedule: 'cosine' | 'step' | 'constant' | 'linear' | 'inverse-sqrt';
  warmupEpochs?: number;
  /** For `step`: shares of the run after which the rate is multiplied by `gamma`; for `inverse-sqrt`: after which it begins to fall. */
  milestones?: readonly number[];
  gamma?: number;
  /** Largest norm of the whole gradient, or of each parameter's where the method says so. */
  clipNorm?: number;
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
  /** The labels are made of the training samples (clusters, instances): the number says nothing of other samples. */
  isOfTrainingData?: boolean;
  /** The optimizer group that gives it, where there are several; by default the first of the last stage. */
  group?: string;
}

/** Which samples a method, or a part of it, can learn from. */
export interface Usable {
  /** Behind "learns from texts": "with two sentences". */
  wanted: string;
  /** For each of the samples. */
  isUsable: readonly boolean[];
  /** What helps: "Give documents of several sentences." */
  remedy: string;
  /** The part that asks for it, such as "The second task", where the rest of the method learns from all samples. */
  part?: string;
}

/** What the command line, the help and the documentation say of a method; it stands beside the method in `<name>.card.ts`. */
export interface MethodCard {
  /** The key: kebab case, used on the command line and in saved runs. */
  name: string;
  title: string;
  /** The folder in which it lives: `geometric`, `patches`, `generative`, `automatic-labels`, `contrastive`. */
  family: string;
  /** One sentence: what is hidden, and what is to be told from the rest. */
  summary: string;
  paper: Paper;
  score: PretextScore;
  /** The published recipe, and one for small samples that learns within minutes to hours on a CPU. */
  recipes: { paper: Recipe; small: Recipe };
  /** Commands that a run of it is for, before it is evaluated, with RUN in its place. */
  uses?: readonly string[];
}

/** A method's entry in the registry. */
export interface MethodDefinition<
  Schema extends z.ZodObject = z.ZodObject,
  S extends SampleSpec = SampleSpec,
  E extends SampleSpec = S,
> extends MethodCard {
  /** The kinds of data that it learns from; the first is the usual one. */
  modalities: readonly string[];
  /** Every option with a description and the paper's default. */
  options: Schema;
  /** Options that change on small samples. */
  smallOptions?: Partial<z.output<Schema>>;
  /** The backbones that it can train, where it cannot train all (masked patches need a transformer); the first is for tests. */
  architectures?: readonly string[];
  /** Fewest samples that a step needs. */
  smallestBatch?: number;
  /** Bytes that the method keeps of each sample of the data, in memories of all of them: what must fit before it is built. */
  bytesPerSample?(options: z.output<Schema>): number;
  /**
   * Whether the learning rate is that of one sample (word2vec, whose `update` learns from one after the other); a plan then keeps it when
   * it changes the batch, and otherwise changes it in proportion.
   */
  isRatePerSample?: boolean;
  /** What it asks of the samples. */
  needs?(options: z.output<Schema>): Needs;
  /**
   * Which of these samples it can learn from, or null where it can from all. Asked of a drawn part of the data before training, which is refused when
   * none is usable.
   */
  usable?(
    samples: SamplesOf<S>,
    context: Pick<MethodContext<z.output<Schema>, S>, 'options' | 'spec' | 'assets'>,
  ): Usable | null;
  /** Makes the network that survives, with its preparation of samples. */
  encoder(context: EncoderContext<z.output<Schema>, S>): Encoder<E>;
  create(context: MethodContext<z.output<Schema>, S, E>): Method<z.output<Schema>, Views, unknown, S, E>;
}

/**
 * Ties a definition to its schema, so that `encoder` and `create` receive typed options.
 *
 * @param definition of a method of images where it names no `modalities`
 */
export function defineMethod<Schema extends z.ZodObject, S extends SampleSpec = ImageSpec, E extends SampleSpec = S>(
  definition: Omit<MethodDefinition<Schema, S, E>, 'modalities'> & { modalities?: readonly string[] },
): MethodDefinition<Schema, S, E> {
  return { modalities: ['image'], ...definition };
}
