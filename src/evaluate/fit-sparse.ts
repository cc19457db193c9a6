import type { Targets } from '../data/index.js';
import { ops, scope, tensor } from '../engine/index.js';
import { minimizing } from './lbfgs.js';
import type { SparseRows } from './sparse-rows.js';
import { allOf, type LinearModel, type Loss, type Task } from './task.js';

/** The largest second derivative of a cross-entropy. */
const CURVATURE = 0.25;

/** Scores that are in one tensor at most. */
const MOST_SCORES = 2 ** 20;

/**
 * The linear head of a task on sparse vectors, fitted to all samples at once: L-BFGS in double precision, from zero. The gradient of the
 * scores is that of the task's loss; the products with the vectors touch no zeros.
 *
 * @throws Error for a task whose head is more than weights and biases
 */
export function sparseModel<T extends Targets, P>(task: Task<T, P>, train: T): LinearModel<T, SparseRows> {
  const outputs = outputsOf(task, train);
  return {
    problem(rows, targets) {
      const squares = rows.meanSquares();
      const loss = task.loss(train);
      return function* ({ l2, tolerance = 1e-6, maxIterations = 5000, start }) {
        const weights = rows.size * outputs;
        const objective = (point: Float64Array) => {
          const { value, slopes } = lossOf(scoresOf(rows, point, outputs), loss, targets);
          const gradient = new Float64Array(point.length);
          gradient.set(rows.transposedTimes(slopes, outputs));
          let penalty = 0;
          for (let i = 0; i < weights; i++) {
            gradient[i]! += l2 * point[i]!;
            penalty += point[i]! ** 2;
          }
          for (let i = 0; i < slopes.length; i++) gradient[weights + (i % outputs)]! += slopes[i]!;
          return { value: value + (l2 / 2) * penalty, gradient };
        };
        // Rare columns have little curvature, and would lag behind.
        const inverse = Float64Array.from({ length: weights + outputs }, (_, i) =>
          i < weights ? 1 / (CURVATURE * squares[Math.floor(i / outputs)]! + l2) : 1 / CURVATURE,
        );
        const preconditioner = () => (gradient: Float64Array) => {
          const product = new Float64Array(gradient.length);
          for (let i = 0; i < product.length; i++) product[i] = gradient[i]! * inverse[i]!;
          return product;
        };
        const from = start ?? new Float64Array(weights + outputs);
        const { x, value, ...rest } = yield* minimizing(objective, from, { tolerance, maxIterations, preconditioner });
        return { ...rest, x, loss: value };
      };
    },

    outputs: ({ x }, rows) => tensor(scoresOf(rows, x, outputs), { shape: [rows.count, outputs] }),
  };
}

/** Numbers that `minimizing` keeps for each weight: points and gradients of the last steps, and what it works with. */
const NUMBERS_PER_WEIGHT = 50;

/** Columns for which a search with so many numbers in all has room. */
export function columnsFor<T extends Targets, P>(task: Task<T, P>, train: T, numbers: number): number {
  return Math.floor(numbers / NUMBERS_PER_WEIGHT / outputsOf(task, train));
}

function outputsOf<T extends Targets, P>(task: Task<T, P>, train: T): number {
  const head = task.head(1, train);
  try {
    const [weight, bias, ...others] = head.parameters();
    if (weight?.ndim !== 2 || bias?.ndim !== 1 || others.length > 0)
      throw new Error(`The head of ${task.name} is not linear`);
    return weight.size(0);
  } finally {
    head.dispose();
  }
}

/** (N, C) of weights (D, C) and biases (C) in a row. */
function scoresOf(rows: SparseRows, point: Float64Array, outputs: number): Float64Array {
  const scores = rows.times(point, outputs);
  const bias = point.subarray(rows.size * outputs);
  for (let i = 0; i < scores.length; i++) scores[i]! += bias[i % outputs]!;
  return scores;
}

/** Mean loss of the scores of all samples, and its slope by each of them. */
function lossOf<T extends Targets>(
  scores: Float64Array,
  loss: Loss<T>,
  targets: T,
): { value: number; slopes: Float64Array } {
  const { count } = targets;
  const outputs = scores.length / count;
  const slopes = new Float64Array(scores.length);
  const positions = allOf(count);
  const atOnce = Math.max(1, Math.floor(MOST_SCORES / outputs));
  let value = 0;
  for (let from = 0; from < count; from += atOnce)
    value += scope(() => {
      const chosen = positions.subarray(from, from + atOnce);
      const part = scores.subarray(from * outputs, (from + chosen.length) * outputs);
      const output = tensor(part, { shape: [chosen.length, outputs], requiresGrad: true });
      const mean = loss.of(output, targets, chosen).mul(chosen.length / count);
      mean.backward();
      slopes.set((output.grad ?? ops.zerosLike(output)).toTypedArray() as Float64Array, from * outputs);
      return mean.item();
    });
  return { value, slopes };
}
