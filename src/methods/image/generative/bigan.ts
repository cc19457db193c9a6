/**
 * BiGAN: a generator paints images from codes, an encoder reads codes from images, and a discriminator tells by whom a pair of image
 * and code was made.
 *
 * Donahue, Krahenbuhl, Darrell, "Adversarial Feature Learning", ICLR 2017, https://arxiv.org/abs/1605.09782; code:
 * github.com/jeffdonahue/bigan.
 *
 * D sees (x, E(x)) or (G(z), z), never x and G(E(x)) together: nobody compares an image with its reconstruction. And yet E and G
 * can only fool D in all pairs when they undo each other. Codes are uniform in [-1, 1]; E and G learn by the inverse labels
 * (not by the negative loss), as in the code.
 *
 * The code updates all networks at once from the same passes; we update D first. It decides on MNIST by fully connected networks
 * and on ImageNet by DCGAN's with kernels of 5; ours have kernels of 4, and after D's convolutions the hidden layer of the code's
 * network for 28 pixels.
 */
import { z } from 'zod';
import { horizontalFlip, toFloat } from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import { fullPrecision, type Generator, noGrad, ops, scope, type Tensor } from '../../../engine/index.js';
import { Linear, type Sequential } from '../../../engine/nn/index.js';
import { discriminatorLoss } from '../../losses/adversarial.js';
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
import { codeDecoder } from '../../networks/code-decoder.js';
import { lastMap } from '../../networks/decoder.js';
import { JointDiscriminator } from '../../networks/joint-discriminator.js';

const options = z.object({
  codeSize: z.number().int().min(1).default(200).describe('Numbers in a code; the paper has 50 on MNIST'),
  generatorWidth: z.number().int().min(1).default(64).describe('Channels of the last layer of the generator'),
  discriminatorWidth: z.number().int().min(1).default(64).describe('Channels of the first layer of the discriminator'),
  useFlip: z.boolean().default(true).describe('Random horizontal flip'),
});

type Options = z.output<typeof options>;

/** The generator's first map has a side of at least this many positions. */
const SMALLEST_MAP = 4;

export class BiGan extends Method {
  /** The last map with all its positions to the code. */
  readonly projection: Linear;
  readonly generator: Sequential;
  readonly discriminator: JointDiscriminator;

  constructor(
    readonly options: Options,
    override readonly backbone: Backbone,
    readonly data: DataDescription,
  ) {
    super();
    const { codeSize, generatorWidth, discriminatorWidth } = options;
    const { imageSize, channels } = data;
    const last = lastMap(backbone, imageSize);
    this.projection = new Linear(last.size * last.side * last.side, codeSize);
    let mapSide = imageSize;
    while (mapSide % 2 === 0 && mapSide / 2 >= SMALLEST_MAP) mapSide /= 2;
    this.generator = codeDecoder({
      codeSize,
      mapSize: (generatorWidth * imageSize) / mapSide,
      mapSide,
      outputSize: channels,
      outputSide: imageSize,
      width: generatorWidth,
    });
    this.discriminator = new JointDiscriminator({ channels, side: imageSize, codeSize, width: discriminatorWidth });
  }

  /** Pixels in [-1, 1]. */
  override prepare(samples: Tensor): Tensor {
    return scope(() => toFloat(samples).mul(2).sub(1));
  }

  override views({ samples }: Batch, random: Generator): Views {
    const images = this.prepare(this.options.useFlip ? horizontalFlip(0.5)(samples, random) : samples);
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

  override loss(views: Views, turn: string): Outcome {
    const { images, codes } = views as Record<'images' | 'codes', Tensor>;
    if (turn === 'discriminator') {
      const [read, painted] = noGrad(() => [this.encode(this.backbone.maps(images)), this.paint(codes)] as const);
      const [encoded, generated] = this.judge(images, read, painted, codes);
      return { loss: fullPrecision(images.device, () => discriminatorLoss(encoded, generated)) };
    }
    const maps = this.backbone.maps(images);
    const read = this.encode(maps);
    const [encoded, generated] = this.judge(images, read, this.paint(codes), codes);
    // The inverse labels: pairs of the encoder called the generator's, and the other way round.
    const loss = fullPrecision(images.device, () => discriminatorLoss(generated, encoded));
    const reconstruction = noGrad(() => reconstructionShare(images, this.paint(read.detach())));
    return { loss, metrics: { reconstruction }, features: maps.mean([2, 3]) };
  }

  /** What D says of an image with the code that E reads in it, and of a painted image with its code: logits (N, 1) each. */
  private judge(images: Tensor, read: Tensor, painted: Tensor, codes: Tensor): [encoded: Tensor, generated: Tensor] {
    return [this.discriminator.forward(images, read), this.discriminator.forward(painted, codes)];
  }

  override turns(): Turn[] {
    const betas = [0.5, 0.999] as const;
    return [
      { name: 'discriminator', modules: [this.discriminator], betas },
      { name: 'generator', modules: [this.backbone, this.projection, this.generator], betas },
    ];
  }

  /** G(E(x)): uint8 or float [0, 1] (N, C, S, S) to float [0, 1]. */
  override generate(input: Tensor): Tensor {
    return noGrad(() => scope(() => toPixels(this.paint(this.encode(this.backbone.maps(this.prepare(input)))))));
  }

  /** G(z) for random codes: float [0, 1] (count, C, S, S). */
  sample(count: number, random: Generator): Tensor {
    const { device } = this.projection.weight;
    return noGrad(() => scope(() => toPixels(this.paint(this.drawCodes(count, random).to(device)))));
  }

  override preview({ samples }: Batch, random: Generator): Preview[] {
    const shown = samples.narrow(0, 0, Math.min(8, samples.size(0)));
    const images = toFloat(shown);
    const restored = this.generate(shown);
    const painted = this.sample(shown.size(0), random);
    const rows = Array.from({ length: shown.size(0) }, (_, i) => [
      { image: images.select(0, i), caption: 'the image x' },
      { image: restored.select(0, i), caption: 'painted from its code: G(E(x))' },
      { image: painted.select(0, i), caption: 'painted from a random code: G(z)' },
    ]);
    return [
      {
        title: 'Whose pair is it?',
        explanation:
          'One network reads a code from each image, another paints images from random codes, and a third tells their pairs apart. Nobody asks the painter to restore an image from its code: it comes by itself when the third is fooled.',
        rows,
      },
    ];
  }
}

function toPixels(images: Tensor): Tensor {
  return images.add(1).div(2);
}

/**
 * The distance of each image to its reconstruction over that of the next image to it, means over the batch: 1 when codes say nothing
 * of images, as `EGr / EGr_b` of the code.
 *
 * @param images (N, C, H, W)
 */
export function reconstructionShare(images: Tensor, restored: Tensor): Tensor {
  const distance = (x: Tensor): Tensor => x.sub(restored).flatten(1).square().sum([1]).sqrt().mean();
  return distance(images).div(distance(images.roll([-1], [0])));
}

export const biGan = defineMethod({
  name: 'bigan',
  title: 'BiGAN',
  modality: 'image',
  family: 'generative',
  summary: 'Paint images from codes and read codes from images, so that nobody can tell whose pair is whose.',
  paper: {
    title: 'Adversarial Feature Learning',
    authors: 'Jeff Donahue, Philipp Krahenbuhl, Trevor Darrell',
    year: 2016,
    url: 'https://arxiv.org/abs/1605.09782',
    code: 'https://github.com/jeffdonahue/bigan',
  },
  score: {
    metric: 'reconstruction',
    name: "distance to one's own reconstruction, as a share of that to another's",
    better: 'lower',
    turn: 'generator',
  },
  options,
  smallOptions: { codeSize: 50, generatorWidth: 32, discriminatorWidth: 32 },
  recipes: {
    // ImageNet at 64 pixels. The rate falls to a hundredth in the second half, exponentially there, in five steps here.
    paper: {
      backbone: 'caffenet',
      epochs: 100,
      batchSize: 128,
      optimizer: 'adam',
      learningRate: 2e-4,
      weightDecay: 2.5e-5,
      schedule: 'step',
      milestones: [0.5, 0.6, 0.7, 0.8, 0.9],
      gamma: 0.4,
    },
    small: {
      backbone: 'dcgan',
      width: 32,
      epochs: 100,
      batchSize: 64,
      optimizer: 'adam',
      learningRate: 2e-4,
      weightDecay: 2.5e-5,
      schedule: 'constant',
    },
  },
  // Batch norm over the hidden layer needs two samples.
  smallestBatch: 2,
  create: ({ options, backbone, data }) => new BiGan(options, backbone, data),
});
