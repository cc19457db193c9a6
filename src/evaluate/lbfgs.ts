import { finish, type Steps } from './steps.js';

/** A smooth function with its gradient: both at the point x, which the function must not change. */
export type Objective = (x: Float64Array) => { value: number; gradient: Float64Array };

export interface MinimizeOptions {
  /** Stop when the Euclidean norm of the gradient is at most this. Default 1e-6. */
  tolerance?: number;
  /** Default 1000. */
  maxIterations?: number;
  /** Pairs of steps and gradient changes that approximate the curvature. Default 20. */
  history?: number;
  /**
   * Gives a product with about the inverse of the curvature at a point, up to a factor: symmetric, positive definite. Asked again now and
   * then on the way. Default the identity.
   */
  preconditioner?: (x: Float64Array) => Preconditioner;
}

export type Preconditioner = (gradient: Float64Array) => Float64Array;

export interface Minimum {
  x: Float64Array;
  value: number;
  gradientNorm: number;
  iterations: number;
  /** False when the iterations ran out, or no step lowers the value any more, before the tolerance was met. */
  isConverged: boolean;
}

/** A place on the search line: x = start + step * direction. */
interface Place {
  step: number;
  x: Float64Array;
  value: number;
  gradient: Float64Array;
  /** Derivative along the direction. */
  slope: number;
}

/** Constants of the strong Wolfe conditions as recommended for quasi-Newton methods (Nocedal and Wright, section 3.1). */
const ARMIJO = 1e-4;
const CURVATURE = 0.9;

/** The iteration at which the preconditioner is renewed first; then at twice as many, and so on. */
const FIRST_RENEWAL = 10;

/**
 * Minimizes a smooth function by L-BFGS with a strong Wolfe line search, in double precision and without randomness: the
 * same start gives the same result.
 *
 * @param start where to begin; not changed
 *
 * Source: Nocedal and Wright 2006, algorithms 7.4 and 7.5 (L-BFGS), 3.5 and 3.6 (line search).
 */
export function minimize(objective: Objective, start: Float64Array, options: MinimizeOptions = {}): Minimum {
  return finish(minimizing(objective, start, options));
}

/** `minimize`, which pauses after every iteration. */
export function* minimizing(objective: Objective, start: Float64Array, options: MinimizeOptions = {}): Steps<Minimum> {
  const { tolerance = 1e-6, maxIterations = 1000, history = 20, preconditioner = () => unchanged } = options;
  const pairs: Pair[] = [];
  let x: Float64Array = start.slice();
  let { value, gradient } = objective(x);
  let iterations = 0;
  let precondition = unchanged;
  let due = 0;
  while (iterations < maxIterations && norm(gradient) > tolerance) {
    if (iterations === due) {
      precondition = preconditioner(x);
      due = Math.max(FIRST_RENEWAL, 2 * iterations);
    }
    const direction = quasiNewtonDirection(gradient, pairs, precondition);
    const slope = dot(direction, gradient);
    const here: Place = { step: 0, x, value, gradient, slope };
    // Without curvature yet, a step of length 1 at most.
    const first = pairs.length > 0 ? 1 : Math.min(1, 1 / norm(direction));
    const found = slope < 0 ? wolfeSearch(objective, here, direction, first) : null;
    if (found === null) {
      if (pairs.length === 0) break;
      pairs.length = 0; // the curvature misled the search: once more along the gradient
      continue;
    }
    remember(pairs, difference(found.x, x), difference(found.gradient, gradient), history);
    ({ x, value, gradient } = found);
    iterations += 1;
    yield;
  }
  const gradientNorm = norm(gradient);
  return { x, value, gradientNorm, iterations, isConverged: gradientNorm <= tolerance };
}

/** A step s, the change y of the gradient over it, and 1 / (s'y). */
interface Pair {
  s: Float64Array;
  y: Float64Array;
  rho: number;
}

function remember(pairs: Pair[], s: Float64Array, y: Float64Array, history: number): void {
  const curvature = dot(s, y);
  // Keeps the approximation positive definite; holds after a Wolfe step but for rounding.
  if (curvature <= 1e-12 * dot(y, y)) return;
  pairs.push({ s, y, rho: 1 / curvature });
  if (pairs.length > history) pairs.shift();
}

/** Algorithm 7.4: -H g by two loops over the pairs, starting from H0 = (s'y / y'P y) P of the newest. */
function quasiNewtonDirection(
  gradient: Float64Array,
  pairs: readonly Pair[],
  precondition: Preconditioner,
): Float64Array {
  const q = gradient.map((entry) => -entry);
  const alphas: number[] = [];
  for (let i = pairs.length - 1; i >= 0; i--) {
    const { s, y, rho } = pairs[i]!;
    const alpha = rho * dot(s, q);
    alphas[i] = alpha;
    addScaled(q, y, -alpha);
  }
  const newest = pairs.at(-1);
  const scale = newest === undefined ? 1 : 1 / (newest.rho * dot(newest.y, precondition(newest.y)));
  const r = precondition(q).map((entry) => scale * entry);
  pairs.forEach(({ s, y, rho }, i) => {
    addScaled(r, s, alphas[i]! - rho * dot(y, r));
  });
  return r;
}

const unchanged: Preconditioner = (gradient) => gradient;

/** Algorithm 3.5: grows the step until it brackets a place that satisfies the strong Wolfe conditions. */
function wolfeSearch(objective: Objective, start: Place, direction: Float64Array, first: number): Place | null {
  const at = (step: number): Place => {
    const x = start.x.slice();
    addScaled(x, direction, step);
    const { value, gradient } = objective(x);
    return { step, x, value, gradient, slope: dot(gradient, direction) };
  };
  let before = start;
  let step = first;
  for (let i = 0; i < 30; i++, step *= 2) {
    const place = at(step);
    if (isTooHigh(place, start) || (i > 0 && place.value >= before.value)) return zoom(at, start, before, place);
    if (isFlat(place, start)) return place;
    if (place.slope >= 0) return zoom(at, start, place, before);
    before = place;
  }
  return before;
}

/** Algorithm 3.6: narrows the bracket; `low` is the lowest place so far that satisfies Armijo's condition. */
function zoom(at: (step: number) => Place, start: Place, low: Place, high: Place): Place | null {
  for (let i = 0; i < 40; i++) {
    const place = at(cubicMinimum(low, high));
    if (isTooHigh(place, start) || place.value >= low.value) high = place;
    else {
      if (isFlat(place, start)) return place;
      if (place.slope * (high.step - low.step) >= 0) high = low;
      low = place;
    }
    if (Math.abs(high.step - low.step) <= 1e-12 * Math.max(high.step, low.step)) break;
  }
  return low.step > 0 ? low : null;
}

/** Whether Armijo's condition of sufficient decrease fails; also for a value that is no number. */
function isTooHigh(place: Place, start: Place): boolean {
  return !(place.value <= start.value + ARMIJO * place.step * start.slope);
}

function isFlat(place: Place, start: Place): boolean {
  return Math.abs(place.slope) <= -CURVATURE * start.slope;
}

/** Minimum of the cubic through two values and slopes (equation 3.59), kept within the middle 80 % of the bracket. */
function cubicMinimum(a: Place, b: Place): number {
  const width = b.step - a.step;
  const d1 = a.slope + b.slope - (3 * (a.value - b.value)) / (a.step - b.step);
  const root = Math.sqrt(d1 * d1 - a.slope * b.slope) * Math.sign(width);
  const minimum = b.step - (width * (b.slope + root - d1)) / (b.slope - a.slope + 2 * root);
  const share = (minimum - a.step) / width;
  if (!Number.isFinite(share)) return a.step + width / 2;
  return a.step + Math.min(Math.max(share, 0.1), 0.9) * width;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function norm(a: Float64Array): number {
  return Math.sqrt(dot(a, a));
}

function addScaled(into: Float64Array, other: Float64Array, factor: number): void {
  for (let i = 0; i < into.length; i++) into[i]! += factor * other[i]!;
}

function difference(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((entry, i) => entry - b[i]!);
}
