/**
 * I-JEPA: from a part of an image, predict how a slowly moving copy of the encoder represents other parts of it. No pixels are
 * predicted, and no view is distorted.
 *
 * Assran, Duval, Misra, Bojanowski, Vincent, Rabbat, LeCun, Ballas, "Self-Supervised Learning from Images with a Joint-Embedding
 * Predictive Architecture", CVPR 2023, https://arxiv.org/abs/2301.08243; code: github.com/facebookresearch/ijepa.
 *
 * The target encoder sees the whole image; four blocks of its output, normalized token by token, are to be predicted. The context
 * encoder sees one large block without the patches of those four. The paper has a squared distance, the code the smooth L1 loss;
 * we follow the code. The published transformers have no class token; ours has one, which only the attention sees: features are
 * the mean of the patches. Contexts of one batch are shortened to the same length evenly, where the code cuts off their end.
 */
import { z } from 'zod';
import { randomResizedCrop, type Transform, toFloat } from '../../../augment/index.js';
import { takeTokens, type VisionTransformer } from '../../../backbones/vit.js';
import { firstSamples } from '../../../data/index.js';
import { fullPrecision, type Generator, ops, type Tensor, withoutGraph } from '../../../engine/index.js';
import { Canvas } from '../../../modalities/canvas.js';
import {
  requireTransformer,
  sineCosinePositions,
  startAtSineCosine,
  TokenPredictor,
} from '../../../networks/token-predictor.js';
import { standardizedImages } from '../../encoders.js';
import { cosineMatrix } from '../../losses/cosine.js';
import { directionSpread } from '../../losses/direction-spread.js';
import { type TokenBlocks, tokenBlocks } from '../../masks/token-blocks.js';
import type { Batch, MethodContext, Outcome, Preview, Progress } from '../../method.js';
import { defineMethod, Method } from '../../method.js';
import * as option from '../../options.js';
import { chosen, tileRows } from '../../previews/tile-rows.js';
import { copyOfBackbone, moveByEma, risingDecay } from '../../targets/ema.js';
import { card } from './i-jepa.card.js';

const options = z.object({
  targets: option.whole(4, 'Blocks to be predicted in each image'),
  smallestTarget: option.part(0.15, 'Smallest share of the patches that such a block covers'),
  largestTarget: option.part(0.2, 'Largest share of the patches that such a block covers'),
  smallestContext: option.part(0.85, 'Smallest share of the patches in the context before the targets are taken out'),
  predictorWidth: option.whole(384, 'Width of the predictor', { min: 4 }),
  predictorDepth: option.whole(6, 'Blocks of the predictor (12 for the largest encoders)'),
  predictorHeads: option.whole(12, 'Attention heads of the predictor'),
  decay: option.share(0.996, 'EMA decay of the target encoder at the start; it rises evenly to 1'),
  useStopGradient: option.useStopGradient(),
  minimumScale: option.minimumScale(0.3),
});

type Options = z.output<typeof options>;
type Blocks = { images: Tensor } & TokenBlocks;

/** Height over width of a target block. */
const TARGET_RATIO = [0.75, 1.5] as const;

export class IJEPA extends Method<Options, Blocks> {
  declare readonly backbone: VisionTransformer;
  readonly targetBackbone: VisionTransformer;
  readonly predictor: TokenPredictor;
  private readonly augment: Transform;

  constructor(context: MethodContext<Options>) {
    super(context);
    const { predictorWidth: width, predictorDepth: depth, predictorHeads: heads, minimumScale } = this.options;
    const { grid, featureSize } = requireTransformer(this.backbone);
    this.targetBackbone = copyOfBackbone(this.backbone);
    const positions = (size: number) => sineCosinePositions(grid, size);
    const sizes = { inputSize: featureSize, outputSize: featureSize, positions };
    this.predictor = new TokenPredictor({ ...sizes, width, depth, heads });
    const crop = { size: this.spec.height, scale: [minimumScale, 1] } as const;
    this.augment = randomResizedCrop({ ...crop, interpolation: 'bilinear' });
  }

  /** Only the context encoder and the predictor learn by gradient. */
  override optimizerGroups() {
    return [{ name: 'main', modules: [this.backbone, this.predictor] }];
  }

  override views({ samples }: Batch, random: Generator): Blocks {
    return { images: this.prepare(this.augment(samples, random)), ...this.draw(samples, random) };
  }

  private draw(samples: Tensor, random: Generator): TokenBlocks {
    const { targets, smallestTarget: low, largestTarget: high, smallestContext } = this.options;
    const targetScale = [low, Math.max(low, high)] as const;
    const ranges = { targets, targetScale, targetRatio: TARGET_RATIO, contextScale: [smallestContext, 1] } as const;
    return tokenBlocks(samples.size(0), this.backbone.grid, ranges, random, samples.device);
  }

  override loss({ images, context, targets }: Blocks): Outcome {
    const { predicted, wanted, seen } = this.predict(images, context, targets);
    return fullPrecision(predicted.device, () => ({
      loss: ops.smoothL1Loss(predicted.to('float32'), wanted),
      metrics: { spread: directionSpread(wanted.flatten(0, 1)) },
      features: seen.narrow(1, 1, seen.size(1) - 1).mean(1),
    }));
  }

  /** For each block of each image, block by block: the predicted tokens (B N, M, D) and those of the target encoder. */
  private predict(images: Tensor, context: Tensor, blocks: readonly Tensor[]) {
    const seen = this.backbone.visibleTokens(images, context); // (N, 1 + K, D)
    const times = (x: Tensor): Tensor => ops.cat(Array<Tensor>(blocks.length).fill(x), 0);
    const asked = ops.cat([...blocks], 0); // (B N, M)
    const predicted = this.predictor.forward(times(seen), times(context), asked);
    const wanted = takeTokens(times(this.target(images)), asked);
    return { predicted, wanted, seen };
  }

  /** The patch tokens of whole images, each with mean 0 and variance 1: float32 (N, T, D). */
  private target(images: Tensor): Tensor {
    const whole = (encoder: VisionTransformer): Tensor => {
      const tokens = encoder.tokens(images);
      return ops.layerNorm(tokens.narrow(1, 1, tokens.size(1) - 1).to('float32'), [encoder.featureSize]);
    };
    return this.options.useStopGradient ? withoutGraph(() => whole(this.targetBackbone)) : whole(this.backbone);
  }

  /** The target follows the context encoder after each optimizer step, here before the next one. */
  override beforeStep(progress: Progress): void {
    moveByEma([this.targetBackbone], [this.backbone], risingDecay(this.options.decay, progress, 'linear'));
  }

  override preview(batch: Batch, random: Generator): Preview[] {
    const samples = firstSamples(batch.samples, 8);
    const { context, targets } = this.draw(samples, random);
    const { predicted, wanted } = this.predict(this.prepare(samples), context, targets.slice(0, 1));
    const mean = (tokens: Tensor): Tensor => tokens.to('float32').mean(1);
    const guesses = cosineMatrix(mean(predicted), mean(wanted)).argmax(1).toNumbers();
    const pictures = toFloat(samples);
    const only = (i: number, patches: Tensor) => this.only(pictures.select(0, i), patches.select(0, i).toNumbers());
    const rows = tileRows(
      [
        { images: (i) => only(i, context), caption: 'seen' },
        { images: (i) => only(i, targets[0]!), caption: 'to be predicted' },
        chosen(pictures, guesses, 'the prediction fits best to'),
      ],
      guesses.length,
    );
    const title = 'What does the hidden part look like to the encoder?';
    const explanation =
      'From the patches on the left the network predicts how the target encoder represents the block in the middle. Right: the image whose block is most like the prediction.';
    return [{ title, explanation, rows, chance: 1 / rows.length }];
  }

  /** A picture (C, H, W) of which only these patches are left. */
  private only(picture: Tensor, patches: readonly number[]): Tensor {
    const { grid, options } = this.backbone;
    const { patchSize: side } = options;
    const canvas = Canvas.of(picture, 0.85);
    for (const patch of patches) {
      const [top, left] = [Math.floor(patch / grid) * side, (patch % grid) * side];
      canvas.paste(picture.narrow(1, top, side).narrow(2, left, side), top, left);
    }
    return canvas.image;
  }
}

export const iJepa = defineMethod({
  ...card,
  options,
  smallOptions: { predictorWidth: 64, predictorDepth: 2, predictorHeads: 4, decay: 0.99 },
  architectures: ['vit-micro', 'vit-tiny', 'vit-small', 'vit-base'],
  /** A transformer whose positions begin at sines and cosines, and whose features are the mean of its patches. */
  encoder(context) {
    const made = standardizedImages<Options>(() => ({ pooling: 'average' }))(context);
    const { pos_embed, grid } = requireTransformer(made.backbone);
    startAtSineCosine(pos_embed, grid);
    return made;
  },
  create: (context) => new IJEPA(context),
});
