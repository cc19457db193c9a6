import { closest } from 'fastest-levenshtein';
import { isFloating, scope, type Tensor } from '../engine/index.js';
import { Module, type PaddingMode } from '../engine/nn/index.js';
import { type AutodidactError, type ErrorCode, expected } from '../errors.js';
import type { NormKind } from './norms.js';

/** Largest image side, in pixels, for which the stem `auto` means `small`. */
export const SMALL_IMAGE = 64;

/**
 * Downsampling of the first layers: `imagenet` as published for images of about 224 pixels, `small` without the early
 * downsampling; `auto` means `small` up to `SMALL_IMAGE` pixels per side.
 */
export type Stem = 'auto' | 'imagenet' | 'small';

/** How the last map becomes one vector: mean over positions, flattened positions, a transformer's class token or its last token. */
export type Pooling = 'average' | 'flatten' | 'class' | 'last';

/** Options of `createBackbone`; plain JSON. The registry lists the options of each architecture. */
export interface BackboneOptions {
  /** Channels of the images: 3 for RGB, 1 for gray. */
  inputChannels: number;
  /** Usual side of the images in pixels; resolves options that are `auto`. */
  imageSize: number;
  /** Base number of channels, with which all others scale; the published one by default. */
  width?: number;
  stem?: Stem;
  /** Stride of AlexNet's first convolution with the `imagenet` stem; the published 4 by default. */
  conv1Stride?: number;
  /** Start every residual block as the identity (Goyal et al. 2017); networks without residual batch norm ignore it. */
  zeroInitResidual?: boolean;
  /** Number of blocks or convolutions, for architectures with a configurable depth. */
  blocks?: number;
  /** Normalization of a ResNet; batch norm by default. */
  norm?: NormKind;
  /** Pixels from one place of a ResNet's last map to the next, at most: later layers keep the size. By default as published. */
  outputStride?: number;
  /** What the convolutions of a ResNet see beyond the edges; zeros by default. */
  padding?: PaddingMode;
  pooling?: Pooling;
  /** Side in pixels of a transformer's patches. */
  patchSize?: number;
  /** Split networks: number of input channels of the first half; the second gets the others. By default both get all. */
  splitAt?: number;
  /** Networks for sounds: samples per sound. Networks for text: most tokens that they read at once. */
  length?: number;
  /** Networks for text: number of different tokens. */
  vocabulary?: number;
  /** Networks for text: size of the vectors of tokens, where it is smaller than the width. */
  embeddingSize?: number;
  /** Networks for text: whether all blocks have the same weights. */
  sharesBlocks?: boolean;
  /** Recurrent networks for text: whether half of the units read a text from its end. */
  bidirectional?: boolean;
  /** Networks for text: bytes of a token that its vector is made of; 0, the default, for a vector of its own. */
  characters?: number;
  /** Probability with which activations are dropped in training; 0 by default. */
  dropout?: number;
  /** Transformers of clips: frames per clip, which their positions are made for. */
  frames?: number;
  /** Recurrent networks, see `RecurrentBackbone`. */
  recurrent?: {
    /** Frames that the inner network sees at once. */
    blockFrames: number;
    /** D, the size of the blocks' vectors and of the contexts. */
    contextSize: number;
    /** `map`: vectors and contexts at each place of the inner network's map; `vector`: one for all of it. */
    layout: 'map' | 'vector';
    /** Number of actions A: so many channels follow those of the picture, and say which one led to it. */
    actions: number;
  };
  /** Patched networks: side and stride of the patches in pixels. */
  patches?: { side: number; stride: number };
}

/** The network that is kept after pretraining: samples to maps, and maps to one vector per sample. */
export abstract class Backbone extends Module {
  /** Name in the registry, e.g. `resnet18`. */
  abstract readonly architecture: string;
  /** The resolved options: `createBackbone(architecture, options)` builds the same network again. */
  abstract readonly options: BackboneOptions;
  /** D of `features(x)`. */
  abstract readonly featureSize: number;
  /** Names of the readable layers, early to late. */
  abstract readonly layers: readonly string[];

  /**
   * The map after a layer, by default the last: float images (N, inputChannels, H, W) to float (N, C, h, w), float clips
   * (N, T, inputChannels, H, W) to float (N, C, t, h, w).
   *
   * @throws AutodidactError `USAGE` for an unknown layer, `SHAPE` for images of another shape or too small for the layer
   */
  abstract maps(x: Tensor, layer?: string): Tensor;

  /** The maps after several layers, in the given order. */
  pyramid(x: Tensor, layers: readonly string[]): Tensor[] {
    return layers.map((layer) => this.maps(x, layer));
  }

  /** Channels of a layer's map. */
  abstract layerSize(layer: string): number;

  /** One vector per sample, (N, D): the mean of `maps(x, layer)` over all positions. */
  features(x: Tensor, layer?: string): Tensor {
    const map = this.maps(x, layer);
    return map.mean(map.ndim === 5 ? [2, 3, 4] : [2, 3]);
  }

  /**
   * Calls `run` while what depends on single tokens alone is read from tables that are made before: the network then calls the same operators
   * for every batch, as a graph needs. Does nothing where that is so in any case.
   */
  withTables<T>(run: () => T): T {
    return run();
  }

  /** The modules of a layer that is not a child of that name; null for layers that are. */
  layerModules(_layer: string): readonly Module[] | null {
    return null;
  }

  /** Position of a layer in `layers`; without a name, the last. */
  protected layerIndex(layer?: string): number {
    if (layer === undefined) return this.layers.length - 1;
    const index = this.layers.indexOf(layer);
    if (index < 0)
      throw expected(`one of ${this.layers.join(', ')}`, 'layer', layer, {
        remedy: `Did you mean \`${closest(layer, this.layers)}\`?`,
      });
    return index;
  }
}

/** A readable stage of a convolutional network. */
export interface Stage {
  name: string;
  /** Channels of its map. */
  size: number;
  /** Smallest image side, in pixels, that gives this stage one whole cell of its map. */
  minimum: number;
  forward(x: Tensor): Tensor;
}

/** A backbone of consecutive readable layers. */
export abstract class StagedBackbone extends Backbone {
  protected abstract readonly stages: readonly Stage[];

  get layers(): readonly string[] {
    return this.stages.map((stage) => stage.name);
  }

  get featureSize(): number {
    return this.stages.at(-1)!.size;
  }

  override layerSize(layer: string): number {
    return this.stages[this.layerIndex(layer)]!.size;
  }

  override maps(x: Tensor, layer?: string): Tensor {
    return this.pass(x, this.layerIndex(layer)).at(-1)!;
  }

  /** In one pass through the network. */
  override pyramid(x: Tensor, layers: readonly string[]): Tensor[] {
    const indices = layers.map((layer) => this.layerIndex(layer));
    const maps = this.pass(x, Math.max(...indices));
    return indices.map((index) => maps[index]!);
  }

  /** The maps of all stages up to index `last`. */
  private pass(x: Tensor, last: number): Tensor[] {
    this.checkInput(x, this.stages[last]!);
    const maps: Tensor[] = [];
    // Each stage's scope frees its intermediate results; the graph keeps what the gradient needs.
    for (const stage of this.stages.slice(0, last + 1)) maps.push(scope(() => stage.forward(maps.at(-1) ?? x)));
    return maps;
  }

  /** Refuses an input that the part cannot process. */
  protected checkInput(x: Tensor, { name, minimum }: Stage): void {
    if (Math.min(...this.sidesOf(x)) < minimum) throw this.tooSmall(minimum, name, 'x', x, 'SHAPE');
  }

  /** The height and width of the input in pixels. @throws AutodidactError `SHAPE` for an input of another form */
  protected sidesOf(x: Tensor): [height: number, width: number] {
    return checkImages(x, this.options.inputChannels);
  }

  /** Refuses an image size that is too small for the last layer; call it at the end of a constructor. */
  protected checkImageSize(minimum = this.stages.at(-1)!.minimum, name = this.stages.at(-1)!.name): void {
    const { imageSize } = this.options;
    if (imageSize < minimum) throw this.tooSmall(minimum, name, 'imageSize', imageSize, 'USAGE');
  }

  /** The error for images that leave a layer less than one whole cell, which is mostly padding. */
  protected tooSmall(
    minimum: number,
    layer: string,
    name: string,
    received: unknown,
    code: ErrorCode,
  ): AutodidactError {
    const remedy =
      this.options.stem === 'imagenet'
        ? 'Use larger images, or the stem `small`.'
        : 'Use larger images or larger crops.';
    const what = `images of at least ${minimum} pixels a side, as ${layer} of ${this.architecture} needs,`;
    return expected(what, name, received, { code, remedy });
  }
}

/**
 * Checks a batch of images, float (N, channels, H, W), and returns its height and width.
 *
 * @throws AutodidactError `SHAPE`
 */
export function checkImages(x: Tensor, channels: number): [height: number, width: number] {
  const [, given, height = 0, width = 0] = x.shape;
  if (x.ndim !== 4 || given !== channels || !isFloating(x.dtype))
    throw expected(`floating-point images of shape (N, ${channels}, H, W)`, 'x', x, { code: 'SHAPE' });
  return [height, width];
}

/** Checks the options that all architectures share, and fills in the published width. */
export function commonOptions(
  options: BackboneOptions,
  publishedWidth: number,
): { inputChannels: number; imageSize: number; width: number } {
  const { inputChannels, imageSize, width = publishedWidth } = options;
  return {
    inputChannels: wholeNumber(inputChannels, 'inputChannels'),
    imageSize: wholeNumber(imageSize, 'imageSize'),
    width: wholeNumber(width, 'width'),
  };
}

/** @throws AutodidactError `USAGE` for anything but a whole number of at least `least` (and at most `most`) */
export function wholeNumber(value: number, name: string, least = 1, most = Number.MAX_SAFE_INTEGER): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  throw expected(`a whole number ${range}`, name, value);
}

/** @throws AutodidactError `USAGE` for a value that is not in the list */
export function oneOf<Value extends string>(value: string, name: string, values: readonly Value[]): Value {
  const found = values.find((known) => known === value);
  if (found === undefined) throw expected(`one of ${values.join(', ')}`, name, value);
  return found;
}

/** Resolves the stem `auto` by the image size. */
export function resolveStem(options: BackboneOptions): 'imagenet' | 'small' {
  const stem = oneOf(options.stem ?? 'auto', 'stem', ['auto', 'imagenet', 'small']);
  if (stem !== 'auto') return stem;
  return options.imageSize <= SMALL_IMAGE ? 'small' : 'imagenet';
}

/** The size of the vocabulary of a network of text. @throws AutodidactError `USAGE` without one, or for one below `least` */
export function vocabularySize({ vocabulary }: Pick<BackboneOptions, 'vocabulary'>, least = 1): number {
  if (vocabulary === undefined) throw expected('the size of the vocabulary', 'vocabulary', undefined);
  return wholeNumber(vocabulary, 'vocabulary', least);
}
