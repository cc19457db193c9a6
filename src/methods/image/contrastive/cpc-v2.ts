/**
 * CPC v2: contrastive predictive coding from all four sides of the image, with layer norm, a wider encoder and patches that are changed
 * one by one.
 *
 * Hénaff, Srinivas, De Fauw, Razavi, Doersch, Eslami, van den Oord, "Data-Efficient Image Recognition with Contrastive Predictive
 * Coding", 2019, https://arxiv.org/abs/1905.09272. No code is published; this follows the pseudo-code of the appendix.
 *
 * Targets are a 1x1 convolution of the vectors to 64 dimensions, predictions another one of the context, times 0.1. The first two
 * rows below the context are left out, since they overlap with it, and with the listed defaults that leaves one: the loop of the
 * pseudo-code over three rows skips two. Every direction has a context network of its own; the grid is turned instead of the network.
 *
 * Of the patch augmentations the text names, these are here: two of three colors are dropped, flips, shifts, brightness and
 * contrast; elastic deformation, shear and rotation, whose strengths are not given, are not.
 */
import { z } from 'zod';
import {
  colorJitter,
  compose,
  horizontalFlip,
  randomResizedCrop,
  rotate90,
  shiftInFrame,
  singleChannel,
  type Transform,
} from '../../../augment/index.js';
import type { Generator, Tensor } from '../../../engine/index.js';
import { Conv2d, Layer, Sequential } from '../../../engine/nn/index.js';
import { ContextNetwork } from '../../../networks/context-network.js';
import { standardizedImages } from '../../encoders.js';
import { type Batch, defineMethod, type MethodContext, type OptimizerGroup } from '../../method.js';
import * as option from '../../options.js';
import { card } from './cpc-v2.card.js';
import type { PatchViews, Prediction } from './grid-method.js';
import { GridMethod, norm, patchSize, patchwiseBackbone } from './grid-method.js';

const options = z.object({
  patchSize,
  ignoredRows: option.count(2, 'Rows beyond the context that are not predicted (steps_to_ignore)'),
  predictedRows: option.whole(1, 'Further rows that are predicted (steps_to_predict less those ignored)'),
  directions: z
    .union([z.literal(1), z.literal(2), z.literal(4)])
    .default(4)
    .describe('From how many sides an image is read: 1 from the top, 2 also from the bottom, 4 from all'),
  targetSize: option.whole(64, 'Dimensions in which predictions and targets are compared'),
  scale: option.positive(0.1, 'Factor on the predictions (emb_scale)'),
  contextSize: option.whole(256, 'Hidden channels of the context networks'),
  contextBlocks: option.whole(5, 'Residual blocks of each context network'),
  useChannelDrop: option.flag(true, 'Whether each patch keeps one of its three colors only'),
  usePatchJitter: option.flag(true, 'Whether each patch is flipped, shifted and changed in brightness and contrast'),
  norm: norm('layer'),
});

type Options = z.output<typeof options>;

/** Quarter turns of the grid that bring each side to the top: top, bottom, right, left. */
const SIDES = [0, 2, 1, 3] as const;

/** What reads the grid from one side: its context and, for each predicted row, a 1x1 convolution. */
class Reader extends Layer {
  readonly context: ContextNetwork;
  readonly predictors: Sequential;

  constructor(featureSize: number, { contextSize, contextBlocks, targetSize, predictedRows }: Options) {
    super();
    this.context = new ContextNetwork(featureSize, contextSize, contextBlocks);
    this.predictors = new Sequential(
      ...Array.from({ length: predictedRows }, () => new Conv2d(featureSize, targetSize, 1)),
    );
  }

  override forward(vectors: Tensor): Tensor {
    return this.context.forward(vectors);
  }
}

export class CPCv2 extends GridMethod<Options> {
  /** One for each side that the grid is read from. */
  readonly readers: Sequential;
  readonly toTargets: Conv2d;
  private readonly augment: Transform;
  private readonly patchAugment: Transform;

  constructor(context: MethodContext<Options>) {
    super(context);
    const { options, spec } = this;
    const { featureSize } = this.backbone;
    const sides = SIDES.slice(0, options.directions);
    this.readers = new Sequential(...sides.map(() => new Reader(featureSize, options)));
    this.toTargets = new Conv2d(featureSize, options.targetSize, 1);
    this.augment = randomResizedCrop({ size: spec.height, scale: [0.3, 1], flip: 0.5 });
    const jitter = [
      horizontalFlip(0.5),
      shiftInFrame(Math.round(this.grid.patch / 16)),
      colorJitter({ brightness: 0.4, contrast: 0.4, p: 0.8 }),
    ];
    this.patchAugment = compose(
      ...(options.useChannelDrop && spec.channels === 3 ? [singleChannel(1)] : []),
      ...(options.usePatchJitter ? jitter : []),
    );
  }

  override views({ samples }: Batch, random: Generator): PatchViews {
    const patches = this.cut(this.augment(samples, random));
    return { patches: this.prepare(this.patchAugment(patches, random)) };
  }

  protected override *predict(vectors: Tensor): Iterable<Prediction> {
    const targets = this.toTargets.forward(vectors); // (N, d, G, G)
    for (const [i, reader] of this.readers.layers.entries()) {
      const { context, predictors } = reader as Reader;
      const read = context.forward(turned(vectors, SIDES[i]!));
      const aside = turned(targets, SIDES[i]!);
      for (const [k, offset] of this.offsets.entries())
        yield { predictions: predictors.layers[k]!.forward(read).mul(this.options.scale), targets: aside, offset };
    }
  }

  protected override seen(images: Tensor): Tensor {
    return images;
  }

  override optimizerGroups(): OptimizerGroup[] {
    return [{ name: 'main', modules: [this], betas: [0.8, 0.999] }];
  }
}

/** Turns a grid (N, D, G, G) so that the network that reads from the top reads it from another side. */
function turned(grid: Tensor, quarterTurns: number): Tensor {
  return quarterTurns === 0 ? grid : rotate90(grid, quarterTurns);
}

export const cpcV2 = defineMethod({
  ...card,
  options,
  smallOptions: { contextSize: 64, contextBlocks: 3 },
  needs: () => ({ side: 28 }),
  encoder: (context) => standardizedImages()({ ...context, makeBackbone: () => patchwiseBackbone(context) }),
  create: (context) => new CPCv2(context),
});
