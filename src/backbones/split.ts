import { ops, type Tensor } from '../engine/index.js';
import { Backbone, type BackboneOptions, checkImages, wholeNumber } from './backbone.js';

/** `split-alexnet` is an AlexNet in two halves. */
export const SPLIT_PREFIX = 'split-';

/**
 * Two networks of half the width in parallel, each on its own input channels; their maps and features are concatenated, so
 * every layer is as wide as in the whole network. This is the network of the split-brain autoencoder: its paper divides every
 * convolution of an AlexNet into two groups, which this does for any architecture.
 *
 * The first half gets the first `splitAt` input channels and the second the others; without `splitAt` both get all. With an
 * odd width the first half has one more channel.
 */
export class SplitBackbone extends Backbone {
  override readonly architecture: string;
  override readonly options: BackboneOptions;
  readonly first: Backbone;
  readonly second: Backbone;

  /**
   * @param make makes a network of the architecture of the halves
   * @param publishedWidth of that architecture, for options without a width
   */
  constructor(
    half: string,
    options: BackboneOptions,
    make: (options: BackboneOptions) => Backbone,
    publishedWidth: number,
  ) {
    super();
    const { splitAt, ...whole } = options;
    const { inputChannels } = whole;
    if (splitAt !== undefined) wholeNumber(splitAt, 'splitAt', 1, inputChannels - 1);
    const width = wholeNumber(whole.width ?? publishedWidth, 'width', 2);
    this.first = make({ ...whole, width: Math.ceil(width / 2), inputChannels: splitAt ?? inputChannels });
    this.second = make({
      ...whole,
      width: Math.floor(width / 2),
      inputChannels: splitAt === undefined ? inputChannels : inputChannels - splitAt,
    });
    this.architecture = `${SPLIT_PREFIX}${half}`;
    this.options = { ...this.first.options, width, inputChannels, ...(splitAt === undefined ? {} : { splitAt }) };
  }

  get layers(): readonly string[] {
    return this.first.layers;
  }

  get featureSize(): number {
    return this.first.featureSize + this.second.featureSize;
  }

  override layerSize(layer: string): number {
    return this.first.layerSize(layer) + this.second.layerSize(layer);
  }

  /** The input channels of each half, from images (N, inputChannels, H, W). */
  inputs(x: Tensor): [first: Tensor, second: Tensor] {
    const { inputChannels, splitAt } = this.options;
    checkImages(x, inputChannels);
    if (splitAt === undefined) return [x, x];
    return [x.narrow(1, 0, splitAt), x.narrow(1, splitAt, inputChannels - splitAt)];
  }

  override maps(x: Tensor, layer?: string): Tensor {
    const [first, second] = this.inputs(x);
    return ops.cat([this.first.maps(first, layer), this.second.maps(second, layer)], 1);
  }

  override features(x: Tensor, layer?: string): Tensor {
    const [first, second] = this.inputs(x);
    return ops.cat([this.first.features(first, layer), this.second.features(second, layer)], 1);
  }
}
