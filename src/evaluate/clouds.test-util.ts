import { Generator, ops, tensor } from '../engine/index.js';

/** Gaussian clouds, one per class: `gap` is the distance of the centers in units of the noise. */
export function clouds(count: number, classes: number, size: number, gap: number, seed = 1) {
  const random = new Generator(seed);
  const labels = Int32Array.from({ length: count }, (_, i) => i % classes);
  const centers = ops.randn([classes, size], { generator: new Generator(99) }).mul(gap);
  const noise = ops.randn([count, size], { generator: random });
  return { features: centers.indexSelect(0, tensor(labels)).add(noise), labels };
}
