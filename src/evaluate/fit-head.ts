import type { Targets } from '../data/index.js';
import { noGrad, ops, scope, type Tensor, tensor } from '../engine/index.js';
import type { Layer } from '../engine/nn/index.js';
import { minimizing } from './lbfgs.js';
import { allOf, type LinearModel, type Task } from './task.js';

/** Samples per backward pass: bounds the memory of the graph. */
const CHUNK = 256;

/**
 * The linear head of any task, fitted to all samples at once: L-BFGS on the gradients of `head` and `loss`, in double precision and
 * from zero, so that nothing is left to chance.
 *
 * @param size features per sample or place
 */
export function headModel<T extends Targets, P>(task: Task<T, P>, size: number, train: T): LinearModel<T> {
  const makeHead = (device: Tensor['device']): Layer => task.head(size, train).to({ dtype: 'float64', device });
  return {
    problem: (features, targets) =>
      function* (options) {
        const { l2, tolerance = 1e-6, maxIterations = 5000 } = options;
        const head = makeHead(features.device);
        const loss = task.loss(train);
        const count = features.size(0);
        const objective = (point: Float64Array) =>
          scope(() => {
            load(head, point);
            head.zeroGrad();
            let value = 0;
            for (let from = 0; from < count; from += CHUNK)
              value += scope(() => {
                const positions = allOf(count).subarray(from, from + CHUNK);
                const output = head.forward(features.narrow(0, from, positions.length));
                const part = loss.of(output, targets, positions).mul(positions.length / count);
                part.backward();
                return part.item();
              });
            const parameters = head.parameters();
            for (const weight of penalized(parameters)) value += noGrad(() => (l2 / 2) * weight.square().sum().item());
            return { value, gradient: packed(parameters.map((parameter) => gradientOf(parameter, l2))) };
          });
        try {
          const size = head.parameterCount();
          const start = options.start ?? new Float64Array(size);
          const { x, value, ...rest } = yield* minimizing(objective, start, { tolerance, maxIterations });
          return { ...rest, x, loss: value };
        } finally {
          head.dispose();
        }
      },

    outputs({ x }, features) {
      const head = makeHead(features.device);
      try {
        load(head, x);
        return scope(() => noGrad(() => head.forward(features)));
      } finally {
        head.dispose();
      }
    },
  };
}

/** Weights are penalized; biases, of one dimension, are free. */
const penalized = (parameters: readonly Tensor[]): Tensor[] => parameters.filter(({ ndim }) => ndim > 1);

function gradientOf(parameter: Tensor, l2: number): Tensor {
  return noGrad(() => {
    const gradient = parameter.grad ?? ops.zerosLike(parameter);
    return parameter.ndim > 1 ? gradient.add(parameter, { alpha: l2 }) : gradient;
  });
}

function load(head: Layer, point: Float64Array): void {
  let at = 0;
  scope(() =>
    noGrad(() => {
      for (const parameter of head.parameters()) {
        const { numel, shape, device } = parameter;
        parameter.copy_(tensor(point.slice(at, at + numel), { shape, device }));
        at += numel;
      }
    }),
  );
}

function packed(tensors: readonly Tensor[]): Float64Array {
  return ops
    .cat(tensors.map((value) => value.reshape([-1])))
    .to('cpu')
    .toTypedArray() as Float64Array;
}
