import { fullPrecision, noGrad, ops, type Tensor } from '../../engine/index.js';

/** Weight of the mean square of the scores before they are clipped. */
const PENALTY = 0.05;

/**
 * AMDIM's noise-contrastive estimate: a vector of each image must find every position of the other view of its image among all
 * positions of all other images. Other positions of its own image are in no denominator.
 *
 * Scores are products over sqrt(d), clipped softly to [-clip, clip] by clip tanh(s / clip). Bachman, Hjelm, Buchwalter 2019,
 * sections 3.3 and 3.5, as in the code (`NCE_MI_MULTI`).
 *
 * @param sources (B, d), one vector per image
 * @param targets (B, d, P): the positions of the other view of each image, in the same order
 * @returns the mean over sources and target positions; the weighted penalty, to be added to it; and the share of pairs whose score
 *   is above those of all positions of all other images
 */
export function clippedNce(sources: Tensor, targets: Tensor, clip: number) {
  return fullPrecision(sources.device, () => {
    const [count, size, positions] = targets.shape as [number, number, number];
    const columns = targets.to('float32').permute([1, 0, 2]); // (d, B, P)
    const all = columns.reshape([size, count * positions]);
    // (B, B, P): every source with every position of every image.
    const raw = sources.to('float32').matmul(all).div(Math.sqrt(size)).view([count, count, positions]);
    const scores = raw.div(clip).tanh().mul(clip);
    const positive = scores.diagonal(0, 0, 1).t(); // (B, P)
    const isOwn = ops.eye(count, { dtype: 'bool', device: scores.device }).unsqueeze(2);
    const others = scores.maskedFill(isOwn, -Infinity).flatten(1); // (B, B P)
    const denominators = positive.logaddexp(others.logsumexp([1], true));
    const loss = denominators.sub(positive).mean();
    const accuracy = noGrad(() => positive.gt(others.amax([1], true)).mean(null, false, { dtype: 'float32' }));
    return { loss, penalty: raw.square().mean().mul(PENALTY), accuracy };
  });
}

/**
 * One position of each map: (B, C, H, W) to (B, C).
 *
 * @param draws (B), uniform in [0, 1): which of the H W positions, row by row
 */
export function positionsAt(maps: Tensor, draws: Tensor): Tensor {
  const [count, channels, height, width] = maps.shape as [number, number, number, number];
  const places = draws.mul(height * width).to('int64');
  const index = places.view([count, 1, 1]).expand([count, channels, 1]);
  return maps.flatten(2).gather(2, index).squeeze(2);
}
