import { BatchNorm, Conv2d, Lambda, LeakyReLU, Linear, Sequential } from '../engine/nn/index.js';

/** Channels of the convolutions over those of the first, each size once with stride 1 and once with stride 2. */
const FACTORS = [1, 2, 4, 8] as const;

/**
 * Real or made? One logit (N, 1) for images (N, channels, side, side): eight 3x3 convolutions whose channels grow from `width` to
 * eight times that, every second of stride 2 and all but the first with batch norm, LeakyReLU of slope 0.2, then two fully
 * connected layers with 16 x `width` values between them.
 *
 * Ledig et al. 2017, figure 4, where `width` is 64; its last sigmoid is left to the loss.
 */
export function srganDiscriminator(channels: number, side: number, width: number): Sequential {
  const convolutions = FACTORS.flatMap((factor, i) => {
    const size = width * factor;
    const before = i === 0 ? channels : width * FACTORS[i - 1]!;
    return [unit(before, size, 1, i > 0), unit(size, size, 2, true)];
  });
  const rest = FACTORS.reduce((length) => Math.ceil(length / 2), side);
  const [last, hidden] = [width * FACTORS.at(-1)! * rest ** 2, 16 * width];
  return new Sequential(
    ...convolutions,
    new Lambda((map) => map.flatten(1)),
    new Linear(last, hidden),
    new LeakyReLU(0.2),
    new Linear(hidden, 1),
  );
}

function unit(before: number, size: number, stride: 1 | 2, hasNorm: boolean): Sequential {
  const conv = new Conv2d(before, size, 3, { stride, padding: 1, bias: !hasNorm });
  return new Sequential(conv, ...(hasNorm ? [new BatchNorm(size)] : []), new LeakyReLU(0.2));
}
