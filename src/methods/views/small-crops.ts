import type { z } from 'zod';
import type { CropGroup } from '../../augment/index.js';
import type { Backbone } from '../../backbones/backbone.js';
import { ops, withoutGraph } from '../../engine/index.js';
import { AutodidactError, expected } from '../../errors.js';
import * as option from '../options.js';

/** The options of a method that looks at small crops beside its two large ones. */
export const multiCropOptions = (paper: { smallCrops: number; boundaryScale: number }) => ({
  smallCrops: option.count(paper.smallCrops, 'Small crops of each image, beside the two large ones'),
  smallCropSize: option.wholeOrNull('Side of small crops in pixels; null: 3/7 of the image (96 of 224), at least 8'),
  minimumScale: option.minimumScale(0.05, 'Smallest share of the image that a small crop covers'),
  boundaryScale: option.minimumScale(paper.boundaryScale, 'Largest share of a small crop and smallest of a large one'),
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
  checkCropSize(backbone, size);
  return [{ count, size, scale: [minimumScale, boundaryScale] }];
}

/** Runs the backbone on one black crop, so that a size which it cannot take is refused before training, with its own reason. */
function checkCropSize(backbone: Backbone, size: number): void {
  const { device } = backbone.parameters()[0]!;
  const crop = ops.zeros([1, backbone.options.inputChannels, size, size], { device });
  try {
    backbone.eval();
    withoutGraph(() => void backbone.features(crop));
  } catch (error) {
    if (!(error instanceof AutodidactError)) throw error;
    const what = `crops that ${backbone.architecture} can look at`;
    throw expected(what, 'smallCropSize', size, { remedy: error.message });
  } finally {
    backbone.train();
    crop.dispose();
  }
}
