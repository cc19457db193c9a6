/** How well masks follow sprites when they are carried along by features of the frames. */
import type { ClipDataset } from '../../src/data/index.js';
import { noGrad, scope, type Tensor } from '../../src/engine/index.js';
import { jaccard } from '../../src/evaluate/propagation/mask-scores.js';
import { gridToMask, maskToGrid } from '../../src/networks/propagation/grid.js';
import { LabelPropagation } from '../../src/networks/propagation/propagate.js';
import type { PropagationRule } from '../../src/networks/propagation/rule.js';

export interface Tracked {
  /** Intersection over union with the true masks of the last frame, mean over the sprites of all clips. */
  propagated: number;
  /** The same of the masks of the first frame. */
  identity: number;
  /** The same of these on the grid of the features. */
  identityOnGrid: number;
}

/** Carries the masks of the first frame of each clip to its last one. @param cells uint8 frames (T, C, S, S) to features (T, D, h, w) */
export function trackMasks(
  clips: ClipDataset,
  cells: (frames: Tensor) => Tensor,
  rule: PropagationRule,
  count = clips.count,
): Tracked {
  const sums = { propagated: 0, identity: 0, identityOnGrid: 0 };
  let objects = 0;
  for (let i = 0; i < count; i++)
    scope(() =>
      noGrad(() => {
        const masks = clips.known('frame-masks', [i]).select(0, 0); // (T, S, S)
        const features = cells(clips.collate([i]).select(0, 0)); // (T, D, h, w)
        const last = masks.size(0) - 1;
        const [height, width] = [masks.size(1), masks.size(2)];
        const size = { height, width };
        const classes = masks.amax().item() + 1;
        const grid = { height: features.size(2), width: features.size(3) };
        const first = maskToGrid(masks.select(0, 0), classes, grid, rule.grid);
        const propagation = new LabelPropagation({ features: features.select(0, 0), labels: first }, rule);
        let labels = first;
        for (let t = 1; t <= last; t++) labels = propagation.next(features.select(0, t));
        propagation.dispose();
        const answers = {
          propagated: gridToMask(labels, size, size, rule.answer),
          identity: masks.select(0, 0),
          identityOnGrid: gridToMask(first, size, size, rule.answer),
        };
        for (let object = 1; object < classes; object++) {
          const bitmap = (mask: Tensor) => ({ height, width, data: mask.eq(object).to('uint8').toBytes() });
          const truth = bitmap(masks.select(0, last));
          if (!truth.data.some((value) => value > 0)) continue;
          objects++;
          for (const key of ['propagated', 'identity', 'identityOnGrid'] as const)
            sums[key] += jaccard(bitmap(answers[key]), truth);
        }
      }),
    );
  return {
    propagated: sums.propagated / objects,
    identity: sums.identity / objects,
    identityOnGrid: sums.identityOnGrid / objects,
  };
}
