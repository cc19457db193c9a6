import { expected } from '../errors.js';
import { type Device, native } from './bridge.js';
import { type DType, dtypeCode } from './dtype.js';
import { Tensor } from './ops.generated.js';
import { scope, synchronous } from './scope.js';
import { idOf } from './tensor-arguments.js';

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

/** What a computation gives that nothing is differentiated through: no graph is built, and what lies between is freed. */
export function withoutGraph<Result>(body: () => Result): Result {
  return noGrad(() => scope(body));
}

/** Records a graph inside a `noGrad`. */
export function enableGrad<Result>(body: () => Result): Result {
  return withGradMode('enableGrad', true, body);
}

/** Active 16-bit type of each device type; null outside autocast. */
const casts = new Map<string, CastType | null>();

type CastType = 'bfloat16' | 'float16';

function withAutocast<Result>(name: string, device: Device, dtype: CastType | null, body: () => Result): Result {
  const kind = device.split(':')[0]!;
  const before = casts.get(kind) ?? null;
  setCast(kind, dtype);
  try {
    return synchronous(name, body);
  } finally {
    setCast(kind, before);
  }
}

function setCast(kind: string, dtype: CastType | null): void {
  native().setAutocast(kind, dtype !== null, dtypeCode((dtype ?? 'bfloat16') satisfies DType)!);
  casts.set(kind, dtype);
}

/**
 * Runs matrix products and convolutions in a 16-bit type and keeps reductions and losses in float32, as PyTorch's autocast
 * does. With `dtype` null, `body` runs unchanged.
 */
export function autocast<Result>(device: Device, dtype: CastType | null, body: () => Result): Result {
  return dtype === null ? synchronous('autocast', body) : withAutocast('autocast', device, dtype, body);
}

/** Disables autocast inside an autocast region: losses that subtract large similarities need float32. */
export function fullPrecision<Result>(device: Device, body: () => Result): Result {
  return withAutocast('fullPrecision', device, null, body);
}

/**
 * Gradients of the outputs (scalars, or weighted by `gradients`) with respect to the inputs; null for an input that the
 * outputs do not depend on. The `grad` of leaves does not change.
 */
export function gradientsOf(
  outputs: readonly Tensor[],
  inputs: readonly Tensor[],
  options: { gradients?: readonly Tensor[]; retainGraph?: boolean; createGraph?: boolean } = {},
): (Tensor | null)[] {
  const { gradients, createGraph = false, retainGraph = createGraph } = options;
  if (outputs.length === 0 || inputs.length === 0) return inputs.map(() => null); // libtorch has an assertion against both
  if (gradients !== undefined && gradients.length !== outputs.length)
    throw expected(`${outputs.length} gradients, one per output`, 'gradients', gradients.length, { code: 'SHAPE' });
  const idsOfAll = (tensors: readonly Tensor[], name: string) => tensors.map((tensor) => idOf(tensor, name));
  const ids = native().gradients(
    idsOfAll(outputs, 'outputs'),
    idsOfAll(inputs, 'inputs'),
    gradients === undefined ? outputs.map(() => 0) : idsOfAll(gradients, 'gradients'),
    retainGraph,
    createGraph,
  );
  return ids.map((id) => (id === 0 ? null : new Tensor(id)));
}
