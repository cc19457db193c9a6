/**
 * AMDIM's encoder: a residual network without padding, so that each position of its maps sees a limited window of the image.
 *
 * Bachman, Hjelm, Buchwalter, "Learning Representations by Maximizing Mutual Information Across Views", NeurIPS 2019,
 * https://arxiv.org/abs/1906.00910; code: github.com/Philip-Bachman/amdim-public.
 *
 * Residual branches start at zero (as in fixup); shortcuts are average pooling, with zeros for added channels. The code
 * supports images of 32, 64 and 128 pixels, whose maps end in 7x7, 5x5 and 1x1; here the last convolution covers whatever map
 * remains, so other sizes work too. Only the last layer has batch norm, as is the code's default.
 */
import { ops, scope, type Tensor } from '../engine/index.js';
import { BatchNorm, Conv2d, init, Layer, Sequential } from '../engine/nn/index.js';
import { type BackboneOptions, commonOptions, type Stage, StagedBackbone, wholeNumber } from './backbone.js';

const PUBLISHED_WIDTH = 128;
const PUBLISHED_DEPTH = 3;
/** Feature dimensions per base channel: 1024 for 128 in the code's CIFAR setting. */
const FEATURES_PER_CHANNEL = 8;

/** (N, in, H, W) to (N, out, h, w): pooling plus a branch of convolution, ReLU and 1x1 convolution, which starts at zero. */
class ResidualUnit extends Layer {
  readonly conv1: Conv2d;
  readonly conv2: Conv2d;

  constructor(
    private readonly inSize: number,
    private readonly outSize: number,
    private readonly kernel: number,
    private readonly stride: number,
  ) {
    super();
    this.conv1 = new Conv2d(inSize, outSize, kernel, { stride, bias: false });
    this.conv2 = new Conv2d(outSize, outSize, 1, { bias: false });
    init.constant_(this.conv2.weight, 0);
  }

  override forward(x: Tensor): Tensor {
    const branch = this.conv2.forward(this.conv1.forward(x).relu_());
    const pooled = this.kernel === 1 ? x : ops.avgPool2d(x, this.kernel, this.stride);
    const added = this.outSize - this.inSize;
    return branch.add(added === 0 ? pooled : ops.pad(pooled, [0, 0, 0, 0, 0, added]));
  }
}

/** A downsampling unit and `depth` - 1 pointwise units. */
function block(inSize: number, outSize: number, kernel: number, stride: number, depth: number): Sequential {
  const further = Array.from({ length: depth - 1 }, () => new ResidualUnit(outSize, outSize, 1, 1));
  return new Sequential(new ResidualUnit(inSize, outSize, kernel, stride), ...further);
}

/** The layers before the three local maps, by image size. */
const LAYOUTS = {
  small: {
    stem: [[3, 1, 0]],
    blocks: [
      [1, 1],
      [4, 2],
      [2, 2],
    ],
    growth: [1, 2, 4],
    minimum: 24,
  },
  medium: {
    stem: [[3, 1, 0]],
    blocks: [
      [4, 2],
      [4, 2],
      [2, 2],
    ],
    growth: [2, 4, 8],
    minimum: 48,
  },
  large: {
    stem: [
      [5, 2, 2],
      [3, 1, 0],
    ],
    blocks: [
      [4, 2],
      [4, 2],
      [2, 2],
    ],
    growth: [2, 4, 8],
    minimum: 96,
  },
} as const;

/**
 * Readable layers: `local7`, `local5`, `local3` and `global`, named for the sides of their maps at 32, 64 and 128 pixels
 * (the last is always 1x1). `width` is the code's ndf (128; 320 in its largest network), `blocks` its depth (3; 10).
 * Features have 8 dimensions per unit of width.
 */
export class AmdimEncoder extends StagedBackbone {
  override readonly architecture = 'amdim';
  override readonly options: BackboneOptions;
  readonly stem: Sequential;
  readonly reduce: Sequential;
  readonly local5: Sequential;
  readonly local3: Sequential;
  readonly last: ResidualUnit;
  readonly norm: BatchNorm;
  protected override readonly stages: readonly Stage[];

  constructor(options: BackboneOptions) {
    super();
    const { inputChannels, imageSize, width } = commonOptions(options, PUBLISHED_WIDTH);
    const depth = wholeNumber(options.blocks ?? PUBLISHED_DEPTH, 'blocks');
    this.options = { inputChannels, imageSize, width, blocks: depth };
    const { large, medium, small } = LAYOUTS;
    const layout = imageSize >= large.minimum ? large : imageSize >= medium.minimum ? medium : small;
    const { stem, blocks, growth, minimum } = layout;

    this.stem = new Sequential(
      ...stem.map(([kernel, stride, padding], i) => {
        const conv = new Conv2d(i === 0 ? inputChannels : width, width, kernel, { stride });
        return new ReflectedConv(conv, padding);
      }),
    );
    this.reduce = new Sequential(
      ...blocks.map(([kernel, stride], i) => {
        const into = width * (growth[i - 1] ?? 1);
        return block(into, width * growth[i]!, kernel, stride, kernel === 1 ? 1 : depth);
      }),
    );
    const local = width * growth[2];
    this.local5 = block(local, local, 3, 1, depth);
    this.local3 = block(local, local, 3, 1, depth);
    const features = width * FEATURES_PER_CHANNEL;
    const left = [...stem, ...blocks, [3, 1], [3, 1]].reduce(
      (side, [kernel, stride, padding = 0]) => Math.floor((side + 2 * padding - kernel!) / stride!) + 1,
      imageSize,
    );
    const side = Math.max(1, left);
    this.last = new ResidualUnit(local, features, side, 1);
    this.norm = new BatchNorm(features);

    const sequence = (part: Sequential, x: Tensor): Tensor =>
      part.layers.reduce((map, layer) => scope(() => layer.forward(map)), x);
    this.stages = [
      { name: 'local7', size: local, minimum, forward: (x) => sequence(this.reduce, sequence(this.stem, x)) },
      { name: 'local5', size: local, minimum, forward: (x) => sequence(this.local5, x) },
      { name: 'local3', size: local, minimum, forward: (x) => sequence(this.local3, x) },
      {
        name: 'global',
        size: features,
        minimum,
        // With image sizes other than `imageSize`, the map has another size than the last convolution covers.
        forward: (x) => this.norm.forward(this.last.forward(covered(x, side))),
      },
    ];
    this.checkImageSize();
  }
}

const covered = (map: Tensor, side: number): Tensor =>
  map.size(2) === side && map.size(3) === side ? map : ops.adaptiveAvgPool2d(map, side);

/** Reflection padding, convolution, ReLU. */
class ReflectedConv extends Layer {
  constructor(
    readonly conv: Conv2d,
    private readonly padding: number,
  ) {
    super();
  }

  override forward(x: Tensor): Tensor {
    const { padding: p } = this;
    return this.conv.forward(p === 0 ? x : ops.pad(x, [p, p, p, p], 'reflect')).relu_();
  }
}
