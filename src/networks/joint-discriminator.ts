import { dcganConvolutions, dcganDepth } from '../backbones/dcgan.js';
import { noGrad, type Tensor } from '../engine/index.js';
import { BatchNorm, type Conv2d, init, LeakyReLU, Linear, Module, type Sequential } from '../engine/nn/index.js';

export interface JointDiscriminatorOptions {
  channels: number;
  /** Side of the images in pixels. */
  side: number;
  /** Length of the codes. */
  codeSize: number;
  /** Channels after the first convolution; the hidden layer has 16 times as many units. */
  width: number;
}

/** Units of the hidden layer for each channel of the first convolution. */
const HIDDEN = 16;
const KERNEL = 4;
const STD = 0.02;

/**
 * Do an image and a code belong together by the encoder's doing, or by the generator's? One logit (N, 1) for images (N, C, S, S) and
 * codes (N, codeSize). The image goes through the convolutions of the `dcgan` backbone and one hidden layer; each but the first
 * adds a linear function of the code before its norm. The last layer starts at zero, so that every answer is one half at first.
 *
 * Donahue, Krahenbuhl, Darrell, "Adversarial Feature Learning", ICLR 2017, as its code (with kernels of 5 there).
 */
export class JointDiscriminator extends Module {
  readonly convs: readonly Sequential[];
  /** Of the convolutions but the first. */
  readonly conditions: readonly Linear[];
  readonly hidden: Linear;
  readonly hiddenCondition: Linear;
  readonly norm: BatchNorm;
  readonly logit: Linear;
  private readonly activation = new LeakyReLU(0.2);

  constructor({ channels, side, codeSize, width }: JointDiscriminatorOptions) {
    super();
    const depth = dcganDepth(side);
    this.convs = dcganConvolutions(channels, depth, width);
    const sizes = this.convs.map((unit) => (unit.layers[0] as Conv2d).outChannels);
    this.conditions = sizes.slice(1).map((size) => new Linear(codeSize, size, { bias: false }));
    const elements = sizes.at(-1)! * Math.floor(side / 2 ** depth) ** 2;
    this.hidden = new Linear(elements, HIDDEN * width, { bias: false });
    this.hiddenCondition = new Linear(codeSize, HIDDEN * width, { bias: false });
    this.norm = new BatchNorm(HIDDEN * width);
    this.logit = new Linear(HIDDEN * width, 1, { bias: false });
    // As many times larger as a kernel has positions, so that the code counts as much as the map.
    for (const condition of this.conditions) init.normal_(condition.weight, 0, STD * KERNEL ** 2);
    for (const layer of [this.hidden, this.hiddenCondition]) init.normal_(layer.weight, 0, STD);
    noGrad(() => this.logit.weight.zero_());
  }

  forward(images: Tensor, codes: Tensor): Tensor {
    const map = this.convs.reduce((x, unit, i) => {
      const [conv, ...rest] = unit.layers;
      const condition = this.conditions[i - 1];
      const y = conv!.forward(x);
      const joined = condition === undefined ? y : y.add(condition.forward(codes).unsqueeze(2).unsqueeze(3));
      return rest.reduce((value, layer) => layer.forward(value), joined);
    }, images);
    const hidden = this.hidden.forward(map.flatten(1)).add(this.hiddenCondition.forward(codes));
    return this.logit.forward(this.activation.forward(this.norm.forward(hidden))).to('float32');
  }
}
