import { AB_SCALE, labOf, splitLab } from '../../augment/index.js';
import { noGrad, ops, REDUCTION, scope, type Tensor } from '../../engine/index.js';
import { AB_BINS, annealedMean, nearestBins } from './color-bins.js';

/** The scale on which networks see and regress a channel: (x - center) / scale. */
export interface ChannelScale {
  center: number;
  scale: number;
}

export const LIGHTNESS_SCALE: ChannelScale = { center: 50, scale: 100 };
export const COLOR_SCALE: ChannelScale = { center: 0, scale: AB_SCALE };
/** Of bytes, which HHA's channels are. */
export const BYTE_SCALE: ChannelScale = { center: 128, scale: 128 };

/** Channels (N, C, h, w) on the scales of each. */
export function toScale(channels: Tensor, scales: readonly ChannelScale[]): Tensor {
  const parts = channels.split(1, 1);
  const scaled = scales.map(({ center, scale }, i) => parts[i]!.sub(center).div(scale));
  return ops.cat(scaled, 1);
}

/** The lightness of Lab, 0 to 100, as networks see it. */
export const scaledLightness = (lightness: Tensor): Tensor => toScale(lightness, [LIGHTNESS_SCALE]);

/** The same of images, uint8 or float [0, 1], in color (N, 3, H, W) or gray (N, 1, H, W): (N, 1, H, W). */
export const lightnessOf = (images: Tensor): Tensor => scope(() => scaledLightness(splitLab(labOf(images)).lightness));

/** How a network's output (N, outputs, h, w) predicts channels of an image (N, channels, h, w): as values or as shares of bins. */
export interface ChannelCoding {
  readonly channels: number;
  readonly outputs: number;
  /** The loss of every pixel, (N, h, w). */
  loss(output: Tensor, truth: Tensor): Tensor;
  /** Share of right answers at every pixel, (N, h, w), where answers are right or wrong. */
  hits?(output: Tensor, truth: Tensor): Tensor;
  /** The predicted channels, float32 (N, channels, h, w). */
  decode(output: Tensor): Tensor;
}

/** One output per channel and half the squared distance from the truth, both on the channels' scales. */
export function regressed(scales: readonly ChannelScale[]): ChannelCoding {
  return {
    channels: scales.length,
    outputs: scales.length,
    loss: (output, truth) => output.sub(toScale(truth, scales)).square().sum(1).mul(0.5),
    decode: (output) => {
      const parts = output.to('float32').split(1, 1);
      const values = scales.map(({ center, scale }, i) => parts[i]!.mul(scale).add(center));
      return ops.cat(values, 1);
    },
  };
}

/** Colors a, b in the 313 bins of `color-bins`; each is the bin nearest to it, and is decoded by the annealed mean. */
export function colorBins(temperature: number): ChannelCoding {
  return {
    channels: 2,
    outputs: AB_BINS.length,
    loss: (output, truth) => ops.crossEntropy(output, nearestBins(truth), null, REDUCTION.none),
    hits: (output, truth) => output.argmax(1).eq(nearestBins(truth)).to('float32'),
    decode: (output) => annealedMean(output, temperature),
  };
}

export interface EvenBins {
  channels: number;
  /** Bins of each channel, all of one width. */
  bins: number;
  from: number;
  to: number;
}

/** The bin of each value (N, channels, h, w), int64 of the same shape; what lies beyond an end belongs to the last bin there. */
export function evenBinOf(values: Tensor, { bins, from, to }: EvenBins): Tensor {
  return noGrad(() => {
    const places = values.sub(from).mul(bins / (to - from));
    return places
      .floor()
      .clamp(0, bins - 1)
      .to('int64');
  });
}

/** Each channel by itself in bins of one width: the sum of the channels' cross-entropies, decoded by the mean of the shares. */
export function evenBins(options: EvenBins): ChannelCoding {
  const { channels, bins, from, to } = options;
  const perChannel = (output: Tensor): Tensor => output.unflatten(1, [channels, bins]).transpose(1, 2); // (N, bins, C, h, w)
  return {
    channels,
    outputs: channels * bins,
    loss: (output, truth) =>
      ops.crossEntropy(perChannel(output), evenBinOf(truth, options), null, REDUCTION.none).sum(1),
    hits: (output, truth) =>
      perChannel(output).argmax(1).eq(evenBinOf(truth, options)).mean(1, false, { dtype: 'float32' }),
    decode: (output) => {
      const width = (to - from) / bins;
      const centers = ops.arange(0, bins, 1, { dtype: 'float32', device: output.device }).add(0.5).mul(width).add(from);
      const shares = perChannel(output.to('float32')).softmax(1);
      return shares.mul(centers.view([1, bins, 1, 1, 1])).sum(1);
    },
  };
}

/** Channels coded in two ways, one after the other: the losses are added. */
export function joined(first: ChannelCoding, second: ChannelCoding): ChannelCoding {
  const parts = (values: Tensor, size: number): [Tensor, Tensor] => [
    values.narrow(1, 0, size),
    values.narrow(1, size, values.size(1) - size),
  ];
  const split = (output: Tensor) => parts(output, first.outputs);
  const cut = (truth: Tensor) => parts(truth, first.channels);
  const { hits: firstHits } = first;
  const { hits: secondHits } = second;
  const whole = {
    channels: first.channels + second.channels,
    outputs: first.outputs + second.outputs,
    loss: (output: Tensor, truth: Tensor): Tensor => {
      const [[a, b], [x, y]] = [split(output), cut(truth)];
      return first.loss(a, x).add(second.loss(b, y));
    },
    decode: (output: Tensor): Tensor => {
      const [a, b] = split(output);
      return ops.cat([first.decode(a), second.decode(b)], 1);
    },
  };
  if (firstHits === undefined || secondHits === undefined) return whole;
  return {
    ...whole,
    hits: (output, truth) => {
      const [[a, b], [x, y]] = [split(output), cut(truth)];
      return firstHits(a, x).add(secondHits(b, y)).mul(0.5);
    },
  };
}
