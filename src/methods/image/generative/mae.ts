/**
 * MAE: hide three quarters of the patches of an image, let the encoder see the others only, and paint what is hidden.
 *
 * He, Chen, Xie, Li, Dollár, Girshick, "Masked Autoencoders Are Scalable Vision Learners", CVPR 2022,
 * https://arxiv.org/abs/2111.06377; code: github.com/facebookresearch/mae.
 *
 * The encoder works on a quarter of the tokens; a narrow decoder gets learnt tokens in the places of the hidden patches. The loss is the
 * squared error on hidden patches alone, after each patch was brought to mean 0 and deviation 1 (the paper's better targets).
 *
 * The code keeps the encoder's positions fixed at sines and cosines; here they begin there and learn. Its decoder sees all tokens
 * in their order; a transformer with positions does not know of the order, so the hidden ones simply follow here.
 */
import { z } from 'zod';
import { normalize, randomResizedCrop, type Transform, toFloat } from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import { takeTokens, VisionTransformer } from '../../../backbones/vit.js';
import { fullPrecision, type Generator, ops, type Tensor } from '../../../engine/index.js';
import { expected } from '../../../errors.js';
import { startAtSineCosine, TokenPredictor } from '../../heads/token-predictor.js';
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

const options = z.object({
  maskRatio: z.number().gt(0).lt(1).default(0.75).describe('Share of the patches that is hidden'),
  useNormalizedTargets: z
    .boolean()
    .default(true)
    .describe('Whether each patch to be painted is brought to mean 0 and deviation 1 first'),
  decoderWidth: z.number().int().min(4).default(512).describe('Width of the decoder'),
  decoderDepth: z.number().int().min(1).default(8).describe('Blocks of the decoder'),
  decoderHeads: z.number().int().min(1).default(16).describe('Attention heads of the decoder'),
  minimumScale: z.number().min(0.01).max(1).default(0.2).describe('Smallest share of the image that a crop covers'),
});

type Options = z.output<typeof options>;

export class MAE extends Method {
  override readonly backbone: VisionTransformer;
  readonly decoder: TokenPredictor;
  private readonly augment: Transform;
  /** Patches that are hidden and patches that are seen. */
  readonly hidden: number;
  readonly visible: number;

  constructor(
    readonly options: Options,
    backbone: Backbone,
    private readonly data: DataDescription,
  ) {
    super();
    this.backbone = requireTransformer(backbone);
    const { grid } = this.backbone;
    const { patchSize } = this.backbone.options;
    this.hidden = Math.round(options.maskRatio * grid ** 2);
    this.visible = grid ** 2 - this.hidden;
    if (this.hidden === 0 || this.visible === 0)
      throw expected(`a share that hides some of the ${grid ** 2} patches and not all`, 'maskRatio', options.maskRatio);
    startAtSineCosine(this.backbone.pos_embed, grid);
    this.decoder = new TokenPredictor({
      inputSize: this.backbone.featureSize,
      width: options.decoderWidth,
      depth: options.decoderDepth,
      heads: options.decoderHeads,
      grid,
      outputSize: patchSize ** 2 * data.channels,
    });
    this.augment = randomResizedCrop({ size: data.imageSize, scale: [options.minimumScale, 1], flip: 0.5 });
  }

  override prepare(samples: Tensor): Tensor {
    return normalize(this.data.mean, this.data.std)(toFloat(samples));
  }

  override views({ samples }: Batch, random: Generator): Views {
    return { images: this.prepare(this.augment(samples, random)), ...this.mask(samples, random) };
  }

  /** Which patches are seen and which are hidden, int64 (N, K) and (N, M), drawn anew for every image. */
  private mask(samples: Tensor, random: Generator): { seen: Tensor; hidden: Tensor } {
    const count = samples.size(0);
    const order = ops
      .rand([count, this.backbone.grid ** 2], { generator: random, device: random.device })
      .argsort(1)
      .to(samples.device);
    return {
      seen: order.narrow(1, 0, this.visible).contiguous(),
      hidden: order.narrow(1, this.visible, this.hidden).contiguous(),
    };
  }

  override loss(views: Views): Outcome {
    const { images, seen, hidden } = views as Record<'images' | 'seen' | 'hidden', Tensor>;
    const tokens = this.backbone.visibleTokens(images, seen); // (N, 1 + K, D)
    const painted = this.decoder.forward(tokens, seen, hidden).to('float32'); // (N, M, p p C)
    return fullPrecision(painted.device, () => {
      const truth = takeTokens(this.targets(images), hidden);
      const loss = painted.sub(truth).square().mean();
      // The share of the variance of the hidden pixels that is explained.
      const explained = loss
        .detach()
        .div(truth.var(null, { correction: 0 }).clampMin(1e-6))
        .neg()
        .add(1);
      return { loss, metrics: { explained }, features: tokens.select(1, 0) };
    });
  }

  /** What is to be painted in each patch (N, T, p p C). */
  private targets(images: Tensor): Tensor {
    const patches = toPatches(images, this.backbone.options.patchSize);
    return this.options.useNormalizedTargets ? scale(patches).normalized : patches;
  }

  /** Adam's memory of squares is short (beta2 0.95), as in the paper. */
  override turns(): Turn[] {
    return [{ name: 'main', modules: [this], betas: [0.9, 0.95] }];
  }

  override preview({ samples }: Batch, random: Generator): Preview[] {
    const shown = samples.narrow(0, 0, Math.min(8, samples.size(0)));
    const images = this.prepare(shown);
    const { seen, hidden } = this.mask(shown, random);
    const painted = this.decoder.forward(this.backbone.visibleTokens(images, seen), seen, hidden).to('float32');
    const { patchSize } = this.backbone.options;
    const patches = toPatches(images, patchSize); // (N, T, p p C)
    const { mean, deviation } = scale(patches);
    const inColors = this.options.useNormalizedTargets
      ? painted.mul(takeTokens(deviation, hidden)).add(takeTokens(mean, hidden))
      : painted;
    const places = hidden.unsqueeze(2).expand(inColors.shape);
    const picture = (values: Tensor): Tensor => this.toPictures(patches.scatter(1, places, values), images.size(1));
    const [holes, filled] = [picture(ops.zerosLike(inColors)), picture(inColors)];
    const rows = Array.from({ length: shown.size(0) }, (_, i) => [
      { image: holes.select(0, i), caption: `seen: ${this.visible} of ${this.visible + this.hidden} patches` },
      { image: filled.select(0, i), caption: 'painted' },
      { image: toFloat(shown).select(0, i), caption: 'the image' },
    ]);
    const help = this.options.useNormalizedTargets
      ? ' Mean and contrast of each hidden patch are those of the image.'
      : '';
    return [
      {
        title: 'Paint what is hidden',
        explanation: `The encoder sees only the patches on the left; a small decoder paints the others.${help}`,
        rows,
      },
    ];
  }

  /** Patches of prepared images (N, T, p p C) as pictures in [0, 1]; what is hidden (zero) is the mean color. */
  private toPictures(patches: Tensor, channels: number): Tensor {
    const { grid } = this.backbone;
    const { patchSize: p } = this.backbone.options;
    const images = patches
      .view([-1, grid, grid, p, p, channels])
      .permute([0, 5, 1, 3, 2, 4])
      .reshape([-1, channels, grid * p, grid * p]);
    const column = (values: readonly number[]): Tensor =>
      ops.cat(
        values.map((value) => ops.full([1, 1, 1, 1], value, { dtype: 'float32', device: images.device })),
        1,
      );
    return images.mul(column(this.data.std)).add(column(this.data.mean)).clamp(0, 1);
  }
}

/** The patches of images (N, C, S, S), row by row: (N, T, p p C). */
export function toPatches(images: Tensor, size: number): Tensor {
  const channels = images.size(1);
  return images
    .unfold(2, size, size)
    .unfold(3, size, size) // (N, C, g, g, p, p)
    .permute([0, 2, 3, 4, 5, 1])
    .reshape([images.size(0), -1, size * size * channels]);
}

/** Patches (N, T, P) with mean 0 and deviation 1 each, and both as (N, T, 1); 1e-6 keeps flat patches finite, as in the code. */
function scale(patches: Tensor): { normalized: Tensor; mean: Tensor; deviation: Tensor } {
  const mean = patches.mean([2], true);
  const deviation = patches.var([2], { correction: 1, keepdim: true }).add(1e-6).sqrt();
  return { normalized: patches.sub(mean).div(deviation), mean, deviation };
}

/** @throws AutodidactError `USAGE` for anything but a transformer */
export function requireTransformer(backbone: Backbone): VisionTransformer {
  if (backbone instanceof VisionTransformer) return backbone;
  throw expected('a vision transformer', 'backbone', backbone.architecture, { remedy: 'Take --backbone vit-micro.' });
}

export const mae = defineMethod({
  name: 'mae',
  title: 'MAE',
  modality: 'image',
  family: 'generative',
  summary: 'Hide most patches of an image, look at the others only, and paint what is hidden.',
  paper: {
    title: 'Masked Autoencoders Are Scalable Vision Learners',
    authors: 'Kaiming He, Xinlei Chen, Saining Xie, Yanghao Li, Piotr Dollár, Ross Girshick',
    year: 2022,
    url: 'https://arxiv.org/abs/2111.06377',
    code: 'https://github.com/facebookresearch/mae',
  },
  score: { metric: 'explained', name: 'explained share of the hidden pixels', better: 'higher' },
  options,
  smallOptions: { decoderWidth: 64, decoderDepth: 2, decoderHeads: 4 },
  architectures: ['vit-micro', 'vit-tiny', 'vit-small', 'vit-base'],
  recipes: {
    // ImageNet: batch 4096 at 1.5e-4 per 256 images, 40 epochs of warm-up.
    paper: {
      backbone: 'vit-base',
      epochs: 800,
      batchSize: 4096,
      optimizer: 'adamw',
      learningRate: 2.4e-3,
      weightDecay: 0.05,
      schedule: 'cosine',
      warmupEpochs: 40,
    },
    small: {
      backbone: 'vit-micro',
      epochs: 200,
      batchSize: 128,
      optimizer: 'adamw',
      learningRate: 1e-3,
      weightDecay: 0.05,
      schedule: 'cosine',
      warmupEpochs: 5,
    },
  },
  create: ({ options, backbone, data }) => new MAE(options, backbone, data),
});
