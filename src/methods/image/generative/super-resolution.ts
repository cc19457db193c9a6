/**
 * Super-resolution: images are made small, and the network makes them large again. First SRResNet is trained on the squared error,
 * which averages over all large images that would fit; then, as the generator of SRGAN, it must deceive a discriminator.
 *
 * Ledig, Theis, Huszar, Caballero, Cunningham, Acosta, Aitken, Tejani, Totz, Wang, Shi, "Photo-Realistic Single Image
 * Super-Resolution Using a Generative Adversarial Network", CVPR 2017, https://arxiv.org/abs/1609.04802. No code of theirs is public.
 *
 * With the small image x, the large one y, the generator G, the discriminator D and a frozen network phi:
 *   SRResNet  L = mean (G(x) - y)^2
 *   SRGAN     L = content + 1e-3 mean(-log D(G(x))),   content = mean (phi(G(x)) - phi(y))^2
 *
 * Where we differ: the paper compares feature maps of VGG19 that was trained on labeled images, and scales them by 1 / 12.75 so
 * that the content loss is about as large as the squared error of pixels. Without labels, phi is an encoder of an earlier run
 * or, as a weaker stand-in, a random network, and the content loss is relative to the mean square of phi(y). The paper blurs by a
 * Gaussian before it takes every fourth pixel; we resize bicubically with antialiasing, as the usual benchmarks do. The adversarial
 * term is the mean over the batch, not the sum.
 */
import { z } from 'zod';
import { fromSigned, resize, toFloat, toSigned } from '../../../augment/index.js';
import { firstSamples } from '../../../data/index.js';
import { type Generator, noGrad, scope, type Tensor, withoutGraph } from '../../../engine/index.js';
import { init, type Sequential } from '../../../engine/nn/index.js';
import { AutodidactError } from '../../../errors.js';
import { type ContentNetwork, contentNetwork } from '../../../networks/content-network.js';
import { lastMap } from '../../../networks/decoder.js';
import { srganDiscriminator } from '../../../networks/srgan-discriminator.js';
import { SubPixelTail } from '../../../networks/sub-pixel-tail.js';
import { plainImages } from '../../encoders.js';
import { discriminatorLoss, generatorLoss } from '../../losses/adversarial.js';
import { lumaQuality } from '../../losses/image-quality.js';
import { type Batch, defineMethod, Method, type MethodContext, type Outcome, type Preview } from '../../method.js';
import * as option from '../../options.js';
import { tileRows } from '../../previews/tile-rows.js';
import { centralCrops, cropSideOf, randomCrops, type SmallAndLarge, shrink } from '../../views/small-and-large.js';
import { both } from '../../views/two-views.js';
import { card } from './super-resolution.card.js';

const options = z.object({
  factor: z.literal([2, 4]).default(4).describe('How many times larger the image becomes along each side'),
  cropSize: option.whole(96, 'Side in pixels of the random crops of the large images; smaller images are taken whole'),
  useBicubicSkip: option.flag(false, 'Predict only what bicubic interpolation misses; learns much sooner'),
  blocks: option.whole(16, 'Residual blocks of the backbone srresnet'),
  tailWidth: option.whole(64, 'Channels of the layers that enlarge the image'),
  ganShare: option.share(0.167, "Share of the steps with the discriminator, after SRResNet's; 0 for SRResNet alone"),
  content: option.choice(['features', 'pixels'], "SRGAN's content loss compares maps of a frozen network, or pixels"),
  encoder: option.textOrNull('That network: a run or its encoder.safetensors; null for a random one, which is weaker'),
  contentLayer: option.textOrNull('Layer of that encoder to compare; null for the last'),
  contentWeight: option.weight(1, 'Weight of the content loss'),
  adversarialWeight: option.weight(1e-3, 'Weight of the adversarial loss'),
  discriminatorWidth: option.whole(64, 'Channels of the first layer of the discriminator'),
});

type Options = z.output<typeof options>;

export class SuperResolution extends Method<Options, SmallAndLarge> {
  readonly tail: SubPixelTail;
  readonly discriminator: Sequential | null;
  readonly content: ContentNetwork | null;
  override readonly stages: Method['stages'];
  /** Side of the large crops. */
  private readonly cropSide: number;

  constructor(context: MethodContext<Options>) {
    super(context);
    const { backbone, options, spec } = this;
    const { factor, tailWidth: width, ganShare, encoder, contentLayer: layer } = options;
    this.cropSide = cropSideOf(options, spec.height);
    const { size, side } = lastMap(backbone, this.cropSide / factor);
    const doublings = Math.log2(this.cropSide / side);
    if (!Number.isInteger(doublings) || doublings < 0)
      throw new AutodidactError(
        'USAGE',
        `${backbone.architecture} makes maps of ${side} pixels a side of images of ${this.cropSide / factor}, which no number of doublings brings to ${this.cropSide}`,
        { remedy: 'Take --backbone srresnet, or a --crop-size that is a power of two.' },
      );
    this.tail = new SubPixelTail({ inputSize: size, outputSize: spec.channels, doublings, width });
    if (options.useBicubicSkip) {
      // The network starts as bicubic interpolation.
      init.constant_(this.tail.output.weight, 0);
      init.constant_(this.tail.output.bias!, 0);
    }
    const hasGan = ganShare > 0;
    this.stages = [{ name: 'srresnet', share: 1 - ganShare }, ...(hasGan ? [{ name: 'srgan', share: ganShare }] : [])];
    this.discriminator = hasGan ? srganDiscriminator(spec.channels, this.cropSide, options.discriminatorWidth) : null;
    this.content =
      hasGan && options.content === 'features' ? contentNetwork({ encoder, layer }, spec, context.assets) : null;
  }

  override views({ samples }: Batch, random: Generator): SmallAndLarge {
    return shrink(randomCrops(samples, this.cropSide, random), this.options.factor);
  }

  override pipelines() {
    const { cropSide: size, options } = this;
    return { crop: { name: 'randomCrop', size }, small: { name: 'shrink', factor: options.factor } };
  }

  /** Large images in [-1, 1], not clamped, and the backbone's maps. */
  private enlarge(small: Tensor, bicubic: Tensor): { output: Tensor; maps: Tensor } {
    const maps = this.backbone.maps(small);
    const painted = this.tail.forward(maps).to('float32');
    const [given, made, wanted] = [small, painted, bicubic].map((images) => images.shape.slice(2).join('x'));
    if (made !== wanted)
      throw new AutodidactError(
        'SHAPE',
        `${this.backbone.architecture} leads from images of ${given} to ${made} instead of ${wanted}`,
        { remedy: 'Crop the images to sides that are powers of two, or train with the backbone srresnet.' },
      );
    return { output: this.options.useBicubicSkip ? painted.add(toSigned(bicubic)) : painted, maps };
  }

  override loss({ large, small, bicubic }: SmallAndLarge, group: string, { stage }: { stage: number }): Outcome {
    const truth = toSigned(large);
    if (group === 'discriminator') {
      const { output } = noGrad(() => this.enlarge(small, bicubic));
      return { loss: discriminatorLoss(...both([truth, output], (images) => this.discriminator!.forward(images))) };
    }
    const { output, maps } = this.enlarge(small, bicubic);
    const features = maps.mean([2, 3]);
    const metrics: Record<string, Tensor> = this.quality(large, toPixels(output.detach()), bicubic);
    if (stage === 0 || this.discriminator === null)
      return { loss: output.sub(truth).square().mean(), metrics, features };
    const content = this.content?.distance(fromSigned(output), large) ?? output.sub(truth).square().mean();
    const adversarial = generatorLoss(this.discriminator.forward(output));
    Object.assign(metrics, { content: content.detach(), adversarial: adversarial.detach() });
    const { contentWeight, adversarialWeight } = this.options;
    return { loss: content.mul(contentWeight).add(adversarial.mul(adversarialWeight)), metrics, features };
  }

  /** PSNR and SSIM on the Y channel, without a border of `factor` pixels, of what the network and bicubic make. */
  private quality(large: Tensor, made: Tensor, bicubic: Tensor): Record<string, Tensor> {
    return scope(() => {
      const [ours, theirs] = both([made, bicubic], (images) => lumaQuality(images, large, this.options.factor));
      const [psnr, ssim] = [ours.psnr.mean(), ours.ssim.mean()];
      return { psnr, ssim, psnrBicubic: theirs.psnr.mean(), ssimBicubic: theirs.ssim.mean() };
    });
  }

  /** SRResNet alone at first; then the discriminator and the generator, one after the other on the same views. */
  override optimizerGroups(stage: number) {
    const generator = { name: 'generator', modules: [this.backbone, this.tail] };
    if (stage === 0 || this.discriminator === null) return [generator];
    return [{ name: 'discriminator', modules: [this.discriminator] }, generator];
  }

  /** The description of the content network, so that a run can be loaded when the encoder's file is gone. */
  override assets(): ReadonlyMap<string, Uint8Array> {
    return this.content?.assets() ?? new Map();
  }

  /**
   * Enlarges images of any size by the factor: uint8 or float [0, 1] (N, C, H, W) to float [0, 1] (N, C, factor H, factor W).
   *
   * @throws AutodidactError `SHAPE` when the backbone's map of such images does not lead to the size wanted
   */
  override generate(input: Tensor): Tensor {
    return withoutGraph(() => {
      const small = toFloat(input);
      const size = both([small.size(2), small.size(3)], (length) => this.options.factor * length);
      return toPixels(this.enlarge(small, resize({ size })(small)).output);
    });
  }

  override preview({ samples }: Batch): Preview[] {
    const { factor } = this.options;
    const { large, small, bicubic } = shrink(centralCrops(firstSamples(samples, 6), this.cropSide), factor);
    const made = this.generate(small);
    const decibels = (images: Tensor): ((row: number) => string) => {
      const values = lumaQuality(images, large, factor).psnr.toNumbers();
      return (row) => `${values[row]!.toFixed(1)} dB`;
    };
    const [ofOurs, ofTheirs] = [decibels(made), decibels(bicubic)];
    const explanation =
      'The network sees the small image on the left and paints a large one; bicubic interpolation, which has learned nothing, stands beside it. The more dB, the nearer to the true image; with a discriminator the network aims at sharpness instead.';
    const rows = tileRows([
      { images: small, caption: `small, ${small.size(2)} pixels` },
      { images: bicubic, caption: (row) => `bicubic, ${ofTheirs(row)}` },
      { images: made, caption: (row) => `predicted, ${ofOurs(row)}` },
      { images: large, caption: `true, ${this.cropSide} pixels` },
    ]);
    return [{ title: 'What did the large image look like?', explanation, rows }];
  }
}

/** Pixels in [-1, 1], or beyond, to [0, 1]. */
const toPixels = (images: Tensor): Tensor => fromSigned(images).clamp(0, 1);

export const superResolution = defineMethod({
  ...card,
  options,
  smallOptions: {
    ...{ factor: 2, cropSize: 48, useBicubicSkip: true, blocks: 4, tailWidth: 16, ganShare: 0.3 },
    ...{ adversarialWeight: 0.1, discriminatorWidth: 16 },
  },
  // Batch norm over maps of one position needs two samples.
  smallestBatch: 2,
  needs: () => ({ side: 16 }),
  // The backbone sees the small images.
  encoder: plainImages(({ options, spec, architecture }) => ({
    imageSize: cropSideOf(options, spec.height) / options.factor,
    ...(architecture === 'srresnet' ? { blocks: options.blocks } : {}),
  })),
  create: (context) => new SuperResolution(context),
});
