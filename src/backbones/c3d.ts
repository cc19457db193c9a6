/**
 * The convolutions of C3D, with batch norm.
 *
 * Tran, Bourdev, Fergus, Torresani, Paluri, "Learning Spatiotemporal Features with 3D Convolutional Networks", ICCV 2015,
 * https://arxiv.org/abs/1412.0767, section 3.2. The paper has two fully connected layers of 4,096 units behind the last pooling
 * and no batch norm; here features are the mean of the last map, and every convolution is followed by batch norm, without which
 * the network does not train from scratch at small scale.
 */
import { ops, type Tensor } from '../engine/index.js';
import { BatchNorm, Conv3d, init, type Module, Sequential } from '../engine/nn/index.js';
import { type BackboneOptions, commonOptions, resolveStem, type Stage, StagedBackbone } from './backbone.js';
import { channelsBeforeFrames, checkClips, usualFrames } from './clip-input.js';

const PUBLISHED_WIDTH = 64;
/** Number of convolutions of each layer, and their channels as multiples of the width. */
const LAYERS = [
  [1, 1],
  [1, 2],
  [2, 4],
  [2, 8],
  [2, 8],
] as const;

/**
 * Eight 3 x 3 x 3 convolutions in five layers with a max pooling between them. Reads clips (N, T, C, H, W), returns maps
 * (N, D, t, h, w). Readable layers: `conv1` to `conv5`, each after its last ReLU and before the pooling.
 *
 * The pooling after `conv1` halves space only, the others halve time and space, as long as there are frames: clips of fewer than 16
 * frames are pooled over space alone in the end. The `small` stem leaves out the first pooling.
 */
export class C3d extends StagedBackbone {
  override readonly architecture = 'c3d';
  override readonly options: BackboneOptions;
  readonly conv1: Sequential;
  readonly conv2: Sequential;
  readonly conv3: Sequential;
  readonly conv4: Sequential;
  readonly conv5: Sequential;
  protected override readonly stages: readonly Stage[];

  constructor(options: BackboneOptions) {
    super();
    const { inputChannels, imageSize, width } = commonOptions(options, PUBLISHED_WIDTH);
    const stem = resolveStem(options);
    this.options = { inputChannels, imageSize, width, stem, ...usualFrames(options) };

    let channels = inputChannels;
    const make = (index: 0 | 1 | 2 | 3 | 4): Sequential => {
      const [count, multiple] = LAYERS[index];
      const parts = Array.from({ length: count }, () => {
        const conv = new Conv3d(channels, multiple * width, 3, { padding: 1 });
        init.kaimingNormal_(conv.weight, 'fanOut');
        init.constant_(conv.bias!, 0);
        channels = multiple * width;
        return [conv, new BatchNorm(channels)];
      });
      return new Sequential(...parts.flat());
    };
    this.conv1 = make(0);
    this.conv2 = make(1);
    this.conv3 = make(2);
    this.conv4 = make(3);
    this.conv5 = make(4);

    let stride = 1;
    this.stages = [this.conv1, this.conv2, this.conv3, this.conv4, this.conv5].map((layer, i) => {
      const isPooled = i > (stem === 'small' ? 1 : 0);
      if (isPooled) stride *= 2;
      const halvesTime = i > 1;
      return {
        name: `conv${i + 1}`,
        size: LAYERS[i]![1] * width,
        minimum: stride,
        forward: (x: Tensor) => {
          const input = i === 0 ? channelsBeforeFrames(x) : isPooled ? pool(x, halvesTime) : x;
          return convolve(layer, input);
        },
      };
    });
    this.checkImageSize();
  }

  override layerModules(layer: string): Module[] {
    return [[this.conv1, this.conv2, this.conv3, this.conv4, this.conv5][this.layerIndex(layer)]!];
  }

  protected override sidesOf(x: Tensor): [height: number, width: number] {
    const [, height, width] = checkClips(x, this.options.inputChannels);
    return [height, width];
  }
}

/** Convolution, batch norm and ReLU, in turn. */
function convolve(layer: Sequential, x: Tensor): Tensor {
  return layer.layers.reduce((map, part) => {
    const out = part.forward(map);
    return part instanceof BatchNorm ? out.relu_() : out;
  }, x);
}

function pool(x: Tensor, halvesTime: boolean): Tensor {
  const frames = halvesTime && x.size(2) > 1 ? 2 : 1;
  return ops.maxPool3d(x, [frames, 2, 2], [frames, 2, 2]);
}
