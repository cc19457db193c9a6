import { z } from 'zod';
import * as option from '../../options.js';
import { AB_BINS } from '../../targets/color-bins.js';

/** In the order in which they take their turns. */
export const TASKS = ['position', 'color', 'exemplar'] as const;
export type TaskName = (typeof TASKS)[number];

export const options = z.object({
  tasks: z
    .array(z.enum(TASKS))
    .min(1)
    .default([...TASKS])
    .describe('Tasks on the trunk: relative patch position, colorization, exemplars. One alone is the single task'),
  harmonize: option.flag(false, 'Whether all tasks see the lightness alone; if not, each has its own input in colors'),
  layers: option.choice(['last', 'lasso'], 'Tasks read the last layer, or each a sparse mixture of all layers'),
  sparsity: option.weight(0.01, 'Weight of the absolute values of the mixtures, which makes them sparse'),
  patchSize: option.wholeOrNull('position: side of a patch in pixels; null: a quarter of the image'),
  gap: option.wholeOrNull('position: pixels between neighboring patches; null: half a patch', { min: 0 }),
  jitter: option.wholeOrNull('position: largest move of a patch per axis; null: an eighth of it', { min: 0 }),
  grids: option.whole(4, 'position: blocks of 2x2 patches cut from each image in a step'),
  towerSize: option.whole(4096, 'position: length of the vector of each patch'),
  headSize: option.whole(4096, 'position: width of the layers that compare two vectors'),
  targetStride: option.whole(4, 'color: colors are predicted at every n-th pixel of each row and column'),
  neighbors: option.whole(10, 'color: bins that share a color', { max: AB_BINS.length }),
  sigma: option.positive(5, 'color: width of the Gaussian that divides a color among its bins, in Lab units'),
  decoderWidth: option.whole(256, 'color: channels of the last layer before the prediction'),
  embeddingSize: option.whole(1024, 'exemplar: length of the vectors that are compared'),
  margin: option.positive(0.5, 'exemplar: by how much cosine another image must be further away'),
  strength: option.share(1, "exemplar: share of Exemplar-CNN's ranges of all transformations"),
});

export type Options = z.output<typeof options>;
