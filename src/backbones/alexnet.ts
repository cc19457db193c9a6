/**
 * AlexNet with batch norm: the convolutional part in one stream, without the fully connected layers.
 *
 * Krizhevsky, Sutskever, Hinton, "ImageNet Classification with Deep Convolutional Neural Networks", NIPS 2012. `alexnet`
 * has RotNet's channels (64-192-384-256-256: Gidaris, Singh, Komodakis, ICLR 2018, code
 * github.com/gidariss/FeatureLearningRotNet), `caffenet` those of the 2012 paper (96-256-384-384-256), which DeepCluster
 * trains with batch norm too (Caron et al., ECCV 2018). Convolutions keep their bias before the batch norm, as in both
 * reference codes.
 */
import { ops, type Tensor } from '../engine/index.js';
import { BatchNorm, Conv2d, init, Sequential } from '../engine/nn/index.js';
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

const CHANNELS = {
  alexnet: [64, 192, 384, 256, 256],
  caffenet: [96, 256, 384, 384, 256],
} as const;

export type AlexNetName = keyof typeof CHANNELS;

const PUBLISHED_STRIDE = 4;

/** Smallest side with the imagenet stem: conv1 (11x11, padding 2) needs 7 pixels, and a stride for each further position. */
const imagenetMinimum = (stride: number, positions: number): number => 7 + (positions - 1) * stride;
/** Positions of conv1 that conv1 to conv5 and the pooling after conv5 need: unpadded pooling takes 2 n + 1 to leave n. */
const POSITIONS = [1, 3, 7, 7, 7] as const;
const POOLED_POSITIONS = 15;
/** Strides of conv1 to conv5 with the small stem, whose padded pooling has no minimum. */
const SMALL_MINIMA = [1, 2, 4, 4, 4] as const;

/**
 * Readable layers: `conv1` to `conv5`, each after batch norm and ReLU and before the pooling that follows conv1, conv2 and
 * conv5. `width` is the number of channels of conv1, with which all others scale.
 *
 * The `imagenet` stem is the published one (conv1 11x11 of stride 4, pooling 3x3 of stride 2: 224x224 pixels give maps of
 * 55, 27, 13, 13 and 13); `conv1Stride` 2 is the stride of jigsaw puzzles, with the same weights. The `small` stem has a
 * 5x5 conv1 of stride 1 and padded pooling (32x32 gives 32, 16, 8, 8, 8).
 *
 * Features are the mean over conv5's positions or, with `pooling: 'flatten'`, the pooled and flattened conv5 that the paper's
 * fully connected layers read (6x6 positions at 224); image sizes other than `imageSize` are pooled to the same grid.
 */
export class AlexNet extends StagedBackbone {
  override readonly options: BackboneOptions;
  readonly conv1: Sequential;
  readonly conv2: Sequential;
  readonly conv3: Sequential;
  readonly conv4: Sequential;
  readonly conv5: Sequential;
  protected override readonly stages: readonly Stage[];
  private readonly padding: 0 | 1;
  private readonly pooledMinimum: number;
  /** Side of the flattened grid, in positions. */
  private readonly grid: number;

  constructor(
    override readonly architecture: AlexNetName,
    options: BackboneOptions,
  ) {
    super();
    const published = CHANNELS[architecture];
    const { inputChannels, imageSize, width } = commonOptions(options, published[0]);
    const stem = resolveStem(options);
    const pooling = oneOf(options.pooling ?? 'average', 'pooling', ['average', 'flatten']);
    const isSmall = stem === 'small';
    if (isSmall && options.conv1Stride !== undefined)
      throw expected('no stride with the stem small', 'conv1Stride', options.conv1Stride);
    const stride = wholeNumber(options.conv1Stride ?? PUBLISHED_STRIDE, 'conv1Stride');
    this.options = { inputChannels, imageSize, width, stem, ...(isSmall ? {} : { conv1Stride: stride }), pooling };

    const sizes = published.map((channels) => Math.max(1, Math.round((channels * width) / published[0])));
    const unit = (i: number, kernelSize: number, stride: number, padding: number): Sequential => {
      const conv = new Conv2d(i === 0 ? inputChannels : sizes[i - 1]!, sizes[i]!, kernelSize, { stride, padding });
      // DeepCluster's initialization; RotNet's AlexNet keeps PyTorch's default.
      init.kaimingNormal_(conv.weight, 'fanOut');
      init.constant_(conv.bias!, 0);
      return new Sequential(conv, new BatchNorm(sizes[i]!));
    };
    this.conv1 = isSmall ? unit(0, 5, 1, 2) : unit(0, 11, stride, 2);
    this.conv2 = unit(1, 5, 1, 2);
    this.conv3 = unit(2, 3, 1, 1);
    this.conv4 = unit(3, 3, 1, 1);
    this.conv5 = unit(4, 3, 1, 1);
    this.padding = isSmall ? 1 : 0;

    const minima = isSmall ? SMALL_MINIMA : POSITIONS.map((positions) => imagenetMinimum(stride, positions));
    const parts = [this.conv1, this.conv2, this.conv3, this.conv4, this.conv5];
    this.stages = parts.map((part, i) => ({
      name: `conv${i + 1}`,
      size: sizes[i]!,
      minimum: minima[i]!,
      forward: (x: Tensor) => part.forward(i === 1 || i === 2 ? this.pool(x) : x).relu_(),
    }));
    this.pooledMinimum = isSmall ? SMALL_MINIMA[4] : imagenetMinimum(stride, POOLED_POSITIONS);
    if (pooling === 'flatten') this.checkImageSize(this.pooledMinimum, 'the pooling after conv5');
    else this.checkImageSize();
    this.grid = this.pooledSide(imageSize, stride);
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
    return ops.adaptiveAvgPool2d(this.pool(map), this.grid).flatten(1); // (N, C grid^2)
  }

  private pool(map: Tensor): Tensor {
    return ops.maxPool2d(map, 3, 2, this.padding);
  }

  /** Side of the map after the last pooling for a square image. */
  private pooledSide(imageSize: number, stride: number): number {
    const reduce = (side: number): number => Math.floor((side + 2 * this.padding - 3) / 2) + 1;
    const first = this.padding === 1 ? imageSize : Math.floor((imageSize + 4 - 11) / stride) + 1;
    return reduce(reduce(reduce(first)));
  }
}
