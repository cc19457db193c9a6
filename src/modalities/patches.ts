import { z } from 'zod';
import type { ImageSpec, PatchesDataset, PatchesSpec } from '../data/index.js';
import { ops } from '../engine/index.js';
import { namesPatches, openPatches, patchesHaveSplit, resolvePatchesSpec } from '../motion/index.js';
import { image } from './image.js';
import type { Modality } from './modality.js';

/** A patch as an image. */
const asImage = (spec: PatchesSpec): ImageSpec => {
  const { channels, height, width, mean, std } = spec;
  return { modality: 'image', channels, height, width, mean, std };
};

const side = z.int().min(1).max(65_536);

const schema = z
  .object({
    modality: z.literal('patches'),
    channels: z.int().min(1).max(65_536),
    ...{ height: side, width: side },
    mean: z.array(z.number()),
    std: z.array(z.number().positive()),
  })
  .refine(({ channels, mean, std }) => mean.length === channels && std.length === channels, {
    path: ['mean'],
    message: 'as many numbers in `mean` and `std` as there are channels',
  });

/** Pairs of patches mined from videos, each of one moving thing at two times. An encoder sees them as images. */
export const patches: Modality<PatchesSpec> = {
  name: 'patches',
  schema,
  plural: 'pairs of patches',
  examples: ['patches:./videos', 'patches:synthetic:sprites'],
  claims: async (spec) => namesPatches(spec),
  open: (spec, { length: _, frames: __, fps: ___, ...options }) => openPatches(spec, options),
  hasSplit: patchesHaveSplit,
  resolve: resolvePatchesSpec,
  formOf: (spec) => image.formOf(asImage(spec)),
  isSmall: (spec) => image.isSmall(asImage(spec)),
  weight: (spec) => 2 * image.weight(asImage(spec)),
  input: (spec) => image.input(asImage(spec)),
  check: (spec, needs, title) => image.check(asImage(spec), needs, title),

  checkSame(wanted, given) {
    image.checkSame(asImage(wanted), (given as PatchesDataset).images());
  },

  seenAs: asImage,

  // The two patches of a pair are the two looks of it that there are.
  preserve: () => null,
  views: () => null,

  show({ patches: pairs }, index, spec) {
    const pair = pairs.select(0, index);
    const shown = [0, 1].map((i) => image.show(pair.narrow(0, i, 1), 0, asImage(spec)));
    const pictures = shown.flatMap((one) => (one.kind === 'picture' ? [one.image] : []));
    return { kind: 'picture', image: ops.cat(pictures, 2) };
  },

  describe: (spec) => image.describe(asImage(spec)),
};
