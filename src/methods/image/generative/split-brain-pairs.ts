import { colorize, labOf, labToRgb, toFloat } from '../../../augment/index.js';
import type { ImageSpec, PairSpec, SamplesOf } from '../../../data/index.js';
import { ops, scope, Tensor } from '../../../engine/index.js';
import { expected } from '../../../errors.js';
import type { Needs } from '../../../modalities/modality.js';
import {
  BYTE_SCALE,
  type ChannelCoding,
  type ChannelScale,
  COLOR_SCALE,
  colorBins,
  evenBins,
  joined as joinedCodings,
  LIGHTNESS_SCALE,
  regressed,
  toScale,
} from '../../targets/channel-codings.js';

/** Images whose channels are both sides, or aligned pairs of images, whose channels are joined. */
export type SplitBrainSpec = ImageSpec | PairSpec<ImageSpec, ImageSpec>;

/** Bins of lightness, of width 2. */
export const LIGHTNESS_BINS = 50;
/** Bins of each channel of HHA, of width 8. The paper's number is not published. */
export const HHA_BINS = 32;

/** Channels that one half of the network sees and the other predicts. */
export interface Side {
  /** In the names of metrics. */
  name: string;
  /** The scale on which networks see and regress each channel. */
  scales: readonly ChannelScale[];
  /** How they are classified. */
  bins(temperature: number): ChannelCoding;
}

/** Two sides of one picture that predict each other. */
export interface Pair {
  /** What it asks of the samples. */
  needs: Needs;
  /** How networks see both sides, in words. */
  preparation: string;
  /** In the order of their channels. */
  sides: readonly [first: Side, second: Side];
  /** The channels of both sides, float32 (N, C, H, W), from samples, uint8 or float [0, 1]. */
  read(samples: Tensor): Tensor;
  /** The two sides of one picture, true or predicted, (N, C, H, W) each, as RGB (N, 3, H, W) in [0, 1]. */
  paint(first: Tensor, second: Tensor): Tensor;
  /** The columns of a preview, from the true sides and those that the halves predict. */
  tiles(truth: SidesOf, predicted: SidesOf): { images: Tensor; caption: string }[];
  title: string;
  explanation: string;
}

export type SidesOf = readonly [first: Tensor, second: Tensor];

const lightness: Side = {
  name: 'lightness',
  scales: [LIGHTNESS_SCALE],
  bins: () => evenBins({ channels: 1, bins: LIGHTNESS_BINS, from: 0, to: 100 }),
};

const color: Side = { name: 'color', scales: [COLOR_SCALE, COLOR_SCALE], bins: colorBins };

const image: Side = {
  name: 'image',
  scales: [...lightness.scales, ...color.scales],
  bins: (temperature) => joinedCodings(lightness.bins(temperature), color.bins(temperature)),
};

const depth: Side = {
  name: 'depth',
  scales: [BYTE_SCALE, BYTE_SCALE, BYTE_SCALE],
  bins: () => evenBins({ channels: 3, bins: HHA_BINS, from: 0, to: 256 }),
};

/** Lightness at which colors are shown that have none. */
const SHOWN_LIGHTNESS = 60;

const lab: Pair = {
  needs: {},
  preparation: 'CIE Lab as ((L - 50) / 100, a / 110, b / 110); gray images have a = b = 0.',
  sides: [lightness, color],
  read: labOf,
  paint: colorize,
  tiles: ([light, ab], [predictedLight, predictedColor]) => [
    { images: colorize(light, ab), caption: 'the image' },
    { images: colorize(light, ops.zerosLike(ab)), caption: 'half 1 sees: light' },
    { images: colorize(light, predictedColor), caption: 'predicts the colors' },
    { images: colorize(ops.fullLike(light, SHOWN_LIGHTNESS), ab), caption: 'half 2 sees: colors' },
    { images: colorize(predictedLight, ab), caption: 'predicts the light' },
  ],
  title: 'Colors from light, light from colors',
  explanation:
    'One half of the network sees only how bright each pixel is and predicts its color; the other half sees only the colors and predicts the brightness.',
};

/** HHA (N, 3, H, W), 0 to 255, as a picture. */
const shownDepth = (hha: Tensor): Tensor => hha.div(255).clamp(0, 1);

const rgbDepth: Pair = {
  needs: { channels: [6], pairs: { first: [3], second: [3] }, isAligned: true },
  preparation: 'CIE Lab as ((L - 50) / 100, a / 110, b / 110), then the bytes of HHA as (x - 128) / 128.',
  sides: [image, depth],
  read: (samples) =>
    scope(() => {
      if (samples.size(1) !== 6)
        throw expected('samples of 6 channels, RGB and HHA,', 'samples', samples, { code: 'SHAPE' });
      return ops.cat([labOf(samples.narrow(1, 0, 3)), toFloat(samples.narrow(1, 3, 3)).mul(255)], 1);
    }),
  paint: (_image, hha) => shownDepth(hha),
  tiles: ([lab, hha], [predictedLab, predictedDepth]) => [
    { images: labToRgb(lab), caption: 'half 1 sees: the image' },
    { images: shownDepth(predictedDepth), caption: 'predicts the depth' },
    { images: shownDepth(hha), caption: 'half 2 sees: depth' },
    { images: labToRgb(predictedLab), caption: 'predicts the image' },
  ],
  title: 'Depth from the image, the image from depth',
  explanation:
    'One half of the network sees the color image and predicts its depth, the other half sees the depth and predicts the image. Depth is shown as HHA: red is near, green is high above the ground, blue is the angle, which separates floors, walls and ceilings.',
};

export const PAIRS = { lab, 'rgb-depth': rgbDepth } as const;
export type PairName = keyof typeof PAIRS;

/** How one half predicts a side. */
export function codingOf(side: Side, loss: 'classification' | 'l2', temperature: number): ChannelCoding {
  return loss === 'l2' ? regressed(side.scales) : side.bins(temperature);
}

/** Both sides of samples in one tensor (N, C, H, W). */
export function joined(samples: SamplesOf<SplitBrainSpec>): Tensor {
  return samples instanceof Tensor ? samples : ops.cat([samples.first, samples.second], 1);
}

/** The channels of both sides, as `Pair.read` gives them, on the scales on which networks see them. */
export function toInput({ sides }: Pair, channels: Tensor): Tensor {
  return toScale(
    channels,
    sides.flatMap(({ scales }) => scales),
  );
}

/** The channels of each side. */
export function cutSides({ sides: [first, second] }: Pair, channels: Tensor): SidesOf {
  return [channels.narrow(1, 0, first.scales.length), channels.narrow(1, first.scales.length, second.scales.length)];
}
