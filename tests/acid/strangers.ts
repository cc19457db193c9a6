/** The control of methods that compare two views: the second view is that of another image. */

import { noGrad, ops, type Tensor } from '../../src/engine/index.js';
import type { MethodDefinition } from '../../src/methods/method.js';
import { withViews } from './changed-views.js';

/** The method with `images`, a pair of views, drawn from two images instead of one. */
export function withStrangers(name: string): MethodDefinition {
  return withViews<{ images: readonly [Tensor, Tensor] }>(name, (views) => {
    const [first, second] = views.images;
    return { ...views, images: [first, noGrad(() => second.roll([1], [0]))] };
  });
}

/** A method on grids of patches (`patches`, image by image) with the patch at each place taken from a random image of the batch. */
export function withExchangedPatches(name: string): MethodDefinition {
  return withViews<{ patches: Tensor }>(name, ({ patches }, random, batch) => {
    const count = batch.samples.size(0);
    const places = patches.size(0) / count;
    return noGrad(() => {
      // For each place an order of its own: (places, count) to the rows of the patches, image by image.
      const order = ops.rand([count, places], { generator: random }).argsort(0); // (count, places)
      const rows = order
        .mul(places)
        .add(ops.arange(0, places, 1, { dtype: 'int64' }))
        .flatten();
      return { patches: patches.indexSelect(0, rows) };
    });
  });
}
