/**
 * ColorNet: the VGG-like network with dilated convolutions of the colorization paper, without its decoder.
 *
 * Zhang, Isola, Efros, "Colorful Image Colorization", ECCV 2016; code github.com/richzhang/colorization. Layers are named
 * as in the authors' PyTorch code (`model1` to `model7`), so that their weights can be loaded.
 */
import type { Tensor } from '../engine/index.js';
import { BatchNorm, Conv2d, init, type Layer, ReLU, Sequential } from '../engine/nn/index.js';
import { type BackboneOptions, commonOptions, resolveStem, type Stage, StagedBackbone } from './backbone.js';

const PUBLISHED_WIDTH = 64;

/** Per block: channels in units of the width, number of convolutions, stride of the last one, dilation of all. */
const BLOCKS = [
  { factor: 1, count: 2, stride: 2, dilation: 1 },
  { factor: 2, count: 2, stride: 2, dilation: 1 },
  { factor: 4, count: 3, stride: 2, dilation: 1 },
  { factor: 8, count: 3, stride: 1, dilation: 1 },
  { factor: 8, count: 3, stride: 1, dilation: 2 },
  { factor: 8, count: 3, stride: 1, dilation: 2 },
  { factor: 8, count: 3, stride: 1, dilation: 1 },
] as const;

/**
 * Readable layers: `conv1` to `conv7`, each after the batch norm of its block, which follows the last ReLU. `width` is the
 * number of channels of conv1, with which all others scale.
 *
 * Strides replace pooling. The `imagenet` stem is the published one (224x224 pixels give maps of 112, 56, and 28 from conv3
 * on); the `small` stem has no stride in conv1 (32x32 gives 32, 16, 8, ...).
 */
export class ColorNet extends StagedBackbone {
  override readonly architecture = 'colornet';
  override readonly options: BackboneOptions;
  readonly model1: Sequential;
  readonly model2: Sequential;
  readonly model3: Sequential;
  readonly model4: Sequential;
  readonly model5: Sequential;
  readonly model6: Sequential;
  readonly model7: Sequential;
  protected override readonly stages: readonly Stage[];

  constructor(options: BackboneOptions) {
    super();
    const { inputChannels, imageSize, width } = commonOptions(options, PUBLISHED_WIDTH);
    const stem = resolveStem(options);
    this.options = { inputChannels, imageSize, width, stem };

    const strides = BLOCKS.map(({ stride }, i) => (i === 0 && stem === 'small' ? 1 : stride));
    const block = (i: number): Sequential => {
      const { factor, count, dilation } = BLOCKS[i]!;
      const before = i === 0 ? inputChannels : BLOCKS[i - 1]!.factor * width;
      const layers = Array.from({ length: count }, (_, k): Layer[] => {
        const stride = k === count - 1 ? strides[i]! : 1;
        const shape = { stride, padding: dilation, dilation };
        const conv = new Conv2d(k === 0 ? before : factor * width, factor * width, 3, shape);
        init.kaimingNormal_(conv.weight, 'fanOut');
        init.constant_(conv.bias!, 0);
        return [conv, new ReLU()];
      });
      return new Sequential(...layers.flat(), new BatchNorm(factor * width));
    };
    this.model1 = block(0);
    this.model2 = block(1);
    this.model3 = block(2);
    this.model4 = block(3);
    this.model5 = block(4);
    this.model6 = block(5);
    this.model7 = block(6);

    const parts = [this.model1, this.model2, this.model3, this.model4, this.model5, this.model6, this.model7];
    this.stages = parts.map((part, i) => ({
      name: `conv${i + 1}`,
      size: BLOCKS[i]!.factor * width,
      minimum: strides.slice(0, i + 1).reduce<number>((product, stride) => product * stride, 1),
      forward: (x: Tensor) => part.forward(x),
    }));
    this.checkImageSize();
  }
}
