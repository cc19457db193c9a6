/**
 * I-JEPA: from a part of an image, predict how a slowly moving copy of the encoder represents other parts of it. Nothing is painted, and
 * no view is distorted.
 *
 * Assran, Duval, Misra, Bojanowski, Vincent, Rabbat, LeCun, Ballas, "Self-Supervised Learning from Images with a Joint-Embedding
 * Predictive Architecture", CVPR 2023, https://arxiv.org/abs/2301.08243; code: github.com/facebookresearch/ijepa.
 *
 * The target encoder sees the whole image; four blocks of its output, normalized token by token, are to be predicted. The context
 * encoder sees one large block without the patches of those four. The paper writes a squared distance, the code has the smooth L1
 * loss, which is followed here. The published transformers have no class token; ours has one, which only the attention sees:
 * features are the mean of the patches. Contexts of one batch are shortened to the same length evenly, where the code cuts off their end.
 */
import { z } from 'zod';
import { normalize, randomResizedCrop, type Transform, toFloat } from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import { takeTokens, type VisionTransformer } from '../../../backbones/vit.js';
import { fullPrecision, type Generator, noGrad, ops, scope, type Tensor } from '../../../engine/index.js';
import { Canvas } from '../../../modalities/canvas.js';
import { startAtSineCosine, TokenPredictor } from '../../heads/token-predictor.js';
import { directionSpread } from '../../losses/direction-spread.js';
import { l2Normalize } from '../../losses/nt-xent.js';
import { type TokenBlockOptions, type TokenBlocks, tokenBlocks } from '../../masks/token-blocks.js';
import {
  type Batch,
  type DataDescription,
  defineMethod,
  Method,
  type Outcome,
  type Preview,
  type Progress,
  type Turn,
  type Views,
} from '../../method.js';
import { copyOfBackbone, moveByEma } from '../../targets/ema.js';
import { requireTransformer } from '../generative/mae.js';

const share = z.number().gt(0).max(1);

const options = z.object({
  targets: z.number().int().min(1).default(4).describe('Blocks to be predicted in each image'),
  smallestTarget: share.default(0.15).describe('Smallest share of the patches that such a block covers'),
  largestTarget: share.default(0.2).describe('Largest share of the patches that such a block covers'),
  smallestContext: share
    .default(0.85)
    .describe('Smallest share of the patches that the context covers before the targets are taken out'),
  predictorWidth: z.number().int().min(4).default(384).describe('Width of the predictor'),
  predictorDepth: z.number().int().min(1).default(6).describe('Blocks of the predictor (12 for the largest encoders)'),
  predictorHeads: z.number().int().min(1).default(12).describe('Attention heads of the predictor'),
  decay: z
    .number()
    .min(0)
    .max(1)
    .default(0.996)
    .describe('EMA decay of the target encoder at the start; it rises evenly to 1'),
  useStopGradient: z
    .boolean()
    .default(true)
    .describe(
      'Whether targets come from the moving copy, without gradient; otherwise from the encoder itself, which collapses (an ablation)',
    ),
  minimumScale: z.number().min(0.01).max(1).default(0.3).describe('Smallest share of the image that a crop covers'),
});

type Options = z.output<typeof options>;

/** Height over width of a target block. */
const TARGET_RATIO = [0.75, 1.5] as const;

export class IJEPA extends Method {
  override readonly backbone: VisionTransformer;
  readonly targetBackbone: VisionTransformer;
  readonly predictor: TokenPredictor;
  private readonly augment: Transform;
  private readonly blocks: TokenBlockOptions;

  constructor(
    readonly options: Options,
    backbone: Backbone,
    private readonly data: DataDescription,
  ) {
    super();
    this.backbone = requireTransformer(backbone);
    const { grid, featureSize } = this.backbone;
    startAtSineCosine(this.backbone.pos_embed, grid);
    this.targetBackbone = copyOfBackbone(this.backbone) as VisionTransformer;
    this.predictor = new TokenPredictor({
      inputSize: featureSize,
      width: options.predictorWidth,
      depth: options.predictorDepth,
      heads: options.predictorHeads,
      grid,
      outputSize: featureSize,
    });
    this.augment = randomResizedCrop({ size: data.imageSize, scale: [options.minimumScale, 1] });
    this.blocks = {
      targets: options.targets,
      targetScale: [options.smallestTarget, Math.max(options.smallestTarget, options.largestTarget)],
      targetRatio: TARGET_RATIO,
      contextScale: [options.smallestContext, 1],
    };
  }

  /** Only the context encoder and the predictor learn by gradient. */
  override turns(): Turn[] {
    return [{ name: 'main', modules: [this.backbone, this.predictor] }];
  }

  override prepare(samples: Tensor): Tensor {
    return normalize(this.data.mean, this.data.std)(toFloat(samples));
  }

  override views({ samples }: Batch, random: Generator): Views {
    const images = this.prepare(this.augment(samples, random));
    const { context, targets } = this.draw(samples, random);
    return { images, context, targets };
  }

  private draw(samples: Tensor, random: Generator): TokenBlocks {
    return tokenBlocks(samples.size(0), this.backbone.grid, this.blocks, random, samples.device);
  }

  override loss(views: Views): Outcome {
    const { images, context } = views as Record<'images' | 'context', Tensor>;
    const blocks = views.targets as readonly Tensor[];
    const { predicted, wanted, seen } = this.predict(images, context, blocks);
    return fullPrecision(predicted.device, () => ({
      loss: ops.smoothL1Loss(predicted.to('float32'), wanted),
      metrics: { spread: directionSpread(wanted.flatten(0, 1)) },
      features: seen.narrow(1, 1, seen.size(1) - 1).mean(1),
    }));
  }

  /** For each block of each image, block by block: what the predictor says (B N, M, D) and what the target encoder does. */
  private predict(images: Tensor, context: Tensor, blocks: readonly Tensor[]) {
    const seen = this.backbone.visibleTokens(images, context); // (N, 1 + K, D)
    const times = (tensor: Tensor): Tensor =>
      ops.cat(
        blocks.map(() => tensor),
        0,
      );
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
    return this.options.useStopGradient ? noGrad(() => scope(() => whole(this.targetBackbone))) : whole(this.backbone);
  }

  /** The target follows the context encoder after each step (here before the next one), ever more slowly. */
  override beforeStep({ step, totalSteps }: Progress): void {
    if (step === 0) return;
    const { decay } = this.options;
    moveByEma([this.targetBackbone], [this.backbone], decay + (1 - decay) * Math.min(1, (step - 1) / totalSteps));
  }

  override preview({ samples }: Batch, random: Generator): Preview[] {
    const shown = samples.narrow(0, 0, Math.min(8, samples.size(0)));
    const images = this.prepare(shown);
    const { context, targets } = this.draw(shown, random);
    const { predicted, wanted } = this.predict(images, context, targets.slice(0, 1));
    const mean = (tokens: Tensor): Tensor => l2Normalize(tokens.to('float32').mean(1));
    const similarity = mean(predicted).matmul(mean(wanted).t());
    const guesses = similarity.argmax(1).toNumbers();
    const pictures = toFloat(shown);
    const { grid } = this.backbone;
    const { patchSize } = this.backbone.options;
    const rows = guesses.map((guess, i) => {
      const only = (patches: readonly number[]): Canvas => {
        const canvas = Canvas.of(pictures.select(0, i), 0.85);
        for (const patch of patches) {
          const [top, left] = [Math.floor(patch / grid) * patchSize, (patch % grid) * patchSize];
          const part = pictures.select(0, i).narrow(1, top, patchSize).narrow(2, left, patchSize);
          canvas.paste(part, top, left);
        }
        return canvas;
      };
      return [
        { image: only(context.select(0, i).toNumbers()).image, caption: 'seen' },
        { image: only(targets[0]!.select(0, i).toNumbers()).image, caption: 'to be predicted' },
        {
          image: pictures.select(0, guess),
          caption: 'the prediction fits best to',
          isCorrect: guess === i,
        },
      ];
    });
    return [
      {
        title: 'What would be said of the part that is hidden?',
        explanation:
          'From the patches on the left the network predicts how the target encoder represents the block in the middle. Right: the image whose block is most like the prediction.',
        rows,
      },
    ];
  }
}

export const iJepa = defineMethod({
  name: 'i-jepa',
  title: 'I-JEPA',
  modality: 'image',
  family: 'contrastive',
  summary: 'From one part of an image, predict how a slowly moving copy of the encoder represents other parts.',
  paper: {
    title: 'Self-Supervised Learning from Images with a Joint-Embedding Predictive Architecture',
    authors: 'Mahmoud Assran, Quentin Duval, Ishan Misra, Piotr Bojanowski, Pascal Vincent, Michael Rabbat et al.',
    year: 2023,
    url: 'https://arxiv.org/abs/2301.08243',
    code: 'https://github.com/facebookresearch/ijepa',
  },
  score: { metric: 'loss', name: 'smooth L1 distance', better: 'lower' },
  options,
  smallOptions: { predictorWidth: 64, predictorDepth: 2, predictorHeads: 4, decay: 0.99 },
  architectures: ['vit-micro', 'vit-tiny', 'vit-small', 'vit-base'],
  recipes: {
    // ImageNet: batch 2048, 0.001 after 15 epochs of warm-up. The published weight decay rises from 0.04 to 0.4.
    paper: {
      backbone: 'vit-base',
      epochs: 600,
      batchSize: 2048,
      optimizer: 'adamw',
      learningRate: 1e-3,
      weightDecay: 0.04,
      schedule: 'cosine',
      warmupEpochs: 15,
    },
    small: {
      backbone: 'vit-micro',
      epochs: 200,
      batchSize: 128,
      optimizer: 'adamw',
      learningRate: 1e-3,
      weightDecay: 0.04,
      schedule: 'cosine',
      warmupEpochs: 5,
    },
  },
  backboneOptions: () => ({ pooling: 'average' }),
  create: ({ options, backbone, data }) => new IJEPA(options, backbone, data),
});
