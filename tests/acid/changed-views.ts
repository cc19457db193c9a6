import type { Generator, Tensor } from '../../src/engine/index.js';
import type { Batch, MethodDefinition, Views } from '../../src/methods/method.js';
import { findMethod } from '../../src/methods/registry.js';

/** A method whose views are changed before it learns from them: most controls are one. */
export function withViews<V extends Views = Record<string, Tensor>>(
  name: string,
  change: (views: V, random: Generator, batch: Batch) => Views,
): MethodDefinition {
  const definition = findMethod(name);
  return {
    ...definition,
    create(context) {
      const method = definition.create(context);
      const views = method.views.bind(method);
      method.views = (batch: Batch, random: Generator): Views => change(views(batch, random) as V, random, batch);
      return method;
    },
  };
}
