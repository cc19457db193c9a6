import type { z } from 'zod';
import type {
  Dataset,
  OpenTextsOptions,
  SampleSpec,
  Samples,
  SamplesOf,
  SpecialTokens,
  Split,
  TokenizerKind,
  TokensForm,
} from '../data/index.js';
import type { Generator, Tensor } from '../engine/index.js';

/** How data are asked for. Each modality reads the options that it has a use for. */
export interface OpenOptions
  extends Pick<OpenTextsOptions, 'tokenizer' | 'vocabulary' | 'context' | 'form' | 'room' | 'isLabeled' | 'assets'> {
  /** Which side of the source's own division; `train` is all that is neither validation nor test. Default `all`. */
  split?: Split | 'all';
  /** Side of the square images in pixels. */
  size?: number;
  /** Largest side to choose where `size` is left out; images that are smaller keep theirs. */
  mostSize?: number;
  /** `auto` (the default), 1 for gray or 3 for color. */
  channels?: 'auto' | number;
  /** Samples per sound. */
  length?: number;
  /** Frames of a clip. */
  frames?: number;
  /** Frames per second of a clip. */
  fps?: number;
  /** Take only so many samples, drawn at random with a fixed seed. */
  limit?: number;
  /** A CSV or JSON Lines file with the columns `id` and `label`, whose labels replace the source's own. */
  labels?: string;
  cacheFolder?: string;
  /** `unit` is what is counted, where it is no samples. */
  onProgress?: (done: number, total: number, unit?: string) => void;
  signal?: AbortSignal;
}

/** A batched change of samples; every sample draws its own parameters. */
export type Augment<X extends Samples = Samples> = (samples: X, random: Generator) => X;

/** A sample as a person can look at it. Pictures are float (C, H, W) in [0, 1] with one or three channels. */
export type Shown = { kind: 'picture'; image: Tensor } | { kind: 'text'; text: string };

/** What a method asks of the samples; each modality reads what concerns it. */
export interface Needs {
  /** Numbers of channels of the images that it can work on; by default 1 (gray) and 3 (color). */
  channels?: readonly number[];
  /** Smallest side of the images in pixels. */
  side?: number;
  /** Frames of the clips that it is usually given, and frames per second; what a person asks for comes before them. */
  frames?: number;
  fps?: number;
  /** Fewest frames of a clip that it can work on; by default 1. */
  leastFrames?: number;
  /** Numbers of channels of each side of a pair of images. */
  pairs?: { first?: readonly number[]; second?: readonly number[] };
  /** Whether the two sides of a pair must show the same things. */
  isAligned?: boolean;
  /** Of text. */
  tokens?: TokenNeeds;
}

/** What a method asks of text; what a person asks for comes before tokenizer, vocabulary and context. */
export interface TokenNeeds {
  /** Default `stream`. */
  form?: TokensForm;
  tokenizer?: TokenizerKind;
  vocabulary?: number;
  /** Tokens of a window. */
  context?: number;
  /** Special tokens that the method puts into a window of sentences: windows then have at most `context - room` tokens. */
  room?: number;
  /** Fewest tokens of a window that it can work on. */
  leastContext?: number;
  /** Special tokens that it cannot do without. */
  special?: readonly (keyof SpecialTokens)[];
}

/** How strongly `preserve` changes a sample: `crop` moves it, `crop-flip` mirrors images too. */
export type PreserveStrength = 'crop' | 'crop-flip';

/** Frames of videos as samples of a kind of data. */
export interface FrameSamples<S extends SampleSpec> {
  /** Consecutive frames in one sample. */
  count(spec: S): number;
  /**
   * @param frames uint8 (n count, C, H, W) in the order of time, of any size; color and gray are made of each other
   * @returns n samples
   */
  samples(frames: Tensor, spec: S): SamplesOf<S>;
}

/** How samples enter a network that was exported, as programs of other languages have them. */
export interface ExportedInput {
  /** Of the input, as in Hugging Face's libraries. */
  name: 'pixel_values' | 'input_values';
  /** Of one sample; float32. */
  shape: readonly number[];
  /** What such numbers are: pixels in [0, 1], waveforms in [-1, 1). */
  unit: string;
  /** Float32 (N, ...shape) to float32 samples as an encoder's `prepare` takes them. */
  toSamples(x: Tensor): Tensor;
  /**
   * The content of preprocessor_config.json, which makes `pixel_values` or `input_values` of files.
   * @param normalization of pixels in [0, 1]; null when the network does it
   */
  processor(normalization: { mean: readonly number[]; std: readonly number[] } | null): object | null;
}

/** A kind of data: all that code outside of sources and methods needs to know of it. */
export interface Modality<S extends SampleSpec = SampleSpec> {
  readonly name: S['modality'];
  /** Checks a spec that is read back from a file. */
  readonly schema: z.ZodType;
  /** What several samples are called: "images". */
  readonly plural: string;
  /** Data that have a name instead of a path, as a person types it. */
  readonly names?: readonly string[];
  /** What a person might type for data of their own, and for data that everybody has. */
  readonly examples?: readonly [own: string, known: string];
  /** Whether a data spec, as a person types it, is of this kind. Modalities are asked in turn; images take whatever else is there. */
  claims(spec: string): Promise<boolean>;
  open(spec: string, options: OpenOptions): Promise<Dataset<S>>;
  /**
   * How samples are opened that several methods and a scoring are to see alike, where what each asks for differs; left out where nothing that
   * they ask for changes what a sample is.
   */
  shared?(needs: readonly Needs[], given: OpenOptions): OpenOptions;
  /** Whether a source has this side of a division of its own, without reading samples. */
  hasSplit(spec: string, split: Split): Promise<boolean>;
  /** The data spec with its paths made absolute, as it is kept in a run. */
  resolve(spec: string): string | Promise<string>;
  /** Options that open other data in the form of these: the same size, channels, length. */
  formOf(spec: S): OpenOptions;
  /** Whether samples are so small that a method takes its small recipe. */
  isSmall(spec: S): boolean;
  /** Numbers in one sample, which bounds how many fit in memory. */
  weight(spec: S): number;
  /** The input of a backbone for these samples: channels and size, under the names of `BackboneOptions`. */
  input(spec: S): { inputChannels: number; imageSize: number; length?: number };
  /** @throws AutodidactError `DATA` or `USAGE` when a method cannot learn from such samples */
  check(spec: S, needs: Needs, title: string): void;
  /** @throws AutodidactError `DATA` when an encoder that was trained on samples of `wanted` cannot read these */
  checkSame(wanted: S, given: Dataset<S>): void;
  /** @throws AutodidactError `CHECKPOINT` when files of a run (`Dataset.assets`) are not those that its samples were read with */
  checkAssets?(spec: S, assets: ReadonlyMap<string, Uint8Array>): void;
  /** Samples of another kind that an encoder may see in these, such as the frames of videos; it may then be measured on such data. */
  seenAs?(spec: S): SampleSpec;
  /** A change that keeps the label, for fine-tuning and the supervised network; null where there is none. */
  preserve(spec: S, strength: PreserveStrength): Augment<SamplesOf<S>> | null;
  /** Another view of the same sample, for the alignment score; null where there is none. */
  views(spec: S): Augment<SamplesOf<S>> | null;
  /** Where a person can type a sample, such as a sentence: the data spec of a folder whose files hold what was typed. */
  typedIn?(folder: string): string;
  /** What networks of such samples are fine-tuned with, and trained on labels alone, where the task does not say; SGD by default. */
  readonly optimizer?: 'sgd' | 'adamw';
  /**
   * The words of each sample in their order, for a baseline that counts them and looks at nothing else; left out where samples have none.
   */
  words?(data: Dataset<S>): readonly (readonly string[])[];
  /** For encoders that can look at the frames of videos; left out where samples have no frames. */
  readonly frames?: FrameSamples<S>;
  /** For encoders that can be exported as graphs; left out where no other program has such samples. */
  exported?(spec: S): ExportedInput;
  /** Sample `index` of a batch, for previews and reports. */
  show(samples: SamplesOf<S>, index: number, spec: S): Shown;
  /** One phrase: "64 x 64, color". */
  describe(spec: S): string;
}
