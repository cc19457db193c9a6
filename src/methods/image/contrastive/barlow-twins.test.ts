import { describe, expect, it } from 'vitest';
import { createBackbone } from '../../../backbones/registry.js';
import { Generator, gradientsOf, manualSeed, ops, type Tensor } from '../../../engine/index.js';
import { parseMethodOptions } from '../../registry.js';
import { type BarlowTwins, barlowLoss, barlowTwins } from './barlow-twins.js';

/** Equation 1 over equation 2, term by term, with batch norm's 1e-5. */
function literal(first: number[][], second: number[][], weight: number): number {
  const [count, size] = [first.length, first[0]!.length];
  const column = (rows: number[][], j: number): number[] => {
    const values = rows.map((row) => row[j]!);
    const mean = values.reduce((a, b) => a + b) / count;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
    return values.map((value) => (value - mean) / Math.sqrt(variance + 1e-5));
  };
  let loss = 0;
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) {
      const [a, b] = [column(first, i), column(second, j)];
      const c = a.reduce((sum, value, n) => sum + value * b[n]!, 0) / count;
      loss += i === j ? (1 - c) ** 2 : weight * c ** 2;
    }
  return loss;
}

const rows = (x: Tensor): number[][] => x.toList() as number[][];

describe('barlowLoss', () => {
  it.each([
    [4, 3, 0.0051],
    [16, 6, 0.5],
    [5, 9, 0],
  ])('equals the formula for N = %i, d = %i, lambda = %f', (count, size, weight) => {
    manualSeed(count);
    const first = ops.randn([count, size]);
    const second = first.add(ops.randn([count, size]).mul(0.3));
    const { loss } = barlowLoss(first, second, weight);
    expect(loss.item()).toBeCloseTo(literal(rows(first), rows(second), weight), 3);
  });

  it('is 0 for equal views with uncorrelated components, and d(d - 1) lambda when all components are the same', () => {
    // Columns of a Hadamard matrix: mean 0, uncorrelated.
    const basis = ops.stack(
      [
        [1, 1, -1, -1],
        [1, -1, 1, -1],
        [1, -1, -1, 1],
      ].map((signs) =>
        ops.stack(
          signs.map((sign) => ops.full([], sign, { dtype: 'float32' })),
          0,
        ),
      ),
      1,
    );
    expect(barlowLoss(basis, basis, 1).loss.item()).toBeLessThan(1e-8);
    const same = basis.narrow(1, 0, 1).expand([4, 3]);
    expect(barlowLoss(same, same, 0.1).loss.item()).toBeCloseTo(3 * 2 * 0.1, 4);
    // Control: without the redundancy term that answer is perfect.
    expect(barlowLoss(same, same, 0).loss.item()).toBeLessThan(1e-8);
  });

  it('does not change when components are scaled and shifted', () => {
    manualSeed(5);
    const [first, second] = [ops.randn([8, 4]), ops.randn([8, 4])];
    const plain = barlowLoss(first, second, 0.01).loss.item();
    expect(barlowLoss(first.mul(7).add(3), second.mul(0.5).sub(1), 0.01).loss.item()).toBeCloseTo(plain, 3);
  });

  it('has the gradient of finite differences', () => {
    manualSeed(6);
    const first = ops.randn([5, 3]);
    const second = ops.randn([5, 3]);
    const leaf = first.clone();
    leaf.requiresGrad = true;
    const [gradient] = gradientsOf([barlowLoss(leaf, second, 0.2).loss], [leaf]) as [Tensor];
    const base = rows(first);
    const at = (by: number): number =>
      literal(
        base.map((row, i) => row.map((value, j) => (i === 2 && j === 1 ? value + by : value))),
        rows(second),
        0.2,
      );
    expect(rows(gradient)[2]![1]).toBeCloseTo((at(1e-4) - at(-1e-4)) / 2e-4, 3);
  });
});

function make(): BarlowTwins {
  manualSeed(0);
  const backbone = createBackbone('resnet18', { inputChannels: 3, imageSize: 16, width: 4 });
  const data = { count: 10, channels: 3, imageSize: 16, mean: [0, 0, 0], std: [1, 1, 1] };
  const options = parseMethodOptions(barlowTwins, { projectionSize: 12, hiddenSize: 8 }, true);
  return barlowTwins.create({ options, backbone, data, batchSize: 6 }) as BarlowTwins;
}

const samples = ops.randint(0, 256, [6, 3, 16, 16], { dtype: 'uint8', generator: new Generator(1) });
const batch = { samples, indices: [0, 1, 2, 3, 4, 5] };

it('has the official projector: linear layers without bias, the last without a norm', () => {
  const keys = [...make().projection.stateDict().keys()].filter((key) => /weight|bias/.test(key));
  expect(keys).toEqual(['0.weight', '1.weight', '1.bias', '3.weight', '4.weight', '4.bias', '6.weight']);
});

it('keeps the correlations of the last step for the picture', () => {
  const method = make();
  expect(method.correlation.shape).toEqual([12, 12]);
  expect(method.correlation.abs().amax().item()).toBe(0);
  const views = method.views(batch, new Generator(0));
  method.loss(views);
  method.afterStep(views);
  expect(method.correlation.abs().amax().item()).toBeGreaterThan(0.1);
  expect(method.correlation.abs().amax().item()).toBeLessThanOrEqual(1.0001);
  expect(method.correlation.requiresGrad).toBe(false);
});
