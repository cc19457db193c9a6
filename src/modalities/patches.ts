import type { PatchesSpec } from '../data/index.js';
import { openPatches, patchesSpecs } from '../motion/index.js';
import type { Modality } from './modality.js';
import { besideEachOther, ofPictures, picturesSchema } from './two-pictures.js';

/** Pairs of patches mined from videos, each of one moving thing at two times. An encoder sees them as images. */
export const patches: Modality<PatchesSpec> = {
  ...ofPictures<PatchesSpec>(),
  name: 'patches',
  schema: picturesSchema('patches', {}),
  plural: 'pairs of patches',
  examples: ['patches:./videos', 'patches:synthetic:sprites'],
  claims: async (spec) => patchesSpecs.names(spec),
  open: (spec, { length: _, frames: __, fps: ___, ...options }) => openPatches(spec, options),
  hasSplit: patchesSpecs.hasSplit,
  resolve: patchesSpecs.resolve,

  // The two patches of a pair are the two looks of it that there are.
  preserve: () => null,
  views: () => null,

  show: ({ patches: pairs }, index, spec) => ({
    kind: 'picture',
    image: besideEachOther(pairs.select(0, index), spec),
  }),
};
