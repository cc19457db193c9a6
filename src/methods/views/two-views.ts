import type { Transform } from '../../augment/index.js';
import { ops, type Tensor } from '../../engine/index.js';

export type Pair = readonly [first: Tensor, second: Tensor];

/** Two views of each image (N, C, H, W) by one call on the doubled batch: every view draws its own parameters. */
export function twoViews(augment: Transform, samples: Tensor, random: Parameters<Transform>[1]): Pair {
  return inHalves(augment(ops.cat([samples, samples], 0), random));
}

/** The two halves of a doubled batch (2N, ...). */
export function inHalves(both: Tensor): Pair {
  return both.chunk(2, 0) as [Tensor, Tensor];
}
