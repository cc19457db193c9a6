/**
 * The encoder of CPC for raw waveforms: strided convolutions, and a GRU over their outputs.
 *
 * van den Oord, Li, Vinyals, "Representation Learning with Contrastive Predictive Coding", 2018, section 3.1,
 * https://arxiv.org/abs/1807.03748: five convolutions of 512 channels with ReLU, strides 5, 4, 2, 2, 2 and kernels 10, 8,
 * 4, 4, 4, one vector per 160 samples, and a GRU with 256 units. The authors published no code; the padding (half of kernel
 * minus stride) follows common reimplementations. There is no batch norm.
 */
import type { Tensor } from '../engine/index.js';
import { Conv2d, GRU, init } from '../engine/nn/index.js';
import { type BackboneOptions, commonOptions, type Stage, StagedBackbone } from './backbone.js';

const PUBLISHED_WIDTH = 512;
const LAYERS = [
  { kernel: 10, stride: 5, padding: 3 },
  { kernel: 8, stride: 4, padding: 2 },
  { kernel: 4, stride: 2, padding: 1 },
  { kernel: 4, stride: 2, padding: 1 },
  { kernel: 4, stride: 2, padding: 1 },
] as const;
/** Samples per vector. */
export const SOUND_STRIDE = LAYERS.reduce((product, { stride }) => product * stride, 1);
/** A signal of 16 x 16 samples gives one vector. */
const SMALLEST_SIDE = 16;

/**
 * Reads signals packed row by row, (N, C, H, W) with H W samples, and returns maps of one row, (N, D, 1, T). Readable layers:
 * `conv1` to `conv5` and `context`, whose vector t depends on all vectors up to t. `width` is the number of channels; the
 * context has half as many.
 */
export class SoundEncoder extends StagedBackbone {
  override readonly architecture = 'sound';
  override readonly options: BackboneOptions;
  readonly convolutions: readonly Conv2d[];
  readonly gru: GRU;
  protected override readonly stages: readonly Stage[];

  constructor(options: BackboneOptions) {
    super();
    const { inputChannels, imageSize, width } = commonOptions(options, PUBLISHED_WIDTH);
    this.options = { inputChannels, imageSize, width };
    this.convolutions = LAYERS.map(({ kernel, stride, padding }, i) => {
      const conv = new Conv2d(i === 0 ? inputChannels : width, width, [1, kernel], {
        stride: [1, stride],
        padding: [0, padding],
      });
      init.kaimingNormal_(conv.weight, 'fanIn');
      init.constant_(conv.bias!, 0);
      return conv;
    });
    const contextSize = Math.max(1, Math.floor(width / 2));
    this.gru = new GRU(width, contextSize, { batchFirst: true });
    this.stages = [
      ...this.convolutions.map((conv, i) => ({
        name: `conv${i + 1}`,
        size: width,
        minimum: SMALLEST_SIDE,
        forward: (x: Tensor) => conv.forward(i === 0 ? inOneRow(x) : x).relu_(),
      })),
      { name: 'context', size: contextSize, minimum: SMALLEST_SIDE, forward: (x) => this.listen(x) },
    ];
    this.checkImageSize();
  }

  /** (N, D, 1, T) to the GRU's outputs (N, D / 2, 1, T). */
  private listen(x: Tensor): Tensor {
    const { output } = this.gru.forward(x.squeeze(2).transpose(1, 2));
    return output.transpose(1, 2).unsqueeze(2).contiguous();
  }
}

/** (N, C, H, W) to (N, C, 1, H W). */
function inOneRow(x: Tensor): Tensor {
  return x.reshape([x.size(0), x.size(1), 1, x.size(2) * x.size(3)]);
}
