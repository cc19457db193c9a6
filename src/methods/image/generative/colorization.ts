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
import { horizontalFlip, randomResizedCrop, toFloat } from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import { fullPrecision, type Generator, noGrad, ops, scope, type Tensor } from '../../../engine/index.js';
import { COLOR_SCALE, LIGHTNESS_SCALE, regressed, toScale } from '../../colors/channel-codings.js';
import {
  AB_BINS,
  annealedMean,
  nearestBins,
  rebalancingWeights,
  smoothedPrior,
  softBins,
} from '../../colors/color-bins.js';
import { colorize, labOf, requireColor, rgbToLab, splitLab, subsample } from '../../colors/lab.js';
import {
  type Batch,
  type DataDescription,
  defineMethod,
  type EpochContext,
  type EpochPlan,
  Method,
  type Outcome,
  type Preview,
  type Turn,
  type Views,
} from '../../method.js';
import { Decoder, lastMap } from '../../networks/decoder.js';

const options = z.object({
  loss: z
    .enum(['classification', 'l2'])
    .default('classification')
    .describe('Classify colors into 313 bins, or regress them with a squared error (gray results)'),
  targetStride: z.number().int().min(1).default(4).describe('Colors are predicted for every such pixel'),
  neighbors: z
    .number()
    .int()
    .min(1)
    .max(AB_BINS.length)
    .default(10)
    .describe('Bins that share a color; paper 5, code 10'),
  sigma: z
    .number()
    .positive()
    .default(5)
    .describe('Width of the Gaussian that divides a color among its bins, in Lab units'),
  uniformShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('Lambda of the class rebalancing: 0 weighs bins by their rarity alone, 1 weighs all alike'),
  temperature: z
    .number()
    .positive()
    .default(0.38)
    .describe('Of the annealed mean that decodes a distribution: 1 is its mean, towards 0 its mode'),
  grayThreshold: z
    .number()
    .min(0)
    .default(5)
    .describe('Images without a pixel of larger |a| or |b| count as gray and are left out of the loss'),
  decoderWidth: z.number().int().min(1).default(256).describe('Channels of the last layer before the prediction'),
  minimumScale: z
    .number()
    .min(0.01)
    .max(1)
    .default(0.47)
    .describe('Smallest share of the image in a square crop; the code cuts 176 of 256 pixels'),
  useFlip: z.boolean().default(true).describe('Random horizontal flip'),
});

type Options = z.output<typeof options>;

/** With `l2`: a and b as values. */
const SQUARED = regressed([COLOR_SCALE, COLOR_SCALE]);

/** Images of the data set that the prior of the colors is counted on. */
const PRIOR_IMAGES = 5000;

export class Colorization extends Method {
  readonly decoder: Decoder;
  /** Weight of each bin, (313). Equal until the first epoch starts. */
  readonly weights: Tensor;

  constructor(
    readonly options: Options,
    override readonly backbone: Backbone,
    readonly data: DataDescription,
  ) {
    super();
    const { size, side } = lastMap(backbone, data.imageSize);
    this.decoder = new Decoder({
      inputSize: size,
      inputSide: side,
      outputSize: options.loss === 'l2' ? SQUARED.outputs : AB_BINS.length,
      outputSide: Math.ceil(data.imageSize / options.targetStride),
      width: options.decoderWidth,
    });
    this.weights = this.buffer('weights', ops.ones([AB_BINS.length]));
  }

  /** Lightness alone, (L - 50) / 100 as in the authors' PyTorch code; gray images (N, 1, H, W) serve too. */
  override prepare(samples: Tensor): Tensor {
    return scope(() => scaledLightness(splitLab(labOf(samples)).lightness));
  }

  override views({ samples }: Batch, random: Generator): Views {
    const { minimumScale, useFlip, targetStride, grayThreshold } = this.options;
    let images = toFloat(samples);
    if (minimumScale < 1)
      images = randomResizedCrop({ size: this.data.imageSize, scale: [minimumScale, 1], ratio: [1, 1] })(
        images,
        random,
      );
    if (useFlip) images = horizontalFlip(0.5)(images, random);
    const { lightness, ab } = splitLab(rgbToLab(images));
    const isColored = ab.abs().amax([1, 2, 3]).gt(grayThreshold).to('float32'); // (N)
    return { lightness: scaledLightness(lightness), ab: subsample(ab, targetStride).contiguous(), isColored };
  }

  override loss(views: Views): Outcome {
    const { lightness, ab, isColored } = views as Record<'lightness' | 'ab' | 'isColored', Tensor>;
    const maps = this.backbone.maps(lightness);
    const output = this.decoder.forward(maps).to('float32'); // (N, 313 or 2, h, w)
    return fullPrecision(output.device, () => {
      const shares = isColored.div(isColored.sum().clampMin(1)); // Gray images have no part in the mean.
      const overImages = (perPixel: Tensor): Tensor => perPixel.mean([1, 2]).mul(shares).sum();
      const features = maps.mean([2, 3]);
      if (this.options.loss === 'l2') {
        return { loss: overImages(SQUARED.loss(output, ab)), features };
      }
      const { bins, shares: soft } = softBins(ab, this.options.neighbors, this.options.sigma); // (N, h, w, k)
      const nearest = bins.select(3, 0);
      const logShares = output.logSoftmax(1).permute([0, 2, 3, 1]);
      const perPixel = logShares.gather(3, bins).mul(soft).sum(3).neg(); // (N, h, w)
      const plain = overImages(perPixel);
      const weights = this.weights.indexSelect(0, nearest.reshape([-1])).reshape(nearest.shape);
      const weighted = overImages(perPixel.mul(weights));
      // As in the code, rebalancing is applied to the gradient only; the value stays the plain cross-entropy.
      const loss = weighted.add(plain.sub(weighted).detach());
      const accuracy = noGrad(() => overImages(output.argmax(1).eq(nearest).to('float32')));
      return { loss, metrics: { accuracy }, features };
    });
  }

  /** Counts how often each color occurs, before training begins. */
  override onEpochStart({ progress, count, batchSize, samples }: EpochContext): EpochPlan {
    const { loss, uniformShare, targetStride } = this.options;
    if (progress.epoch > 0 || loss === 'l2' || uniformShare === 1) return {};
    const every = Math.max(1, Math.floor(count / PRIOR_IMAGES));
    const chosen = Array.from({ length: Math.floor(count / every) }, (_, i) => i * every);
    noGrad(() =>
      scope(() => {
        const counts = ops.zeros([AB_BINS.length], { device: this.weights.device, dtype: 'int64' });
        for (let start = 0; start < chosen.length; start += batchSize)
          scope(() => {
            const { ab } = splitLab(labOf(samples(chosen.slice(start, start + batchSize))));
            counts.add_(nearestBins(subsample(ab, targetStride)).reshape([-1]).bincount(null, AB_BINS.length));
          });
        this.weights.copy_(rebalancingWeights(smoothedPrior(counts), uniformShare));
      }),
    );
    return {};
  }

  /** Adam with the beta2 of the code's solver. */
  override turns(): Turn[] {
    return [{ name: 'main', modules: [this], betas: [0.9, 0.99] }];
  }

  /** The colors a, b (N, 2, h, w) that the network gives to prepared lightness (N, 1, H, W). */
  private colors(lightness: Tensor): Tensor {
    const output = this.decoder.forward(this.backbone.maps(lightness));
    return this.options.loss === 'l2' ? SQUARED.decode(output) : annealedMean(output, this.options.temperature);
  }

  /**
   * Colors images: uint8 or float [0, 1], (N, 3, H, W) whose colors are ignored or gray (N, 1, H, W), to float (N, 3, H, W) in
   * [0, 1] of the same lightness.
   */
  override generate(input: Tensor): Tensor {
    return noGrad(() =>
      scope(() => {
        const { lightness } = splitLab(labOf(input));
        return colorize(lightness, this.colors(scaledLightness(lightness)));
      }),
    );
  }

  override preview({ samples }: Batch): Preview[] {
    const shown = samples.narrow(0, 0, Math.min(8, samples.size(0)));
    const images = toFloat(shown);
    const { lightness, ab } = splitLab(rgbToLab(images));
    const gray = colorize(lightness, ops.zerosLike(ab));
    const colored = this.generate(shown);
    const rows = Array.from({ length: shown.size(0) }, (_, i) => [
      { image: gray.select(0, i), caption: 'what it sees' },
      { image: colored.select(0, i), caption: 'colors it predicts' },
      { image: images.select(0, i), caption: 'true colors' },
    ]);
    return [
      {
        title: 'What color was it?',
        explanation: 'The network sees the lightness of an image and predicts the colors that were taken away.',
        rows,
      },
    ];
  }
}

function scaledLightness(lightness: Tensor): Tensor {
  return toScale(lightness, [LIGHTNESS_SCALE]);
}

export const colorization = defineMethod({
  name: 'colorization',
  title: 'Colorization',
  modality: 'image',
  family: 'generative',
  summary: 'Take the colors away and predict them from the lightness, each as one of 313 bins.',
  paper: {
    title: 'Colorful Image Colorization',
    authors: 'Richard Zhang, Phillip Isola, Alexei A. Efros',
    year: 2016,
    url: 'https://arxiv.org/abs/1603.08511',
    code: 'https://github.com/richzhang/colorization',
  },
  score: { metric: 'accuracy', name: 'accuracy of the top bin (313)', better: 'higher' },
  options,
  smallOptions: { targetStride: 2, decoderWidth: 64, minimumScale: 1 },
  recipes: {
    // AlexNet for features: batch 80. The rate falls after 225,000 and 500,000 iterations, as in the code's solver; that it ends
    // after 640,000 (40 epochs of ImageNet) is our choice.
    paper: {
      backbone: 'caffenet',
      epochs: 40,
      batchSize: 80,
      optimizer: 'adam',
      learningRate: 3e-5,
      weightDecay: 1e-3,
      schedule: 'step',
      milestones: [0.35, 0.78],
      gamma: 0.1,
    },
    small: {
      backbone: 'alexnet',
      width: 32,
      epochs: 50,
      batchSize: 64,
      optimizer: 'adam',
      learningRate: 1e-3,
      weightDecay: 1e-4,
      schedule: 'cosine',
      warmupEpochs: 0.5,
    },
  },
  backboneOptions: () => ({ inputChannels: 1 }),
  create: ({ options, backbone, data }) => {
    requireColor(data, 'Colorization');
    return new Colorization(options, backbone, data);
  },
});
