/**
 * Residual networks.
 *
 * He, Zhang, Ren, Sun, "Deep Residual Learning for Image Recognition", CVPR 2016, https://arxiv.org/abs/1512.03385. As in
 * torchvision (and unlike the paper) a bottleneck block strides in its 3x3 convolution ("version 1.5"). State-dict keys are
 * torchvision's, without `fc`.
 */
import { ops, scope, type Tensor } from '../engine/index.js';
import { Conv2d, init, Layer, type PaddingMode, Sequential } from '../engine/nn/index.js';
import { expected } from '../errors.js';
import {
  type BackboneOptions,
  commonOptions,
  oneOf,
  resolveStem,
  type Stage,
  StagedBackbone,
  wholeNumber,
} from './backbone.js';
import { makeNorm, NORMS, type Norm, type NormKind } from './norms.js';

type BlockKind = 'basic' | 'bottleneck';

/** The published networks: block type, and blocks per layer. */
const VARIANTS = {
  resnet18: { kind: 'basic', depths: [2, 2, 2, 2] },
  resnet34: { kind: 'basic', depths: [3, 4, 6, 3] },
  resnet50: { kind: 'bottleneck', depths: [3, 4, 6, 3] },
  resnet101: { kind: 'bottleneck', depths: [3, 4, 23, 3] },
} as const satisfies Record<string, { kind: BlockKind; depths: readonly [number, number, number, number] }>;

export type ResNetName = keyof typeof VARIANTS;

const PUBLISHED_WIDTH = 64;

const conv3x3 = (inChannels: number, outChannels: number, stride: number, paddingMode: PaddingMode): Conv2d =>
  new Conv2d(inChannels, outChannels, 3, { stride, padding: 1, paddingMode, bias: false });

const conv1x1 = (inChannels: number, outChannels: number, stride = 1): Conv2d =>
  new Conv2d(inChannels, outChannels, 1, { stride, bias: false });

/** The shortcut of a block that changes the map's size or channels; null for the identity. */
function shortcut(inChannels: number, outChannels: number, stride: number, norm: NormKind): Sequential | null {
  if (stride === 1 && inChannels === outChannels) return null;
  return new Sequential(conv1x1(inChannels, outChannels, stride), makeNorm(norm, outChannels));
}

abstract class ResidualBlock extends Layer {
  /** The norm whose output is added to the shortcut. */
  abstract readonly lastNorm: Norm;
}

/** Two 3x3 convolutions; (N, inChannels, H, W) to (N, channels, H / stride, W / stride). */
class BasicBlock extends ResidualBlock {
  static readonly expansion = 1;
  readonly conv1: Conv2d;
  readonly bn1: Norm;
  readonly conv2: Conv2d;
  readonly bn2: Norm;
  readonly downsample: Sequential | null;

  constructor(inChannels: number, channels: number, stride: number, norm: NormKind, padding: PaddingMode) {
    super();
    this.conv1 = conv3x3(inChannels, channels, stride, padding);
    this.bn1 = makeNorm(norm, channels);
    this.conv2 = conv3x3(channels, channels, 1, padding);
    this.bn2 = makeNorm(norm, channels);
    this.downsample = shortcut(inChannels, channels, stride, norm);
  }

  get lastNorm(): Norm {
    return this.bn2;
  }

  override forward(x: Tensor): Tensor {
    const inner = this.bn1.forward(this.conv1.forward(x)).relu_();
    const out = this.bn2.forward(this.conv2.forward(inner));
    return out.add_(this.downsample?.forward(x) ?? x).relu_();
  }
}

/** 1x1, 3x3 and 1x1 convolutions; (N, inChannels, H, W) to (N, 4 channels, H / stride, W / stride). */
class Bottleneck extends ResidualBlock {
  static readonly expansion = 4;
  readonly conv1: Conv2d;
  readonly bn1: Norm;
  readonly conv2: Conv2d;
  readonly bn2: Norm;
  readonly conv3: Conv2d;
  readonly bn3: Norm;
  readonly downsample: Sequential | null;

  constructor(inChannels: number, channels: number, stride: number, norm: NormKind, padding: PaddingMode) {
    super();
    const outChannels = channels * Bottleneck.expansion;
    this.conv1 = conv1x1(inChannels, channels);
    this.bn1 = makeNorm(norm, channels);
    this.conv2 = conv3x3(channels, channels, stride, padding);
    this.bn2 = makeNorm(norm, channels);
    this.conv3 = conv1x1(channels, outChannels);
    this.bn3 = makeNorm(norm, outChannels);
    this.downsample = shortcut(inChannels, outChannels, stride, norm);
  }

  get lastNorm(): Norm {
    return this.bn3;
  }

  override forward(x: Tensor): Tensor {
    const narrow = this.bn1.forward(this.conv1.forward(x)).relu_();
    const inner = this.bn2.forward(this.conv2.forward(narrow)).relu_();
    const out = this.bn3.forward(this.conv3.forward(inner));
    return out.add_(this.downsample?.forward(x) ?? x).relu_();
  }
}

/**
 * ResNet-18, 34, 50 or 101 of any width (64 is the published one; 256 is SimCLR's "4x"). `norm` selects batch norm, layer
 * norm or none; the latter two keep samples independent, as CPC needs. The keys stay the same.
 *
 * Readable layers: `stem`, `layer1` to `layer4`. The `imagenet` stem is a 7x7 convolution of stride 2 and max pooling of
 * stride 2, the `small` one a 3x3 convolution of stride 1 (SimCLR, appendix B.9), which makes maps 4 times larger per side. With an
 * `outputStride`, layers that would go beyond it have stride 1, without dilation, as in the code of CRW (Jabri et al. 2020).
 */
export class ResNet extends StagedBackbone {
  readonly conv1: Conv2d;
  readonly bn1: Norm;
  readonly layer1: Sequential;
  readonly layer2: Sequential;
  readonly layer3: Sequential;
  readonly layer4: Sequential;
  override readonly options: BackboneOptions;
  protected override readonly stages: readonly Stage[];

  constructor(
    override readonly architecture: ResNetName,
    options: BackboneOptions,
  ) {
    super();
    const { inputChannels, imageSize, width } = commonOptions(options, PUBLISHED_WIDTH);
    const stem = resolveStem(options);
    const norm = oneOf(options.norm ?? 'batch', 'norm', NORMS);
    // Without a norm to bound them, residual branches start at zero (as in fixup).
    const zeroInitResidual = norm === 'none' || (options.zeroInitResidual ?? false);
    const { outputStride } = options;
    const paddingMode = oneOf(options.padding ?? 'zeros', 'padding', ['zeros', 'reflect']);
    this.options = {
      ...{ inputChannels, imageSize, width, stem, zeroInitResidual, norm },
      ...(outputStride === undefined ? {} : { outputStride: wholeNumber(outputStride, 'outputStride') }),
      ...(paddingMode === 'zeros' ? {} : { padding: paddingMode }),
    };

    const isSmall = stem === 'small';
    this.conv1 = isSmall
      ? conv3x3(inputChannels, width, 1, paddingMode)
      : new Conv2d(inputChannels, width, 7, { stride: 2, padding: 3, paddingMode, bias: false });
    this.bn1 = makeNorm(norm, width);

    const { kind, depths } = VARIANTS[architecture];
    const Block = kind === 'basic' ? BasicBlock : Bottleneck;
    let inChannels = width;
    const strides = [isSmall ? 1 : 4];
    if (outputStride !== undefined && outputStride < strides[0]!)
      throw expected(`at least ${strides[0]}, the stride of the stem \`${stem}\`,`, 'outputStride', outputStride);
    for (let i = 1; i <= 3; i++) {
      const doubled = 2 * strides.at(-1)!;
      strides.push(doubled <= (outputStride ?? doubled) ? doubled : strides.at(-1)!);
    }
    const layer = (index: 0 | 1 | 2 | 3): Sequential => {
      const channels = width * 2 ** index;
      const stride = index === 0 ? 1 : strides[index]! / strides[index - 1]!;
      const blocks = Array.from({ length: depths[index] }, (_, i) => {
        const block = new Block(inChannels, channels, i === 0 ? stride : 1, norm, paddingMode);
        inChannels = channels * Block.expansion;
        return block;
      });
      return new Sequential(...blocks);
    };
    this.layer1 = layer(0);
    this.layer2 = layer(1);
    this.layer3 = layer(2);
    this.layer4 = layer(3);

    this.stages = [
      { name: 'stem', size: width, minimum: strides[0]!, forward: (x) => this.stem(x) },
      ...[this.layer1, this.layer2, this.layer3, this.layer4].map((blocks, i) => ({
        name: `layer${i + 1}`,
        size: width * 2 ** i * Block.expansion,
        minimum: strides[i]!,
        forward: (x: Tensor) => blocks.layers.reduce((map, block) => scope(() => block.forward(map)), x),
      })),
    ];
    this.checkImageSize();
    this.initialize(zeroInitResidual);
  }

  /** Normal weights with variance 2 / fan out; batch norms start at weight 1 and bias 0. */
  private initialize(zeroInitResidual: boolean): void {
    for (const [, module] of this.modules()) {
      if (module instanceof Conv2d) init.kaimingNormal_(module.weight, 'fanOut');
      if (zeroInitResidual && module instanceof ResidualBlock) init.constant_(module.lastNorm.weight!, 0);
    }
  }

  private stem(x: Tensor): Tensor {
    const map = this.bn1.forward(this.conv1.forward(x)).relu_();
    return this.options.stem === 'small' ? map : ops.maxPool2d(map, 3, 2, 1);
  }
}
