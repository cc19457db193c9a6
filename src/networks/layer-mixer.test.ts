import { expect, it } from 'vitest';
import { Generator, manualSeed, noGrad, ops, scope, type Tensor, tensor } from '../engine/index.js';
import { Sgd } from '../engine/optim/index.js';
import { LayerMixer } from './layer-mixer.js';

const SIZES: Record<string, number> = { low: 3, high: 5 };
const make = (tasks = 2): LayerMixer => {
  manualSeed(1);
  return new LayerMixer({ layers: ['low', 'high'], layerSize: (layer) => SIZES[layer!]! }, tasks);
};
const maps = (): Tensor[] => [
  ops.randn([2, 3, 4, 4], { generator: new Generator(1) }),
  ops.randn([2, 5, 2, 2], { generator: new Generator(2) }),
];
const setWeights = (mixer: LayerMixer, rows: number[][]): void =>
  noGrad(() => void mixer.weights.copy_(tensor(Float32Array.from(rows.flat())).view(mixer.weights.shape)));

it('adds the normalized maps of all layers, averaged to the size of the last, by the shares of the task', () => {
  const mixer = make();
  setWeights(mixer, [
    [1, 0],
    [3, -4],
  ]);
  const [low, high] = maps() as [Tensor, Tensor];
  const part = (i: number, map: Tensor): Tensor => {
    const [conv] = mixer.projections[i]!.layers as unknown as [{ forward(x: Tensor): Tensor }];
    const y = conv.forward(map);
    const centered = y.sub(y.mean([0, 2, 3], true));
    return centered.div(centered.square().mean([0, 2, 3], true).add(1e-5).sqrt());
  };
  const parts = [part(0, ops.avgPool2d(low, 2)), part(1, high)] as const;
  const distance = (x: Tensor, y: Tensor): number => x.sub(y).abs().amax().item();
  expect(distance(mixer.mix([low, high], 0), parts[0])).toBeLessThan(1e-4);
  expect(distance(mixer.mix([low, high], 1), parts[0].mul(0.6).sub(parts[1].mul(0.8)))).toBeLessThan(1e-4);
});

it('penalizes spread, not size', () => {
  const mixer = make();
  expect(mixer.penalty().item()).toBeCloseTo(2 * Math.SQRT2, 5);
  setWeights(mixer, [
    [100, 0],
    [0, -0.01],
  ]);
  expect(mixer.penalty().item()).toBeCloseTo(2, 5);
});

it('sends no gradient of a task into layers that it does not read', () => {
  const mixer = make();
  setWeights(mixer, [
    [1, 0],
    [0, 1],
  ]);
  const inputs = maps();
  for (const map of inputs) map.requiresGrad = true;
  mixer.mix(inputs, 0).square().sum().backward();
  expect(inputs[0]!.grad!.abs().amax().item()).toBeGreaterThan(0);
  expect(inputs[1]!.grad!.abs().amax().item()).toBe(0);
});

it('gives up layers that help little when weights cost something', () => {
  const [low, high] = [
    ops.randn([64, 3, 2, 2], { generator: new Generator(1) }),
    ops.randn([64, 5, 2, 2], { generator: new Generator(2) }),
  ];
  /** The shares of a task that is best solved by 0.3 and 0.95 of the two layers. */
  const sharesWith = (sparsity: number): number[] => {
    const mixer = make(1);
    const sgd = new Sgd([mixer.weights], { learningRate: 0.1 });
    const parts = [low, high].map((map, i) => mixer.projections[i]!.forward(map).detach());
    const target = parts[0]!.mul(0.3).add(parts[1]!.mul(Math.sqrt(1 - 0.3 ** 2)));
    for (let i = 0; i < 100; i++)
      scope(() => {
        sgd.zeroGrad();
        mixer.mix([low, high], 0).sub(target).square().mean().add(mixer.penalty().mul(sparsity)).backward();
        sgd.step();
      });
    return mixer.shares().toNumbers();
  };
  expect(sharesWith(0)[0]).toBeCloseTo(0.3, 1);
  expect(Math.abs(sharesWith(1)[0]!)).toBeLessThan(0.1);
  expect(sharesWith(1)[1]).toBeGreaterThan(0.99);
});
