/**
 * The residual trunk of SRResNet.
 *
 * Ledig et al., "Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial Network", CVPR 2017, figure 4:
 * the generator without its upsampling. There is no official code; here convolutions before a batch norm have no bias, and a
 * PReLU has one slope per channel, as in He et al. 2015.
 */
import { scope, type Tensor } from '../engine/index.js';
import { BatchNorm, Conv2d, Layer, PReLU, Sequential } from '../engine/nn/index.js';
import { Backbone, type BackboneOptions, checkImages, commonOptions, wholeNumber } from './backbone.js';

const PUBLISHED_WIDTH = 64;
const PUBLISHED_BLOCKS = 16;

const conv3x3 = (width: number): Conv2d => new Conv2d(width, width, 3, { padding: 1, bias: false });

/** Two size-preserving 3x3 convolutions, without an activation after the sum: (N, width, H, W) to the same. */
class ResidualBlock extends Layer {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm;
  readonly prelu: PReLU;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm;

  constructor(width: number) {
    super();
    this.conv1 = conv3x3(width);
    this.bn1 = new BatchNorm(width);
    this.prelu = new PReLU(width);
    this.conv2 = conv3x3(width);
    this.bn2 = new BatchNorm(width);
  }

  override forward(x: Tensor): Tensor {
    const inner = this.prelu.forward(this.bn1.forward(this.conv1.forward(x)));
    return this.bn2.forward(this.conv2.forward(inner)).add_(x);
  }
}

/**
 * A 9x9 convolution, residual blocks, and a 3x3 convolution with a skip from the first map to the last. Every map has the
 * resolution of the image. `width` is 64 by default, `blocks` 16.
 *
 * Readable layers: `stem`, `block1`, `block2`, ..., and `trunk` after the long skip.
 */
export class SRResNet extends Backbone {
  override readonly architecture = 'srresnet';
  override readonly options: BackboneOptions;
  override readonly layers: readonly string[];
  override readonly featureSize: number;
  readonly stem: Sequential;
  readonly blocks: readonly ResidualBlock[];
  readonly end: Sequential;

  constructor(options: BackboneOptions) {
    super();
    const { inputChannels, imageSize, width } = commonOptions(options, PUBLISHED_WIDTH);
    const count = wholeNumber(options.blocks ?? PUBLISHED_BLOCKS, 'blocks');
    this.options = { inputChannels, imageSize, width, blocks: count };
    this.featureSize = width;
    this.stem = new Sequential(new Conv2d(inputChannels, width, 9, { padding: 4 }), new PReLU(width));
    this.blocks = Array.from({ length: count }, () => new ResidualBlock(width));
    this.end = new Sequential(conv3x3(width), new BatchNorm(width));
    this.layers = ['stem', ...this.blocks.map((_, i) => `block${i + 1}`), 'trunk'];
  }

  override layerSize(layer: string): number {
    this.layerIndex(layer);
    return this.featureSize;
  }

  override maps(x: Tensor, layer?: string): Tensor {
    const last = this.layerIndex(layer);
    checkImages(x, this.options.inputChannels);
    const first = scope(() => this.stem.forward(x));
    const map = this.blocks.slice(0, last).reduce((before, block) => scope(() => block.forward(before)), first);
    if (last < this.layers.length - 1) return map;
    return scope(() => this.end.forward(map).add_(first));
  }
}
