import { Backbone } from '../backbones/backbone.js';
import { enableGrad, scope, type Tensor } from '../engine/index.js';
import type { Module } from '../engine/nn/index.js';
import { expected } from '../errors.js';
import { nearest } from '../options.js';

/** @throws AutodidactError `USAGE` for a layer that the backbone does not have */
export function checkLayer({ layers }: Pick<Backbone, 'layers'>, layer: string, name: string): void {
  if (layers.includes(layer)) return;
  throw expected(`one of ${layers.join(', ')}`, name, layer, { remedy: `Did you mean \`${nearest(layer, layers)}\`?` });
}

/**
 * The last stage of a backbone up to a layer: the child named like the layer (`layer4` of a ResNet), or the block of that
 * number with whatever follows the last block (a transformer's final norm). Of networks side by side, that of each.
 */
export function topModules(backbone: Backbone, layer?: string): Module[] {
  const name = layer ?? backbone.layers.at(-1)!;
  const own = backbone.layerModules(name);
  if (own !== null) return [...own];
  const children = backbone.children().filter(([, child]) => child.parameters().length > 0);
  const halves = children.map(([, child]) => child).filter((child) => child instanceof Backbone);
  if (halves.length > 0) return halves.flatMap((half) => topModules(half, layer));
  const exact = children.find(([child]) => child === name);
  if (exact !== undefined) return [exact[1]];
  const numbered = children.filter(([child]) => /\.\d+$/.test(child));
  const position = backbone.layers.indexOf(name);
  const block = numbered.length === backbone.layers.length ? numbered[position] : children.at(-1);
  if (block === undefined) return [];
  const isLast = position === backbone.layers.length - 1;
  return isLast ? children.slice(children.indexOf(block)).map(([, child]) => child) : [block[1]];
}

/**
 * The parts of a backbone that come after a layer: the largest modules none of whose weights bears on the layer's map. What bears on
 * it is found by a backward pass, so that it holds for every network.
 *
 * @param x what the backbone takes; one sample is enough
 * @param read the layer up to which the backbone is used; the last by default
 */
export function modulesAfter(backbone: Backbone, x: Tensor, layer: string, read?: string): Module[] {
  const before = reaching(backbone, () => backbone.maps(x, layer));
  const after = reaching(backbone, () => backbone.features(x, read));
  const isTrained = (parameter: Tensor) => after.has(parameter) && !before.has(parameter);
  const largest = (module: Module): Module[] => {
    const parameters = module.parameters();
    if (!parameters.some(isTrained)) return [];
    if (parameters.every(isTrained)) return [module];
    return module.children().flatMap(([, child]) => largest(child));
  };
  return largest(backbone);
}

/** The parameters that a value depends on. The modes, and which parameters are trained, are as before in the end. */
function reaching(backbone: Backbone, value: () => Tensor): Set<Tensor> {
  const parameters = backbone.parameters();
  const wasTrained = parameters.map((parameter) => parameter.requiresGrad);
  const modes = backbone.modules().map(([, module]) => [module, module.isTraining] as const);
  try {
    backbone.eval().setRequiresGrad(true).zeroGrad();
    scope(() => enableGrad(() => value().sum().backward()));
    return new Set(parameters.filter((parameter) => scope(() => parameter.grad !== null)));
  } finally {
    backbone.zeroGrad();
    parameters.forEach((parameter, i) => {
      parameter.requiresGrad = wasTrained[i]!;
    });
    for (const [module, isTraining] of modes) module.isTraining = isTraining;
  }
}
