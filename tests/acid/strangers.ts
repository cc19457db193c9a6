/** The control of methods that compare two views: the second view is that of another image. */

import { type Generator, noGrad, type Tensor } from '../../src/engine/index.js';
import type { Batch, MethodDefinition, Views } from '../../src/methods/method.js';
import { findMethod } from '../../src/methods/registry.js';

/** The method with `images`, a pair of views, drawn from two images instead of one. */
export function withStrangers(name: string): MethodDefinition {
  const definition = findMethod(name);
  return {
    ...definition,
    create(context) {
      const method = definition.create(context);
      const views = method.views.bind(method);
      method.views = (batch: Batch, random: Generator): Views => {
        const made = views(batch, random);
        const [first, second] = made.images as readonly [Tensor, Tensor];
        return { ...made, images: [first, noGrad(() => second.roll([1], [0]))] };
      };
      return method;
    },
  };
}
