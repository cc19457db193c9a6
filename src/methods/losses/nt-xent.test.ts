import { describe, expect, it } from 'vitest';
import { autocast, gradientsOf, manualSeed, ops, scope, type Tensor, tensor } from '../../engine/index.js';
import { l2Normalize, ntXent } from './nt-xent.js';

/** Equation 1 of the paper, term by term. `includeSelf` is the mistake that the control makes. */
function literal(first: number[][], second: number[][], temperature: number, includeSelf = false): number {
  const z = [...first, ...second].map((row) => {
    const length = Math.hypot(...row);
    return row.map((value) => value / length);
  });
  const count = first.length;
  const similarity = (i: number, j: number): number =>
    Math.exp(z[i]!.reduce((sum, value, k) => sum + value * z[j]![k]!, 0) / temperature);
  let sum = 0;
  for (let i = 0; i < 2 * count; i++) {
    const partner = (i + count) % (2 * count);
    let denominator = 0;
    for (let j = 0; j < 2 * count; j++) if (includeSelf || j !== i) denominator += similarity(i, j);
    sum -= Math.log(similarity(i, partner) / denominator);
  }
  return sum / (2 * count);
}

function views(count: number, size: number): [Tensor, Tensor] {
  manualSeed(count * 100 + size);
  return [ops.randn([count, size]), ops.randn([count, size])];
}

describe('ntXent', () => {
  const grid = [2, 5, 16].flatMap((count) =>
    [3, 32].flatMap((size) => [0.1, 0.5, 2].map((t) => [count, size, t] as const)),
  );

  it.each(grid)('equals the formula for N = %i, d = %i, temperature %f', (count, size, temperature) => {
    const [first, second] = views(count, size);
    const expected = literal(first.toList() as number[][], second.toList() as number[][], temperature);
    expect(ntXent(first, second, temperature).loss.item()).toBeCloseTo(expected, 4);
  });

  it('is ln(2N - 1) when everything has collapsed to one point, which a loss that counts itself misses', () => {
    const same = ops.ones([8, 4]);
    expect(ntXent(same, same, 0.5).loss.item()).toBeCloseTo(Math.log(15), 5);
    const rows = same.toList() as number[][];
    expect(literal(rows, rows, 0.5, true)).toBeCloseTo(Math.log(16), 5);
  });

  it('has the gradient of finite differences', () => {
    const [first, second] = views(4, 3).map((view) => view.to('float64')) as [Tensor, Tensor];
    first.requiresGrad = true;
    // float32 inside: steps must be coarse enough to be seen.
    const [gradient] = gradientsOf([ntXent(first, second, 0.5).loss], [first]) as [Tensor];
    const base = first.detach().toList() as number[][];
    const at = (row: number, column: number, by: number): number =>
      scope(() => {
        const moved = base.map((line, i) => line.map((value, k) => (i === row && k === column ? value + by : value)));
        return ntXent(tensor(moved), second, 0.5).loss.item();
      });
    for (const [row, column] of [
      [0, 0],
      [1, 2],
      [3, 1],
    ] as const) {
      const numeric = (at(row, column, 1e-2) - at(row, column, -1e-2)) / 2e-2;
      expect((gradient.toList() as number[][])[row]![column]).toBeCloseTo(numeric, 3);
    }
  });

  it('moves with the batch: a permutation permutes the gradients', () => {
    const [first, second] = views(6, 5);
    const order = tensor(Int32Array.from([3, 0, 5, 1, 4, 2]));
    const gradient = (a: Tensor, b: Tensor): Tensor => {
      const leaf = a.clone();
      leaf.requiresGrad = true;
      return gradientsOf([ntXent(leaf, b, 0.2).loss], [leaf])[0]!;
    };
    const plain = gradient(first, second).indexSelect(0, order);
    const permuted = gradient(first.indexSelect(0, order), second.indexSelect(0, order));
    expect(plain.sub(permuted).abs().amax().item()).toBeLessThan(1e-6);
  });

  it('counts how often the partner is the most similar', () => {
    const basis = ops.eye(4);
    expect(ntXent(basis, basis, 0.5).accuracy.item()).toBe(1);
    expect(ntXent(basis, basis.roll([1], [0]), 0.5).accuracy.item()).toBe(0);
  });

  it('computes in float32 inside autocast', () => {
    const [first, second] = views(8, 16);
    const plain = ntXent(first, second, 0.1).loss;
    const inside = autocast('cpu', 'bfloat16', () => ntXent(first, second, 0.1).loss);
    expect(inside.dtype).toBe('float32');
    expect(inside.item()).toBe(plain.item());
  });
});

describe('l2Normalize', () => {
  it('gives rows of length one and leaves zeros', () => {
    const rows = l2Normalize(
      tensor([
        [3, 4],
        [0, 0],
      ]),
    ).toList();
    expect((rows as number[][])[0]![0]).toBeCloseTo(0.6, 6);
    expect((rows as number[][])[1]).toEqual([0, 0]);
  });
});
