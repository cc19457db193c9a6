/** Images in gray, repeated in as many channels as before: networks see shapes and textures, not colors. */
import type { ImageSpec } from '../data/index.js';
import { type Generator, ops, type Tensor } from '../engine/index.js';
import { normalize } from './color.js';
import type { FixedTransform } from './transform.js';

/** One random channel of each image (N, C, H, W), in all of its channels: gray, of a random kind. */
export function oneChannel(images: Tensor, random: Generator): Tensor {
  const [count, channels, height, width] = images.shape as [number, number, number, number];
  if (channels === 1) return images;
  const device = random.device;
  const chosen = ops.randint(0, channels, [count, 1, 1, 1], { generator: random, dtype: 'int64', device });
  const places = chosen.to(images.device).expand([count, 1, height, width]);
  return images.gather(1, places).expand([count, channels, height, width]);
}

/** The mean of the channels of each image, float (N, C, H, W), in all of its channels. */
export function meanChannel(images: Tensor): Tensor {
  return images.mean([1], true).expand(images.shape);
}

/** The statistics of gray images: the means over all channels, for each channel. */
export function grayStatistics({ mean, std, channels }: Pick<ImageSpec, 'mean' | 'std' | 'channels'>) {
  const fill = (values: readonly number[]) =>
    Array<number>(channels).fill(values.reduce((sum, value) => sum + value, 0) / channels);
  return { mean: fill(mean), std: fill(std) };
}

/** Standardizes gray images, whichever channel they come from. */
export function standardizeGray(spec: Pick<ImageSpec, 'mean' | 'std' | 'channels'>): FixedTransform {
  const { mean, std } = grayStatistics(spec);
  return normalize(mean, std);
}
