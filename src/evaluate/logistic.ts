import { noGrad, ops, scope, type Tensor, tensor } from '../engine/index.js';
import { minimizing } from './lbfgs.js';
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
 * Minimizes mean cross-entropy + l2 / 2 |W|^2 over the weights W and the unpenalized biases, by L-BFGS over all rows. With
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
  const weighted = (values: Tensor) => (share === null ? values : values.mul(share));
  const objective = (point: Float64Array) =>
    scope(() =>
      noGrad(() => {
        const [weight, bias] = unpack(point, classes, rows);
        const logProbabilities = bias.addmm(rows, weight.t()).logSoftmax(1); // (N, C)
        const penalty = weight
          .square()
          .sum()
          .mul(l2 / 2);
        const loss = weighted(logProbabilities.mul(oneHot)).sum().div(-count).add(penalty);
        const error = weighted(logProbabilities.exp().sub(oneHot)).div(count); // d loss / d logits
        const slope = error.t().mm(rows).add(weight, { alpha: l2 });
        return { value: loss.item(), gradient: pack(slope, error.sum(0)) };
      }),
    );
  const start = noGrad(() => {
    const [weight, bias] = unpack(options.start ?? new Float64Array(classes * (size + 1)), classes, x);
    return pack(basis === null ? weight : weight.mm(basis), bias);
  });
  const { x: point, value: loss, ...rest } = yield* minimizing(objective, start, { tolerance, maxIterations });
  return noGrad(() => {
    const [found, foundBias] = unpack(point, classes, rows);
    return { ...rest, x: pack(basis === null ? found : found.mm(basis.t()), foundBias), classes, loss };
  });
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
