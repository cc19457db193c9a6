/**
 * Split-brain autoencoder: one half of the network predicts the colors of an image from its lightness, the other half its
 * lightness from its colors; or one the depth from the image, and the other the image from the depth.
 *
 * Zhang, Isola, Efros, "Split-Brain Autoencoders: Unsupervised Learning by Cross-Channel Prediction", CVPR 2017,
 * https://arxiv.org/abs/1611.09842; code: github.com/richzhang/splitbrainauto (networks only).
 *
 * An autoencoder may copy its input; a half that never sees what it predicts cannot. The paper's AlexNet has every convolution in
 * two groups; two networks of half the width are the same and serve every architecture. The representation is both halves
 * side by side. Targets are single bins without rebalancing, which the paper found to give the better features.
 */
import { z } from 'zod';
import { horizontalFlip } from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import { createSplitBackbone } from '../../../backbones/registry.js';
import type { SplitBackbone } from '../../../backbones/split.js';
import { fullPrecision, type Generator, noGrad, ops, scope, type Tensor } from '../../../engine/index.js';
import { type ChannelCoding, toScale } from '../../colors/channel-codings.js';
import { requireColor, resizeMap, subsample } from '../../colors/lab.js';
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
import { Decoder, lastMap } from '../../networks/decoder.js';
import { codingOf, PAIRS, type Pair, type Side } from './split-brain-pairs.js';

const options = z.object({
  pair: z
    .enum(['lab', 'rgb-depth'])
    .default('lab')
    .describe('What predicts each other: lightness and colors, or the image and its depth (samples of RGB and HHA)'),
  loss: z
    .enum(['classification', 'l2'])
    .default('classification')
    .describe(
      'Classify colors into 313 bins, lightness into 50 and each channel of HHA into 32, or regress all with a squared error',
    ),
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
    .describe('Of the annealed mean that turns shares of bins into a color'),
  useFlip: z.boolean().default(true).describe('Random horizontal flip'),
});

type Options = z.output<typeof options>;

export class SplitBrain extends Method {
  override readonly backbone: SplitBackbone;
  readonly pair: Pair;
  /** How each half predicts: the first the second side, the second the first. */
  readonly codings: readonly [first: ChannelCoding, second: ChannelCoding];
  readonly firstDecoder: Decoder;
  readonly secondDecoder: Decoder;

  /** @param whole a network whose width is divided between the halves; it is disposed of */
  constructor(
    readonly options: Options,
    whole: Backbone,
    readonly data: DataDescription,
  ) {
    super();
    this.pair = PAIRS[options.pair];
    const [first, second] = this.pair.sides;
    this.backbone = createSplitBackbone(whole.architecture, {
      ...whole.options,
      inputChannels: first.scales.length + second.scales.length,
      ...(options.useSplit ? { splitAt: first.scales.length } : {}),
    });
    whole.dispose();
    const coding = (side: Side): ChannelCoding => codingOf(side, options.loss, options.temperature);
    this.codings = [coding(second), coding(first)];
    const decoder = (half: Backbone, outputSize: number): Decoder => {
      const { size, side } = lastMap(half, data.imageSize);
      const outputSide = Math.ceil(data.imageSize / options.targetStride);
      return new Decoder({ inputSize: size, inputSide: side, outputSize, outputSide, width: options.decoderWidth });
    };
    this.firstDecoder = decoder(this.backbone.first, this.codings[0].outputs);
    this.secondDecoder = decoder(this.backbone.second, this.codings[1].outputs);
  }

  /** Zero-centered channels: ((L - 50) / 100, a / 110, b / 110), and HHA as (x - 128) / 128. Gray images have a = b = 0. */
  override prepare(samples: Tensor): Tensor {
    return scope(() => this.toInput(this.pair.read(samples)));
  }

  override views({ samples }: Batch, random: Generator): Views {
    const images = this.options.useFlip ? horizontalFlip(0.5)(samples, random) : samples;
    const channels = this.pair.read(images);
    return { input: this.toInput(channels), target: subsample(channels, this.options.targetStride).contiguous() };
  }

  override loss(views: Views): Outcome {
    const { input, target } = views as Record<'input' | 'target', Tensor>;
    const { maps, outputs } = this.predict(input);
    return fullPrecision(input.device, (): Outcome => {
      const scored = (
        half: 0 | 1,
        { name }: Side,
        truth: Tensor,
      ): { loss: Tensor; metrics: Record<string, Tensor> } => {
        const coding = this.codings[half];
        const loss = coding.loss(outputs[half], truth).mean();
        const hits = noGrad(() => coding.hits?.(outputs[half], truth).mean());
        return { loss, metrics: { [`${name}Loss`]: loss.detach(), ...(hits && { [`${name}Accuracy`]: hits }) } };
      };
      const [first, second] = this.cut(target);
      const toSecond = scored(0, this.pair.sides[1], second);
      const toFirst = scored(1, this.pair.sides[0], first);
      return {
        loss: toSecond.loss.add(toFirst.loss),
        metrics: { ...toSecond.metrics, ...toFirst.metrics },
        features: ops.cat([maps[0].mean([2, 3]), maps[1].mean([2, 3])], 1),
      };
    });
  }

  /** As colorization's: Adam with the beta2 of its solver. */
  override turns(): Turn[] {
    return [{ name: 'main', modules: [this], betas: [0.9, 0.99] }];
  }

  private toInput(channels: Tensor): Tensor {
    return toScale(
      channels,
      this.pair.sides.flatMap(({ scales }) => scales),
    );
  }

  /** The channels of both sides. */
  private cut(channels: Tensor): readonly [first: Tensor, second: Tensor] {
    const [first, second] = this.pair.sides;
    return [channels.narrow(1, 0, first.scales.length), channels.narrow(1, first.scales.length, second.scales.length)];
  }

  /** The last maps of both halves, and what they predict of the other's side, float32 (N, outputs, h, w). */
  private predict(input: Tensor): { maps: readonly [Tensor, Tensor]; outputs: readonly [Tensor, Tensor] } {
    const [first, second] = this.backbone.inputs(input);
    const maps = [this.backbone.first.maps(first), this.backbone.second.maps(second)] as const;
    const outputs = [
      this.firstDecoder.forward(maps[0]).to('float32'),
      this.secondDecoder.forward(maps[1]).to('float32'),
    ] as const;
    return { maps, outputs };
  }

  /** The sides of samples, and those that the halves predict, all of the samples' size. */
  private compare(samples: Tensor): Record<'truth' | 'predicted', readonly [first: Tensor, second: Tensor]> {
    const channels = this.pair.read(samples);
    const { outputs } = this.predict(this.toInput(channels));
    const full = (i: 0 | 1): Tensor =>
      resizeMap(this.codings[i].decode(outputs[i]), channels.size(2), channels.size(3));
    return { truth: this.cut(channels), predicted: [full(1), full(0)] };
  }

  /**
   * The prediction of the first half as a picture, float (N, 3, H, W) in [0, 1]. With `lab`, images with predicted colors from
   * uint8 or float [0, 1] (N, 3 or 1, H, W), whose own colors are ignored; with `rgb-depth`, the HHA of RGB (N, 3, H, W) or of
   * samples (N, 6, H, W).
   */
  override generate(input: Tensor): Tensor {
    return noGrad(() =>
      scope(() => {
        const isColorAlone = this.options.pair === 'rgb-depth' && input.size(1) === 3;
        const samples = isColorAlone ? ops.cat([input, ops.zerosLike(input)], 1) : input;
        const { truth, predicted } = this.compare(samples);
        return this.pair.paint(truth[0], predicted[1]);
      }),
    );
  }

  override preview({ samples }: Batch): Preview[] {
    const shown = samples.narrow(0, 0, Math.min(8, samples.size(0)));
    const { truth, predicted } = this.compare(shown);
    const columns = this.pair.tiles(truth, predicted);
    const rows = Array.from({ length: shown.size(0) }, (_, i) =>
      columns.map(({ images, caption }) => ({ image: images.select(0, i), caption })),
    );
    const { title, explanation } = this.pair;
    return [{ title, explanation, rows }];
  }
}

export const splitBrain = defineMethod({
  name: 'split-brain',
  title: 'Split-brain autoencoder',
  modality: 'image',
  family: 'generative',
  summary:
    'Predict the colors from the lightness with one half of the network and the lightness from the colors with the other.',
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
  channels: ({ pair }) => PAIRS[pair].sampleChannels,
  create: ({ options, backbone, data }) => {
    if (options.pair === 'lab') requireColor(data, 'The split-brain autoencoder');
    return new SplitBrain(options, backbone, data);
  },
});
