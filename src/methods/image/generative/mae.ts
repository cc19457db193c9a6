/**
 * MAE: hide three quarters of the patches of an image, encode the others only, and paint what is hidden.
 *
 * He, Chen, Xie, Li, Dollár, Girshick, "Masked Autoencoders Are Scalable Vision Learners", CVPR 2022,
 * https://arxiv.org/abs/2111.06377; code: github.com/facebookresearch/mae.
 *
 * The encoder works on a quarter of the tokens; a narrow decoder gets learned tokens in the places of the hidden patches. The loss is
 * the squared error on hidden patches alone, with each patch brought to mean 0 and deviation 1 (the paper's better targets).
 *
 * The code keeps the encoder's positions fixed at sines and cosines; here they begin there and learn. Its decoder sees all tokens
 * in their order; a transformer with positions is blind to the order, so the hidden ones simply follow here. Weights begin as in
 * the code.
 */
import { z } from 'zod';
import type { Transform } from '../../../augment/index.js';
import { fromPatches, fromStandardized, randomResizedCrop, toFloat, toPatches } from '../../../augment/index.js';
import { initializeByXavier, takeTokens, type VisionTransformer } from '../../../backbones/vit.js';
import { firstSamples, type ImageSpec } from '../../../data/index.js';
import { fullPrecision, type Generator, noGrad, ops, scope, type Tensor } from '../../../engine/index.js';
import { init } from '../../../engine/nn/index.js';
import { expected } from '../../../errors.js';
import {
  requireTransformer,
  sineCosinePositions,
  startAtSineCosine,
  TokenPredictor,
} from '../../../networks/token-predictor.js';
import { standardizedImages } from '../../encoders.js';
import { painting } from '../../losses/painting.js';
import { drawPlaces, type Places } from '../../masks/places.js';
import type { Batch, Encoder, EncoderContext, MethodContext, Outcome, Preview } from '../../method.js';
import { defineMethod, Method } from '../../method.js';
import * as option from '../../options.js';
import { tileRows } from '../../previews/tile-rows.js';
import { standardized } from '../../targets/standardized.js';
import { card } from './mae.card.js';

const options = z.object({
  maskRatio: z.number().gt(0).lt(1).default(0.75).describe('Share of the patches that is hidden'),
  useNormalizedTargets: option.flag(true, 'Whether each target patch is brought to mean 0 and deviation 1'),
  decoderWidth: option.whole(512, 'Width of the decoder', { min: 4 }),
  decoderDepth: option.whole(8, 'Blocks of the decoder'),
  decoderHeads: option.whole(16, 'Attention heads of the decoder'),
  minimumScale: option.minimumScale(0.2),
});

type Options = z.output<typeof options>;
/** Prepared images, and which patches of each are seen and which are hidden. */
type MAEViews = Places & { images: Tensor };

export class MAE extends Method<Options, MAEViews> {
  declare readonly backbone: VisionTransformer;
  readonly decoder: TokenPredictor;
  private readonly augment: Transform;
  /** Patches that are hidden and patches that are seen. */
  readonly hidden: number;
  readonly visible: number;

  constructor(context: MethodContext<Options>) {
    super(context);
    const { options, spec } = this;
    const { grid, featureSize: inputSize, options: own } = requireTransformer(context.encoder.backbone);
    this.hidden = Math.round(options.maskRatio * grid ** 2);
    this.visible = grid ** 2 - this.hidden;
    if (this.hidden === 0 || this.visible === 0)
      throw expected(`a share that hides some of the ${grid ** 2} patches and not all`, 'maskRatio', options.maskRatio);
    const { decoderWidth: width, decoderDepth: depth, decoderHeads: heads } = options;
    const outputSize = own.patchSize ** 2 * spec.channels;
    const positions = (size: number) => sineCosinePositions(grid, size);
    this.decoder = new TokenPredictor({ inputSize, width, depth, heads, positions, outputSize });
    initializeByXavier(this.decoder);
    this.augment = randomResizedCrop({ size: spec.height, scale: [options.minimumScale, 1], flip: 0.5 });
  }

  override views({ samples }: Batch, random: Generator): MAEViews {
    return { images: this.prepare(this.augment(samples, random)), ...this.mask(samples, random) };
  }

  /** Drawn anew for every image. */
  private mask(samples: Tensor, random: Generator): Places {
    return drawPlaces(samples, this.backbone.grid ** 2, this.visible, random);
  }

  /** What the decoder paints in the hidden patches, float32 (N, M, p p C), with the encoder's tokens (N, 1 + K, D). */
  private paint({ images, seen, hidden }: MAEViews): { painted: Tensor; tokens: Tensor } {
    const tokens = this.backbone.visibleTokens(images, seen);
    return { painted: this.decoder.forward(tokens, seen, hidden).to('float32'), tokens };
  }

  override loss(views: MAEViews): Outcome {
    const { painted, tokens } = this.paint(views);
    return fullPrecision(painted.device, () => {
      const { loss, explained } = painting(painted, takeTokens(this.targets(views.images), views.hidden));
      return { loss, metrics: { explained }, features: tokens.select(1, 0) };
    });
  }

  /** What is to be painted in each patch (N, T, p p C). */
  private targets(images: Tensor): Tensor {
    const patches = toPatches(images, this.backbone.options.patchSize);
    return this.options.useNormalizedTargets ? standardized(patches).values : patches;
  }

  /** Adam with the paper's short memory of squares (beta2 0.95). */
  override optimizerGroups() {
    return [{ name: 'main', modules: [this.backbone, this.decoder], betas: [0.9, 0.95] as const }];
  }

  override preview({ samples }: Batch, random: Generator): Preview[] {
    const shown = firstSamples(samples, 8);
    const views = { images: this.prepare(shown), ...this.mask(shown, random) };
    const { images, hidden } = views;
    const { painted } = this.paint(views);
    const { grid, options } = this.backbone;
    const patches = toPatches(images, options.patchSize); // (N, T, p p C)
    const { mean, deviation } = standardized(patches);
    const inColors = this.options.useNormalizedTargets
      ? painted.mul(takeTokens(deviation, hidden)).add(takeTokens(mean, hidden))
      : painted;
    const places = hidden.unsqueeze(2).expand(inColors.shape);
    const picture = (values: Tensor): Tensor =>
      fromStandardized(fromPatches(patches.scatter(1, places, values), grid, options.patchSize), this.spec);
    const help = ' Mean and contrast of each hidden patch are those of the image.';
    const explanation = `The encoder sees only the patches on the left; a small decoder paints the others.${this.options.useNormalizedTargets ? help : ''}`;
    const rows = tileRows([
      // Zero is the mean color.
      { images: picture(ops.zerosLike(inColors)), caption: `seen: ${this.visible} of ${grid ** 2} patches` },
      { images: picture(inColors), caption: 'painted' },
      { images: toFloat(shown), caption: 'the image' },
    ]);
    return [{ title: 'Paint what is hidden', explanation, rows }];
  }
}

/** A transformer that begins as in the authors' code, with positions at sines and cosines. */
function encoder(context: EncoderContext<Options>): Encoder<ImageSpec> {
  const made = standardizedImages<Options>()(context);
  const { cls_token, grid, patch_embed, pos_embed } = requireTransformer(made.backbone);
  startAtSineCosine(pos_embed, grid);
  initializeByXavier(made.backbone);
  // Patches are embedded by a linear layer that is written as a convolution, (D, C, p, p).
  const { weight } = patch_embed.proj;
  noGrad(() => scope(() => void weight.copy_(init.xavierUniform_(weight.flatten(1).clone()).viewAs(weight))));
  init.normal_(cls_token, 0, 0.02);
  return made;
}

export const mae = defineMethod({
  ...card,
  options,
  smallOptions: { decoderWidth: 64, decoderDepth: 2, decoderHeads: 4 },
  architectures: ['vit-micro', 'vit-tiny', 'vit-small', 'vit-base'],
  encoder,
  create: (context) => new MAE(context),
});
