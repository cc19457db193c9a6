import { describe, expect, it } from 'vitest';
import { manualSeed, ops, parameter, tensor } from '../index.js';
import { Adafactor, type AdafactorOptions } from './adafactor.js';
import { distanceFrom } from './golden.test-util.js';

const rms = (values: readonly number[]): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

interface Literal {
  weights: number[];
  rows: number[];
  columns: number[];
  square: number[];
  step: number;
}

/** Algorithms 4 and 5 of the paper for one parameter of so many columns, element by element; without columns all squares are kept. */
function literal(state: Literal, gradient: readonly number[], columns: number | null, rate: number): void {
  state.step++;
  const old = 1 - state.step ** -0.8;
  const mixed = (list: readonly number[], values: readonly number[]): number[] =>
    list.map((value, i) => old * value + (1 - old) * values[i]!);
  const squares = gradient.map((g) => g * g + 1e-30);
  const estimate = (i: number): number => {
    if (columns === null) return state.square[i]!;
    const total = state.rows.reduce((sum, value) => sum + value, 0);
    return (state.rows[Math.floor(i / columns)]! * state.columns[i % columns]!) / total;
  };
  if (columns === null) state.square = mixed(state.square, squares);
  else {
    // Sums, as in the paper; the means of the code give the same quotient.
    const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value);
    const rowSums = state.rows.map((_, r) => sum(squares.slice(r * columns, (r + 1) * columns)));
    const columnSums = state.columns.map((_, c) => sum(squares.filter((_, i) => i % columns === c)));
    [state.rows, state.columns] = [mixed(state.rows, rowSums), mixed(state.columns, columnSums)];
  }
  const update = gradient.map((g, i) => g / Math.sqrt(estimate(i)));
  const clip = Math.max(1, rms(update));
  const scale = Math.max(1e-3, rms(state.weights));
  state.weights = state.weights.map((weight, i) => weight - (rate * scale * update[i]!) / clip);
}

function literalOf(weights: number[], rows = 0, columns = 0): Literal {
  const zeros = (length: number): number[] => new Array<number>(length).fill(0);
  return { weights, rows: zeros(rows), columns: zeros(columns), square: zeros(weights.length), step: 0 };
}

it('equals the literal update of matrices, vectors, and matrices that are too narrow to factor', () => {
  manualSeed(1);
  const shapes = [[6, 4], [5], [6, 3]];
  const params = shapes.map((shape) => parameter(ops.randn(shape).mul(0.1)));
  const optimizer = new Adafactor(params, { learningRate: 0.05, leastFactored: 4 });
  const [wide, vector, narrow] = params.map((param, i) =>
    i === 0 ? literalOf(param.toNumbers(), 6, 4) : literalOf(param.toNumbers()),
  );
  for (let step = 0; step < 8; step++) {
    // The gradients grow, so that updates are clipped.
    const gradients = shapes.map((shape) => ops.randn(shape).mul(2 ** step));
    params.forEach((param, i) => {
      param.grad = gradients[i]!;
    });
    const factor = 1 - step / 16;
    optimizer.scaleLearningRate(factor);
    optimizer.step();
    literal(wide!, gradients[0]!.toNumbers(), 4, 0.05 * factor);
    literal(vector!, gradients[1]!.toNumbers(), null, 0.05 * factor);
    literal(narrow!, gradients[2]!.toNumbers(), null, 0.05 * factor);
  }
  for (const [i, state] of [wide!, vector!, narrow!].entries())
    for (const [k, value] of params[i]!.toNumbers().entries()) expect(value).toBeCloseTo(state.weights[k]!, 5);
});

describe('golden values', () => {
  const distance = (rule: string, options: Partial<AdafactorOptions>): number =>
    distanceFrom(rule, (params) => new Adafactor(params, { learningRate: 0.05, leastFactored: 1, ...options }));

  it('are those of transformers and of PyTorch over five steps', () => {
    expect(distance('adafactor, transformers', {})).toBeLessThan(1e-6);
    expect(distance('adafactor, PyTorch', { weightDecay: 0.1 })).toBeLessThan(1e-6);
  });

  it('differ from those of other settings', () => {
    expect(distance('adafactor, transformers', { leastFactored: 128 })).toBeGreaterThan(1e-3);
    expect(distance('adafactor, transformers', { clippingThreshold: 4 })).toBeGreaterThan(1e-3);
    expect(distance('adafactor, PyTorch', {})).toBeGreaterThan(1e-3);
  });
});

it('keeps the rows and columns of the two longest dimensions, whatever their order', () => {
  const shapes = [[2, 5, 3, 6], [4, 4], [6], [2, 4]];
  const params = shapes.map((shape) => parameter(ops.randn(shape)));
  const optimizer = new Adafactor([{ params, names: ['conv', 'square', 'bias', 'narrow'] }], {
    ...{ learningRate: 0.1, leastFactored: 3 },
  });
  for (const param of params) param.grad = ops.randn(param.shape);
  optimizer.step();
  expect(Object.fromEntries([...optimizer.stateDict()].map(([key, value]) => [key, value.shape]))).toEqual({
    ...{ 'conv.step': [], 'conv.row': [2, 1, 3, 6], 'conv.column': [2, 5, 3, 1] },
    ...{ 'square.step': [], 'square.row': [4, 1], 'square.column': [1, 4] },
    ...{ 'bias.step': [], 'bias.square': [6], 'narrow.step': [], 'narrow.square': [2, 4] },
  });
});

it('has the very squares where they are a product of rows and columns', () => {
  const row = tensor([1, 2, 3]).view([3, 1]);
  const column = tensor([4, 0.5]).view([1, 2]);
  const param = parameter(ops.ones([3, 2]));
  param.grad = row.mul(column);
  new Adafactor([param], { learningRate: 0.25, leastFactored: 1 }).step();
  // Each element of the update is the sign of its gradient, of root mean square 1, and so is the parameter.
  for (const value of param.toNumbers()) expect(value).toBeCloseTo(0.75, 6);
});

describe('the scale of a step', () => {
  const firstStep = (weights: number[], gradient: number[], options: Partial<AdafactorOptions> = {}): number[] => {
    const param = parameter(tensor(weights));
    param.grad = tensor(gradient);
    new Adafactor([param], { learningRate: 0.5, ...options }).step();
    return param.toNumbers();
  };

  it('is that of the parameter, whatever that of the gradient', () => {
    for (const size of [1e-6, 1, 1e6]) {
      const [x, y] = firstStep([1, 7], [size, -size]) as [number, number];
      expect(x).toBeCloseTo(1 - 2.5, 4);
      expect(y).toBeCloseTo(7 + 2.5, 4);
    }
  });

  it('is not 0 for a parameter of zeros, and nothing moves without a gradient', () => {
    expect(firstStep([0, 0], [3, -3]).map((value) => value.toFixed(6))).toEqual(['-0.000500', '0.000500']);
    expect(firstStep([1, 2], [0, 0])).toEqual([1, 2]);
    expect(firstStep([0, 0], [3, -3], { leastScale: 0 })).toEqual([0, 0]);
  });

  it('is bounded by the threshold', () => {
    const [x] = firstStep([1, 1], [2, 2], { clippingThreshold: 0.5 }) as [number];
    expect(x).toBeCloseTo(1 - 0.25, 6);
  });
});
