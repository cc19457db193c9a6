import { describe, expect, it } from 'vitest';
import { Generator, gradientsOf, manualSeed, ops, type Tensor } from '../../../engine/index.js';
import { imageBatch, imageSpec, makeMethod } from '../../make.test-util.js';
import { both } from '../../views/two-views.js';
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

const spec = imageSpec(16, 3, { mean: [0, 0, 0], std: [1, 1, 1] });
const make = (): BarlowTwins => makeMethod(barlowTwins, { projectionSize: 12, hiddenSize: 8 }, { spec, batchSize: 6 });
const batch = imageBatch(6, spec);

it('has the official projector: linear layers without bias, the last without a norm', () => {
  const keys = [...make().projection.stateDict().keys()].filter((key) => /weight|bias/.test(key));
  expect(keys).toEqual(['0.weight', '1.weight', '1.bias', '3.weight', '4.weight', '4.bias', '6.weight']);
});

it('keeps the correlations of the last step for the picture', () => {
  const method = make();
  expect(method.correlation.shape).toEqual([12, 12]);
  expect(method.correlation.abs().amax().item()).toBe(0);
  const { carry } = method.loss(method.views(batch, new Generator(0)));
  expect(method.correlation.abs().amax().item()).toBe(0);
  method.afterStep([carry!]);
  expect(method.correlation.abs().amax().item()).toBeGreaterThan(0.1);
  expect(method.correlation.abs().amax().item()).toBeLessThanOrEqual(1.0001);
  expect(method.correlation.requiresGrad).toBe(false);
  expect(carry!.mean.requiresGrad).toBe(false);
});

it('takes the mean over the micro-batches of a step, weighted by their samples', () => {
  const [whole, parts] = [make().eval(), make().eval()];
  const { images } = whole.views(batch, new Generator(0));
  const part = (start: number, count: number) =>
    parts.loss({ images: both(images, (view) => view.narrow(0, start, count)) }).carry!;
  const [four, two] = [part(0, 4), part(4, 2)];
  parts.afterStep([four, two]);
  const expected = four.mean.mul(4 / 6).add(two.mean.mul(2 / 6));
  expect(parts.correlation.sub(expected).abs().amax().item()).toBeLessThan(1e-6);
  // The same images twice: the correlation of each half is that of the whole.
  const doubled = both(images, (view) => ops.cat([view, view], 0));
  whole.afterStep([whole.loss({ images: doubled }).carry!]);
  const half = part(0, 6);
  parts.afterStep([half, half]);
  expect(parts.correlation.sub(whole.correlation).abs().amax().item()).toBeLessThan(1e-5);
});
