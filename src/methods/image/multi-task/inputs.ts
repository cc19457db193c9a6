/** What the trunk sees of each task's pictures: the same of all, or what each task has in its own paper. */
import { compose, normalize, toFloat } from '../../../augment/index.js';
import type { ImageSpec } from '../../../data/index.js';
import type { Generator, Tensor } from '../../../engine/index.js';
import { lightnessOf, scaledLightness } from '../../targets/channel-codings.js';
import { disguise } from '../patches/pairs.js';

/** All take and give (N, C, h, w); pixels are float [0, 1]. */
export interface Inputs {
  ofPatches(patches: Tensor, random: Generator): Tensor;
  /** Lightness L of Lab, 0 to 100, one channel. */
  ofLightness(lightness: Tensor): Tensor;
  ofImages(images: Tensor): Tensor;
}

/** The lightness alone, on one scale. */
export const harmonized: Inputs = {
  ofPatches: lightnessOf,
  ofLightness: scaledLightness,
  ofImages: lightnessOf,
};

const asItIs = compose();

/** One channel of three for patches, the lightness as a gray picture for colorization, colors for exemplars. */
export function ownInputs({ mean, std, channels }: ImageSpec): Inputs {
  const standardized = normalize(mean, std);
  return {
    ofPatches: (patches, random) => disguise(patches, channels === 1 ? 'none' : 'drop', asItIs, random),
    ofLightness: (lightness) => standardized(lightness.div(100).expand([-1, channels, -1, -1])).contiguous(),
    ofImages: (images) => standardized(toFloat(images)),
  };
}
