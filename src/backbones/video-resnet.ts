/**
 * Residual networks over space and time.
 *
 * Tran, Wang, Torresani, Ray, LeCun, Paluri, "A Closer Look at Spatiotemporal Convolutions for Action Recognition", CVPR 2018,
 * https://arxiv.org/abs/1711.11248. State-dict keys are torchvision's (`torchvision/models/video/resnet.py`), without `fc`. As
 * there, and unlike the paper, both convolutions of a block have the same number of channels between the spatial and the temporal
 * part.
 */
import { scope, type Tensor } from '../engine/index.js';
import { BatchNorm, Conv3d, init, Layer, ReLU, Sequential } from '../engine/nn/index.js';
import { type BackboneOptions, commonOptions, resolveStem, type Stage, StagedBackbone } from './backbone.js';
import { channelsBeforeFrames, checkClips, usualFrames } from './clip-input.js';

export type VideoResNetName = 'r3d18' | 'r2plus1d18';

/** A convolution over 3 x 3 x 3 places, in one piece or in two; `between` is the number of channels between the two. */
type MakeConv = (inChannels: number, outChannels: number, between: number, stride?: number) => Layer;

const PUBLISHED_WIDTH = 64;
/** Channels between the two parts of the R(2+1)D stem at the published width. */
const STEM_BETWEEN = 45;
const BLOCKS = 2;

const plain: MakeConv = (inChannels, outChannels, _between, stride = 1) =>
  new Conv3d(inChannels, outChannels, 3, { stride, padding: 1, bias: false });

/** A convolution over space and one over time, with a batch norm and a ReLU between them. */
const factored: MakeConv = (inChannels, outChannels, between, stride = 1) =>
  new Sequential(
    new Conv3d(inChannels, between, [1, 3, 3], { stride: [1, stride, stride], padding: [0, 1, 1], bias: false }),
    new BatchNorm(between),
    new ReLU(),
    new Conv3d(between, outChannels, [3, 1, 1], { stride: [stride, 1, 1], padding: [1, 0, 0], bias: false }),
  );

/** Two convolutions; (N, inChannels, T, H, W) to (N, channels, T / stride, H / stride, W / stride). */
class VideoBlock extends Layer {
  readonly conv1: Sequential;
  readonly conv2: Sequential;
  readonly downsample: Sequential | null;

  constructor(make: MakeConv, inChannels: number, channels: number, stride: number) {
    super();
    // As many weights in two parts as in one piece (section 3.5 of the paper).
    const between = Math.floor((27 * inChannels * channels) / (9 * inChannels + 3 * channels));
    this.conv1 = new Sequential(make(inChannels, channels, between, stride), new BatchNorm(channels));
    this.conv2 = new Sequential(make(channels, channels, between), new BatchNorm(channels));
    this.downsample =
      stride === 1 && inChannels === channels
        ? null
        : new Sequential(new Conv3d(inChannels, channels, 1, { stride, bias: false }), new BatchNorm(channels));
  }

  get lastNorm(): BatchNorm {
    return this.conv2.layers[1] as BatchNorm;
  }

  override forward(x: Tensor): Tensor {
    const out = this.conv2.forward(this.conv1.forward(x).relu_());
    return out.add_(this.downsample?.forward(x) ?? x).relu_();
  }
}

/**
 * R3D-18 (3-D convolutions) or R(2+1)D-18 (each in a spatial and a temporal part) of any width; 64 is the published one. Reads clips
 * (N, T, C, H, W), returns maps (N, D, t, h, w); features are the mean over all places.
 *
 * Readable layers: `stem`, `layer1` to `layer4`. Layers 2 to 4 halve time and space. The `imagenet` stem halves space with a window
 * of 7 x 7 pixels, as published for 112 pixels; the `small` one has 3 x 3 pixels and stride 1, which no published weights fit.
 */
export class VideoResNet extends StagedBackbone {
  readonly stem: Sequential;
  readonly layer1: Sequential;
  readonly layer2: Sequential;
  readonly layer3: Sequential;
  readonly layer4: Sequential;
  override readonly options: BackboneOptions;
  protected override readonly stages: readonly Stage[];

  constructor(
    override readonly architecture: VideoResNetName,
    options: BackboneOptions,
  ) {
    super();
    const { inputChannels, imageSize, width } = commonOptions(options, PUBLISHED_WIDTH);
    const stem = resolveStem(options);
    const zeroInitResidual = options.zeroInitResidual ?? false;
    this.options = { inputChannels, imageSize, width, stem, zeroInitResidual, ...usualFrames(options) };

    const isSmall = stem === 'small';
    const isPlain = architecture === 'r3d18';
    this.stem = isPlain ? plainStem(inputChannels, width, isSmall) : factoredStem(inputChannels, width, isSmall);
    const make = isPlain ? plain : factored;
    const layer = (index: 0 | 1 | 2 | 3): Sequential => {
      const channels = width * 2 ** index;
      const before = index === 0 ? width : channels / 2;
      const blocks = Array.from({ length: BLOCKS }, (_, i) =>
        i === 0
          ? new VideoBlock(make, before, channels, index > 0 ? 2 : 1)
          : new VideoBlock(make, channels, channels, 1),
      );
      return new Sequential(...blocks);
    };
    this.layer1 = layer(0);
    this.layer2 = layer(1);
    this.layer3 = layer(2);
    this.layer4 = layer(3);

    const stemStride = isSmall ? 1 : 2;
    this.stages = [
      {
        name: 'stem',
        size: width,
        minimum: stemStride,
        forward: (x) => this.stem.forward(channelsBeforeFrames(x)),
      },
      ...[this.layer1, this.layer2, this.layer3, this.layer4].map((blocks, i) => ({
        name: `layer${i + 1}`,
        size: width * 2 ** i,
        minimum: stemStride * 2 ** i,
        forward: (x: Tensor) => blocks.layers.reduce((map, block) => scope(() => block.forward(map)), x),
      })),
    ];
    this.checkImageSize();
    this.initialize(zeroInitResidual);
  }

  protected override sidesOf(x: Tensor): [height: number, width: number] {
    const [, height, width] = checkClips(x, this.options.inputChannels);
    return [height, width];
  }

  /** Normal weights with variance 2 / fan out; batch norms start at weight 1 and bias 0. */
  private initialize(zeroInitResidual: boolean): void {
    for (const [, module] of this.modules()) {
      if (module instanceof Conv3d) init.kaimingNormal_(module.weight, 'fanOut');
      if (zeroInitResidual && module instanceof VideoBlock) init.constant_(module.lastNorm.weight!, 0);
    }
  }
}

function plainStem(channels: number, width: number, isSmall: boolean): Sequential {
  return new Sequential(
    new Conv3d(channels, width, isSmall ? 3 : [3, 7, 7], {
      stride: isSmall ? 1 : [1, 2, 2],
      padding: isSmall ? 1 : [1, 3, 3],
      bias: false,
    }),
    new BatchNorm(width),
    new ReLU(),
  );
}

function factoredStem(channels: number, width: number, isSmall: boolean): Sequential {
  const between = Math.max(1, Math.floor((STEM_BETWEEN * width) / PUBLISHED_WIDTH));
  return new Sequential(
    new Conv3d(channels, between, isSmall ? [1, 3, 3] : [1, 7, 7], {
      stride: isSmall ? 1 : [1, 2, 2],
      padding: isSmall ? [0, 1, 1] : [0, 3, 3],
      bias: false,
    }),
    new BatchNorm(between),
    new ReLU(),
    new Conv3d(between, width, [3, 1, 1], { padding: [1, 0, 0], bias: false }),
    new BatchNorm(width),
    new ReLU(),
  );
}
