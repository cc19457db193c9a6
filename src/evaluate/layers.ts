import { Backbone } from '../backbones/backbone.js';
import { enableGrad, ops, scope, type Tensor } from '../engine/index.js';
import type { Module } from '../engine/nn/index.js';
import { AutodidactError, expected } from '../errors.js';
import { nearest } from '../options.js';

/** Joins the names of layers that are read together: `layer2+layer3`, a hypercolumn. */
const TOGETHER = '+';

/** The layers that a name stands for. */
export const layersIn = (layer: string): string[] => layer.split(TOGETHER);

/** @throws AutodidactError `USAGE` for a layer that the backbone does not have */
export function checkLayer({ layers }: Pick<Backbone, 'layers'>, layer: string, name: string): void {
  if (layers.includes(layer)) return;
  throw expected(`one of ${layers.join(', ')}`, name, layer, { remedy: `Did you mean \`${nearest(layer, layers)}\`?` });
}

/** `checkLayer` of each of several layers that are read together. */
export function checkLayers(backbone: Pick<Backbone, 'layers'>, layer: string, name: string): void {
  for (const one of layersIn(layer)) checkLayer(backbone, one, name);
}

/** Numbers per place, or per sample, of one layer or of several that are read together; by default the last. */
export function layerSize(backbone: Backbone, layer = backbone.layers.at(-1)!): number {
  return layersIn(layer).reduce((sum, one) => sum + backbone.layerSize(one), 0);
}

/** The vectors of one layer or of several, joined; by default the backbone's features. Float (N, D). */
export function readVector(backbone: Backbone, x: Tensor, layer?: string): Tensor {
  if (layer === undefined || !layer.includes(TOGETHER)) return backbone.features(x, layer);
  return ops.cat(
    layersIn(layer).map((one) => backbone.features(x, one)),
    1,
  );
}

/**
 * The map of a layer, (N, C, h, w), with a graph where gradients are on; by default of the last. The maps of several layers are brought to the
 * size of the finest and joined (hypercolumns, Hariharan et al. 2015).
 *
 * @throws AutodidactError `USAGE` for a layer whose map has a single place or none
 */
export function readMap({ backbone }: { readonly backbone: Backbone }, x: Tensor, layer?: string): Tensor {
  const { architecture, layers } = backbone;
  return readPyramid({ backbone }, x, layer, (map, name) => {
    if (map.ndim === 4 && map.size(2) * map.size(3) > 1) return;
    throw new AutodidactError('USAGE', `The task reads a map, and layer ${name} of ${architecture} gives none`, {
      remedy: `Take another layer of ${layers.join(', ')}, or larger samples.`,
    });
  });
}

/** The map of a layer, or the joined maps of several, whatever their size. @param check of each map */
export function readPyramid(
  { backbone }: { readonly backbone: Backbone },
  x: Tensor,
  layer?: string,
  check?: (map: Tensor, layer: string) => void,
): Tensor {
  const names = layersIn(layer ?? backbone.layers.at(-1)!);
  const maps = names.length === 1 ? [backbone.maps(x, layer)] : backbone.pyramid(x, names);
  for (const [i, map] of maps.entries()) check?.(map, names[i]!);
  if (maps.length === 1) return maps[0]!;
  const height = Math.max(...maps.map((map) => map.size(2)));
  const width = Math.max(...maps.map((map) => map.size(3)));
  const isFull = (map: Tensor) => map.size(2) === height && map.size(3) === width;
  return ops.cat(
    maps.map((map) => (isFull(map) ? map : ops.upsampleBilinear2d(map, [height, width], false))),
    1,
  );
}

/**
 * The last stage of a backbone up to a layer: the child named like the layer (`layer4` of a ResNet), or the block of that
 * number with whatever follows the last block (a transformer's final norm). Of networks side by side, that of each.
 */
export function topModules(backbone: Backbone, layer?: string): Module[] {
  // Of several layers the last one: what comes before it is below.
  const name = layersIn(layer ?? backbone.layers.at(-1)!).sort(
    (a, b) => backbone.layers.indexOf(b) - backbone.layers.indexOf(a),
  )[0]!;
  const own = backbone.layerModules(name);
  if (own !== null) return [...own];
  const children = backbone.children().filter(([, child]) => child.parameters().length > 0);
  const halves = children.map(([, child]) => child).filter((child) => child instanceof Backbone);
  if (halves.length > 0) return halves.flatMap((half) => topModules(half, name));
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
  const after = reaching(backbone, () => readVector(backbone, x, read));
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
