import { type Generator, ops, type Tensor } from '../engine/index.js';
import { randomResizedCrop } from './crop.js';
import type { Description } from './description.js';
import type { Interpolation } from './resample.js';
import { compose, type Transform } from './transform.js';

/** Crops of one resolution. */
export interface CropGroup {
  /** Crops of each image. */
  count: number;
  /** Side of the result in pixels. */
  size: number;
  /** Smallest and largest share of the image's area. */
  scale: readonly [number, number];
}

/** Cuts several crops of several resolutions out of each image. */
export interface MultiCrop {
  (samples: Tensor, random: Generator): Tensor[];
  readonly description: Description;
}

/**
 * Multi-crop (Caron et al. 2020, section 3.3): few large views and many small ones, which cost little.
 *
 * The result has one tensor (count N, C, size, size) per group, crop by crop: rows 0 to N - 1 are the first crops of all images.
 * Every crop is mirrored with probability 0.5 and then goes through `distort`, with parameters of its own.
 *
 * @param interpolation of the crops: bilinear in SwAV's code, bicubic in DINO's
 */
export function multiCrop(
  groups: readonly CropGroup[],
  distort: Transform,
  interpolation: Interpolation = 'bilinear',
): MultiCrop {
  const cutters = groups.map(({ count, size, scale }) => ({
    count,
    cut: compose(randomResizedCrop({ size, scale, interpolation, flip: 0.5 }), distort),
  }));
  const cutAll = (samples: Tensor, random: Generator): Tensor[] =>
    cutters.map(({ count, cut }) => cut(ops.cat(Array<Tensor>(count).fill(samples), 0), random));
  const described = cutters.map(({ count, cut }) => ({ count, crop: cut.description! }));
  return Object.assign(cutAll, { description: { name: 'multiCrop', groups: described } });
}
