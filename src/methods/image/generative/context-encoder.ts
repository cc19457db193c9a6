/**
 * Context encoder: fill in a missing part of an image from what surrounds it.
 *
 * Pathak, Krahenbuhl, Donahue, Darrell, Efros, "Context Encoders: Feature Learning by Inpainting", CVPR 2016,
 * https://arxiv.org/abs/1604.07379; code: github.com/pathak22/context-encoder.
 *
 * The encoder's map passes a channel-wise fully connected layer, so that every position of the hole hears of the whole context,
 * and a decoder paints. The reconstruction loss counts the hole only: ||M * (x - F((1 - M) * x))||^2, averaged over its pixels.
 * A discriminator that knows neither context nor noise makes the filling sharp and the error larger.
 *
 * The random-mask code measures the error on the whole image; we follow the paper's formula. There the discriminator sees the
 * whole output; ours sees the image with its hole filled, since the formula leaves the output outside the hole free. The paper
 * fills holes with ImageNet's mean colour; we fill with that of the data.
 */
import { z } from 'zod';
import { horizontalFlip, toFloat } from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import { fullPrecision, type Generator, noGrad, ops, scope, type Tensor, tensor } from '../../../engine/index.js';
import { BatchNorm, Conv2d, ReLU, Sequential } from '../../../engine/nn/index.js';
import {
  type Batch,
  type DataDescription,
  defineMethod,
  Method,
  type Outcome,
  type Preview,
  type Turn,
  type Views,
} from '../../method.js';
import { ChannelwiseLinear } from '../../parts/channelwise-linear.js';
import { dcganDiscriminator } from '../../parts/dcgan-discriminator.js';
import { Decoder, lastMap } from '../../parts/decoder.js';
import { blockMasks, centralMask, centralSpan, regionMasks } from '../../parts/masks.js';

const options = z.object({
  mask: z
    .enum(['region', 'blocks', 'central'])
    .default('region')
    .describe(
      'What is hidden: regions of any shape (the best features), random blocks, or the central block of half the side',
    ),
  loss: z
    .enum(['l2', 'joint', 'adversarial'])
    .default('l2')
    .describe(
      'Squared error (the published features), both with a discriminator (the published pictures), or that alone',
    ),
  hiddenShare: z
    .number()
    .min(0.01)
    .max(0.7)
    .default(0.25)
    .describe('Share of the image to hide: at most this by blocks, 0.8 to 1.2 times this by regions'),
  blocks: z.number().int().min(1).default(5).describe('Number of random blocks'),
  overlap: z
    .number()
    .int()
    .min(0)
    .default(0)
    .describe(
      'Pixels at the edge of the central block that stay visible and count tenfold in the error; the code has 4 of 128',
    ),
  adversarialWeight: z
    .number()
    .min(0)
    .max(1)
    .default(0.001)
    .describe('Share of the adversarial part of the joint loss; the rest is the squared error'),
  decoderWidth: z.number().int().min(1).default(64).describe('Channels of the last layer of the decoder'),
  discriminatorWidth: z.number().int().min(1).default(64).describe('Channels of the first layer of the discriminator'),
  useFlip: z.boolean().default(true).describe('Random horizontal flip'),
});

type Options = z.output<typeof options>;

/** Weight of the visible edge of the hole in the squared error, as in the code. */
const OVERLAP_WEIGHT = 10;

export class ContextEncoder extends Method {
  readonly bottleneck: Sequential;
  readonly decoder: Decoder;
  readonly discriminator: Sequential | null;
  /** The part of the image that the decoder paints: the central block, or all of it. */
  private readonly painted: readonly [start: number, length: number];

  constructor(
    readonly options: Options,
    override readonly backbone: Backbone,
    readonly data: DataDescription,
  ) {
    super();
    const { imageSize, channels } = data;
    const [start, end] = options.mask === 'central' ? centralSpan(imageSize) : [0, imageSize];
    this.painted = [start, end - start];
    const { size, side } = lastMap(backbone, imageSize);
    this.bottleneck = new Sequential(
      new ChannelwiseLinear(size, side),
      new ReLU(),
      new Conv2d(size, size, 1, { bias: false }),
      new BatchNorm(size),
      new ReLU(),
    );
    this.decoder = new Decoder({
      inputSize: size,
      inputSide: side,
      outputSize: channels,
      outputSide: end - start,
      width: options.decoderWidth,
    });
    this.discriminator =
      options.loss === 'l2' ? null : dcganDiscriminator(channels, end - start, options.discriminatorWidth);
  }

  /** Pixels in [-1, 1]. */
  override prepare(samples: Tensor): Tensor {
    return scope(() => toFloat(samples).mul(2).sub(1));
  }

  override views({ samples }: Batch, random: Generator): Views {
    const images = this.prepare(this.options.useFlip ? horizontalFlip(0.5)(samples, random) : samples);
    const hidden = this.masks(images.size(0), random).to(images.device);
    return { images, hidden, input: this.erase(images, hidden) };
  }

  /** Where pixels are hidden: bool (N, 1, S, S). */
  private masks(count: number, random: Generator): Tensor {
    const { mask, hiddenShare, blocks, overlap } = this.options;
    const side = this.data.imageSize;
    if (mask === 'central') return centralMask(count, side, overlap);
    if (mask === 'blocks') return blockMasks(count, side, hiddenShare, blocks, random);
    return regionMasks(count, side, hiddenShare, random);
  }

  /** The data's mean colour where pixels are hidden. */
  private erase(images: Tensor, hidden: Tensor): Tensor {
    const color = this.data.mean.map((value) => 2 * value - 1);
    const fill = tensor(color, { shape: [1, color.length, 1, 1], device: images.device });
    return ops.where(hidden, fill.expand(images.shape), images);
  }

  /** What the network paints, (N, C, P, P) in [-1, 1], with the map of the encoder. */
  private paint(input: Tensor): { output: Tensor; maps: Tensor } {
    const maps = this.backbone.maps(input);
    return { output: this.decoder.forward(this.bottleneck.forward(maps)).to('float32').tanh(), maps };
  }

  /** The painted part of images or masks (N, C, S, S). */
  private cut(images: Tensor): Tensor {
    const [start, length] = this.painted;
    return images.narrow(2, start, length).narrow(3, start, length);
  }

  override loss(views: Views, turn: string): Outcome {
    const { images, hidden, input } = views as Record<'images' | 'hidden' | 'input', Tensor>;
    const truth = this.cut(images);
    const hole = this.cut(hidden);
    if (turn === 'discriminator') {
      const output = noGrad(() => this.paint(input).output);
      return { loss: this.discriminatorLoss(truth, ops.where(hole, output, truth)) };
    }
    const { output, maps } = this.paint(input);
    return fullPrecision(output.device, () => {
      const squares = output.sub(truth).square();
      const ofHole = squares.mul(hole).sum().div(hole.sum().mul(this.data.channels));
      // On [0, 1] the error is a quarter of that on [-1, 1].
      const psnr = noGrad(() =>
        ofHole
          .div(4)
          .log()
          .mul(-10 / Math.LN10),
      );
      const metrics: Record<string, Tensor> = { psnr };
      const features = maps.mean([2, 3]);
      const hasEdge = this.options.mask === 'central' && this.options.overlap > 0;
      const reconstruction = hasEdge ? this.weightedError(squares, hole) : ofHole;
      if (this.discriminator === null) return { loss: reconstruction, metrics, features };
      const logits = this.discriminator.forward(ops.where(hole, output, truth)).to('float32');
      const adversarial = ops.binaryCrossEntropyWithLogits(logits, ops.onesLike(logits));
      metrics.adversarial = adversarial.detach();
      const share = this.options.loss === 'adversarial' ? 1 : this.options.adversarialWeight;
      return { loss: reconstruction.mul(1 - share).add(adversarial.mul(share)), metrics, features };
    });
  }

  /** The error over the central block, where the visible edge counts tenfold. */
  private weightedError(squares: Tensor, hole: Tensor): Tensor {
    const weights = hole
      .to('float32')
      .mul(1 - OVERLAP_WEIGHT)
      .add(OVERLAP_WEIGHT); // 1 in the hole
    return squares.mul(weights).sum().div(weights.sum().mul(this.data.channels));
  }

  /** Real against filled, each by binary cross-entropy; ln 2 while the discriminator says nothing. */
  private discriminatorLoss(real: Tensor, filled: Tensor): Tensor {
    const logits = [real, filled].map((images) => this.discriminator!.forward(images).to('float32')) as [
      Tensor,
      Tensor,
    ];
    const ofReal = ops.binaryCrossEntropyWithLogits(logits[0], ops.onesLike(logits[0]));
    const ofFilled = ops.binaryCrossEntropyWithLogits(logits[1], ops.zerosLike(logits[1]));
    return ofReal.add(ofFilled).div(2);
  }

  /** The discriminator first, as in the code, at a tenth of the generator's rate when both losses are in use. */
  override turns(): Turn[] {
    const betas = [0.5, 0.999] as const;
    const generator = [this.backbone, this.bottleneck, this.decoder];
    if (this.discriminator === null) return [{ name: 'main', modules: generator, betas }];
    const learningRateFactor = this.options.loss === 'joint' ? 0.1 : 1;
    return [
      { name: 'discriminator', modules: [this.discriminator], betas, learningRateFactor },
      { name: 'generator', modules: generator, betas },
    ];
  }

  /**
   * Fills the hidden part: float images [0, 1] (N, C, S, S) with bool masks (N, 1, S, S) that are true where pixels are missing.
   * The rest of the image comes back as it was. A network for central blocks paints these only.
   */
  fill(images: Tensor, hidden: Tensor): Tensor {
    return noGrad(() =>
      scope(() => {
        const { output } = this.paint(this.erase(this.prepare(images), hidden));
        const [start, length] = this.painted;
        const end = this.data.imageSize - start - length;
        const whole = ops.pad(output.add(1).div(2), [start, end, start, end]);
        return ops.where(hidden, whole, images);
      }),
    );
  }

  /** Hides parts of images as in training and fills them: uint8 or float [0, 1] (N, C, S, S) to float [0, 1]. */
  override generate(input: Tensor, random: Generator): Tensor {
    return scope(() => this.fill(toFloat(input), this.masks(input.size(0), random).to(input.device)));
  }

  override preview({ samples }: Batch, random: Generator): Preview[] {
    const images = toFloat(samples.narrow(0, 0, Math.min(8, samples.size(0))));
    const hidden = this.masks(images.size(0), random).to(images.device);
    const white = ops.where(hidden, ops.onesLike(images), images);
    const filled = this.fill(images, hidden);
    const rows = Array.from({ length: images.size(0) }, (_, i) => [
      { image: white.select(0, i), caption: 'with a hole' },
      { image: filled.select(0, i), caption: 'filled by the network' },
      { image: images.select(0, i), caption: 'the image' },
    ]);
    return [
      {
        title: 'What is missing?',
        explanation:
          'A part of each image is cut out (white here). The network sees the rest and paints what was there.',
        rows,
      },
    ];
  }
}

export const contextEncoder = defineMethod({
  name: 'context-encoder',
  title: 'Context encoder',
  modality: 'image',
  family: 'generative',
  summary: 'Cut a part out of every image and paint what was there from what surrounds it.',
  paper: {
    title: 'Context Encoders: Feature Learning by Inpainting',
    authors: 'Deepak Pathak, Philipp Krahenbuhl, Jeff Donahue, Trevor Darrell, Alexei A. Efros',
    year: 2016,
    url: 'https://arxiv.org/abs/1604.07379',
    code: 'https://github.com/pathak22/context-encoder',
  },
  score: { metric: 'psnr', name: 'PSNR of the hole in dB', better: 'higher' },
  options,
  smallOptions: { decoderWidth: 32, discriminatorWidth: 16 },
  recipes: {
    // The code's optimiser; the length is our choice.
    paper: {
      backbone: 'caffenet',
      epochs: 100,
      batchSize: 64,
      optimizer: 'adam',
      learningRate: 2e-3,
      weightDecay: 0,
      schedule: 'constant',
    },
    small: {
      backbone: 'alexnet',
      width: 32,
      epochs: 50,
      batchSize: 64,
      optimizer: 'adam',
      learningRate: 2e-3,
      weightDecay: 0,
      schedule: 'cosine',
      warmupEpochs: 0.5,
    },
  },
  create: ({ options, backbone, data }) => new ContextEncoder(options, backbone, data),
});
