import { describe, expect, it } from 'vitest';
import { manualSeed, ops, parameter, tensor } from '../index.js';
import { distanceFrom } from './golden.test-util.js';
import { Lamb, type LambOptions } from './lamb.js';

interface Literal {
  weights: number[];
  mean: number[];
  square: number[];
  step: number;
}

const norm = (values: readonly number[]): number => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

/** The update of ALBERT's code, or with `correctsBias` that of the paper, for one parameter, element by element. */
function literal(
  state: Literal,
  gradient: readonly number[],
  { rate, decay, isAdapted, correctsBias }: { rate: number; decay: number; isAdapted: boolean; correctsBias: boolean },
): void {
  state.step++;
  const [c1, c2] = correctsBias ? [1 - 0.9 ** state.step, 1 - 0.999 ** state.step] : [1, 1];
  const update = gradient.map((g, i) => {
    state.mean[i] = 0.9 * state.mean[i]! + 0.1 * g;
    state.square[i] = 0.999 * state.square[i]! + 0.001 * g * g;
    return state.mean[i]! / c1 / (Math.sqrt(state.square[i]! / c2) + 1e-6) + decay * state.weights[i]!;
  });
  const [weights, length] = [norm(state.weights), norm(update)];
  const ratio = isAdapted && weights > 0 && length > 0 ? weights / length : 1;
  update.forEach((value, i) => {
    state.weights[i]! -= rate * ratio * value;
  });
}

describe.each([true, false])('LAMB, bias corrected: %s', (correctsBias) => {
  it('equals the literal update, with a changing rate and a group without adaptation', () => {
    manualSeed(1);
    const shapes = [[4, 3], [2, 3, 3, 3], [4], [7]];
    const params = shapes.map((shape) => parameter(ops.randn(shape)));
    const optimizer = new Lamb(
      [{ params: params.slice(0, 2) }, { params: params.slice(2), weightDecay: 0, isAdapted: false }],
      { learningRate: 0.1, weightDecay: 0.1, correctsBias },
    );
    const states = params.map((param): Literal => {
      const weights = param.toNumbers();
      return { weights, mean: weights.map(() => 0), square: weights.map(() => 0), step: 0 };
    });
    for (let step = 0; step < 10; step++) {
      const factor = 1 - step / 20;
      optimizer.scaleLearningRate(factor);
      params.forEach((param, i) => {
        // The second parameter begins later: each counts its own steps.
        if (i === 1 && step < 3) return;
        param.grad = ops.randn(shapes[i]!);
        const [decay, isAdapted] = i < 2 ? [0.1, true] : [0, false];
        literal(states[i]!, param.grad!.toNumbers(), { rate: 0.1 * factor, decay, isAdapted, correctsBias });
      });
      optimizer.step();
    }
    const differences = params.map((param, i) =>
      param.detach().sub(tensor(states[i]!.weights).view(shapes[i]!)).abs().max().item(),
    );
    expect(Math.max(...differences)).toBeLessThan(1e-5);
  });

  const firstStep = (weights: number[], gradient: number[], options: Partial<LambOptions> = {}): number[] => {
    const param = parameter(tensor(weights));
    param.grad = tensor(gradient);
    new Lamb([param], { learningRate: 0.5, correctsBias, ...options }).step();
    return param.toNumbers();
  };

  it('makes steps of the same relative length for any gradient', () => {
    for (const size of [1e-2, 1, 1e4]) {
      const [x, y] = firstStep([3, 4], [size, 0]) as [number, number];
      expect(x).toBeCloseTo(3 - 0.5 * 5, 4);
      expect(y).toBe(4);
    }
  });

  it('has a trust ratio of 1 when the weights or the update are zero', () => {
    const [first, second] = firstStep([0, 0], [1, -1]) as [number, number];
    // m / sqrt(v) of the first step is 1, or 0.1 / sqrt(0.001) without correction.
    expect(first).toBeCloseTo(correctsBias ? -0.5 : -0.5 * 0.1 * Math.sqrt(1000), 3);
    expect(second).toBeCloseTo(-first, 6);
    expect(firstStep([3, 4], [0, 0])).toEqual([3, 4]);
  });

  it('moves weights without a gradient of their own by decay alone, by their own length', () => {
    const [x, y] = firstStep([3, 4], [0, 0], { weightDecay: 0.2 }) as [number, number];
    expect([x / 3, y / 4].map((left) => left.toFixed(5))).toEqual(['0.50000', '0.50000']);
  });
});

it("matches timm's LAMB over five steps, and the rule without correction does not", () => {
  const distance = (correctsBias: boolean): number =>
    distanceFrom('lamb', (params) => new Lamb(params, { learningRate: 0.05, weightDecay: 0.1, correctsBias }));
  expect(distance(true)).toBeLessThan(1e-6);
  expect(distance(false)).toBeGreaterThan(1e-3);
});
