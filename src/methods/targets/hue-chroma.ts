/**
 * Hue and chroma of pixels as targets: histograms around places of an image, and colors from predicted histograms.
 *
 * Larsson, Maire, Shakhnarovich, "Learning Representations for Automatic Colorization", ECCV 2016; code github.com/gustavla/autocolorize.
 */
import { CHANNEL_HUES, chromaShares, splitHue } from '../../augment/index.js';
import { type Device, ops, type Tensor, tensor, withoutGraph } from '../../engine/index.js';
import { evenBinOf } from './channel-codings.js';

/** Resultant of a distribution of hues from which on colors are as strong as their chroma; weaker ones fade (the code: 0.03 of 32 bins). */
const FULL_RESULTANT = 0.96;

/** Hue in turns from 0 to 1 with red at 0, which gray pixels have too, and chroma from 0 to 1, both (N, 1, H, W), of RGB (N, 3, H, W). */
export function hueAndChroma(images: Tensor): { hue: Tensor; chroma: Tensor } {
  return withoutGraph(() => {
    const { hue, chroma } = splitHue(images);
    return { hue: hue.maskedFill(chroma.eq(0), 0).remainder(1), chroma };
  });
}

/** What maps (N, C, H, W) have at places (N, K, 2) of rows and columns: (N, C, K). */
export function valuesAt(maps: Tensor, places: Tensor): Tensor {
  const index = places.select(2, 0).mul(maps.size(3)).add(places.select(2, 1)).unsqueeze(1); // (N, 1, K)
  return maps.flatten(2).gather(2, index.expand([-1, maps.size(1), -1]));
}

/**
 * Shares of `bins` bins of one width among the values in a square window around each place, of 2 `reach` + 1 pixels a side; beyond the edges stand the pixels at them.
 *
 * @param values from 0 to 1, (N, 1, H, W)
 * @param places rows and columns, int64 (N, K, 2)
 * @param reach pixels of the window on each side of its place
 * @returns float32 (N, K, bins), each summing to 1
 */
export function histogramsAt(values: Tensor, places: Tensor, bins: number, reach: number): Tensor {
  return withoutGraph(() => {
    const [count, perImage] = [places.size(0), places.size(1)];
    const { device } = places;
    const window = 2 * reach + 1;
    const offsets = ops.arange(-reach, reach + 1, 1, { dtype: 'int64', device });
    const within = (axis: 0 | 1): Tensor =>
      places
        .select(2, axis)
        .unsqueeze(2)
        .add(offsets)
        .clamp(0, values.size(2 + axis) - 1); // (N, K, window)
    const index = within(0).mul(values.size(3)).unsqueeze(3).add(within(1).unsqueeze(2)); // (N, K, window, window)
    const found = evenBinOf(values, { channels: 1, bins, from: 0, to: 1 }).flatten(1).gather(1, index.flatten(1));
    const one = ops.ones([count * perImage, window ** 2], { device });
    const counts = ops.zeros([count * perImage, bins], { device }).scatterAdd(1, found.view(one.shape), one);
    return counts.div(window ** 2).view([count, perImage, bins]);
  });
}

/** Centers of the bins of values from 0 to 1. */
function centers(bins: number, device: Device): Tensor {
  return ops.arange(0, bins, 1, { dtype: 'float32', device }).add(0.5).div(bins);
}

/**
 * Colors from distributions over bins: the median of the chroma, and the circular mean of the hue, which fades the more the hues
 * contradict each other.
 *
 * @param gray the mean of the channels that the colors shall have, (N, 1, H, W)
 * @param hues (N, bins, H, W), summing to 1
 * @param chromas likewise
 * @returns RGB float (N, 3, H, W), clipped to [0, 1]
 */
export function colorsOf(gray: Tensor, hues: Tensor, chromas: Tensor): Tensor {
  return withoutGraph(() => {
    const angles = centers(hues.size(1), hues.device)
      .mul(2 * Math.PI)
      .view([1, -1, 1, 1]);
    const [x, y] = [angles.cos(), angles.sin()].map((part) => hues.mul(part).sum([1], true)) as [Tensor, Tensor];
    const fading = x.square().add(y.square()).sqrt().div(FULL_RESULTANT).clampMax(1);
    const bins = chromas.size(1);
    // The bin in which the sum passes one half.
    const median = chromas
      .cumsum(1)
      .lt(0.5)
      .sum([1], true)
      .clampMax(bins - 1)
      .add(0.5)
      .div(bins);
    const own = tensor(Float32Array.from(CHANNEL_HUES), { shape: [1, 3, 1, 1], device: gray.device });
    const shares = chromaShares(
      y
        .atan2(x)
        .div(2 * Math.PI)
        .sub(own),
    );
    const colors = shares.sub(shares.mean([1], true)).mul(median.mul(fading));
    return gray.add(colors).clamp(0, 1);
  });
}
