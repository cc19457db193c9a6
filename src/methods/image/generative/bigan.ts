/**
 * BiGAN: a generator paints images from codes, an encoder reads codes from images, and a discriminator decides which of the two made
 * a pair of image and code.
 *
 * Donahue, Krahenbuhl, Darrell, "Adversarial Feature Learning", ICLR 2017, https://arxiv.org/abs/1605.09782; code:
 * github.com/jeffdonahue/bigan.
 *
 * D sees (x, E(x)) or (G(z), z), never x and G(E(x)) together: no loss compares an image with its reconstruction. Yet E and G
 * can only fool D in all pairs when they invert each other. Codes are uniform in [-1, 1]; E and G learn by the inverse labels
 * (not by the negative loss), as in the code.
 *
 * The code updates all networks at once from the same passes; we update D first. It uses fully connected networks on MNIST and
 * DCGAN's with kernels of 5 on ImageNet; ours have kernels of 4, and D the hidden layer of the code's network for 28 pixels.
 */
import { z } from 'zod';
import { fromSigned, halfFlipped, toFloat } from '../../../augment/index.js';
import { withoutStatistics } from '../../../backbones/statistics.js';
import { firstSamples } from '../../../data/index.js';
import { fullPrecision, type Generator, noGrad, ops, type Tensor, withoutGraph } from '../../../engine/index.js';
import { Linear, type Sequential } from '../../../engine/nn/index.js';
import { imageGenerator } from '../../../networks/code-decoder.js';
import { lastMap } from '../../../networks/decoder.js';
import { JointDiscriminator } from '../../../networks/joint-discriminator.js';
import { symmetricImages } from '../../encoders.js';
import { discriminatorLoss } from '../../losses/adversarial.js';
import { reconstructionShare } from '../../losses/reconstruction-share.js';
import { type Batch, defineMethod, Method, type MethodContext, type Outcome, type Preview } from '../../method.js';
import * as option from '../../options.js';
import { tileRows } from '../../previews/tile-rows.js';
import { card } from './bigan.card.js';

const options = z.object({
  codeSize: option.whole(200, 'Numbers in a code; the paper has 50 on MNIST'),
  generatorWidth: option.whole(64, 'Channels of the last layer of the generator'),
  discriminatorWidth: option.whole(64, 'Channels of the first layer of the discriminator'),
  useFlip: option.useFlip('each image'),
});

type Options = z.output<typeof options>;
/** Images x in [-1, 1], (N, C, S, S), and random codes z, (N, codeSize). */
type BiGanViews = { images: Tensor; codes: Tensor };

export class BiGan extends Method<Options, BiGanViews> {
  /** The last map with all its positions to the code. */
  readonly projection: Linear;
  readonly generator: Sequential;
  readonly discriminator: JointDiscriminator;
  private readonly augment = halfFlipped(this.options.useFlip);

  constructor(context: MethodContext<Options>) {
    super(context);
    const { codeSize, generatorWidth: width, discriminatorWidth } = this.options;
    const { height: side, channels } = this.spec;
    const last = lastMap(this.backbone, side);
    this.projection = new Linear(last.size * last.side * last.side, codeSize);
    this.generator = imageGenerator({ codeSize, channels, side, width });
    this.discriminator = new JointDiscriminator({ channels, side, codeSize, width: discriminatorWidth });
  }

  override views({ samples }: Batch, random: Generator): BiGanViews {
    const images = this.prepare(this.augment(samples, random));
    return { images, codes: this.drawCodes(images.size(0), random).to(images.device) };
  }

  /** z, uniform in [-1, 1]: (N, codeSize). */
  private drawCodes(count: number, random: Generator): Tensor {
    return ops.rand([count, this.options.codeSize], { generator: random, device: random.device }).mul(2).sub(1);
  }

  /** E(x) in [-1, 1], (N, codeSize), from the last maps. */
  private encode(maps: Tensor): Tensor {
    return this.projection.forward(maps.flatten(1)).to('float32').div(2).tanh();
  }

  /** G(z) in [-1, 1]: (N, C, S, S). */
  private paint(codes: Tensor): Tensor {
    return this.generator.forward(codes).to('float32').tanh();
  }

  override loss({ images, codes }: BiGanViews, group: string): Outcome {
    if (group === 'discriminator') {
      const [read, painted] = noGrad(() => [this.encode(this.backbone.maps(images)), this.paint(codes)] as const);
      const [encoded, generated] = this.judge(images, read, painted, codes);
      return { loss: fullPrecision(images.device, () => discriminatorLoss(encoded, generated)) };
    }
    const maps = this.backbone.maps(images);
    const read = this.encode(maps);
    const [encoded, generated] = this.judge(images, read, this.paint(codes), codes);
    // The inverse labels: pairs of the encoder called the generator's, and the other way round.
    const loss = fullPrecision(images.device, () => discriminatorLoss(generated, encoded));
    const restored = withoutStatistics(this.generator, () => noGrad(() => this.paint(read.detach())));
    const reconstruction = noGrad(() => reconstructionShare(images, restored));
    return { loss, metrics: { reconstruction }, features: maps.mean([2, 3]) };
  }

  /** D's logits (N, 1) for images with the codes that E reads in them, and for painted images with their codes. */
  private judge(images: Tensor, read: Tensor, painted: Tensor, codes: Tensor): [encoded: Tensor, generated: Tensor] {
    return [this.discriminator.forward(images, read), this.discriminator.forward(painted, codes)];
  }

  override optimizerGroups() {
    const betas = [0.5, 0.999] as const;
    return [
      { name: 'discriminator', modules: [this.discriminator], betas },
      { name: 'generator', modules: [this.backbone, this.projection, this.generator], betas },
    ];
  }

  /** G(E(x)): uint8 or float [0, 1] (N, C, S, S) to float [0, 1]. */
  override generate(input: Tensor): Tensor {
    return withoutGraph(() => fromSigned(this.paint(this.encode(this.backbone.maps(this.prepare(input))))));
  }

  /** G(z) for random codes: float [0, 1] (count, C, S, S). */
  sample(count: number, random: Generator): Tensor {
    const { device } = this.projection.weight;
    return withoutGraph(() => fromSigned(this.paint(this.drawCodes(count, random).to(device))));
  }

  override preview({ samples }: Batch, random: Generator): Preview[] {
    const shown = firstSamples(samples, 8);
    const explanation =
      'One network reads a code from each image, another paints images from random codes, and a third decides which of them made a pair. No loss asks for the restored image: it appears once the third network is fooled.';
    const rows = tileRows([
      { images: toFloat(shown), caption: 'the image x' },
      { images: this.generate(shown), caption: 'painted from its code: G(E(x))' },
      { images: this.sample(shown.size(0), random), caption: 'painted from a random code: G(z)' },
    ]);
    return [{ title: 'Whose pair is it?', explanation, rows }];
  }
}

export const biGan = defineMethod({
  ...card,
  options,
  smallOptions: { codeSize: 50, generatorWidth: 32, discriminatorWidth: 32 },
  // Batch norm over the hidden layer needs two samples.
  smallestBatch: 2,
  encoder: symmetricImages(),
  create: (context) => new BiGan(context),
});
