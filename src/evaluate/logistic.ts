import { noGrad, ops, scope, type Tensor, tensor } from '../engine/index.js';
import { minimizing, type Preconditioner } from './lbfgs.js';
import { finish, type Steps } from './steps.js';
import type { FitOptions, LinearFit } from './task.js';

/**
 * (x - mean) / std of these features, in double precision; a dimension without variance becomes 0. The mean is over rows (N, D), or
 * over all places of maps (N, D, h, w).
 */
export function standardization(features: Tensor): (x: Tensor) => Tensor {
  return noGrad(() => {
    const rows = toRows(inDoublePrecision(features));
    const mean = rows.mean(0, true); // (1, D)
    const std = rows.std(0, { correction: 0, keepdim: true });
    const isVarying = std.gt(std.max().mul(1e-8));
    const factor = ops.where(isVarying, std.reciprocal(), ops.zerosLike(std));
    const beside = (value: Tensor, x: Tensor) => (x.ndim === 2 ? value : value.view([1, -1, 1, 1]));
    return (x: Tensor) => noGrad(() => inDoublePrecision(x).sub(beside(mean, x)).mul(beside(factor, x)));
  });
}

/** Features as a linear head is fitted to them, without a graph; on the CPU where they are on MPS, which has no double precision. */
export function inDoublePrecision(features: Tensor): Tensor {
  const device = features.device.startsWith('mps') ? 'cpu' : features.device;
  return noGrad(() => features.detach().to({ device, dtype: 'float64' }));
}

/** Maps (N, D, h, w) as rows (N h w, D), one per place; rows stay. */
export function toRows(features: Tensor): Tensor {
  return features.ndim === 2 ? features : features.permute([0, 2, 3, 1]).reshape([-1, features.size(1)]);
}

export interface LogisticOptions extends FitOptions {
  classes: number;
  /** Weight of each row in the mean loss, of mean 1; all alike by default. */
  weights?: Float64Array;
}

export interface LogisticFit extends LinearFit {
  /** `x` holds the weights (C, D) in row-major order, then the biases (C). */
  classes: number;
}

/**
 * Minimizes mean cross-entropy + l2 / 2 |W|^2 over the weights W and the unpenalized biases, by L-BFGS over all rows, preconditioned. With
 * fewer rows than features it searches the space that the rows span, which holds the minimum.
 *
 * @param x float64 (N, D)
 * @param labels [N], classes from 0
 */
export function fitLogistic(x: Tensor, labels: Int32Array, options: LogisticOptions): LogisticFit {
  return scope(() => finish(fittingLogistic(x, labels, options)));
}

/** `fitLogistic` in steps. */
export function* fittingLogistic(x: Tensor, labels: Int32Array, options: LogisticOptions): Steps<LogisticFit> {
  const { classes, l2, tolerance = 1e-6, maxIterations = 5000, weights } = options;
  const [count, size] = [x.size(0), x.size(1)];
  const { basis, rows, oneHot, share } = noGrad(() => {
    const basis = count < size ? ops.linalgQr(x.t())[0] : null; // (D, N), orthonormal columns
    return {
      basis,
      rows: basis === null ? x : x.mm(basis), // (N, D or N)
      oneHot: tensor(labels, { device: x.device }).to('int64').oneHot(classes).to('float64'), // (N, C)
      share: weights === undefined ? null : tensor(weights, { device: x.device }).unsqueeze(1), // (N, 1)
    };
  });
  const parts = noGrad(() => partsOf(rows, oneHot, share));
  const objective = (point: Float64Array) =>
    scope(() =>
      noGrad(() => {
        const [weight, bias] = unpack(point, classes, rows);
        let loss = weight
          .square()
          .sum()
          .mul((l2 / 2) * count);
        let slope = weight.mul(l2 * count);
        let biasSlope = ops.zerosLike(bias);
        for (const { rows, oneHot, share } of parts) {
          const weighted = (values: Tensor) => (share === null ? values : values.mul(share));
          const logProbabilities = bias.addmm(rows, weight.t()).logSoftmax(1); // (n, C)
          const error = weighted(logProbabilities.exp().sub(oneHot)); // d loss / d logits
          loss = loss.sub(weighted(logProbabilities.mul(oneHot)).sum());
          slope = slope.addmm(error.t(), rows);
          biasSlope = biasSlope.add(error.sum(0));
        }
        return { value: loss.item() / count, gradient: pack(slope.div(count), biasSlope.div(count)) };
      }),
    );
  const preconditioner = (point: Float64Array) => inverseCurvature(point, rows, classes, l2);
  const start = noGrad(() => {
    const [weight, bias] = unpack(options.start ?? new Float64Array(classes * (size + 1)), classes, x);
    return pack(basis === null ? weight : weight.mm(basis), bias);
  });
  const {
    x: point,
    value: loss,
    ...rest
  } = yield* minimizing(objective, start, { tolerance, maxIterations, preconditioner });
  return noGrad(() => {
    const [found, foundBias] = unpack(point, classes, rows);
    return { ...rest, x: pack(basis === null ? found : found.mm(basis.t()), foundBias), classes, loss };
  });
}

/** Numbers of the rows that are multiplied at a time: they stay in the processor's cache from the scores to the gradient. */
const CACHED = 2 ** 17;

/** Rows that are multiplied together, with what belongs to them. */
interface Part {
  rows: Tensor;
  oneHot: Tensor;
  share: Tensor | null;
}

function partsOf(rows: Tensor, oneHot: Tensor, share: Tensor | null): Part[] {
  const [count, size] = [rows.size(0), rows.size(1)];
  const length = rows.device === 'cpu' ? Math.max(1, Math.ceil(CACHED / size)) : count;
  return Array.from({ length: Math.ceil(count / length) }, (_, i) => {
    const cut = (all: Tensor) => all.narrow(0, i * length, Math.min(length, count - i * length));
    return { rows: cut(rows), oneHot: cut(oneHot), share: share && cut(share) };
  });
}

/** Rows per dimension from which the curvature is estimated. */
const ROWS_PER_DIMENSION = 4;

/**
 * About the inverse of the second derivatives at a point: the same for each class, of its mean over them. The dimensions of a network's
 * features differ in scale by orders of magnitude once they are decorrelated, and without this the descent takes several times the
 * iterations.
 */
function inverseCurvature(point: Float64Array, rows: Tensor, classes: number, l2: number): Preconditioner {
  const { inverse, ofBias } = noGrad(() => {
    const size = rows.size(1);
    const used = rows.slice(0, 0, null, Math.ceil(rows.size(0) / (ROWS_PER_DIMENSION * size)));
    const [weight, bias] = unpack(point, classes, rows);
    const shares = bias.addmm(used, weight.t()).softmax(1);
    const spread = shares.mul(ops.onesLike(shares).sub(shares)).mean(1, true); // (n, 1), mean of p (1 - p) over the classes
    const moments = used.t().mm(used.mul(spread)).div(used.size(0));
    const penalty = ops.eye(size, { dtype: 'float64', device: rows.device }).mul(l2);
    return { inverse: ops.linalgInv(moments.add(penalty)), ofBias: Math.max(spread.mean().item(), l2) };
  });
  return (gradient) =>
    scope(() =>
      noGrad(() => {
        const [weight, bias] = unpack(gradient, classes, rows);
        return pack(weight.mm(inverse), bias.div(ofBias));
      }),
    );
}

/** Class scores (N, C) of standardized features (N, D). */
export function logits(fit: Pick<LogisticFit, 'x' | 'classes'>, x: Tensor): Tensor {
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
