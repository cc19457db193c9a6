import type { Module, Named } from '../nn/module.js';
import type { Tensor } from '../tensor.js';
import type { ParameterGroup } from './optimizer.js';

/**
 * Parameter groups of one or several modules for an optimizer. Names of several modules are prefixed by the module's
 * position.
 *
 * @param options.weightDecay decay of the weights; the optimizer's own when left out
 * @param options.excludeNormAndBias puts parameters of at most one dimension (biases, the scales and shifts of norms) into a
 *   group without weight decay and without LARS's adaptation; default true
 * @param options.constantRate modules whose parameters form separate groups with a constant learning rate
 */
export function parameterGroups(
  modules: Module | readonly Module[],
  options: { weightDecay?: number; excludeNormAndBias?: boolean; constantRate?: readonly Module[] } = {},
): ParameterGroup[] {
  const { weightDecay, excludeNormAndBias = true, constantRate = [] } = options;
  const all = named(modules);
  const constant = new Set(constantRate.flatMap((module) => module.parameters()));
  const isExcluded = ([, param]: Named<Tensor>): boolean => excludeNormAndBias && param.ndim <= 1;
  return [true, false].flatMap((isScheduled) => {
    const entries = all.filter(([, param]) => constant.has(param) !== isScheduled);
    const weights = toGroup(entries.filter((entry) => !isExcluded(entry)));
    const excluded = toGroup(entries.filter(isExcluded));
    return [
      { ...weights, weightDecay, isAdapted: true, isScheduled },
      { ...excluded, weightDecay: 0, isAdapted: false, isScheduled },
    ].filter((group) => group.params.length > 0);
  });
}

function named(modules: Module | readonly Module[]): Named<Tensor>[] {
  if (!Array.isArray(modules)) return (modules as Module).namedParameters();
  const list = modules as readonly Module[];
  if (list.length === 1) return list[0]!.namedParameters();
  const seen = new Set<Tensor>();
  return list
    .flatMap((module, i) => module.namedParameters().map(([name, param]): Named<Tensor> => [`${i}.${name}`, param]))
    .filter(([, param]) => !seen.has(param) && seen.add(param));
}

function toGroup(entries: readonly Named<Tensor>[]): { params: Tensor[]; names: string[] } {
  return { params: entries.map(([, param]) => param), names: entries.map(([name]) => name) };
}
