/**
 * VGG-16, with and without batch norm: the convolutional part, without the fully connected layers.
 *
 * Simonyan, Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", ICLR 2015,
 * https://arxiv.org/abs/1409.1556. The paper has no batch norm: that is `vgg16-plain`, torchvision's `vgg16`. With it,
 * `vgg16` is torchvision's `vgg16_bn`. Both have torchvision's state-dict keys (`features.0.weight`, ...), biases and
 * initialization.
 */
import { ops, type Tensor } from '../engine/index.js';
import { BatchNorm, Conv2d, init, type Layer, type Module, type Named } from '../engine/nn/index.js';
import { type BackboneOptions, commonOptions, oneOf, resolveStem, type Stage, StagedBackbone } from './backbone.js';

const PUBLISHED_WIDTH = 64;
/** Number of convolutions in each block, and their channels as multiples of the width. */
const BLOCKS = [
  [2, 1],
  [2, 2],
  [3, 4],
  [3, 8],
  [3, 8],
] as const;

export type VggName = 'vgg16' | 'vgg16-plain';

interface Unit {
  conv: Conv2d;
  bn: BatchNorm | null;
}

/**
 * Thirteen 3x3 convolutions in five blocks with a 2x2 pooling after each. Readable layers: `conv1` to `conv5`, each the last
 * ReLU of its block, before the pooling. `width` is the number of channels of the first block, 64 as published.
 *
 * With the published `imagenet` stem 224x224 pixels give maps of 224, 112, 56, 28 and 14; the `small` stem skips the pooling
 * after the first block (32x32 gives 32, 32, 16, 8, 4), which changes no weight and no key.
 *
 * Features are the mean over conv5's positions or, with `pooling: 'flatten'`, the pooled and flattened conv5 that the paper's
 * fully connected layers read (7x7 positions at 224); image sizes other than `imageSize` are pooled to the same grid.
 */
export class Vgg extends StagedBackbone {
  override readonly options: BackboneOptions;
  protected override readonly stages: readonly Stage[];
  /** Layers with weights by their position in torchvision's `features`, where ReLU and pooling count too. */
  private readonly positions = new Map<number, Layer>();
  private readonly blocks: Unit[][] = [];
  private readonly pooledMinimum: number;

  constructor(
    override readonly architecture: VggName,
    options: BackboneOptions,
  ) {
    super();
    const isPlain = architecture === 'vgg16-plain';
    const { inputChannels, imageSize, width } = commonOptions(options, PUBLISHED_WIDTH);
    const stem = resolveStem(options);
    const pooling = oneOf(options.pooling ?? 'average', 'pooling', ['average', 'flatten']);
    this.options = { inputChannels, imageSize, width, stem, pooling };

    let position = 0;
    let channels = inputChannels;
    // Side of a cell of the block's map, in pixels of the image.
    let stride = 1;
    this.stages = BLOCKS.map(([count, multiple], block) => {
      const isPooled = block > (stem === 'small' ? 1 : 0);
      if (isPooled) stride *= 2;
      const units = Array.from({ length: count }, () => {
        const unit = makeUnit(channels, multiple * width, isPlain);
        this.positions.set(position++, unit.conv);
        if (unit.bn !== null) this.positions.set(position++, unit.bn);
        // The ReLU.
        position++;
        channels = multiple * width;
        return unit;
      });
      this.blocks.push(units);
      // The pooling that ends the block.
      position++;
      return {
        name: `conv${block + 1}`,
        size: channels,
        minimum: stride,
        forward: (x: Tensor) =>
          units.reduce(
            (map, { conv, bn }) => {
              const y = conv.forward(map);
              return (bn === null ? y : bn.forward(y)).relu_();
            },
            isPooled ? pool(x) : x,
          ),
      };
    });
    this.pooledMinimum = 2 * stride;
    if (pooling === 'flatten') this.checkImageSize(this.pooledMinimum, 'the pooling after conv5');
    else this.checkImageSize();
  }

  override children(): Named<Module>[] {
    return [...this.positions].map(([position, layer]) => [`features.${position}`, layer]);
  }

  override layerModules(layer: string): Module[] {
    return this.blocks[this.layerIndex(layer)]!.flatMap(({ conv, bn }) => (bn === null ? [conv] : [conv, bn]));
  }

  /** Side of the flattened grid, in positions. */
  private get grid(): number {
    return Math.floor(this.options.imageSize / this.pooledMinimum);
  }

  override get featureSize(): number {
    return super.featureSize * (this.options.pooling === 'flatten' ? this.grid ** 2 : 1);
  }

  override features(x: Tensor, layer?: string): Tensor {
    const isLast = this.layerIndex(layer) === this.stages.length - 1;
    if (!isLast || this.options.pooling !== 'flatten') return super.features(x, layer);
    const map = this.maps(x); // (N, C, h, w)
    if (Math.min(x.size(2), x.size(3)) < this.pooledMinimum)
      throw this.tooSmall(this.pooledMinimum, 'the pooling after conv5', 'x', x, 'SHAPE');
    return ops.adaptiveAvgPool2d(pool(map), this.grid).flatten(1); // (N, C grid^2)
  }
}

function makeUnit(inChannels: number, outChannels: number, isPlain: boolean): Unit {
  const conv = new Conv2d(inChannels, outChannels, 3, { padding: 1 });
  init.kaimingNormal_(conv.weight, 'fanOut');
  init.constant_(conv.bias!, 0);
  return { conv, bn: isPlain ? null : new BatchNorm(outChannels) };
}

const pool = (map: Tensor): Tensor => ops.maxPool2d(map, 2, 2);
