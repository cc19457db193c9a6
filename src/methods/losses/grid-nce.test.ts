import { describe, expect, it } from 'vitest';
import { Generator, ops, scope } from '../../engine/index.js';
import { ContextNetwork } from '../../networks/context-network.js';
import { gridLabels, gridNce } from './grid-nce.js';

const random = new Generator(1);

describe('gridNce', () => {
  it('means by its labels the patch of the same image and column so many rows further down', () => {
    // Targets that are one-hot in their own number, and predictions that ask for the number that is meant.
    const [count, side, offset] = [2, 3, 1];
    const numbers = ops.eye(count * side * side).mul(50);
    const targets = numbers.view([count, side, side, -1]).permute([0, 3, 1, 2]);
    const asked = ops.cat([targets.narrow(2, offset, side - offset), targets.narrow(2, 0, offset)], 2);
    const { loss, accuracy } = gridNce(asked, targets, offset);
    expect(accuracy.item()).toBe(1);
    expect(loss.item()).toBeCloseTo(0, 5);
    expect(gridLabels(count, side, side, offset).toNumbers()).toEqual([3, 4, 5, 6, 7, 8, 12, 13, 14, 15, 16, 17]);
    expect(gridLabels(1, 3, 3, 2).toNumbers()).toEqual([6, 7, 8]);
  });

  it('agrees with the formula written out', () => {
    scope(() => {
      const [count, size, side, offset] = [2, 3, 4, 2];
      const predictions = ops.randn([count, size, side, side], { generator: random });
      const targets = ops.randn([count, size, side, side], { generator: random });
      const [p, t] = [predictions, targets].map((grid) => grid.toList() as number[][][][]) as [
        number[][][][],
        number[][][][],
      ];
      const product = (b: number, r: number, c: number, b2: number, r2: number, c2: number): number =>
        Array.from({ length: size }, (_, d) => p[b]![d]![r]![c]! * t[b2]![d]![r2]![c2]!).reduce((sum, x) => sum + x, 0);
      let [sum, terms] = [0, 0];
      for (let b = 0; b < count; b++)
        for (let r = 0; r + offset < side; r++)
          for (let c = 0; c < side; c++) {
            let denominator = 0;
            for (let b2 = 0; b2 < count; b2++)
              for (let r2 = 0; r2 < side; r2++)
                for (let c2 = 0; c2 < side; c2++) denominator += Math.exp(product(b, r, c, b2, r2, c2));
            sum -= Math.log(Math.exp(product(b, r, c, b, r + offset, c)) / denominator);
            terms++;
          }
      expect(gridNce(predictions, targets, offset).loss.item()).toBeCloseTo(sum / terms, 4);
    });
  });

  it('starts at ln(B G^2) when nothing is predicted', () => {
    const targets = ops.randn([3, 5, 7, 7], { generator: random });
    expect(gridNce(ops.zerosLike(targets), targets, 1).loss.item()).toBeCloseTo(Math.log(3 * 49), 5);
  });
});

describe('ContextNetwork', () => {
  it('sees the rows so far and its own, on both sides, and nothing below', () => {
    scope(() => {
      const network = new ContextNetwork(32, 16, 5);
      for (const [row, column] of [
        [0, 0],
        [2, 3],
        [5, 6],
      ] as const) {
        const z = ops.randn([1, 32, 7, 7], { generator: random });
        z.requiresGrad = true;
        network.forward(z).select(2, row).select(2, column).sum().backward();
        const seen = z.grad!.abs().sum([0, 1]).gt(0); // (7, 7)
        expect(seen.anyDim(1).toNumbers().lastIndexOf(1)).toBe(row);
        expect(seen.select(0, row).sum([0]).item()).toBeGreaterThan(row === 0 ? 5 : 1);
      }
    });
  });
});
