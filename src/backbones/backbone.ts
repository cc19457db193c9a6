import { closest } from 'fastest-levenshtein';
import { isFloating, scope, type Tensor } from '../engine/index.js';
import { Module } from '../engine/nn/index.js';
import { type AutodidactError, type ErrorCode, expected } from '../errors.js';
import type { NormKind } from './norms.js';

/** Images of at most this side take the `small` stem when the stem is left to `auto`. */
export const SMALL_IMAGE = 64;

/**
 * How the first layers reduce the image: `imagenet` as published for images of about 224 pixels, `small` without the early
 * reduction; `auto` takes `small` for images of at most `SMALL_IMAGE` pixels a side.
 */
export type Stem = 'auto' | 'imagenet' | 'small';

/** How the last map becomes one vector: the mean over positions, all positions in a row, or a transformer's class token. */
export type Pooling = 'average' | 'flatten' | 'class';

/** What `createBackbone` needs to make a network; plain JSON. The registry says which of these each architecture takes. */
export interface BackboneOptions {
  /** Channels of the images: 3 for RGB, 1 for gray. */
  inputChannels: number;
  /** Side in pixels of the images that the network mostly sees; decides what is left to `auto`. */
  imageSize: number;
  /** Base number of channels, all others scale with it; the published one by default. */
  width?: number;
  stem?: Stem;
  /** Stride of AlexNet's first convolution with the `imagenet` stem; the published 4 by default. */
  conv1Stride?: number;
  /** Start every residual block as the identity (Goyal et al. 2017); networks without residual batch norm ignore it. */
  zeroInitResidual?: boolean;
  /** Number of blocks, or of convolutions, for architectures where it is free. */
  blocks?: number;
  /** What normalizes after the convolutions of a ResNet; batch norm by default. */
  norm?: NormKind;
  pooling?: Pooling;
  /** Side in pixels of a transformer's patches. */
  patchSize?: number;
  /** Of a network in two halves: so many input channels go to the first, the others to the second; left out, all to both. */
  splitAt?: number;
  /** Of a network for sounds: samples per sound. */
  length?: number;
  /** Of a network that looks at an image patch by patch: their side and the pixels from one to the next. */
  patches?: { side: number; stride: number };
}

/** The network that survives pretraining: images to maps, and maps to one vector per image. */
export abstract class Backbone extends Module {
  /** Name in the registry, e.g. `resnet18`. */
  abstract readonly architecture: string;
  /** Everything that was decided, so that `createBackbone(architecture, options)` makes the same network again. */
  abstract readonly options: BackboneOptions;
  /** D of `features(x)`. */
  abstract readonly featureSize: number;
  /** Names of the readable layers, early to late. */
  abstract readonly layers: readonly string[];

  /**
   * The map after a layer, by default the last: float (N, inputChannels, H, W) to float (N, C, h, w).
   *
   * @throws AutodidactError `USAGE` for an unknown layer, `SHAPE` for images of another shape or too small for the layer
   */
  abstract maps(x: Tensor, layer?: string): Tensor;

  /** The maps after several layers, in the order in which they are named. */
  pyramid(x: Tensor, layers: readonly string[]): Tensor[] {
    return layers.map((layer) => this.maps(x, layer));
  }

  /** Channels of a layer's map. */
  abstract layerSize(layer: string): number;

  /** One vector per image, (N, D): the mean of `maps(x, layer)` over all positions. */
  features(x: Tensor, layer?: string): Tensor {
    return this.maps(x, layer).mean([2, 3]);
  }

  /** The modules of a layer, where no child has its name; null where one has. */
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

/** A readable part of a convolutional network. */
export interface Stage {
  name: string;
  /** Channels of its map. */
  size: number;
  /** Smallest side of an image, in pixels, of which this part sees a whole cell of its map. */
  minimum: number;
  forward(x: Tensor): Tensor;
}

/** A backbone whose readable layers come one after the other. */
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

  /** The maps of all parts up to the one at `last`. */
  private pass(x: Tensor, last: number): Tensor[] {
    this.checkInput(x, this.stages[last]!);
    const maps: Tensor[] = [];
    // Each part's scope frees what only the part needed; the graph keeps what the gradient needs.
    for (const stage of this.stages.slice(0, last + 1)) maps.push(scope(() => stage.forward(maps.at(-1) ?? x)));
    return maps;
  }

  /** Refuses an input that the part cannot look at. */
  protected checkInput(x: Tensor, { name, minimum }: Stage): void {
    const [height, width] = checkImages(x, this.options.inputChannels);
    if (Math.min(height, width) < minimum) throw this.tooSmall(minimum, name, 'x', x, 'SHAPE');
  }

  /** Refuses an image size that the last layer cannot look at; for the end of a constructor. */
  protected checkImageSize(minimum = this.stages.at(-1)!.minimum, name = this.stages.at(-1)!.name): void {
    const { imageSize } = this.options;
    if (imageSize < minimum) throw this.tooSmall(minimum, name, 'imageSize', imageSize, 'USAGE');
  }

  /** The error for images that leave a layer less than one whole cell: it would see little but padding. */
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
        : 'Use larger images, or larger parts of them.';
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

/** Checks the options that every architecture has and fills in the published width. */
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

/** The stem that `auto` stands for at this image size. */
export function resolveStem(options: BackboneOptions): 'imagenet' | 'small' {
  const stem = oneOf(options.stem ?? 'auto', 'stem', ['auto', 'imagenet', 'small']);
  if (stem !== 'auto') return stem;
  return options.imageSize <= SMALL_IMAGE ? 'small' : 'imagenet';
}
