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
import { halfFlipped, resizeMap, subsample } from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import { SPLIT_PREFIX, type SplitBackbone } from '../../../backbones/split.js';
import { firstSamples } from '../../../data/index.js';
import { fullPrecision, type Generator, noGrad, ops, scope, type Tensor, withoutGraph } from '../../../engine/index.js';
import { Decoder, lastMap } from '../../../networks/decoder.js';
import { requireColor } from '../../encoders.js';
import type { Batch, EncoderContext, MethodContext, Outcome, Preview } from '../../method.js';
import { defineMethod, Method } from '../../method.js';
import * as option from '../../options.js';
import { tileRows } from '../../previews/tile-rows.js';
import type { ChannelCoding } from '../../targets/channel-codings.js';
import { both } from '../../views/two-views.js';
import { card } from './split-brain.card.js';
import type { Pair, Side, SidesOf, SplitBrainSpec } from './split-brain-pairs.js';
import { codingOf, cutSides, joined, PAIRS, toInput } from './split-brain-pairs.js';

const options = z.object({
  pair: option.choice(['lab', 'rgb-depth'], 'What predicts each other: lightness and colors, or image and depth (HHA)'),
  loss: option.choice(['classification', 'l2'], 'In bins (colors 313, lightness 50, HHA 32 each), or squared error'),
  targetStride: option.whole(4, 'Predictions are made at every n-th pixel of each row and column'),
  useSplit: option.flag(true, 'Each half sees only its own channels; false is the control, which learns to copy'),
  decoderWidth: option.whole(128, 'Channels of the last layer of each half before its prediction'),
  temperature: option.positive(0.38, 'Temperature of the annealed mean that turns shares of bins into a color'),
  useFlip: option.useFlip('each image'),
});

type Options = z.output<typeof options>;
/** Both sides as the halves see them, (N, C, S, S), and on their own scales at the targets' pixels, (N, C, h, w). */
type SplitViews = { input: Tensor; target: Tensor };

export class SplitBrain extends Method<Options, SplitViews, unknown, SplitBrainSpec> {
  declare readonly backbone: SplitBackbone;
  readonly pair: Pair;
  /** How each half predicts: the first the second side, the second the first. */
  readonly codings: readonly [first: ChannelCoding, second: ChannelCoding];
  readonly firstDecoder: Decoder;
  readonly secondDecoder: Decoder;
  private readonly augment = halfFlipped(this.options.useFlip);

  constructor(context: MethodContext<Options, SplitBrainSpec>) {
    super(context);
    const { loss, temperature, targetStride, decoderWidth: width } = this.options;
    this.pair = PAIRS[this.options.pair];
    const [first, second] = this.pair.sides;
    this.codings = [codingOf(second, loss, temperature), codingOf(first, loss, temperature)];
    const { height } = this.spec.modality === 'pair' ? this.spec.second : this.spec;
    const outputSide = Math.ceil(height / targetStride);
    const decoder = (half: Backbone, { outputs: outputSize }: ChannelCoding): Decoder => {
      const { size: inputSize, side: inputSide } = lastMap(half, height);
      return new Decoder({ inputSize, inputSide, outputSize, outputSide, width });
    };
    this.firstDecoder = decoder(this.backbone.first, this.codings[0]);
    this.secondDecoder = decoder(this.backbone.second, this.codings[1]);
  }

  override views({ samples }: Batch<SplitBrainSpec>, random: Generator): SplitViews {
    const channels = this.pair.read(this.augment(joined(samples), random));
    const target = subsample(channels, this.options.targetStride).contiguous();
    return { input: toInput(this.pair, channels), target };
  }

  override loss({ input, target }: SplitViews): Outcome {
    const { maps, outputs } = this.predict(input);
    return fullPrecision(input.device, () => {
      const scored = (half: 0 | 1, { name }: Side, truth: Tensor) => {
        const coding = this.codings[half];
        const loss = coding.loss(outputs[half], truth).mean();
        const hits = noGrad(() => coding.hits?.(outputs[half], truth).mean());
        return { loss, metrics: { [`${name}Loss`]: loss.detach(), ...(hits && { [`${name}Accuracy`]: hits }) } };
      };
      const [first, second] = cutSides(this.pair, target);
      const toSecond = scored(0, this.pair.sides[1], second);
      const toFirst = scored(1, this.pair.sides[0], first);
      return {
        loss: toSecond.loss.add(toFirst.loss),
        metrics: { ...toSecond.metrics, ...toFirst.metrics },
        features: ops.cat([...both(maps, (map) => map.mean([2, 3]))], 1),
      };
    });
  }

  /** The last maps of both halves, and what they predict of the other's side, float32 (N, outputs, h, w). */
  private predict(input: Tensor): { maps: readonly [Tensor, Tensor]; outputs: readonly [Tensor, Tensor] } {
    const [first, second] = this.backbone.inputs(input);
    const maps = [this.backbone.first.maps(first), this.backbone.second.maps(second)] as const;
    const painted = [this.firstDecoder.forward(maps[0]), this.secondDecoder.forward(maps[1])] as const;
    return { maps, outputs: both(painted, (output) => output.to('float32')) };
  }

  /** The sides of images that hold both, and those that the halves predict, all of the images' size. */
  private compare(images: Tensor): Record<'truth' | 'predicted', SidesOf> {
    const channels = this.pair.read(images);
    const { outputs } = this.predict(toInput(this.pair, channels));
    const [height, width] = channels.shape.slice(2) as [number, number];
    const full = (i: 0 | 1): Tensor => resizeMap(this.codings[i].decode(outputs[i]), height, width);
    return { truth: cutSides(this.pair, channels), predicted: [full(1), full(0)] };
  }

  /**
   * The prediction of the first half as a picture, float (N, 3, H, W) in [0, 1]. With `lab`, images with predicted colors from
   * uint8 or float [0, 1] (N, 3 or 1, H, W), whose own colors are ignored; with `rgb-depth`, the HHA of RGB (N, 3, H, W) or of
   * images with their HHA (N, 6, H, W).
   */
  override generate(input: Tensor): Tensor {
    return withoutGraph(() => {
      const isColorAlone = this.options.pair === 'rgb-depth' && input.size(1) === 3;
      const { truth, predicted } = this.compare(isColorAlone ? ops.cat([input, ops.zerosLike(input)], 1) : input);
      return this.pair.paint(truth[0], predicted[1]);
    });
  }

  override preview({ samples }: Batch<SplitBrainSpec>): Preview[] {
    const { truth, predicted } = this.compare(joined(firstSamples(samples, 8)));
    const { title, explanation } = this.pair;
    return [{ title, explanation, rows: tileRows(this.pair.tiles(truth, predicted)) }];
  }
}

export const splitBrain = defineMethod({
  ...card,
  modalities: ['image', 'pair'],
  options,
  smallOptions: { targetStride: 2, decoderWidth: 32 },
  needs: ({ pair }) => PAIRS[pair].needs,
  /** Both sides zero-centered, for a backbone in two halves. */
  encoder({ options, spec, architecture, makeBackbone }: EncoderContext<Options, SplitBrainSpec>) {
    if (options.pair === 'lab' && spec.modality === 'image') requireColor(spec, 'The split-brain autoencoder');
    const pair = PAIRS[options.pair];
    const [first, second] = both(pair.sides, ({ scales }) => scales.length);
    const channels = { inputChannels: first + second, ...(options.useSplit ? { splitAt: first } : {}) };
    return {
      spec,
      backbone: makeBackbone(channels, `${SPLIT_PREFIX}${architecture}`),
      preparation: { note: pair.preparation },
      prepare: (samples) => scope(() => toInput(pair, pair.read(joined(samples)))),
    };
  },
  create: (context) => new SplitBrain(context),
});
