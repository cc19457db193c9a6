import { noGrad, ops, type Tensor } from '../../engine/index.js';
import { clippedNce } from './clipped-nce.js';

/** One prediction between the two views: a vector of each image (B, d) and the map (B, d, H, W) of its other view. */
export type MapPrediction = { source: Tensor; target: Tensor };

/** Losses of several predictions and the penalty on their scores, summed, and their mean accuracy. */
export function contrastMaps(predictions: readonly MapPrediction[], clip: number): ReturnType<typeof clippedNce> {
  const parts = predictions.map(({ source, target }) => clippedNce(source, target.flatten(2), clip));
  const total = (pick: (part: (typeof parts)[number]) => Tensor): Tensor =>
    parts.map(pick).reduce((sum, value) => sum.add(value));
  return {
    // Each prediction is made in both directions; the two are averaged, kinds of predictions are added (AMDIM's code).
    loss: total(({ loss }) => loss).mul(0.5),
    penalty: total(({ penalty }) => penalty).mul(0.5),
    accuracy: total(({ accuracy }) => accuracy).div(parts.length),
  };
}

/**
 * Where a vector agrees with the positions of the other view, for a preview: cosines of `source` (B, d) with `target` (B, d, H, W),
 * scaled to [0, 1] image by image and enlarged to `side` pixels: (B, 1, side, side).
 */
export function agreementMaps({ source, target }: MapPrediction, side: number): Tensor {
  return noGrad(() => {
    const cosines = ops.cosineSimilarity(target, source.unsqueeze(2).unsqueeze(3).expandAs(target), 1).unsqueeze(1);
    const [low, high] = [cosines.amin([2, 3], true), cosines.amax([2, 3], true)];
    const shares = cosines.sub(low).div(high.sub(low).clampMin(1e-6));
    return ops.upsampleNearest2d(shares, [side, side], null);
  });
}
