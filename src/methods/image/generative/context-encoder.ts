/**
 * Context encoder: fill in a missing part of an image from what surrounds it.
 *
 * Pathak, Krahenbuhl, Donahue, Darrell, Efros, "Context Encoders: Feature Learning by Inpainting", CVPR 2016,
 * https://arxiv.org/abs/1604.07379; code: github.com/pathak22/context-encoder.
 *
 * The encoder's map passes a bottleneck, in which every position of the hole reads the whole context, and a decoder paints.
 * The reconstruction loss counts the hole only: ||M * (x - F((1 - M) * x))||^2, averaged over its pixels. A discriminator that
 * sees neither context nor noise makes the filling sharp and the error larger. The features come from AlexNet with the
 * channel-wise bottleneck, the pictures from `dcgan` with the dense one.
 *
 * The random-mask code measures the error on the whole image and shows the discriminator the whole output. We follow the paper's
 * formula, which leaves the output outside the hole free: the discriminator sees the image with its hole filled. The paper fills
 * holes with ImageNet's mean color; we fill with that of the data.
 */
import { z } from 'zod';
import { fromSigned, halfFlipped, toFloat } from '../../../augment/index.js';
import { firstSamples } from '../../../data/index.js';
import {
  fullPrecision,
  type Generator,
  noGrad,
  ops,
  scope,
  type Tensor,
  tensor,
  withoutGraph,
} from '../../../engine/index.js';
import type { Sequential } from '../../../engine/nn/index.js';
import { expected } from '../../../errors.js';
import { channelwiseBottleneck, denseBottleneck, pooledSide, poolMap } from '../../../networks/bottlenecks.js';
import { dcganDiscriminator } from '../../../networks/dcgan-discriminator.js';
import { Decoder, lastMap } from '../../../networks/decoder.js';
import { symmetricImages } from '../../encoders.js';
import { discriminatorLoss, generatorLoss } from '../../losses/adversarial.js';
import { decibels } from '../../losses/image-quality.js';
import { Holes } from '../../masks/holes.js';
import { type Batch, defineMethod, Method, type MethodContext, type Outcome, type Preview } from '../../method.js';
import * as option from '../../options.js';
import { tileRows } from '../../previews/tile-rows.js';
import { card } from './context-encoder.card.js';

const HIDDEN = { min: 0.01, max: 0.7 };

const options = z.object({
  mask: option.choice(['region', 'blocks', 'central'], 'Regions of any shape (best features), blocks, the center'),
  loss: option.choice(
    ['l2', 'joint', 'adversarial'],
    'Squared error (published features), with a discriminator too (published pictures), or that alone',
  ),
  hiddenShare: option.share(0.25, 'Share hidden: exact (center), at most (blocks), 0.8 to 1.2 times (regions)', HIDDEN),
  blocks: option.whole(5, 'Number of random blocks'),
  overlap: option.count(0, 'Visible pixels at the edge of the center that count tenfold; the code has 4 of 128'),
  adversarialWeight: option.share(0.001, 'Share of the adversarial loss in the joint one, beside the squared error'),
  bottleneck: option.choice(['channelwise', 'dense'], 'Within each channel (for features), or over all (for pictures)'),
  bottleneckSize: option.whole(4000, 'Numbers that pass the dense bottleneck'),
  decoderWidth: option.whole(64, 'Channels of the last layer of the decoder'),
  discriminatorWidth: option.whole(64, 'Channels of the first layer of the discriminator'),
  useFlip: option.useFlip('each image'),
});

type Options = z.output<typeof options>;
/** Images in [-1, 1] and the same without what is hidden, (N, C, S, S), with the masks, bool (N, 1, S, S). */
type HoledViews = { images: Tensor; hidden: Tensor; input: Tensor };

/** Weight of the visible edge of the hole in the squared error, as in the code. */
const OVERLAP_WEIGHT = 10;

/** From the least to the largest value of a pixel. */
const PEAK = 2;

export class ContextEncoder extends Method<Options, HoledViews> {
  readonly bottleneck: Sequential;
  readonly decoder: Decoder;
  readonly discriminator: Sequential | null;
  private readonly holes: Holes;
  private readonly augment = halfFlipped(this.options.useFlip);

  constructor(context: MethodContext<Options>) {
    super(context);
    const { bottleneck, bottleneckSize, decoderWidth: width, loss, discriminatorWidth } = this.options;
    const { channels: outputSize, height } = this.spec;
    this.holes = new Holes(this.options, height);
    const { length: outputSide } = this.holes;
    const { size, side: mapSide } = lastMap(this.backbone, height);
    const side = pooledSide(mapSide);
    this.bottleneck =
      bottleneck === 'dense' ? denseBottleneck(size, side, bottleneckSize) : channelwiseBottleneck(size, side);
    this.decoder = new Decoder({ inputSize: size, inputSide: side, outputSize, outputSide, width });
    this.discriminator = loss === 'l2' ? null : dcganDiscriminator(outputSize, outputSide, discriminatorWidth);
  }

  override views({ samples }: Batch, random: Generator): HoledViews {
    const images = this.prepare(this.augment(samples, random));
    const hidden = this.holes.draw(images.size(0), random).to(images.device);
    return { images, hidden, input: this.erase(images, hidden) };
  }

  /** The data's mean color where pixels are hidden. */
  private erase(images: Tensor, hidden: Tensor): Tensor {
    const color = this.spec.mean.map((value) => 2 * value - 1);
    const fill = tensor(color, { shape: [1, color.length, 1, 1], device: images.device });
    return ops.where(hidden, fill.expand(images.shape), images);
  }

  /** What the network paints, (N, C, P, P) in [-1, 1], with the map of the encoder. */
  private paint(input: Tensor): { output: Tensor; maps: Tensor } {
    const maps = this.backbone.maps(input);
    const output = this.decoder.forward(this.bottleneck.forward(poolMap(maps))).to('float32');
    return { output: output.tanh(), maps };
  }

  /** What the discriminator sees of an output: all of a central block, and elsewhere the image with its hole filled. */
  private judged(output: Tensor, truth: Tensor, hole: Tensor): Tensor {
    return this.options.mask === 'central' ? output : ops.where(hole, output, truth);
  }

  override loss({ images, hidden, input }: HoledViews, group: string): Outcome {
    const [truth, hole] = [this.holes.cut(images), this.holes.cut(hidden)];
    if (group === 'discriminator') {
      const { output } = noGrad(() => this.paint(input));
      const made = this.judged(output, truth, hole);
      return { loss: discriminatorLoss(this.discriminator!.forward(truth), this.discriminator!.forward(made)) };
    }
    const { output, maps } = this.paint(input);
    const verdict = this.discriminator?.forward(this.judged(output, truth, hole));
    return fullPrecision(output.device, () => {
      const squares = output.sub(truth).square();
      const ofHole = squares.mul(hole).sum().div(hole.sum().mul(this.spec.channels));
      const metrics: Record<string, Tensor> = { psnr: noGrad(() => decibels(ofHole.div(PEAK ** 2))) };
      const features = maps.mean([2, 3]);
      const hasEdge = this.options.mask === 'central' && this.options.overlap > 0;
      // Weighs 1 in the hole and ten on its visible edge, which is the rest of the central block.
      const ofBlock = (): Tensor => squares.mul(hole.logicalNot().mul(OVERLAP_WEIGHT).add(hole)).mean();
      const reconstruction = hasEdge ? ofBlock() : ofHole;
      if (verdict === undefined) return { loss: reconstruction, metrics, features };
      const adversarial = generatorLoss(verdict);
      metrics.adversarial = adversarial.detach();
      const share = this.options.loss === 'adversarial' ? 1 : this.options.adversarialWeight;
      return { loss: reconstruction.mul(1 - share).add(adversarial.mul(share)), metrics, features };
    });
  }

  /** The discriminator first, as in the code: what judges, or learns from the judgment alone, at a tenth of the rate. */
  override optimizerGroups() {
    const { backbone, bottleneck, decoder, discriminator, options } = this;
    const betas = [0.5, 0.999] as const;
    const learningRateFactor = options.loss === 'adversarial' ? 0.1 : 1;
    const painter = { name: 'generator', modules: [backbone, bottleneck, decoder], betas, learningRateFactor };
    if (discriminator === null) return [painter];
    return [{ name: 'discriminator', modules: [discriminator], betas, learningRateFactor: 0.1 }, painter];
  }

  /**
   * Fills the hidden part: images [0, 1] float (N, C, S, S), with bool masks (N, 1, S, S) that are true where pixels are missing.
   * The rest of the image comes back as it was.
   *
   * @throws AutodidactError `SHAPE` for images or masks of other shapes, and for holes that reach beyond the central block when
   *   the network paints that alone
   */
  fill(images: Tensor, hidden: Tensor): Tensor {
    const { channels, height: side } = this.spec;
    const shape = [channels, side, side].join(', ');
    if (images.ndim !== 4 || images.shape.slice(1).join(', ') !== shape)
      throw expected(`images of shape (N, ${shape})`, 'images', images, { code: 'SHAPE' });
    return withoutGraph(() => {
      this.holes.check(hidden, images.size(0));
      const { output } = this.paint(this.erase(this.prepare(images), hidden));
      return this.holes.fill(images, hidden, fromSigned(output));
    });
  }

  /** Hides parts of images as in training and fills them: uint8 or float [0, 1] (N, C, S, S) to float [0, 1]. */
  override generate(input: Tensor, random: Generator): Tensor {
    return scope(() => this.fill(toFloat(input), this.holes.draw(input.size(0), random).to(input.device)));
  }

  override preview({ samples }: Batch, random: Generator): Preview[] {
    const images = toFloat(firstSamples(samples, 8));
    const hidden = this.holes.draw(images.size(0), random).to(images.device);
    const filled = this.fill(images, hidden);
    const white = ops.onesLike(images);
    const numbers = hidden.sum([1, 2, 3]).mul(this.spec.channels);
    const quality = decibels(filled.sub(images).square().sum([1, 2, 3]).div(numbers)).toNumbers();
    const explanation =
      'A part of each image is cut out (white). The network sees the rest and paints what was there; the higher the dB, the nearer.';
    const rows = tileRows([
      { images, caption: 'the image' },
      { images: ops.where(hidden, white, images), caption: 'with a hole' },
      { images: filled, caption: (i) => `filled: ${quality[i]!.toFixed(1)} dB` },
      { images: ops.where(hidden, images, images.lerp(white, 0.85)), caption: 'what was there' },
    ]);
    return [{ title: 'What is missing?', explanation, rows }];
  }
}

export const contextEncoder = defineMethod({
  ...card,
  options,
  smallOptions: { decoderWidth: 32, discriminatorWidth: 16, bottleneckSize: 500 },
  // Batch norm of the dense bottleneck needs two samples.
  smallestBatch: 2,
  needs: () => ({ side: 8 }),
  encoder: symmetricImages(),
  create: (context) => new ContextEncoder(context),
});
