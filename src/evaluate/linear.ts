import { noGrad, ops, scope, type Tensor, tensor } from '../engine/index.js';
import { expected } from '../errors.js';
import { type LabeledFeatures, selectRows } from './features.js';
import { accuracyOf } from './knn.js';
import { minimize } from './lbfgs.js';
import { isBetter, type Score, selectionFolds } from './validation.js';

/** 1e-6 to 1e2 in decades, strongest first: each fit starts from the one before it. */
export const L2_GRID: readonly number[] = [1e2, 1e1, 1, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6];

/** Taken when there is nothing to choose by (one label per class). */
export const DEFAULT_L2 = 1e-2;

export interface LinearOptions {
  /**
   * Features (R, D) of training images, labeled or not, whose mean and deviation standardize all others: with few labels
   * they are far steadier than those of the labeled images alone, which are the default.
   */
  reference?: Tensor;
  /** Number of classes; by default one more than the highest label. */
  classes?: number;
  /** Candidates for the weight penalty. Default `L2_GRID`. */
  l2?: readonly number[];
  /** Seed of the validation folds. Default 0. */
  seed?: number;
  /** The final fit stops at this norm of the gradient of the mean loss. Default 1e-6. */
  tolerance?: number;
  /** Of the final fit. Default 5000. */
  maxIterations?: number;
}

export interface LinearResult {
  /** Top-1 accuracy on the test features, in [0, 1]. */
  accuracy: number;
  /** The predicted class of every test image. */
  predictions: Int32Array;
  /** The chosen penalty. */
  l2: number;
  /** How each candidate did on the validation folds; empty when there was nothing to choose by. */
  validation: (Score & { l2: number })[];
  /** Of the final fit: mean cross-entropy plus penalty, and how far from flat it is. */
  loss: number;
  gradientNorm: number;
  iterations: number;
  isConverged: boolean;
}

/**
 * Linear probe: multinomial logistic regression on frozen features, which are standardized by the mean and deviation of
 * training features. The L2 penalty with the best accuracy on validation folds of these labels (the lower loss
 * breaks ties) is taken and the classifier fitted to all of them, to convergence. With a single label per class there are
 * no folds and the penalty is `DEFAULT_L2`. Deterministic; the test labels only score.
 *
 * @param train features (N, D), labels [N] of at least two classes
 * @param test features (M, D), labels [M]
 * @throws AutodidactError `DATA` for labels of one class only, `SHAPE` when the features do not fit each other
 */
export function linearProbe(train: LabeledFeatures, test: LabeledFeatures, options: LinearOptions = {}): LinearResult {
  const { l2: grid = L2_GRID, reference, tolerance = 1e-6, maxIterations = 5000 } = options;
  const highest = train.labels.reduce((high, label) => Math.max(high, label), 0);
  const classes = options.classes ?? highest + 1;
  if (new Set(train.labels).size < 2)
    throw expected('labels of at least two classes', 'train', `labels of class ${highest} only`, { code: 'DATA' });
  if (test.features.size(1) !== train.features.size(1))
    throw expected(`features of size ${train.features.size(1)}`, 'test', test.features.describe(), { code: 'SHAPE' });

  const validation = validate(train, classes, grid, options);
  const best = validation.reduce(
    (winner, row) => (isBetter(row, winner) ? row : winner),
    validation[0] ?? { l2: DEFAULT_L2, accuracy: 0, loss: 0 },
  );
  return scope(() => {
    const scale = standardization(reference ?? train.features);
    const fit = fitLogistic(scale(train.features), train.labels, { classes, l2: best.l2, tolerance, maxIterations });
    const predictions = Int32Array.from(logits(fit, scale(test.features)).argmax(1).toNumbers());
    const { loss, gradientNorm, iterations, isConverged } = fit;
    const accuracy = accuracyOf(predictions, test.labels);
    return { accuracy, predictions, l2: best.l2, validation, loss, gradientNorm, iterations, isConverged };
  });
}

/** Accuracy and mean cross-entropy of every candidate on the held-out images of all folds together. */
function validate(
  train: LabeledFeatures,
  classes: number,
  grid: readonly number[],
  { reference, seed = 0 }: LinearOptions,
): LinearResult['validation'] {
  const folds = selectionFolds(train.labels, seed);
  if (folds.length === 0 || grid.length === 0) return [];
  const rows = [...grid].sort((a, b) => b - a).map((l2) => ({ l2, accuracy: 0, loss: 0 }));
  const total = folds.reduce((sum, { held }) => sum + held.length, 0);
  for (const fold of folds)
    scope(() => {
      const kept = selectRows(train, fold.kept);
      const held = selectRows(train, fold.held);
      const scale = standardization(reference ?? kept.features);
      const [x, heldX] = [scale(kept.features), scale(held.features)];
      const heldTargets = tensor(held.labels, { device: heldX.device }).to('int64');
      let start: Float64Array | undefined;
      for (const row of rows) {
        // A ranking needs no last digits: looser than the final fit.
        const fit = fitLogistic(x, kept.labels, { classes, l2: row.l2, tolerance: 1e-4, maxIterations: 200, start });
        start = fit.x;
        const scores = logits(fit, heldX);
        const predictions = scores.argmax(1).toNumbers();
        row.accuracy += (accuracyOf(predictions, held.labels) * held.labels.length) / total;
        row.loss += (ops.crossEntropy(scores, heldTargets).item() * held.labels.length) / total;
      }
    });
  return rows;
}

/** (x - mean) / std of these features, in double precision; a dimension without variance becomes 0. */
export function standardization(features: Tensor): (x: Tensor) => Tensor {
  return noGrad(() => {
    // MPS has no double precision.
    const device = features.device.startsWith('mps') ? 'cpu' : features.device;
    const wide = (x: Tensor) => x.detach().to({ device, dtype: 'float64' });
    const mean = wide(features).mean(0, true); // (1, D)
    const std = wide(features).std(0, { correction: 0, keepdim: true });
    const isVarying = std.gt(std.max().mul(1e-8));
    const factor = ops.where(isVarying, std.reciprocal(), ops.zerosLike(std));
    return (x: Tensor) => noGrad(() => wide(x).sub(mean).mul(factor));
  });
}

export interface FitOptions {
  classes: number;
  l2: number;
  /** Default 1e-6. */
  tolerance?: number;
  /** Default 5000. */
  maxIterations?: number;
  /** The solution of a similar problem, as `LogisticFit.x`; zeros by default. */
  start?: Float64Array;
}

export interface LogisticFit {
  /** The weights (C, D) in row-major order, then the biases (C). */
  x: Float64Array;
  classes: number;
  loss: number;
  gradientNorm: number;
  iterations: number;
  isConverged: boolean;
}

/**
 * Minimizes mean cross-entropy + l2 / 2 |W|^2 over the weights W and the unpenalized biases, by L-BFGS over all rows. With
 * fewer rows than features it searches the space that the rows span, which holds the minimum.
 *
 * @param x float64 (N, D)
 * @param labels [N], classes from 0
 */
export function fitLogistic(x: Tensor, labels: Int32Array, options: FitOptions): LogisticFit {
  const { classes, l2, tolerance = 1e-6, maxIterations = 5000 } = options;
  const [count, size] = [x.size(0), x.size(1)];
  return scope(() =>
    noGrad(() => {
      const basis = count < size ? ops.linalgQr(x.t())[0] : null; // (D, N), orthonormal columns
      const rows = basis === null ? x : x.mm(basis); // (N, D or N)
      const oneHot = tensor(labels, { device: x.device }).to('int64').oneHot(classes).to('float64'); // (N, C)
      const objective = (point: Float64Array) =>
        scope(() => {
          const [weight, bias] = unpack(point, classes, rows);
          const logProbabilities = bias.addmm(rows, weight.t()).logSoftmax(1); // (N, C)
          const penalty = weight
            .square()
            .sum()
            .mul(l2 / 2);
          const loss = logProbabilities.mul(oneHot).sum().div(-count).add(penalty);
          const error = logProbabilities.exp().sub(oneHot).div(count); // d loss / d logits
          const slope = error.t().mm(rows).add(weight, { alpha: l2 });
          return { value: loss.item(), gradient: pack(slope, error.sum(0)) };
        });
      const [weight, bias] = unpack(options.start ?? new Float64Array(classes * (size + 1)), classes, x);
      const start = pack(basis === null ? weight : weight.mm(basis), bias);
      const { x: point, value: loss, ...rest } = minimize(objective, start, { tolerance, maxIterations });
      const [found, foundBias] = unpack(point, classes, rows);
      return { ...rest, x: pack(basis === null ? found : found.mm(basis.t()), foundBias), classes, loss };
    }),
  );
}

/** Class scores (N, C) of standardized features (N, D). */
export function logits(fit: LogisticFit, x: Tensor): Tensor {
  return scope(() =>
    noGrad(() => {
      const [weight, bias] = unpack(fit.x, fit.classes, x);
      return bias.addmm(x, weight.t());
    }),
  );
}

/** Weights (C, D) and biases (C) for rows (N, D). */
function unpack(point: Float64Array, classes: number, rows: Tensor): [weight: Tensor, bias: Tensor] {
  const all = tensor(point, { device: rows.device });
  const size = rows.size(1);
  return [all.narrow(0, 0, classes * size).view([classes, size]), all.narrow(0, classes * size, classes)];
}

function pack(weight: Tensor, bias: Tensor): Float64Array {
  return scope(
    () =>
      ops
        .cat([weight.reshape([-1]), bias])
        .to('cpu')
        .toTypedArray() as Float64Array,
  );
}
