/**
 * Super-resolution: an image is made small, and the network makes it large again. First SRResNet is trained on the squared error,
 * which averages over all large images that would fit; then, as the generator of SRGAN, it must deceive a discriminator.
 *
 * Ledig, Theis, Huszar, Caballero, Cunningham, Acosta, Aitken, Tejani, Totz, Wang, Shi, "Photo-Realistic Single Image
 * Super-Resolution Using a Generative Adversarial Network", CVPR 2017, https://arxiv.org/abs/1609.04802. No code of the authors is
 * public.
 *
 * With the small image x, the large one y, the generator G, the discriminator D and a frozen network phi:
 *   SRResNet  L = mean (G(x) - y)^2
 *   SRGAN     L = content + 1e-3 mean(-log D(G(x))),   content = mean (phi(G(x)) - phi(y))^2
 *
 * Where we differ: the paper compares feature maps of VGG19 that was trained on labeled images, and scales them by 1 / 12.75 so
 * that the content loss is about as large as the squared error of pixels. We know no labels: phi is an encoder that an earlier run has
 * learnt or, as a weaker stand-in, a random network, and the content loss is relative to the mean square of phi(y), whatever
 * the scale of phi. The paper blurs by a Gaussian before it takes every fourth pixel; we resize bicubically with
 * antialiasing, as the usual benchmarks do. The adversarial term is the mean over the batch, not the sum.
 */
import { z } from 'zod';
import { cutPatches, resize, toFloat, uniforms } from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import { type Generator, noGrad, scope, type Tensor } from '../../../engine/index.js';
import { init, type Sequential } from '../../../engine/nn/index.js';
import { AutodidactError } from '../../../errors.js';
import { discriminatorLoss, generatorLoss } from '../../losses/adversarial.js';
import { lumaQuality, SSIM_WINDOW } from '../../losses/image-quality.js';
import {
  type Batch,
  type DataDescription,
  defineMethod,
  Method,
  type MethodContext,
  type Outcome,
  type Preview,
  type Progress,
  type Stage,
  type Turn,
  type Views,
} from '../../method.js';
import { type ContentNetwork, contentNetwork } from '../../networks/content-network.js';
import { lastMap } from '../../networks/decoder.js';
import { srganDiscriminator } from '../../networks/srgan-discriminator.js';
import { SubPixelTail } from '../../networks/sub-pixel-tail.js';

const options = z.object({
  factor: z.literal([2, 4]).default(4).describe('How many times larger the image becomes along each side'),
  cropSize: z
    .number()
    .int()
    .min(1)
    .default(96)
    .describe('Side in pixels of the random crops of the large images; images that are smaller are taken whole'),
  useBicubicSkip: z
    .boolean()
    .default(false)
    .describe('Predict what bicubic interpolation misses instead of the whole image; learns much sooner'),
  blocks: z.number().int().min(1).default(16).describe('Residual blocks of the backbone srresnet'),
  tailWidth: z.number().int().min(1).default(64).describe('Channels of the layers that enlarge the image'),
  ganShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.167)
    .describe('Share of the steps with the discriminator, after those of SRResNet; 0 for SRResNet alone'),
  content: z
    .enum(['features', 'pixels'])
    .default('features')
    .describe('What the content loss of SRGAN compares: maps of a frozen network, or pixels'),
  encoder: z
    .string()
    .nullable()
    .default(null)
    .describe('That network: the folder of a run or its encoder.safetensors; null for a random one, which is weaker'),
  contentLayer: z.string().nullable().default(null).describe('Layer of that encoder to compare; null for the last'),
  contentWeight: z.number().min(0).default(1).describe('Weight of the content loss'),
  adversarialWeight: z.number().min(0).default(1e-3).describe('Weight of the adversarial loss'),
  discriminatorWidth: z.number().int().min(1).default(64).describe('Channels of the first layer of the discriminator'),
});

type Options = z.output<typeof options>;
type Seen = Record<'large' | 'small' | 'bicubic', Tensor>;

const SHOWN = 6;

export class SuperResolution extends Method {
  override readonly backbone: Backbone;
  readonly tail: SubPixelTail;
  readonly discriminator: Sequential | null;
  readonly content: ContentNetwork | null;
  override readonly stages: readonly Stage[];
  private readonly options: Options;
  private readonly data: DataDescription;
  /** Side of the large crops. */
  private readonly cropSide: number;

  constructor({ options, backbone, data, assets }: MethodContext<Options>) {
    super();
    this.options = options;
    this.backbone = backbone;
    this.data = data;
    this.cropSide = cropSideOf(options, data);
    const { size, side } = lastMap(backbone, this.cropSide / options.factor);
    const doublings = Math.log2(this.cropSide / side);
    if (!Number.isInteger(doublings) || doublings < 0)
      throw new AutodidactError(
        'USAGE',
        `${backbone.architecture} makes maps of ${side} pixels a side of images of ${this.cropSide / options.factor}, which no number of doublings brings to ${this.cropSide}`,
        { remedy: 'Take --backbone srresnet, or a --crop-size that is a power of two.' },
      );
    this.tail = new SubPixelTail({ inputSize: size, outputSize: data.channels, doublings, width: options.tailWidth });
    if (options.useBicubicSkip) {
      // The network starts as bicubic interpolation.
      init.constant_(this.tail.output.weight, 0);
      init.constant_(this.tail.output.bias!, 0);
    }
    const hasGan = options.ganShare > 0;
    this.stages = [
      { name: 'srresnet', share: 1 - options.ganShare },
      ...(hasGan ? [{ name: 'srgan', share: options.ganShare }] : []),
    ];
    this.discriminator = hasGan ? srganDiscriminator(data.channels, this.cropSide, options.discriminatorWidth) : null;
    const { encoder, contentLayer } = options;
    this.content =
      hasGan && options.content === 'features' ? contentNetwork({ encoder, layer: contentLayer }, data, assets) : null;
  }

  /** Pixels in [0, 1]. */
  override prepare(samples: Tensor): Tensor {
    return toFloat(samples);
  }

  override views({ samples }: Batch, random: Generator): Views {
    const [count, , height, width] = samples.shape as [number, number, number, number];
    const draws = uniforms(count, 2, random);
    const places = Array.from({ length: count }, (_, i) => {
      const [top = 0, left = 0] = draws(i);
      return {
        top: Math.floor(top * (height - this.cropSide + 1)),
        left: Math.floor(left * (width - this.cropSide + 1)),
      };
    });
    return this.shrink(toFloat(cutPatches(samples, places, this.cropSide)));
  }

  /** Images [0, 1] (N, C, S, S) with their small versions (N, C, S / factor, S / factor) and what bicubic makes of those. */
  private shrink(large: Tensor): Seen {
    const side = large.size(2);
    const small = resize({ size: side / this.options.factor })(large);
    return { large, small, bicubic: resize({ size: side })(small) };
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

  override loss(views: Views, turn: string, { stage }: Pick<Progress, 'stage'>): Outcome {
    const { large, small, bicubic } = views as Seen;
    if (turn === 'discriminator') {
      const { output } = noGrad(() => this.enlarge(small, bicubic));
      const [real, made] = [toSigned(large), output].map((images) => this.discriminator!.forward(images));
      return { loss: discriminatorLoss(real!, made!) };
    }
    const { output, maps } = this.enlarge(small, bicubic);
    const features = maps.mean([2, 3]);
    const metrics: Record<string, Tensor> = this.quality(large, toUnsigned(output.detach()), bicubic);
    if (stage === 0 || this.discriminator === null)
      return { loss: output.sub(toSigned(large)).square().mean(), metrics, features };
    const content = this.contentLoss(output, large);
    const adversarial = generatorLoss(this.discriminator.forward(output));
    metrics.content = content.detach();
    metrics.adversarial = adversarial.detach();
    const { contentWeight, adversarialWeight } = this.options;
    return { loss: content.mul(contentWeight).add(adversarial.mul(adversarialWeight)), metrics, features };
  }

  /** Squared error on the maps of the frozen network, relative to the mean square of the true image's maps; or on the pixels. */
  private contentLoss(output: Tensor, large: Tensor): Tensor {
    const { content } = this;
    if (content === null) return output.sub(toSigned(large)).square().mean();
    const truth = noGrad(() => content.forward(large).to('float32'));
    const maps = content.forward(output.add(1).div(2)).to('float32');
    return maps.sub(truth).square().mean().div(truth.square().mean().clampMin(1e-12));
  }

  /** PSNR and SSIM on the Y channel, without a border of `factor` pixels, of what the network and bicubic make. */
  private quality(large: Tensor, made: Tensor, bicubic: Tensor): Record<string, Tensor> {
    return scope(() => {
      const [ours, theirs] = [made, bicubic].map((images) => lumaQuality(images, large, this.options.factor));
      return {
        psnr: ours!.psnr.mean(),
        ssim: ours!.ssim.mean(),
        psnrBicubic: theirs!.psnr.mean(),
        ssimBicubic: theirs!.ssim.mean(),
      };
    });
  }

  /** SRResNet alone at first; then discriminator and generator by turns, on the same views. */
  override turns(stage: number): Turn[] {
    const generator: Turn = { name: 'generator', modules: [this.backbone, this.tail] };
    if (stage === 0 || this.discriminator === null) return [generator];
    return [{ name: 'discriminator', modules: [this.discriminator] }, generator];
  }

  /** What makes the content network anew when the run is loaded, also where its file is gone. */
  override assets(): ReadonlyMap<string, Uint8Array> {
    return this.content?.assets() ?? new Map();
  }

  /**
   * Enlarges images of any size by the factor: uint8 or float [0, 1] (N, C, H, W) to float [0, 1] (N, C, factor H, factor W).
   *
   * @throws AutodidactError `SHAPE` when the backbone's map of such images does not lead to the size wanted
   */
  override generate(input: Tensor): Tensor {
    return noGrad(() =>
      scope(() => {
        const small = toFloat(input);
        const size = [this.options.factor * small.size(2), this.options.factor * small.size(3)] as const;
        return toUnsigned(this.enlarge(small, resize({ size })(small)).output);
      }),
    );
  }

  override preview({ samples }: Batch): Preview[] {
    const count = Math.min(SHOWN, samples.size(0));
    const start = Math.floor((this.data.imageSize - this.cropSide) / 2);
    const places = Array.from({ length: count }, () => ({ top: start, left: start }));
    const crops = cutPatches(samples.narrow(0, 0, count), places, this.cropSide);
    const { large, small, bicubic } = this.shrink(toFloat(crops));
    const made = this.generate(small);
    const [ofOurs, ofTheirs] = [made, bicubic].map((images) =>
      lumaQuality(images, large, this.options.factor).psnr.toNumbers(),
    ) as [number[], number[]];
    const rows = Array.from({ length: count }, (_, i) => [
      { image: small.select(0, i), caption: `small, ${small.size(2)} pixels` },
      { image: bicubic.select(0, i), caption: `bicubic, ${ofTheirs[i]!.toFixed(1)} dB` },
      { image: made.select(0, i), caption: `predicted, ${ofOurs[i]!.toFixed(1)} dB` },
      { image: large.select(0, i), caption: `true, ${this.cropSide} pixels` },
    ]);
    return [
      {
        title: 'What did the large image look like?',
        explanation:
          'The network sees the small image on the left and paints a large one; bicubic interpolation, which has learnt nothing, stands beside it. The more dB, the nearer to the true image; with a discriminator the network aims at sharpness instead.',
        rows,
      },
    ];
  }
}

const toSigned = (images: Tensor): Tensor => images.mul(2).sub(1);
/** Pixels in [-1, 1], or beyond, to [0, 1]. */
const toUnsigned = (images: Tensor): Tensor => images.add(1).div(2).clamp(0, 1);

/** @throws AutodidactError `USAGE` for a side that the factor does not divide or that is too small to be measured */
function cropSideOf({ factor, cropSize }: Options, { imageSize }: Pick<DataDescription, 'imageSize'>): number {
  const side = Math.min(cropSize, imageSize);
  const [name, flag] = cropSize <= imageSize ? ['crops', '--crop-size'] : ['images', '--crop-size or --size'];
  if (side % factor !== 0)
    throw new AutodidactError(
      'USAGE',
      `Expected ${name} whose side is a multiple of the factor ${factor}, received ${side} pixels`,
      { remedy: `Take ${flag} ${side - (side % factor)}.` },
    );
  const smallest = Math.ceil((SSIM_WINDOW + 2 * factor) / factor) * factor;
  if (side < smallest)
    throw new AutodidactError(
      'USAGE',
      `Super-resolution by ${factor} needs ${name} of at least ${smallest} pixels a side, received ${side}`,
      { remedy: `Raise ${flag}, or take a smaller --factor.` },
    );
  return side;
}

export const superResolution = defineMethod({
  name: 'super-resolution',
  title: 'Super-resolution (SRGAN)',
  modality: 'image',
  family: 'generative',
  summary:
    'Make every image small, and paint the large one again; then so that a discriminator takes it for a true one.',
  paper: {
    title: 'Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial Network',
    authors: 'Christian Ledig, Lucas Theis, Ferenc Huszar, Jose Caballero, Andrew Cunningham et al.',
    year: 2017,
    url: 'https://arxiv.org/abs/1609.04802',
  },
  score: { metric: 'psnr', name: 'PSNR of the Y channel in dB', better: 'higher', turn: 'generator' },
  options,
  smallOptions: {
    factor: 2,
    cropSize: 48,
    useBicubicSkip: true,
    blocks: 4,
    tailWidth: 16,
    ganShare: 0.3,
    adversarialWeight: 0.1,
    discriminatorWidth: 16,
  },
  recipes: {
    // A million steps of SRResNet and 200,000 of SRGAN, of which the second half at a tenth of the rate: with 16 crops in a batch about
    // 15 passes over the 1.28 million images of ImageNet.
    paper: {
      backbone: 'srresnet',
      epochs: 15,
      batchSize: 16,
      optimizer: 'adam',
      learningRate: 1e-4,
      weightDecay: 0,
      schedule: 'step',
      milestones: [0.9165],
    },
    // A discriminator learns nothing at the rate at which SRResNet learns fastest: it begins with the lower one.
    small: {
      backbone: 'srresnet',
      width: 16,
      epochs: 20,
      batchSize: 16,
      optimizer: 'adam',
      learningRate: 2e-3,
      weightDecay: 0,
      schedule: 'step',
      milestones: [0.7],
      gamma: 0.25,
    },
  },
  smallestImage: 16,
  backboneOptions: (options, data, architecture) => ({
    imageSize: cropSideOf(options, data) / options.factor,
    ...(architecture === 'srresnet' ? { blocks: options.blocks } : {}),
  }),
  create: (context) => new SuperResolution(context),
});
