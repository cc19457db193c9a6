import { type Generator, ops, type Tensor } from '../../engine/index.js';

/** Which places of each sample are seen and which are hidden, int64 (N, K) and (N, M). */
export type Places = { seen: Tensor; hidden: Tensor };

/** Some of the places of each sample (N, ...), drawn anew for every one. */
export function drawPlaces(samples: Tensor, places: number, visible: number, random: Generator): Places {
  const shape = [samples.size(0), places];
  const order = ops.rand(shape, { generator: random, device: random.device }).argsort(1).to(samples.device);
  return {
    seen: order.narrow(1, 0, visible).contiguous(),
    hidden: order.narrow(1, visible, places - visible).contiguous(),
  };
}

/** The same places of a grid in each of `slots` that follow one another: (N, K) to (N, slots K), slot by slot. */
export function inEverySlot(places: Tensor, grid: number, slots: number): Tensor {
  const starts = ops.arange(0, slots * grid, grid, { dtype: 'int64', device: places.device }).view([1, slots, 1]);
  return places.unsqueeze(1).add(starts).flatten(1);
}
