import { describe, expect, it, test } from 'vitest';
import { minimize, type Objective } from './lbfgs.js';

/** Rosenbrock's valley in n dimensions; its minimum is 0 at (1, ..., 1). */
const rosenbrock: Objective = (x) => {
  let value = 0;
  const gradient = new Float64Array(x.length);
  for (let i = 0; i + 1 < x.length; i++) {
    const bend = x[i + 1]! - x[i]! ** 2;
    value += 100 * bend ** 2 + (1 - x[i]!) ** 2;
    gradient[i]! += -400 * x[i]! * bend - 2 * (1 - x[i]!);
    gradient[i + 1]! += 200 * bend;
  }
  return { value, gradient };
};

test('finds the bottom of the Rosenbrock valley', () => {
  const start = new Float64Array(10).fill(-1.2);
  const found = minimize(rosenbrock, start, { tolerance: 1e-9 });
  expect(found.isConverged).toBe(true);
  for (const entry of found.x) expect(entry).toBeCloseTo(1, 8);
  expect(found.iterations).toBeLessThan(200);
  expect(start[0]).toBe(-1.2);
});

test('solves a quadratic whose curvatures differ by 1e8', () => {
  const curvature = Float64Array.from({ length: 9 }, (_, i) => 10 ** i);
  const quadratic: Objective = (x) => ({
    value: x.reduce((sum, entry, i) => sum + 0.5 * curvature[i]! * (entry - i) ** 2, 0),
    gradient: x.map((entry, i) => curvature[i]! * (entry - i)),
  });
  const found = minimize(quadratic, new Float64Array(9), { tolerance: 1e-7 });
  expect(found.isConverged).toBe(true);
  found.x.forEach((entry, i) => {
    expect(entry).toBeCloseTo(i, 6);
  });
});

test('steps back from where the function is no number', () => {
  // -log x + x is not defined below 0; its minimum is at 1, and the first step from 0.01 jumps far.
  const barrier: Objective = (x) => ({ value: x[0]! - Math.log(x[0]!), gradient: Float64Array.of(1 - 1 / x[0]!) });
  expect(minimize(barrier, Float64Array.of(0.01), { tolerance: 1e-8 }).x[0]).toBeCloseTo(1, 7);
  expect(minimize(barrier, Float64Array.of(50), { tolerance: 1e-8 }).x[0]).toBeCloseTo(1, 7);
});

test('says when it has not converged, and stops where nothing goes down', () => {
  expect(minimize(rosenbrock, new Float64Array(10).fill(-1.2), { maxIterations: 3 })).toMatchObject({
    iterations: 3,
    isConverged: false,
  });
  const wrongGradient: Objective = (x) => ({ value: x[0]! ** 2, gradient: Float64Array.of(-2 * x[0]!) });
  expect(minimize(wrongGradient, Float64Array.of(1)).isConverged).toBe(false);
});

test('goes on where a slope has not become flatter', () => {
  // A long even slope before the bottom at 1000.
  const slide: Objective = ([x]) => {
    const past = Math.max(0, x! - 999);
    return { value: -x! + past ** 2 / 2, gradient: Float64Array.of(past - 1) };
  };
  const found = minimize(slide, Float64Array.of(0), { tolerance: 1e-8, maxIterations: 5 });
  expect(found.x[0]).toBeCloseTo(1000, 6);
});

describe('a preconditioner', () => {
  const curvature = [1, 1e3, 1e6];
  const bowl: Objective = (x) => ({
    value: x.reduce((sum, entry, i) => sum + 0.5 * curvature[i]! * (entry - 0.1) ** 2, 0),
    gradient: x.map((entry, i) => curvature[i]! * (entry - 0.1)),
  });

  it('that tells the curvature leads straight to the bottom of a bowl', () => {
    // Ten times too large.
    const preconditioner = () => (gradient: Float64Array) => gradient.map((entry, i) => (10 * entry) / curvature[i]!);
    const options = { tolerance: 1e-8, maxIterations: 3 };
    expect(minimize(bowl, new Float64Array(3), { ...options, preconditioner }).isConverged).toBe(true);
    expect(minimize(bowl, new Float64Array(3), options).isConverged).toBe(false);
  });

  it('counts up to a factor, which the first step tells', () => {
    const start = new Float64Array(10).fill(-1.2);
    // A power of two, which rounds nothing.
    const preconditioner = () => (gradient: Float64Array) => gradient.map((entry) => 1024 * entry);
    expect(minimize(rosenbrock, start, { preconditioner })).toEqual(minimize(rosenbrock, start));
  });

  it('is asked at the start, after 10 iterations, and whenever there have been twice as many', () => {
    const points: number[][] = [];
    const preconditioner = (x: Float64Array) => {
      points.push([...x]);
      return (gradient: Float64Array) => gradient;
    };
    const start = new Float64Array(10).fill(-1.2);
    const found = minimize(rosenbrock, start, { preconditioner, maxIterations: 45 });
    expect([found.iterations, points.length]).toEqual([45, 4]);
    for (const [i, iterations] of [0, 10, 20, 40].entries())
      expect(points[i]).toEqual([...minimize(rosenbrock, start, { maxIterations: iterations }).x]);
  });
});

test('a second run takes the same path', () => {
  const start = new Float64Array(6).fill(-1);
  expect(minimize(rosenbrock, start)).toEqual(minimize(rosenbrock, start));
});
