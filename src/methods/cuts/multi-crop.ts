import type { z } from 'zod';
import {
  compose,
  type Description,
  type Interpolation,
  randomResizedCrop,
  type Transform,
} from '../../augment/index.js';
import type { Backbone } from '../../backbones/backbone.js';
import { type Generator, noGrad, ops, scope, type Tensor } from '../../engine/index.js';
import { AutodidactError, expected } from '../../errors.js';
import * as option from '../options.js';

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

/** The options of a method that looks at small crops beside its two large ones. */
export const multiCropOptions = (paper: { smallCrops: number; boundaryScale: number }) => ({
  smallCrops: option.whole(paper.smallCrops, 'Small crops of each image, beside the two large ones', { min: 0 }),
  smallCropSize: option.wholeOrNull(
    "Side of the small crops in pixels; null takes about 3/7 of the image's (the paper: 96 at 224), at least 8",
  ),
  minimumScale: option.share(0.05, 'Smallest share of the image that a small crop covers', { min: 0.01 }),
  boundaryScale: option.share(
    paper.boundaryScale,
    'Largest share that a small crop covers and smallest that a large one does',
    { min: 0.01 },
  ),
});

/** Smallest crop side that a small-stem ResNet accepts, in pixels. */
const SMALLEST_CROP = 8;

/**
 * The small crops that the options ask for: one group, or none. Their side is `smallCropSize`, or 3/7 of the image's in whole
 * patches of a transformer.
 *
 * @throws AutodidactError `USAGE` with the backbone's own reason for a side that it cannot take, or for scales in the wrong order
 */
export function smallCropGroups(
  options: z.output<z.ZodObject<ReturnType<typeof multiCropOptions>>>,
  backbone: Backbone,
  imageSize: number,
): CropGroup[] {
  const { smallCrops: count, minimumScale, boundaryScale } = options;
  if (minimumScale > boundaryScale)
    throw expected(`at most \`boundaryScale\`, ${boundaryScale},`, 'minimumScale', minimumScale);
  if (count === 0) return [];
  const { patchSize = 1 } = backbone.options;
  const usual = Math.max(SMALLEST_CROP, Math.round((imageSize * 3) / 7 / patchSize) * patchSize);
  const size = options.smallCropSize ?? usual;
  checkCropSize(backbone, size, 'smallCropSize');
  return [{ count, size, scale: [minimumScale, boundaryScale] }];
}

/**
 * Runs the backbone on one black crop, so that a size which it cannot take is refused before training.
 *
 * @param name the option that sets the size, for the error message
 * @throws AutodidactError `USAGE` with the backbone's own reason
 */
function checkCropSize(backbone: Backbone, size: number, name: string): void {
  const { device } = backbone.parameters()[0]!;
  const crop = ops.zeros([1, backbone.options.inputChannels, size, size], { device });
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
