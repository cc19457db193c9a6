import { ops, type Tensor } from '../../engine/index.js';

/**
 * Runs a network on parts of the batch, so that batch norm takes the statistics of each part by itself as it does on as many
 * devices. The parts differ by at most one sample and have at least two each, which a variance needs; a batch too small for that
 * is cut into fewer parts.
 *
 * @param x (N, ...)
 * @param order a permutation of the samples, int64 (N), by which they are shuffled among the parts; null for none (MoCo: the part of
 *   a key must say nothing of its place in the batch)
 * @returns the results of all parts in the order of `x`
 */
export function inNormGroups(
  x: Tensor,
  groups: number,
  forward: (part: Tensor) => Tensor,
  order: Tensor | null = null,
): Tensor {
  if (groups > 1 && order !== null) {
    const shuffled = x.indexSelect(0, order).to({ memoryFormat: 'channelsLast' });
    return inNormGroups(shuffled, groups, forward).indexSelect(0, order.argsort());
  }
  const count = x.size(0);
  const parts = Math.max(1, Math.min(groups, Math.floor(count / 2)));
  if (parts === 1) return forward(x);
  const ends = Array.from({ length: parts + 1 }, (_, i) => Math.floor((i * count) / parts));
  return ops.cat(
    ends.slice(1).map((end, i) => forward(x.narrow(0, ends[i]!, end - ends[i]!))),
    0,
  );
}
