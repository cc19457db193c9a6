/**
 * RotNet's Network in Network for small images.
 *
 * Gidaris, Singh, Komodakis, "Unsupervised Representation Learning by Predicting Image Rotations", ICLR 2018,
 * https://arxiv.org/abs/1803.07728; code: github.com/gidariss/FeatureLearningRotNet. After Lin, Chen, Yan, "Network In
 * Network", ICLR 2014. As in the configuration of the published CIFAR-10 runs, block 3 is not pooled.
 */
import { ops, scope, type Tensor } from '../engine/index.js';
import { BatchNorm, Conv2d, init, Layer, Sequential } from '../engine/nn/index.js';
import { type BackboneOptions, commonOptions, type Stage, StagedBackbone, wholeNumber } from './backbone.js';

const PUBLISHED_WIDTH = 192;

/** Size-preserving convolution without bias, batch norm and ReLU. */
class ConvUnit extends Layer {
  readonly conv: Conv2d;
  readonly bn: BatchNorm;

  constructor(inChannels: number, outChannels: number, kernelSize: 1 | 3 | 5) {
    super();
    this.conv = new Conv2d(inChannels, outChannels, kernelSize, { padding: (kernelSize - 1) / 2, bias: false });
    this.bn = new BatchNorm(outChannels);
    // N(0, sqrt(2 / (k^2 out))), as in the reference code.
    init.kaimingNormal_(this.conv.weight, 'fanOut');
  }

  override forward(x: Tensor): Tensor {
    return this.bn.forward(this.conv.forward(x)).relu_();
  }
}

/**
 * Blocks of one spatial and two 1x1 convolutions: 5x5-192, 160, 96, max pooling; 5x5-192, 192, 192, average pooling; then
 * 3x3-192, 192, 192 without pooling. `blocks` is 3 to 5 (4 by default); `width` is the 192, with which 160 and 96 scale.
 *
 * Readable layers: `block1`, `block2`, ..., each after its pooling, so 32x32 pixels give 16x16, then 8x8. Features of
 * `block2` transfer better than later ones (table 1 of the paper).
 */
export class NetworkInNetwork extends StagedBackbone {
  override readonly architecture = 'nin';
  override readonly options: BackboneOptions;
  readonly block1: Sequential;
  readonly block2: Sequential;
  readonly block3: Sequential;
  readonly block4: Sequential | null;
  readonly block5: Sequential | null;
  protected override readonly stages: readonly Stage[];

  constructor(options: BackboneOptions) {
    super();
    const { inputChannels, imageSize, width } = commonOptions(options, PUBLISHED_WIDTH);
    const count = wholeNumber(options.blocks ?? 4, 'blocks', 3, 5);
    this.options = { inputChannels, imageSize, width, blocks: count };

    const scaled = (channels: number): number => Math.max(1, Math.round((channels * width) / PUBLISHED_WIDTH));
    const units = (inChannels: number, kernelSize: 3 | 5, sizes: readonly number[]): Sequential =>
      new Sequential(
        ...sizes.map((size, i) => new ConvUnit(sizes[i - 1] ?? inChannels, size, i === 0 ? kernelSize : 1)),
      );
    const even = [width, width, width];
    this.block1 = units(inputChannels, 5, [width, scaled(160), scaled(96)]);
    this.block2 = units(scaled(96), 5, even);
    this.block3 = units(width, 3, even);
    this.block4 = count >= 4 ? units(width, 3, even) : null;
    this.block5 = count >= 5 ? units(width, 3, even) : null;

    const run = (block: Sequential, x: Tensor): Tensor =>
      block.layers.reduce((map, unit) => scope(() => unit.forward(map)), x);
    const later = [this.block3, this.block4, this.block5].filter((block) => block !== null);
    this.stages = [
      {
        name: 'block1',
        size: scaled(96),
        minimum: 2,
        forward: (x) => ops.maxPool2d(run(this.block1, x), 3, 2, 1),
      },
      {
        name: 'block2',
        size: width,
        minimum: 4,
        forward: (x) => ops.avgPool2d(run(this.block2, x), 3, 2, 1),
      },
      ...later.map((block, i) => ({
        name: `block${i + 3}`,
        size: width,
        minimum: 4,
        forward: (x: Tensor) => run(block, x),
      })),
    ];
    this.checkImageSize();
  }
}
