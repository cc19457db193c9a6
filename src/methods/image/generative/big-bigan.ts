/**
 * BigBiGAN: BiGAN with a discriminator that also judges images and codes by themselves, hinge losses, and an encoder that draws codes.
 *
 * Donahue, Simonyan, "Large Scale Adversarial Representation Learning", NeurIPS 2019, https://arxiv.org/abs/1907.02544. What the authors
 * published are weights; numbers of a small version are those of github.com/RKorzeniowski/BigBiGAN-PyTorch.
 *
 * With scores s of the image, of the code and of both, D pays max(0, 1 - s) for pairs of the encoder and max(0, 1 + s) for those of the
 * generator, for each score; E and G pay the scores of the encoder's pairs minus those of the generator's. Codes are normal; E gives a
 * mean and a deviation for each number of a code. Images may be larger for E than for G and D.
 *
 * The paper's G and F are those of BigGAN; ours are DCGAN's, with spectral norm in the discriminator alone. E is the backbone with an MLP
 * on its whole last map. D takes one step for each of the others.
 */
import { z } from 'zod';
import { fromSigned, halfFlipped, toFloat } from '../../../augment/index.js';
import { withoutStatistics } from '../../../backbones/statistics.js';
import { firstSamples } from '../../../data/index.js';
import { fullPrecision, type Generator, noGrad, ops, type Tensor, withoutGraph } from '../../../engine/index.js';
import { Linear, type Sequential } from '../../../engine/nn/index.js';
import { expected } from '../../../errors.js';
import { imageGenerator } from '../../../networks/code-decoder.js';
import { lastMap } from '../../../networks/decoder.js';
import { ResidualMlp } from '../../../networks/residual-mlp.js';
import { ScoreDiscriminator, type Scores } from '../../../networks/score-discriminator.js';
import { symmetricImages } from '../../encoders.js';
import { hingeLoss } from '../../losses/adversarial.js';
import { reconstructionShare } from '../../losses/reconstruction-share.js';
import { type Batch, defineMethod, Method, type MethodContext, type Outcome, type Preview } from '../../method.js';
import * as option from '../../options.js';
import { tileRows } from '../../previews/tile-rows.js';
import { card } from './big-bigan.card.js';

const options = z.object({
  codeSize: option.whole(100, 'Numbers in a code'),
  encoding: option.choice(['stochastic', 'deterministic'], 'Whether codes are drawn around what the encoder says'),
  scores: option.choice(
    ['all', 'joint', 'unary'],
    'Of images, codes and pairs, of pairs alone as in BiGAN, or not of pairs',
  ),
  shrink: option.whole(2, 'Side of the images of the encoder over that of the images of generator and discriminator'),
  generatorWidth: option.whole(64, 'Channels of the last layer of the generator'),
  discriminatorWidth: option.whole(64, 'Channels of the first layer of the discriminator'),
  hiddenSize: option.whole(256, 'Width of the networks that read features: of the encoder, of codes and of pairs'),
  blocks: option.whole(2, 'Residual blocks of each of them'),
  useFlip: option.useFlip('each image'),
});

type Options = z.output<typeof options>;
/** Images in [-1, 1], (N, C, S, S), codes z, and what the encoder draws codes by, both normal, (N, codeSize). */
type BigBiGanViews = Record<'images' | 'codes' | 'noise', Tensor>;

/** Without scores of pairs nothing ties codes to images: an ablation. */
const SCORES = { all: ['image', 'code', 'joint'], joint: ['joint'], unary: ['image', 'code'] } as const;

export class BigBiGan extends Method<Options, BigBiGanViews> {
  /** From the last map with all its positions. */
  readonly top: ResidualMlp;
  /** Mean of a code and what its deviation is the softplus of, one after the other; the mean alone when deterministic. */
  readonly moments: Linear;
  readonly generator: Sequential;
  readonly discriminator: ScoreDiscriminator;
  private readonly augment = halfFlipped(this.options.useFlip);

  constructor(context: MethodContext<Options>) {
    super(context);
    const { codeSize, encoding, shrink, generatorWidth, discriminatorWidth, hiddenSize, blocks } = this.options;
    const { height, channels } = this.spec;
    if (height % shrink !== 0) throw expected(`images of a multiple of ${shrink} pixels a side`, 'imageSize', height);
    const side = height / shrink;
    const last = lastMap(this.backbone, height);
    const inputSize = last.size * last.side * last.side;
    this.top = new ResidualMlp({ inputSize, width: hiddenSize, blocks, useSpectralNorm: false });
    this.moments = new Linear(hiddenSize, encoding === 'stochastic' ? 2 * codeSize : codeSize);
    this.generator = imageGenerator({ codeSize, channels, side, width: generatorWidth });
    const judged = { channels, side, codeSize, hiddenSize, blocks };
    this.discriminator = new ScoreDiscriminator({ ...judged, width: discriminatorWidth });
  }

  override views({ samples }: Batch, random: Generator): BigBiGanViews {
    const images = this.prepare(this.augment(samples, random));
    const draw = (): Tensor => this.drawCodes(images.size(0), random).to(images.device);
    return { images, codes: draw(), noise: draw() };
  }

  /** z, normal: (N, codeSize). */
  private drawCodes(count: number, random: Generator): Tensor {
    return ops.randn([count, this.options.codeSize], { generator: random, device: random.device });
  }

  /** Means and deviations of the codes of images, (N, codeSize) each, from the last maps. */
  private encode(maps: Tensor): { mean: Tensor; deviation: Tensor | null } {
    const moments = this.moments.forward(this.top.forward(maps.flatten(1))).to('float32');
    if (this.options.encoding === 'deterministic') return { mean: moments, deviation: null };
    const [mean, raw] = moments.chunk(2, 1) as [Tensor, Tensor];
    return { mean, deviation: raw.softplus() };
  }

  /** G(z) in [-1, 1]: (N, C, S / shrink, S / shrink). */
  private paint(codes: Tensor): Tensor {
    return this.generator.forward(codes).to('float32').tanh();
  }

  /** Images as generator and discriminator know them. */
  private small(images: Tensor): Tensor {
    const { shrink } = this.options;
    return shrink === 1 ? images : ops.avgPool2d(images, shrink);
  }

  override loss({ images, codes, noise }: BigBiGanViews, group: string): Outcome {
    const read = () => {
      const maps = this.backbone.maps(images);
      const { mean, deviation } = this.encode(maps);
      return { maps, mean, drawn: deviation === null ? mean : mean.add(deviation.mul(noise)) };
    };
    const real = this.small(images);
    if (group === 'discriminator') {
      const [drawn, painted] = noGrad(() => [read().drawn, this.paint(codes)] as const);
      const scores = this.judge(real, drawn, painted, codes);
      return { loss: fullPrecision(images.device, () => this.sum(scores, hingeLoss)) };
    }
    const { maps, mean, drawn } = read();
    const scores = this.judge(real, drawn, this.paint(codes), codes);
    const loss = fullPrecision(images.device, () => this.sum(scores, (x, g) => x.mean().sub(g.mean())));
    const restored = withoutStatistics(this.generator, () => noGrad(() => this.paint(mean.detach())));
    const reconstruction = noGrad(() => reconstructionShare(real, restored));
    return { loss, metrics: { reconstruction }, features: maps.mean([2, 3]) };
  }

  /** Scores of images with codes drawn by E, and of painted images with their codes. */
  private judge(images: Tensor, drawn: Tensor, painted: Tensor, codes: Tensor): [encoded: Scores, generated: Scores] {
    return [this.discriminator.forward(images, drawn), this.discriminator.forward(painted, codes)];
  }

  /** The sum over the scores that take part. */
  private sum([encoded, generated]: [Scores, Scores], of: (encoded: Tensor, generated: Tensor) => Tensor): Tensor {
    const keys = SCORES[this.options.scores];
    return keys.map((key) => of(encoded[key], generated[key])).reduce((sum, part) => sum.add(part));
  }

  override optimizerGroups() {
    const betas = [0.5, 0.999] as const;
    return [
      { name: 'discriminator', modules: [this.discriminator], betas },
      { name: 'generator', modules: [this.backbone, this.top, this.moments, this.generator], betas },
    ];
  }

  /** The means of the codes of images, uint8 or float [0, 1] (N, C, S, S): (N, codeSize). */
  codesOf(input: Tensor): Tensor {
    return withoutGraph(() => this.encode(this.backbone.maps(this.prepare(input))).mean);
  }

  /** G(E(x)) at the mean: uint8 or float [0, 1] (N, C, S, S) to float [0, 1], of the size that the generator paints. */
  override generate(input: Tensor): Tensor {
    return withoutGraph(() => fromSigned(this.paint(this.codesOf(input))));
  }

  /** Codes, and what is painted from them: float [0, 1] (count, C, S / shrink, S / shrink). */
  sample(count: number, random: Generator): { codes: Tensor; images: Tensor } {
    return withoutGraph(() => {
      const codes = this.drawCodes(count, random).to(this.moments.weight.device);
      return { codes, images: fromSigned(this.paint(codes)) };
    });
  }

  override preview({ samples }: Batch, random: Generator): Preview[] {
    const shown = firstSamples(samples, 8);
    const explanation =
      'One network reads a code from each image, another paints images from random codes, and a third scores images, codes and pairs of them. No loss asks for the restored image: it appears once the third network is fooled.';
    const rows = tileRows([
      { images: toFloat(shown), caption: 'the image x' },
      { images: this.generate(shown), caption: 'painted from its code: G(E(x))' },
      { images: this.sample(shown.size(0), random).images, caption: 'painted from a random code: G(z)' },
    ]);
    return [{ title: 'Whose image, whose code, whose pair is it?', explanation, rows }];
  }
}

export const bigBiGan = defineMethod({
  ...card,
  options,
  smallOptions: { codeSize: 50, shrink: 1, generatorWidth: 32, discriminatorWidth: 32, hiddenSize: 128 },
  // Batch norm over the hidden layer needs two samples.
  smallestBatch: 2,
  encoder: symmetricImages(),
  create: (context) => new BigBiGan(context),
});
