import { dcganDepth, dcganSizes } from '../backbones/dcgan.js';
import { ops, type Tensor } from '../engine/index.js';
import { Conv2d, LeakyReLU, Linear, Module, Sequential, SpectralNorm } from '../engine/nn/index.js';
import { ResidualMlp } from './residual-mlp.js';

export interface ScoreDiscriminatorOptions {
  channels: number;
  /** Side of the images in pixels. */
  side: number;
  /** Length of the codes. */
  codeSize: number;
  /** Channels after the first convolution. */
  width: number;
  /** Width of the networks of codes and of pairs. */
  hiddenSize: number;
  /** Residual blocks of each of them. */
  blocks: number;
}

/** Scores (N) of images, of codes and of pairs; higher for those of the encoder. */
export type Scores = Record<'image' | 'code' | 'joint', Tensor>;

/**
 * A discriminator in three parts: F reads images, H reads codes, J reads what F and H make of a pair; each ends in a score. All weights are
 * divided by their largest singular values, and no layer looks at other samples.
 *
 * Donahue, Simonyan, "Large Scale Adversarial Representation Learning", NeurIPS 2019, https://arxiv.org/abs/1907.02544. There F is that of
 * BigGAN, summed over all positions; here it has the convolutions of DCGAN, and all positions of the last map.
 */
export class ScoreDiscriminator extends Module {
  readonly convs: Sequential;
  readonly codes: ResidualMlp;
  readonly pairs: ResidualMlp;
  readonly imageScore: SpectralNorm;
  readonly codeScore: SpectralNorm;
  readonly jointScore: SpectralNorm;

  constructor({ channels, side, codeSize, width, hiddenSize, blocks }: ScoreDiscriminatorOptions) {
    super();
    const depth = dcganDepth(side);
    const sizes = dcganSizes(depth, width);
    this.convs = new Sequential(
      ...sizes.flatMap((size, i) => [
        new SpectralNorm(new Conv2d(sizes[i - 1] ?? channels, size, 4, { stride: 2, padding: 1, bias: false })),
        new LeakyReLU(0.2),
      ]),
    );
    const features = sizes.at(-1)! * Math.floor(side / 2 ** depth) ** 2;
    const mlp = (inputSize: number) => new ResidualMlp({ inputSize, width: hiddenSize, blocks, useSpectralNorm: true });
    const score = (inputSize: number) => new SpectralNorm(new Linear(inputSize, 1, { bias: false }));
    this.codes = mlp(codeSize);
    this.pairs = mlp(features + hiddenSize);
    this.imageScore = score(features);
    this.codeScore = score(hiddenSize);
    this.jointScore = score(hiddenSize);
  }

  /** @param images (N, C, S, S) @param codes (N, codeSize) */
  forward(images: Tensor, codes: Tensor): Scores {
    const ofImages = this.convs.forward(images).flatten(1);
    const ofCodes = this.codes.forward(codes);
    const ofPairs = this.pairs.forward(ops.cat([ofImages, ofCodes], 1));
    const score = (layer: SpectralNorm, x: Tensor): Tensor => layer.forward(x).squeeze(1).to('float32');
    return {
      image: score(this.imageScore, ofImages),
      code: score(this.codeScore, ofCodes),
      joint: score(this.jointScore, ofPairs),
    };
  }
}
