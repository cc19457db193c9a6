/**
 * Context encoder: fill in a missing part of an image from what surrounds it.
 *
 * Pathak, Krahenbuhl, Donahue, Darrell, Efros, "Context Encoders: Feature Learning by Inpainting", CVPR 2016,
 * https://arxiv.org/abs/1604.07379; code: github.com/pathak22/context-encoder.
 *
 * The encoder's map passes a bottleneck, in which every position of the hole hears of the whole context, and a decoder paints.
 * The reconstruction loss counts the hole only: ||M * (x - F((1 - M) * x))||^2, averaged over its pixels. A discriminator that
 * knows neither context nor noise makes the filling sharp and the error larger. The features come from AlexNet with the
 * channel-wise bottleneck, the pictures from `dcgan` with the dense one.
 *
 * The random-mask code measures the error on the whole image; we follow the paper's formula. There the discriminator sees the
 * whole output; ours sees the image with its hole filled, since the formula leaves the output outside the hole free. The paper
 * fills holes with ImageNet's mean color; we fill with that of the data.
 */
import { z } from 'zod';
import { horizontalFlip, toFloat } from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import { fullPrecision, Generator, noGrad, ops, scope, type Tensor, tensor } from '../../../engine/index.js';
import type { Sequential } from '../../../engine/nn/index.js';
import { expected } from '../../../errors.js';
import { channelwiseBottleneck, denseBottleneck, pooledSide, poolMap } from '../../heads/bottlenecks.js';
import { discriminatorLoss, generatorLoss } from '../../losses/adversarial.js';
import { decibels } from '../../losses/image-quality.js';
import { blockMasks, centralMask, centralSpan, regionMasks } from '../../masks/masks.js';
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
import { dcganDiscriminator } from '../../networks/dcgan-discriminator.js';
import { Decoder, lastMap } from '../../networks/decoder.js';

const options = z.object({
  mask: z
    .enum(['region', 'blocks', 'central'])
    .default('region')
    .describe('What is hidden: regions of any shape (the best features), random blocks, or the central block'),
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
    .describe(
      'Share of the image to hide: this by the central block, at most this by blocks, 0.8 to 1.2 times by regions',
    ),
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
  bottleneck: z
    .enum(['channelwise', 'dense'])
    .default('channelwise')
    .describe('Fully connected within each channel (the published features), or over all (the published pictures)'),
  bottleneckSize: z.number().int().min(1).default(4000).describe('Numbers that pass the dense bottleneck'),
  decoderWidth: z.number().int().min(1).default(64).describe('Channels of the last layer of the decoder'),
  discriminatorWidth: z.number().int().min(1).default(64).describe('Channels of the first layer of the discriminator'),
  useFlip: z.boolean().default(true).describe('Random horizontal flip'),
});

type Options = z.output<typeof options>;

/** Weight of the visible edge of the hole in the squared error, as in the code. */
const OVERLAP_WEIGHT = 10;

/** From the least to the largest value of a pixel. */
const PEAK = 2;

/** Fewest pixels a side of a hole that a decoder and a discriminator can be made for. */
const SMALLEST_HOLE = 2;

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
    const { mask, hiddenShare, bottleneckSize, decoderWidth, discriminatorWidth } = options;
    const [start, end] = mask === 'central' ? centralSpan(imageSize, hiddenShare) : [0, imageSize];
    const length = end - start;
    if (length < SMALLEST_HOLE)
      throw expected(`a share that makes the hole at least ${SMALLEST_HOLE} pixels wide`, 'hiddenShare', hiddenShare);
    this.painted = [start, length];
    // Refuses at once what no mask can be made of.
    scope(() => void this.masks(1, new Generator(0)));
    const map = lastMap(backbone, imageSize);
    const [size, side] = [map.size, pooledSide(map.side)];
    this.bottleneck =
      options.bottleneck === 'dense' ? denseBottleneck(size, side, bottleneckSize) : channelwiseBottleneck(size, side);
    this.decoder = new Decoder({
      inputSize: size,
      inputSide: side,
      outputSize: channels,
      outputSide: length,
      width: decoderWidth,
    });
    this.discriminator = options.loss === 'l2' ? null : dcganDiscriminator(channels, length, discriminatorWidth);
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
    if (mask === 'central') return centralMask(count, side, hiddenShare, overlap);
    if (mask === 'blocks') return blockMasks(count, side, hiddenShare, blocks, random);
    return regionMasks(count, side, hiddenShare, random);
  }

  /** The data's mean color where pixels are hidden. */
  private erase(images: Tensor, hidden: Tensor): Tensor {
    const color = this.data.mean.map((value) => 2 * value - 1);
    const fill = tensor(color, { shape: [1, color.length, 1, 1], device: images.device });
    return ops.where(hidden, fill.expand(images.shape), images);
  }

  /** What the network paints, (N, C, P, P) in [-1, 1], with the map of the encoder. */
  private paint(input: Tensor): { output: Tensor; maps: Tensor } {
    const maps = this.backbone.maps(input);
    return {
      output: this.decoder
        .forward(this.bottleneck.forward(poolMap(maps)))
        .to('float32')
        .tanh(),
      maps,
    };
  }

  /** The painted part of images or masks (N, C, S, S). */
  private cut(images: Tensor): Tensor {
    const [start, length] = this.painted;
    return images.narrow(2, start, length).narrow(3, start, length);
  }

  /** What the discriminator sees of an output: all of a central block, and elsewhere the image with its hole filled. */
  private judged(output: Tensor, truth: Tensor, hole: Tensor): Tensor {
    return this.options.mask === 'central' ? output : ops.where(hole, output, truth);
  }

  override loss(views: Views, turn: string): Outcome {
    const { images, hidden, input } = views as Record<'images' | 'hidden' | 'input', Tensor>;
    const truth = this.cut(images);
    const hole = this.cut(hidden);
    if (turn === 'discriminator') {
      const made = this.judged(
        noGrad(() => this.paint(input).output),
        truth,
        hole,
      );
      return { loss: discriminatorLoss(this.discriminator!.forward(truth), this.discriminator!.forward(made)) };
    }
    const { output, maps } = this.paint(input);
    const verdict = this.discriminator?.forward(this.judged(output, truth, hole));
    return fullPrecision(output.device, () => {
      const squares = output.sub(truth).square();
      const ofHole = squares.mul(hole).sum().div(hole.sum().mul(this.data.channels));
      const metrics: Record<string, Tensor> = { psnr: noGrad(() => decibels(ofHole.div(PEAK ** 2))) };
      const features = maps.mean([2, 3]);
      const hasEdge = this.options.mask === 'central' && this.options.overlap > 0;
      const reconstruction = hasEdge ? squares.mul(edgeWeights(hole)).mean() : ofHole;
      if (verdict === undefined) return { loss: reconstruction, metrics, features };
      const adversarial = generatorLoss(verdict);
      metrics.adversarial = adversarial.detach();
      const share = this.options.loss === 'adversarial' ? 1 : this.options.adversarialWeight;
      return { loss: reconstruction.mul(1 - share).add(adversarial.mul(share)), metrics, features };
    });
  }

  /** The discriminator first, as in the code: what judges, or learns from the judgment alone, at a tenth of the rate. */
  override turns(): Turn[] {
    const betas = [0.5, 0.999] as const;
    const painter: Turn = { name: 'generator', modules: [this.backbone, this.bottleneck, this.decoder], betas };
    if (this.discriminator === null) return [painter];
    const judge: Turn = { name: 'discriminator', modules: [this.discriminator], betas, learningRateFactor: 0.1 };
    return [judge, this.options.loss === 'adversarial' ? { ...painter, learningRateFactor: 0.1 } : painter];
  }

  /**
   * Fills the hidden part: images [0, 1] float (N, C, S, S), with bool masks (N, 1, S, S) that are true where pixels are missing.
   * The rest of the image comes back as it was.
   *
   * @throws AutodidactError `SHAPE` for images or masks of other shapes, and for holes that reach beyond the central block when
   *   the network paints that alone
   */
  fill(images: Tensor, hidden: Tensor): Tensor {
    return noGrad(() =>
      scope(() => {
        this.checkHoles(images, hidden);
        const { output } = this.paint(this.erase(this.prepare(images), hidden));
        const [start, length] = this.painted;
        const end = this.data.imageSize - start - length;
        const whole = ops.pad(output.add(1).div(2), [start, end, start, end]);
        return ops.where(hidden, whole, images);
      }),
    );
  }

  private checkHoles(images: Tensor, hidden: Tensor): void {
    const { channels, imageSize: side } = this.data;
    const shape = [channels, side, side].join(', ');
    if (images.ndim !== 4 || images.shape.slice(1).join(', ') !== shape)
      throw expected(`images of shape (N, ${shape})`, 'images', images, { code: 'SHAPE' });
    const [count] = images.shape;
    if (hidden.dtype !== 'bool' || hidden.shape.join() !== [count, 1, side, side].join())
      throw expected(`bool masks of shape (${count}, 1, ${side}, ${side})`, 'hidden', hidden, { code: 'SHAPE' });
    const outside = hidden.sum().sub(this.cut(hidden).sum()).item();
    if (outside > 0)
      throw expected(
        `holes within the central block of ${this.painted[1]} pixels a side, which this network paints,`,
        'hidden',
        `${outside} pixels beyond it`,
        { code: 'SHAPE' },
      );
  }

  /** Hides parts of images as in training and fills them: uint8 or float [0, 1] (N, C, S, S) to float [0, 1]. */
  override generate(input: Tensor, random: Generator): Tensor {
    return scope(() => this.fill(toFloat(input), this.masks(input.size(0), random).to(input.device)));
  }

  override preview({ samples }: Batch, random: Generator): Preview[] {
    const images = toFloat(samples.narrow(0, 0, Math.min(8, samples.size(0))));
    const hidden = this.masks(images.size(0), random).to(images.device);
    const filled = this.fill(images, hidden);
    const white = ops.onesLike(images);
    const holed = ops.where(hidden, white, images);
    const truth = ops.where(hidden, images, images.lerp(white, 0.85));
    const errors = filled
      .sub(images)
      .square()
      .sum([1, 2, 3])
      .div(hidden.sum([1, 2, 3]).mul(this.data.channels));
    const rows = decibels(errors)
      .toNumbers()
      .map((value, i) => [
        { image: images.select(0, i), caption: 'the image' },
        { image: holed.select(0, i), caption: 'with a hole' },
        { image: filled.select(0, i), caption: `filled: ${value.toFixed(1)} dB` },
        { image: truth.select(0, i), caption: 'what was there' },
      ]);
    return [
      {
        title: 'What is missing?',
        explanation:
          'A part of each image is cut out (white). The network sees the rest and paints what was there; the higher the dB, the nearer.',
        rows,
      },
    ];
  }
}

/** 1 in the hole and ten on its visible edge, which is the rest of the central block. */
function edgeWeights(hole: Tensor): Tensor {
  return hole
    .to('float32')
    .mul(1 - OVERLAP_WEIGHT)
    .add(OVERLAP_WEIGHT);
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
  score: { metric: 'psnr', name: 'PSNR of the hole in dB', better: 'higher', turn: 'generator' },
  options,
  smallOptions: { decoderWidth: 32, discriminatorWidth: 16, bottleneckSize: 500 },
  recipes: {
    // The code's optimizer; the length is our choice.
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
  smallestImage: 8,
  create: ({ options, backbone, data }) => new ContextEncoder(options, backbone, data),
});
