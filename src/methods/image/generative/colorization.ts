/**
 * Colorization: predict the colors of an image from its lightness.
 *
 * Zhang, Isola, Efros, "Colorful Image Colorization", ECCV 2016, https://arxiv.org/abs/1603.08511; code:
 * github.com/richzhang/colorization.
 *
 * What color a thing has depends on what it is. Colors are ambiguous, so each pixel is classified into 313 bins of the ab plane
 * of Lab; rare colors weigh more, and the answer is the mean of the sharpened distribution. With a squared error (`loss: l2`)
 * the answer is the mean of all possible colors, which is gray: the baseline that the paper argues against.
 *
 * The paper encodes a color by its 5 nearest bins, the code by 10: we follow the code. The paper counts the prior of the colors
 * on ImageNet; we count it on the training data.
 */
import { z } from 'zod';
import {
  colorize,
  compose,
  halfFlipped,
  labOf,
  randomResizedCrop,
  rgbToLab,
  splitLab,
  subsample,
  type Transform,
  toFloat,
} from '../../../augment/index.js';
import { drawPart, firstSamples } from '../../../data/index.js';
import { fullPrecision, type Generator, noGrad, ops, scope, type Tensor, withoutGraph } from '../../../engine/index.js';
import { Decoder, lastMap } from '../../../networks/decoder.js';
import { lightnessImages, requireColor } from '../../encoders.js';
import type { Batch, EpochContext, EpochPlan, MethodContext, Outcome, Preview } from '../../method.js';
import { defineMethod, Method } from '../../method.js';
import * as option from '../../options.js';
import { tileRows } from '../../previews/tile-rows.js';
import { COLOR_SCALE, regressed, scaledLightness } from '../../targets/channel-codings.js';
import * as colors from '../../targets/color-bins.js';
import { card } from './colorization.card.js';

const options = z.object({
  loss: option.choice(['classification', 'l2'], 'Colors in 313 bins, or regressed with a squared error (gray results)'),
  targetStride: option.whole(4, 'Colors are predicted at every n-th pixel of each row and column'),
  neighbors: option.whole(10, 'Bins that share a color; paper 5, code 10', { max: colors.AB_BINS.length }),
  sigma: option.positive(5, 'Width of the Gaussian that divides a color among its bins, in Lab units'),
  uniformShare: option.share(0.5, 'Lambda of the rebalancing: 0 weighs bins by their rarity alone, 1 weighs all alike'),
  temperature: option.positive(0.38, 'Temperature of the annealed-mean decoder: 1 gives the mean, near 0 the mode'),
  grayThreshold: option.weight(5, 'Images without a pixel of larger |a| or |b| count as gray: no part of the loss'),
  decoderWidth: option.whole(256, 'Channels of the last layer before the prediction'),
  minimumScale: option.minimumScale(0.47, 'Smallest share of a square crop; the code cuts 176 of 256 pixels'),
  useFlip: option.useFlip('each image'),
});

type Options = z.output<typeof options>;
/** Scaled lightness (N, 1, S, S), colors at the targets' pixels (N, 2, h, w), and 1 for each image that is not gray, (N). */
type ColorizationViews = { lightness: Tensor; ab: Tensor; isColored: Tensor };

/** With `l2`: a and b as values. */
const SQUARED = regressed([COLOR_SCALE, COLOR_SCALE]);

/** Most images of the data set that the prior of the colors is counted on. */
const PRIOR_IMAGES = 5000;

export class Colorization extends Method<Options, ColorizationViews> {
  readonly decoder: Decoder;
  /** Weight of each bin, (313). Equal until the first epoch starts. */
  readonly weights: Tensor;
  private readonly augment: Transform;

  constructor(context: MethodContext<Options>) {
    super(context);
    const { loss, targetStride, decoderWidth: width, minimumScale, useFlip } = this.options;
    const { size: inputSize, side: inputSide } = lastMap(this.backbone, this.spec.height);
    const outputSize = loss === 'l2' ? SQUARED.outputs : colors.AB_BINS.length;
    const outputSide = Math.ceil(this.spec.height / targetStride);
    this.decoder = new Decoder({ inputSize, inputSide, outputSize, outputSide, width });
    this.weights = this.buffer('weights', ops.ones([colors.AB_BINS.length]));
    const crop = randomResizedCrop({ size: this.spec.height, scale: [minimumScale, 1], ratio: [1, 1] });
    this.augment = compose(...(minimumScale < 1 ? [crop] : []), halfFlipped(useFlip));
  }

  override views({ samples }: Batch, random: Generator): ColorizationViews {
    const { targetStride, grayThreshold } = this.options;
    const { lightness, ab } = splitLab(rgbToLab(this.augment(toFloat(samples), random)));
    const isColored = ab.abs().amax([1, 2, 3]).gt(grayThreshold).to('float32'); // (N)
    return { lightness: scaledLightness(lightness), ab: subsample(ab, targetStride).contiguous(), isColored };
  }

  override loss({ lightness, ab, isColored }: ColorizationViews): Outcome {
    const maps = this.backbone.maps(lightness);
    const output = this.decoder.forward(maps).to('float32'); // (N, 313 or 2, h, w)
    return fullPrecision(output.device, () => {
      const shares = isColored.div(isColored.sum().clampMin(1)); // Gray images have no part in the mean.
      const overImages = (perPixel: Tensor): Tensor => perPixel.mean([1, 2]).mul(shares).sum();
      const features = maps.mean([2, 3]);
      if (this.options.loss === 'l2') return { loss: overImages(SQUARED.loss(output, ab)), features };
      const { perPixel, nearest } = colors.softBinCrossEntropy(output, ab, this.options); // (N, h, w)
      const plain = overImages(perPixel);
      const weights = this.weights.indexSelect(0, nearest.reshape([-1])).reshape(nearest.shape);
      const weighted = overImages(perPixel.mul(weights));
      // As in the code, rebalancing is applied to the gradient only; the value stays the plain cross-entropy.
      const loss = weighted.add(plain.sub(weighted).detach());
      const accuracy = noGrad(() => overImages(output.argmax(1).eq(nearest).to('float32')));
      return { loss, metrics: { accuracy }, features };
    });
  }

  /** Counts the frequency of each color before training begins. */
  override onEpochStart({ progress, count, batchSize, samples }: EpochContext): EpochPlan {
    const { loss, uniformShare, targetStride } = this.options;
    if (progress.epoch > 0 || loss === 'l2' || uniformShare === 1) return {};
    const chosen = Array.from(drawPart(count, PRIOR_IMAGES));
    withoutGraph(() => {
      const counts = ops.zeros([colors.AB_BINS.length], { device: this.weights.device, dtype: 'int64' });
      for (let start = 0; start < chosen.length; start += batchSize)
        scope(() => {
          const { ab } = splitLab(labOf(samples(chosen.slice(start, start + batchSize))));
          counts.add_(
            colors.nearestBins(subsample(ab, targetStride)).reshape([-1]).bincount(null, colors.AB_BINS.length),
          );
        });
      this.weights.copy_(colors.rebalancingWeights(colors.smoothedPrior(counts), uniformShare));
    });
    return {};
  }

  /** The colors a, b (N, 2, h, w) that the network gives to scaled lightness (N, 1, H, W). */
  private colors(lightness: Tensor): Tensor {
    const output = this.decoder.forward(this.backbone.maps(lightness));
    return this.options.loss === 'l2' ? SQUARED.decode(output) : colors.annealedMean(output, this.options.temperature);
  }

  /**
   * Colors images: uint8 or float [0, 1], (N, 3, H, W) whose colors are ignored or gray (N, 1, H, W), to float (N, 3, H, W) in
   * [0, 1] of the same lightness.
   */
  override generate(input: Tensor): Tensor {
    return withoutGraph(() => {
      const { lightness } = splitLab(labOf(input));
      return colorize(lightness, this.colors(scaledLightness(lightness)));
    });
  }

  override preview({ samples }: Batch): Preview[] {
    const shown = firstSamples(samples, 8);
    const images = toFloat(shown);
    const { lightness, ab } = splitLab(rgbToLab(images));
    const explanation = 'The network sees the lightness of an image and predicts the colors that were taken away.';
    const rows = tileRows([
      { images: colorize(lightness, ops.zerosLike(ab)), caption: 'what it sees' },
      { images: this.generate(shown), caption: 'colors it predicts' },
      { images, caption: 'true colors' },
    ]);
    return [{ title: 'What color was it?', explanation, rows }];
  }
}

export const colorization = defineMethod({
  ...card,
  options,
  smallOptions: { targetStride: 2, decoderWidth: 64, minimumScale: 1 },
  /** Scaled as in the authors' PyTorch code. */
  encoder(context) {
    requireColor(context.spec, card.title);
    return lightnessImages()(context);
  },
  create: (context) => new Colorization(context),
});
