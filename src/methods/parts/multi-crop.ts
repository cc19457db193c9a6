import { compose, randomResizedCrop, type Transform } from '../../augment/index.js';
import type { Backbone } from '../../backbones/backbone.js';
import { type Generator, noGrad, ops, scope, type Tensor } from '../../engine/index.js';
import { AutodidactError, expected } from '../../errors.js';

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
export type MultiCrop = (samples: Tensor, random: Generator) => Tensor[];

/**
 * Multi-crop (Caron et al. 2020, section 3.3): few large views and many small ones, which cost little.
 *
 * The result has one tensor (count N, C, size, size) per group, crop by crop: rows 0 to N - 1 are the first crops of all images.
 * Every crop is mirrored with probability 0.5 and then goes through `distort`, with parameters of its own.
 */
export function multiCrop(groups: readonly CropGroup[], distort: Transform): MultiCrop {
  const cutters = groups.map(({ count, size, scale }) => ({
    count,
    cut: compose(randomResizedCrop({ size, scale, interpolation: 'bilinear', flip: 0.5 }), distort),
  }));
  return (samples, random) =>
    cutters.map(({ count, cut }) => cut(ops.cat(Array<Tensor>(count).fill(samples), 0), random));
}

/**
 * Runs the backbone on one black crop, so that a size which it cannot take is refused before training.
 *
 * @param name the option that sets the size, for the error message
 * @throws AutodidactError `USAGE` with the backbone's own reason
 */
export function checkCropSize(backbone: Backbone, size: number, name: string): void {
  const crop = ops.zeros([1, backbone.options.inputChannels, size, size]);
  try {
    backbone.eval();
    noGrad(() => scope(() => void backbone.features(crop)));
  } catch (error) {
    if (!(error instanceof AutodidactError)) throw error;
    const what = `crops that ${backbone.architecture} can look at`;
    throw expected(what, name, size, { remedy: error.message });
  } finally {
    backbone.train();
    crop.dispose();
  }
}
