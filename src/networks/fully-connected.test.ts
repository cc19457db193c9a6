import { expect, it } from 'vitest';
import { createBackbone } from '../backbones/registry.js';
import { manualSeed, ops, type Tensor } from '../engine/index.js';
import { FullyConnected } from './fully-connected.js';

const images = (size: number): Tensor => ops.randn([2, 3, size, size]);

it.each([
  ['caffenet', 6, (map: Tensor) => ops.maxPool2d(map, 3, 2)],
  ['vgg16', 7, (map: Tensor) => ops.maxPool2d(map, 2, 2)],
] as const)(
  'reads the last map of %s at 224 pixels as the published network does: %i positions a side',
  (name, grid, pool) => {
    manualSeed(0);
    const backbone = createBackbone(name, { inputChannels: 3, imageSize: 224, width: 2 }).eval();
    const layers = new FullyConnected(backbone, 224, 5).eval();
    const map = backbone.maps(images(224));
    const [first, second] = [1, 4].map((i) => layers.layers.layers[i] as unknown as { weight: Tensor; bias: Tensor });
    expect(first!.weight.shape).toEqual([5, map.size(1) * grid ** 2]);
    const literal = ops.linear(
      ops.linear(pool(map).flatten(1), first!.weight, first!.bias).relu(),
      second!.weight,
      second!.bias,
    );
    expect(layers.forward(map).sub(literal).abs().amax().item()).toBeLessThan(1e-6);
  },
);

it('drops units in training only, and starts with weights from N(0, 0.01) and without bias', () => {
  manualSeed(1);
  const backbone = createBackbone('alexnet', { inputChannels: 3, imageSize: 32, width: 8 });
  const layers = new FullyConnected(backbone, 32, 200);
  const map = backbone.maps(images(32));
  expect(layers.forward(map).equal(layers.forward(map))).toBe(false);
  layers.eval();
  expect(layers.forward(map).equal(layers.forward(map))).toBe(true);
  for (const [name, value] of layers.namedParameters()) {
    if (name.endsWith('bias')) expect(value.abs().sum().item()).toBe(0);
    else expect(value.std().item()).toBeCloseTo(0.01, 3);
  }
});
