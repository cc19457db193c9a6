/**
 * The encoder of CPC for raw waveforms: strided convolutions, and a GRU over their outputs.
 *
 * van den Oord, Li, Vinyals, "Representation Learning with Contrastive Predictive Coding", 2018, section 3.1,
 * https://arxiv.org/abs/1807.03748: five convolutions of 512 channels with ReLU, strides 5, 4, 2, 2, 2 and kernels 10, 8,
 * 4, 4, 4, one vector per 160 samples, and a GRU with 256 units. The authors published no code; the padding (half of kernel
 * minus stride) follows common reimplementations. There is no batch norm.
 */
import { isFloating, type Tensor } from '../engine/index.js';
import { Conv2d, GRU, init } from '../engine/nn/index.js';
import { expected } from '../errors.js';
import { type BackboneOptions, commonOptions, type Stage, StagedBackbone, wholeNumber } from './backbone.js';

const PUBLISHED_WIDTH = 512;
const LAYERS = [
  { kernel: 10, stride: 5, padding: 3 },
  { kernel: 8, stride: 4, padding: 2 },
  { kernel: 4, stride: 2, padding: 1 },
  { kernel: 4, stride: 2, padding: 1 },
  { kernel: 4, stride: 2, padding: 1 },
] as const;
/** Samples per vector, and the fewest that give one. */
export const SOUND_STRIDE = LAYERS.reduce((product, { stride }) => product * stride, 1);

/**
 * Reads waveforms (N, C, L) and returns maps of one row, (N, D, 1, T). Readable layers: `conv1` to `conv5` and `context`, whose
 * vector t depends on all vectors up to t. `width` is the number of channels; the context has half as many. Options without
 * `length` are of earlier versions, which packed `imageSize` squared samples like a gray image.
 */
export class SoundEncoder extends StagedBackbone {
  override readonly architecture = 'sound';
  override readonly options: BackboneOptions & { length: number };
  readonly convolutions: readonly Conv2d[];
  readonly gru: GRU;
  protected override readonly stages: readonly Stage[];

  constructor(options: BackboneOptions) {
    super();
    const { inputChannels, imageSize, width } = commonOptions(options, PUBLISHED_WIDTH);
    const length = wholeNumber(options.length ?? imageSize ** 2, 'length', SOUND_STRIDE);
    this.options = { inputChannels, imageSize: length, length, width };
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
        minimum: SOUND_STRIDE,
        forward: (x: Tensor) => conv.forward(i === 0 ? x.unsqueeze(2) : x).relu_(),
      })),
      { name: 'context', size: contextSize, minimum: SOUND_STRIDE, forward: (x) => this.listen(x) },
    ];
  }

  protected override checkInput(x: Tensor, { minimum }: Stage): void {
    const { inputChannels } = this.options;
    if (x.ndim === 3 && x.size(1) === inputChannels && x.size(2) >= minimum && isFloating(x.dtype)) return;
    const what = `floating-point waveforms of shape (N, ${inputChannels}, L) with at least ${minimum} samples`;
    throw expected(what, 'x', x, { code: 'SHAPE' });
  }

  /** (N, D, 1, T) to the GRU's outputs (N, D / 2, 1, T). */
  private listen(x: Tensor): Tensor {
    const { output } = this.gru.forward(x.squeeze(2).transpose(1, 2));
    return output.transpose(1, 2).unsqueeze(2).contiguous();
  }
}
