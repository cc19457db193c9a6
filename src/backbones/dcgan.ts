/**
 * The encoder of the context encoder's inpainting network, which has the form of DCGAN's discriminator.
 *
 * Pathak et al., "Context Encoders: Feature Learning by Inpainting", CVPR 2016, code github.com/pathak22/context-encoder;
 * after Radford, Metz, Chintala, "Unsupervised Representation Learning with Deep Convolutional Generative Adversarial
 * Networks", ICLR 2016. The code sets the biases of all convolutions to zero before every step; here convolutions have no
 * bias.
 */
import { BatchNorm, Conv2d, init, LeakyReLU, Sequential } from '../engine/nn/index.js';
import { type BackboneOptions, commonOptions, type Stage, StagedBackbone, wholeNumber } from './backbone.js';

const PUBLISHED_WIDTH = 64;
/** Number of final convolutions whose channels grow: 1, 2, 4 and 8 times the width. */
const GROWING = 4;

/** Number of times an image of this side is halved to reach about 4x4 positions. */
export function dcganDepth(side: number): number {
  return Math.max(1, Math.round(Math.log2(side / 4)));
}

/** Channels after each of `depth` convolutions: the last four grow by factors of two, those before them have the width. */
export function dcganSizes(depth: number, width: number): number[] {
  return Array.from({ length: depth }, (_, i) => width * 2 ** Math.max(0, i - Math.max(0, depth - GROWING)));
}

/**
 * 4x4 convolutions of stride 2, with batch norm on all but the first and LeakyReLU of slope 0.2, (N, channels, H, W) to
 * (N, C, H / 2^depth, W / 2^depth). Weights are drawn from N(0, 0.02), those of the norms from N(1, 0.02).
 */
export function dcganConvolutions(channels: number, depth: number, width: number): Sequential[] {
  const sizes = dcganSizes(depth, width);
  return sizes.map((size, i) => {
    const conv = new Conv2d(sizes[i - 1] ?? channels, size, 4, { stride: 2, padding: 1, bias: false });
    init.normal_(conv.weight, 0, 0.02);
    if (i === 0) return new Sequential(conv, new LeakyReLU(0.2));
    const norm = new BatchNorm(size);
    init.normal_(norm.weight!, 1, 0.02);
    return new Sequential(conv, norm, new LeakyReLU(0.2));
  });
}

/**
 * Readable layers: `conv1`, `conv2`, ..., each after its LeakyReLU; each halves the side of the map. By default their number
 * reduces `imageSize` to about 4x4 positions (5 for 128 pixels and 4 for 64, as published); `blocks` overrides it. The last
 * four have 1, 2, 4 and 8 times the `width` as channels, those before them the `width` (64-64-128-256-512).
 */
export class Dcgan extends StagedBackbone {
  override readonly architecture = 'dcgan';
  override readonly options: BackboneOptions;
  readonly convs: readonly Sequential[];
  protected override readonly stages: readonly Stage[];

  constructor(options: BackboneOptions) {
    super();
    const { inputChannels, imageSize, width } = commonOptions(options, PUBLISHED_WIDTH);
    const blocks = wholeNumber(options.blocks ?? dcganDepth(imageSize), 'blocks', 1, 10);
    this.options = { inputChannels, imageSize, width, blocks };
    this.convs = dcganConvolutions(inputChannels, blocks, width);
    this.stages = this.convs.map((unit, i) => ({
      name: `conv${i + 1}`,
      size: (unit.layers[0] as Conv2d).outChannels,
      minimum: 2 ** (i + 1),
      forward: (x) => unit.forward(x),
    }));
    this.checkImageSize();
  }
}
