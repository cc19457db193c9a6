/**
 * Split-brain autoencoder: one half of the network predicts the colours of an image from its lightness, the other half its
 * lightness from its colours.
 *
 * Zhang, Isola, Efros, "Split-Brain Autoencoders: Unsupervised Learning by Cross-Channel Prediction", CVPR 2017,
 * https://arxiv.org/abs/1611.09842; code: github.com/richzhang/splitbrainauto (networks only).
 *
 * An autoencoder may copy its input; a half that never sees what it predicts cannot. The paper's AlexNet has every convolution in
 * two groups; two networks of half the width are the same and serve every architecture. The representation is both halves
 * side by side. Targets are single bins without rebalancing, which the paper found to give the better features.
 */
import { z } from 'zod';
import { horizontalFlip, toFloat } from '../../../augment/index.js';
import { Backbone, type BackboneOptions } from '../../../backbones/backbone.js';
import { createBackbone } from '../../../backbones/registry.js';
import { fullPrecision, type Generator, noGrad, ops, scope, type Tensor } from '../../../engine/index.js';
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
import { accuracy } from '../../parts/accuracy.js';
import { AB_BINS, annealedMean, L_BINS, lightnessBins, nearestBins } from '../../parts/color-bins.js';
import { Decoder, lastMap } from '../../parts/decoder.js';
import { AB_SCALE, colorize, labOf, requireColor, rgbToLab, splitLab, subsample } from '../../parts/lab.js';

const options = z.object({
  loss: z
    .enum(['classification', 'l2'])
    .default('classification')
    .describe('Classify colours into 313 bins and lightness into 50, or regress both with a squared error'),
  targetStride: z.number().int().min(1).default(4).describe('Predictions are made for every such pixel'),
  useSplit: z
    .boolean()
    .default(true)
    .describe(
      'Each half sees only its own channels; false lets both see everything, the control, which learns to copy',
    ),
  decoderWidth: z
    .number()
    .int()
    .min(1)
    .default(128)
    .describe('Channels of the last layer of each half before its prediction'),
  temperature: z
    .number()
    .positive()
    .default(0.38)
    .describe('Of the annealed mean that turns shares of bins into a colour'),
  useFlip: z.boolean().default(true).describe('Random horizontal flip'),
});

type Options = z.output<typeof options>;

/** Two networks side by side, each on its own channels of scaled Lab images (N, 3, H, W); their maps and features are joined. */
export class SplitBackbone extends Backbone {
  override readonly architecture: string;
  override readonly options: BackboneOptions;
  readonly layers: readonly string[];
  readonly first: Backbone;
  readonly second: Backbone;

  /** @param whole a network whose width is divided between the halves; it is disposed of */
  constructor(
    whole: Backbone,
    readonly isSplit: boolean,
  ) {
    super();
    const { width } = whole.options;
    const half = (part: (width: number) => number, inputChannels: number): Backbone =>
      createBackbone(whole.architecture, {
        ...whole.options,
        inputChannels,
        ...(width === undefined ? {} : { width: Math.max(1, part(width / 2)) }),
      });
    this.first = half(Math.ceil, isSplit ? 1 : 3);
    this.second = half(Math.floor, isSplit ? 2 : 3);
    this.architecture = `split-${whole.architecture}`;
    this.options = { ...whole.options, inputChannels: 3 };
    this.layers = this.first.layers;
    whole.dispose();
  }

  get featureSize(): number {
    return this.first.featureSize + this.second.featureSize;
  }

  override layerSize(layer: string): number {
    return this.first.layerSize(layer) + this.second.layerSize(layer);
  }

  /** What each half sees of images (N, 3, H, W): L and ab. */
  inputs(x: Tensor): [Tensor, Tensor] {
    const { lightness, ab } = splitLab(x);
    return this.isSplit ? [lightness, ab] : [x, x];
  }

  override maps(x: Tensor, layer?: string): Tensor {
    const [first, second] = this.inputs(x);
    return ops.cat([this.first.maps(first, layer), this.second.maps(second, layer)], 1);
  }

  override features(x: Tensor, layer?: string): Tensor {
    const [first, second] = this.inputs(x);
    return ops.cat([this.first.features(first, layer), this.second.features(second, layer)], 1);
  }
}

export class SplitBrain extends Method {
  override readonly backbone: SplitBackbone;
  /** ab from the first half, L from the second. */
  readonly toColor: Decoder;
  readonly toLightness: Decoder;

  constructor(
    readonly options: Options,
    whole: Backbone,
    readonly data: DataDescription,
  ) {
    super();
    this.backbone = new SplitBackbone(whole, options.useSplit);
    const isClassified = options.loss === 'classification';
    const head = (half: Backbone, outputSize: number): Decoder => {
      const { size, side } = lastMap(half, data.imageSize);
      const outputSide = Math.ceil(data.imageSize / options.targetStride);
      return new Decoder({ inputSize: size, inputSide: side, outputSize, outputSide, width: options.decoderWidth });
    };
    this.toColor = head(this.backbone.first, isClassified ? AB_BINS.length : 2);
    this.toLightness = head(this.backbone.second, isClassified ? L_BINS : 1);
  }

  /** Zero-centred Lab, ((L - 50) / 100, a / 110, b / 110); grey images (N, 1, H, W) have a = b = 0. */
  override prepare(samples: Tensor): Tensor {
    return scope(() => scaled(labOf(samples)));
  }

  override views({ samples }: Batch, random: Generator): Views {
    const images = this.options.useFlip ? horizontalFlip(0.5)(samples, random) : samples;
    const lab = labOf(images);
    return { input: scaled(lab), target: subsample(lab, this.options.targetStride).contiguous() };
  }

  override loss(views: Views): Outcome {
    const { input, target } = views as Record<'input' | 'target', Tensor>;
    const [first, second] = this.backbone.inputs(input);
    const maps = [this.backbone.first.maps(first), this.backbone.second.maps(second)] as const;
    const color = this.toColor.forward(maps[0]).to('float32'); // (N, 313 or 2, h, w)
    const light = this.toLightness.forward(maps[1]).to('float32'); // (N, 50 or 1, h, w)
    return fullPrecision(color.device, (): Outcome => {
      const features = ops.cat([maps[0].mean([2, 3]), maps[1].mean([2, 3])], 1);
      const { lightness, ab } = splitLab(target);
      if (this.options.loss === 'l2') {
        const truth = splitLab(scaled(target));
        const colorLoss = halfSquares(color, truth.ab);
        const lightnessLoss = halfSquares(light, truth.lightness);
        return {
          loss: colorLoss.add(lightnessLoss),
          metrics: { colorLoss: colorLoss.detach(), lightnessLoss: lightnessLoss.detach() },
          features,
        };
      }
      const [colors, lights] = [nearestBins(ab), lightnessBins(lightness)];
      const colorLoss = ops.crossEntropy(color, colors);
      const lightnessLoss = ops.crossEntropy(light, lights);
      return {
        loss: colorLoss.add(lightnessLoss),
        metrics: {
          colorLoss: colorLoss.detach(),
          lightnessLoss: lightnessLoss.detach(),
          colorAccuracy: accuracy(color, colors),
          lightnessAccuracy: accuracy(light, lights),
        },
        features,
      };
    });
  }

  /** As colorization's: Adam with the beta2 of its solver. */
  override turns(): Turn[] {
    return [{ name: 'main', modules: [this], betas: [0.9, 0.99] }];
  }

  /** Colours predicted from lightness, and lightness from colours, both (N, 3, H, W) in [0, 1] beside the other's truth. */
  private predictions(samples: Tensor): { colored: Tensor; lit: Tensor } {
    const lab = labOf(samples);
    const { lightness, ab } = splitLab(lab);
    const [first, second] = this.backbone.inputs(scaled(lab));
    const color = this.toColor.forward(this.backbone.first.maps(first)).to('float32');
    const light = this.toLightness.forward(this.backbone.second.maps(second)).to('float32');
    const isL2 = this.options.loss === 'l2';
    const colors = isL2 ? color.mul(AB_SCALE) : annealedMean(color, this.options.temperature);
    const lights = isL2 ? light.mul(100).add(50) : expectedLightness(light);
    const full = ops.upsampleBilinear2d(lights.clamp(0, 100).contiguous(), [lab.size(2), lab.size(3)], false);
    return { colored: colorize(lightness, colors), lit: colorize(full, ab) };
  }

  /** Colours images by the first half: uint8 or float [0, 1] (N, 3 or 1, H, W) to float (N, 3, H, W) of the same lightness. */
  override generate(input: Tensor): Tensor {
    return noGrad(() => scope(() => this.predictions(input).colored));
  }

  override preview({ samples }: Batch): Preview[] {
    const shown = samples.narrow(0, 0, Math.min(8, samples.size(0)));
    const images = toFloat(shown);
    const { lightness, ab } = splitLab(rgbToLab(images));
    const grey = colorize(lightness, ops.zerosLike(ab));
    const flat = colorize(ops.full(lightness.shape, 60, { dtype: 'float32', device: ab.device }), ab);
    const { colored, lit } = this.predictions(shown);
    const rows = Array.from({ length: shown.size(0) }, (_, i) => [
      { image: images.select(0, i), caption: 'the image' },
      { image: grey.select(0, i), caption: 'half 1 sees: light' },
      { image: colored.select(0, i), caption: 'predicts the colours' },
      { image: flat.select(0, i), caption: 'half 2 sees: colours' },
      { image: lit.select(0, i), caption: 'predicts the light' },
    ]);
    return [
      {
        title: 'Colours from light, light from colours',
        explanation:
          'One half of the network sees only how bright each pixel is and predicts its colour; the other half sees only the colours and predicts the brightness.',
        rows,
      },
    ];
  }
}

/** The scale on which the networks see Lab, and on which l2 is measured. */
function scaled(lab: Tensor): Tensor {
  const { lightness, ab } = splitLab(lab);
  return ops.cat([lightness.sub(50).div(100), ab.div(AB_SCALE)], 1);
}

/** Half the squared distance of the prediction (N, C, h, w) from the truth, averaged over pixels. */
function halfSquares(predicted: Tensor, truth: Tensor): Tensor {
  return predicted.sub(truth).square().sum(1).mean().mul(0.5);
}

/** The mean of the predicted distribution over lightness bins: (N, 50, h, w) to (N, 1, h, w). */
function expectedLightness(logits: Tensor): Tensor {
  const width = 100 / L_BINS;
  const centres = ops.arange(0, L_BINS, 1, { dtype: 'float32', device: logits.device }).add(0.5).mul(width);
  return logits
    .softmax(1)
    .mul(centres.view([1, L_BINS, 1, 1]))
    .sum(1, true);
}

export const splitBrain = defineMethod({
  name: 'split-brain',
  title: 'Split-brain autoencoder',
  modality: 'image',
  family: 'generative',
  summary:
    'Predict the colours from the lightness with one half of the network and the lightness from the colours with the other.',
  paper: {
    title: 'Split-Brain Autoencoders: Unsupervised Learning by Cross-Channel Prediction',
    authors: 'Richard Zhang, Phillip Isola, Alexei A. Efros',
    year: 2017,
    url: 'https://arxiv.org/abs/1611.09842',
    code: 'https://github.com/richzhang/splitbrainauto',
  },
  score: { metric: 'loss', name: 'loss of both halves in nats', better: 'lower' },
  options,
  smallOptions: { targetStride: 2, decoderWidth: 32 },
  recipes: {
    // The paper's training code is not public: colorization's, by the same authors, for the same AlexNet.
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
  create: ({ options, backbone, data }) => {
    requireColor(data, 'The split-brain autoencoder');
    return new SplitBrain(options, backbone, data);
  },
});
