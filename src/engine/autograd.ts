import { AutodidactError } from '../errors.js';
import { native } from './bridge.js';
import { type DType, dtypeCode } from './dtype.js';
import { type Device, Tensor } from './tensor.js';

function synchronous<Result>(name: string, body: () => Result): Result {
  const result = body();
  if (typeof result === 'object' && result !== null && 'then' in result)
    throw new AutodidactError(
      'ENGINE',
      `Expected a synchronous function for \`${name}\`, received an asynchronous one`,
    );
  return result;
}

function withGradMode<Result>(name: string, enabled: boolean, body: () => Result): Result {
  const before = native().setGradMode(enabled);
  try {
    return synchronous(name, body);
  } finally {
    native().setGradMode(before);
  }
}

/** Runs `body` without recording a graph. The body must be synchronous: grad mode belongs to the thread. */
export function noGrad<Result>(body: () => Result): Result {
  return withGradMode('noGrad', false, body);
}

/** Records a graph inside a `noGrad`. */
export function enableGrad<Result>(body: () => Result): Result {
  return withGradMode('enableGrad', true, body);
}

/**
 * Runs matrix products and convolutions in a 16-bit type and keeps reductions and losses in float32, as PyTorch's autocast
 * does. `dtype` null runs `body` as it is.
 */
export function autocast<Result>(device: Device, dtype: 'bfloat16' | 'float16' | null, body: () => Result): Result {
  if (dtype === null) return synchronous('autocast', body);
  const code = dtypeCode(dtype satisfies DType)!;
  const before = native().setAutocast(device, true, code);
  try {
    return synchronous('autocast', body);
  } finally {
    native().setAutocast(device, before, code);
  }
}

/** Switches autocast off inside an autocast region: losses that subtract large similarities need float32. */
export function fullPrecision<Result>(device: Device, body: () => Result): Result {
  const code = dtypeCode('bfloat16')!;
  const before = native().setAutocast(device, false, code);
  try {
    return synchronous('fullPrecision', body);
  } finally {
    if (before) native().setAutocast(device, true, code);
  }
}

/**
 * Gradients of the outputs (scalars, or weighted by `gradients`) with respect to the inputs, null where an input has no part
 * in them. Leaves' `grad` is not touched.
 */
export function gradientsOf(
  outputs: readonly Tensor[],
  inputs: readonly Tensor[],
  options: { gradients?: readonly Tensor[]; retainGraph?: boolean; createGraph?: boolean } = {},
): (Tensor | null)[] {
  const { gradients, createGraph = false, retainGraph = createGraph } = options;
  const ids = native().gradients(
    outputs.map((tensor) => tensor.id),
    inputs.map((tensor) => tensor.id),
    gradients?.map((tensor) => tensor.id) ?? outputs.map(() => 0),
    retainGraph,
    createGraph,
  );
  return ids.map((id) => (id === 0 ? null : new Tensor(id)));
}
