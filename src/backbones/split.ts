import { ops, type Tensor } from '../engine/index.js';
import { Backbone, type BackboneOptions, checkImages, wholeNumber } from './backbone.js';

/** `split-alexnet` is an AlexNet in two halves. */
export const SPLIT_PREFIX = 'split-';

/**
 * Two networks of half the width side by side, each on channels of its own; their maps and features are joined, so that every
 * layer is as wide as that of the whole network. The split-brain autoencoder's network: where its paper divides every
 * convolution of an AlexNet into two groups, this serves every architecture.
 *
 * The first half sees the first `splitAt` input channels and the second the others; without `splitAt` both see all. An odd width
 * gives the first half one channel more.
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

  /** What each half sees of images (N, inputChannels, H, W). */
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
