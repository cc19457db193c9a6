/**
 * CPC: cut an image into overlapping patches, read them from the top, and predict the vectors of the patches further down.
 *
 * van den Oord, Li, Vinyals, "Representation Learning with Contrastive Predictive Coding", 2018, https://arxiv.org/abs/1807.03748.
 * The authors have published no code.
 *
 * z is the vector of a patch, c the context that a masked network makes of all rows so far. For each step k, W_k c must be more like
 * the z of the patch k rows further down than like those of all other patches of the batch (InfoNCE). Rows of patches overlap by
 * half, so the next row shares pixels with the context: it is left out (as version 2 does; the paper does not say). There is no
 * batch norm in the encoder: its statistics would carry the answer.
 *
 * The layout of the paper's PixelCNN is not published; the context network is that of version 2. Features of an image are the mean of
 * the vectors of its patches.
 */

import { z } from 'zod';
import type { Transform } from '../../../augment/index.js';
import { grayChosen, normalize, randomResizedCrop, shiftInFrame, toFloat } from '../../../augment/index.js';
import { LUMA } from '../../../data/luma.js';
import type { Generator, Tensor } from '../../../engine/index.js';
import { Conv2d, init, Sequential } from '../../../engine/nn/index.js';
import { ContextNetwork } from '../../../networks/context-network.js';
import { type Batch, defineMethod, type MethodContext } from '../../method.js';
import * as option from '../../options.js';
import { card } from './cpc.card.js';
import type { PatchViews, Prediction } from './grid-method.js';
import { GridMethod, norm, patchSize, patchwiseBackbone } from './grid-method.js';

const options = z.object({
  patchSize,
  ignoredRows: option.count(1, 'Rows below the context that are not predicted, since they share pixels with it'),
  predictedRows: option.whole(4, 'Further rows that are predicted, each by its own matrix (the paper: up to five)'),
  contextSize: option.whole(256, 'Hidden channels of the context network'),
  contextBlocks: option.whole(5, 'Residual blocks of the context network'),
  frame: option.share(1 / 32, 'Border around the kept part, as a share of a patch: 2 of 64 pixels', { max: 0.4 }),
  norm: norm('none'),
});

type Options = z.output<typeof options>;

/** Of the image's area: 256x256 of 300x300 pixels, where the images here have no pixels to spare. */
const SMALLEST_CROP = 0.73;

/** (N, C, S, S) in [0, 1] to (N, 1, S, S). */
function toGray(images: Tensor): Tensor {
  return grayChosen(images, Array<boolean>(images.size(0)).fill(true)).narrow(1, 0, 1);
}

export class CPC extends GridMethod<Options> {
  readonly context: ContextNetwork;
  /** W_k for each predicted row. */
  readonly predictors: Sequential;
  private readonly augment: Transform;
  private readonly framed: Transform;

  constructor(context: MethodContext<Options>) {
    super(context);
    const { options, grid, spec } = this;
    const { featureSize: size } = this.backbone;
    this.context = new ContextNetwork(size, options.contextSize, options.contextBlocks);
    const predictors = this.offsets.map(() => new Conv2d(size, size, 1, { bias: false }));
    // Small, so that all answers are equally likely at first.
    for (const { weight } of predictors) init.normal_(weight, 0, 0.3 / size);
    this.predictors = new Sequential(...predictors);
    this.augment = randomResizedCrop({ size: spec.height, scale: [SMALLEST_CROP, 1], ratio: [1, 1], flip: 0.5 });
    this.framed = shiftInFrame(Math.round(options.frame * grid.patch));
  }

  override views({ samples }: Batch, random: Generator): PatchViews {
    const patches = this.cut(this.prepare(this.augment(samples, random)));
    return { patches: this.framed(patches, random) };
  }

  protected override *predict(vectors: Tensor): Iterable<Prediction> {
    const context = this.context.forward(vectors);
    for (const [k, offset] of this.offsets.entries())
      yield { predictions: this.predictors.layers[k]!.forward(context), targets: vectors, offset };
  }

  protected override seen(images: Tensor): Tensor {
    return toGray(images);
  }
}

export const cpc = defineMethod({
  ...card,
  options,
  smallOptions: { contextSize: 64, contextBlocks: 3, predictedRows: 3 },
  needs: () => ({ side: 28 }),
  /** Gray patches with mean 0 and deviation about 1. */
  encoder(context) {
    const { spec } = context;
    const gray = (values: readonly number[]) =>
      spec.channels === 3 ? values.reduce((sum, value, i) => sum + value * LUMA[i]!, 0) : values[0]!;
    const [mean, std] = [[gray(spec.mean)], [gray(spec.std)]];
    const normalized = normalize(mean, std);
    const note = 'colors are turned gray first, 0.299 red + 0.587 green + 0.114 blue, which leaves one channel';
    return {
      spec,
      backbone: patchwiseBackbone(context, { inputChannels: 1 }),
      preparation: { mean, std, ...(spec.channels === 3 ? { note } : {}) },
      prepare: (samples) => normalized(toGray(toFloat(samples))),
    };
  },
  create: (context) => new CPC(context),
});
