import { isDeepStrictEqual } from 'node:util';
import type { Tensor } from '../engine/index.js';
import type { Degree, Quantiles } from './egomotion.js';
import type { Samples } from './samples.js';

/**
 * What a sample of a data set looks like; plain JSON, saved with a run. `modality` names the kind of data. Code outside of sources,
 * modalities and methods does not ask which it is.
 */
export interface SampleSpec<X extends Samples = Samples> {
  readonly modality: string;
  /** Never set: carries the type of a batch, see `SamplesOf`. */
  readonly samples?: X;
}

/** The type of a batch of samples of a spec. */
export type SamplesOf<S extends SampleSpec> = S extends SampleSpec<infer X> ? X : never;

/** What pictures of one size have in common. */
interface Pictures {
  /** 1 is gray, 3 is color; generated and measured images may have up to 16. */
  readonly channels: number;
  /** In pixels. */
  readonly height: number;
  readonly width: number;
  /** Per channel, of the pixels in [0, 1]. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Images of one size: uint8 (N, C, H, W). */
export interface ImageSpec extends SampleSpec<Tensor>, Pictures {
  readonly modality: 'image';
}

/** Waveforms of one length: int16 (N, L). */
export interface SoundSpec extends SampleSpec<Tensor> {
  readonly modality: 'sound';
  /** Samples per second. */
  readonly rate: number;
  /** Samples per sound. */
  readonly length: number;
}

/**
 * Clips of videos: uint8 (N, T, C, H, W), T frames at regular times. A sample is a video or a stretch of one; which clip of it a batch
 * shows is drawn anew in each epoch.
 */
export interface ClipSpec extends SampleSpec<Tensor>, Pictures {
  readonly modality: 'clip';
  /** T. */
  readonly frames: number;
  /** Frames per second: frame t shows what is seen t / fps seconds after frame 0. */
  readonly fps: number;
}

/**
 * Pairs of patches that show one moving thing at two times: `patches` uint8 (N, 2, C, H, W), and `video` int64 (N), the number of the
 * video that each pair is of.
 */
export interface PatchesSpec extends SampleSpec<{ readonly patches: Tensor; readonly video: Tensor }>, Pictures {
  readonly modality: 'patches';
}

/**
 * Pairs of frames of one video: `frames` uint8 (N, 2, C, H, W), and `motion` float32 (N, D), how the camera moved from the first to the
 * second, in the order of `DEGREES`: x and y in pixels, the rotation in radians, and the zoom as a factor.
 */
export interface CameraSpec extends SampleSpec<{ readonly frames: Tensor; readonly motion: Tensor }>, Pictures {
  readonly modality: 'camera';
  /** Of the motions of these pairs, shown in either order: what classes are made of. */
  readonly quantiles: Readonly<Record<Degree, Quantiles>>;
}

/**
 * Recorded episodes of an agent: `{ frames, actions }`, what it saw, uint8 (N, T, C, H, W), and which action led to each picture, int64
 * (N, T), from 0 to `actions` - 1, or -1 where none did. A sample is an episode; which T steps of it a batch shows is drawn anew in each
 * epoch.
 */
export interface EpisodeSpec extends SampleSpec<{ readonly frames: Tensor; readonly actions: Tensor }> {
  readonly modality: 'episode';
  /** T. */
  readonly frames: number;
  /** Number of different actions. */
  readonly actions: number;
  /** 1 is gray, 3 is color. */
  readonly channels: number;
  /** In pixels. */
  readonly height: number;
  readonly width: number;
  /** Per channel, of the pixels in [0, 1]. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Ids of the tokens with a part of their own; null where the tokenizer has none. */
export interface SpecialTokens {
  /** Fills rows that are shorter than the longest. */
  readonly pad: number | null;
  /** Stands for what the vocabulary has no token for. */
  readonly unknown: number | null;
  /** `[CLS]` or `<s>`. */
  readonly begin: number | null;
  /** `[SEP]`, `</s>` or `<|endoftext|>`. */
  readonly end: number | null;
  readonly mask: number | null;
}

/**
 * A batch of windows of text. T is the `length` of the spec, whatever the lengths in the batch.
 *
 * `ids`: int64 (N, T), padded on the right with `special.pad`, or, where there is none, with `special.end` or 0: `lengths` says where a row
 * ends. No special token is in it but the end tokens between the documents of a stream.
 */
export interface Tokens {
  readonly [name: string]: Tensor;
  readonly ids: Tensor;
  /** int64 (N): number of tokens that are no padding, from 1 to T. */
  readonly lengths: Tensor;
  /** int64 (N, T): number of each token's sentence within its document, from 0; -1 at padding. An end token belongs to the last one. */
  readonly sentence: Tensor;
  /** int64 (N): number of the document that the window begins in, the same in every part of a data set. */
  readonly document: Tensor;
  /** int64 (N): where the window begins in the stream of all documents, in tokens; as `sentences`, where in its document. */
  readonly start: Tensor;
}

/**
 * Windows of text as ids of a tokenizer. As `stream`, blocks of T tokens of all documents, joined with the end token between them; as
 * `sentences`, consecutive whole sentences of one document. Which window of a sample a batch shows is drawn anew in each epoch.
 */
export interface TokensSpec extends SampleSpec<Tokens> {
  readonly modality: 'tokens';
  /** T, tokens of a window at most. */
  readonly length: number;
  /** V: ids are from 0 to V - 1, special tokens included. A method that needs more of them puts its own behind: V, V + 1, ... */
  readonly vocabulary: number;
  /** SHA-256 of tokenizer.json, which is an asset of the data and of the run. */
  readonly tokenizer: string;
  readonly special: SpecialTokens;
  readonly form: TokensForm;
  /** Windows have at most `length - room` tokens, so that a method can put so many special tokens into them; 0 in a stream. */
  readonly room: number;
}

export type TokensForm = 'stream' | 'sentences';

/** Two domains: `{ first, second }` with the samples of both. */
export interface PairSpec<A extends SampleSpec = SampleSpec, B extends SampleSpec = SampleSpec>
  extends SampleSpec<{ readonly first: SamplesOf<A>; readonly second: SamplesOf<B> }> {
  readonly modality: 'pair';
  readonly first: A;
  readonly second: B;
  /** Whether sample i of both sides shows the same thing, such as an image and its depth. */
  readonly isAligned: boolean;
}

/**
 * What may differ between data that one encoder reads: what was measured on the samples of a set, and how windows are cut of texts.
 */
const OWN = ['mean', 'std', 'quantiles', 'form', 'room'];

/** Whether samples of both specs have one form, so that an encoder that fits the one fits the other. */
export function haveSameForm(a: SampleSpec, b: SampleSpec): boolean {
  const form = (spec: SampleSpec) => Object.fromEntries(Object.entries(spec).filter(([name]) => !OWN.includes(name)));
  return isDeepStrictEqual(form(a), form(b));
}
