import { describe, expect, it } from 'vitest';
import { ops, scope, tensor } from '../engine/index.js';
import { sineCosinePositions, TokenPredictor } from './token-predictor.js';

const OPTIONS = {
  ...{ inputSize: 6, width: 8, depth: 2, heads: 2, outputSize: 5 },
  positions: (width: number) => sineCosinePositions(3, width),
};
const int = (rows: number[][]) =>
  tensor(BigInt64Array.from(rows.flat(), BigInt), { shape: [rows.length, rows[0]!.length] });

describe('TokenPredictor', () => {
  it('tells of the places that are asked for, in any order', () => {
    scope(() => {
      const predictor = new TokenPredictor(OPTIONS);
      const tokens = ops.randn([1, 3, 6]);
      const seen = int([[0, 4]]);
      const [one, other] = [
        predictor.forward(tokens, seen, int([[1, 7]])),
        predictor.forward(tokens, seen, int([[7, 1]])),
      ];
      expect(one.shape).toEqual([1, 2, 5]);
      expect(one.flip([1]).sub(other).abs().amax().item()).toBeLessThan(1e-5);
      expect(one.select(1, 0).sub(one.select(1, 1)).abs().amax().item()).toBeGreaterThan(1e-6);
    });
  });

  it('knows where the visible patches lie, not in which order they come', () => {
    scope(() => {
      const predictor = new TokenPredictor(OPTIONS);
      const tokens = ops.randn([1, 3, 6]);
      const swapped = ops.cat([tokens.narrow(1, 0, 1), tokens.narrow(1, 2, 1), tokens.narrow(1, 1, 1)], 1);
      const asked = int([[8]]);
      const straight = predictor.forward(tokens, int([[0, 4]]), asked);
      expect(
        predictor
          .forward(swapped, int([[4, 0]]), asked)
          .sub(straight)
          .abs()
          .amax()
          .item(),
      ).toBeLessThan(1e-5);
      expect(
        predictor
          .forward(swapped, int([[0, 4]]), asked)
          .sub(straight)
          .abs()
          .amax()
          .item(),
      ).toBeGreaterThan(1e-6);
    });
  });

  it('takes tokens without a class token', () => {
    scope(() => {
      const predictor = new TokenPredictor(OPTIONS);
      const tokens = ops.randn([1, 3, 6]);
      const [asked, seen] = [int([[8]]), int([[0, 4]])];
      const without = predictor.forward(tokens.narrow(1, 1, 2), seen, asked);
      expect(without.shape).toEqual([1, 1, 5]);
      const swapped = ops.cat([tokens.narrow(1, 2, 1), tokens.narrow(1, 1, 1)], 1);
      expect(
        predictor
          .forward(swapped, int([[4, 0]]), asked)
          .sub(without)
          .abs()
          .amax()
          .item(),
      ).toBeLessThan(1e-5);
      expect(predictor.forward(tokens, seen, asked).sub(without).abs().amax().item()).toBeGreaterThan(1e-6);
    });
  });

  it('refuses widths that do not divide', () => {
    expect(() => new TokenPredictor({ ...OPTIONS, width: 10 })).toThrow(/a multiple of 4 and of the 2 heads/);
  });
});

it('encodes columns and rows by sines and cosines', () => {
  const positions = sineCosinePositions(3, 8).toList() as number[][];
  // Place 5 is row 1, column 2; the rates are 1 and 10,000^(-1/2) = 0.01.
  const along = (x: number): number[] => [Math.sin(x), Math.sin(x / 100), Math.cos(x), Math.cos(x / 100)];
  [...along(2), ...along(1)].forEach((value, i) => {
    expect(positions[5]![i]).toBeCloseTo(value, 6);
  });
});
