/** How methods make views of transforms, written a second time. */
import { type Description, toFloat } from '../../src/augment/index.js';
import { ops, type Tensor } from '../../src/engine/index.js';
import { make } from './steps.js';
import type { MadeViews, Scene } from './wiring.js';

/** One view of each image, prepared. */
export const view = ({ transform, prepare, samples, random }: Scene, name = 'augment'): Tensor =>
  prepare(transform(name)(samples, random));

/** The images alone, one view of each. */
export const images = (scene: Scene): MadeViews => ({ images: view(scene) });

/** Two views by two calls, of one transform or of two. */
export const pairOf =
  (first = 'augment', second = first) =>
  (scene: Scene): MadeViews => ({ images: [view(scene, first), view(scene, second)] });

/** Two views by one call on the doubled batch, each with parameters of its own: (2N, C, H, W). */
export const doubled = ({ transform, samples, random }: Scene): Tensor =>
  toFloat(transform('augment')(ops.cat([samples, samples], 0), random));

/** Several crops of several sizes, prepared: one tensor for each size. */
export function multiCropped({ prepare, samples, random }: Scene, { groups }: Description): Tensor[] {
  return (groups as readonly { count: number; crop: Description }[]).map(({ count, crop }) =>
    prepare(make(crop)(ops.cat(Array<Tensor>(count).fill(samples), 0), random)),
  );
}

/** Positions in the data set as labels, int64 (N). */
export const positions = ({ indices }: Scene): Tensor =>
  ops.cat(indices.map((i) => ops.full([1], i, { dtype: 'int64' })));
