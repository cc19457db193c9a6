import { AutodidactError } from '../errors.js';
import { native, type TensorId } from './bridge.js';
import type { Tensor } from './tensor.js';

/** Tensors made since each open scope began; the innermost scope is last. */
const scopes: Tensor[][] = [];

/** The net for tensors made outside every scope: their memory goes when the object does. */
const collected = new FinalizationRegistry<TensorId>((id) => native().free(id));

/** Hands a new tensor to the innermost scope or, outside every scope, to the garbage collector. */
export function track(tensor: Tensor): void {
  const innermost = scopes[scopes.length - 1];
  if (innermost !== undefined) innermost.push(tensor);
  else collected.register(tensor, tensor.id, tensor);
}

/** Takes tensors out of the collector's hands when they are freed by name. */
export function untrack(tensor: Tensor): void {
  collected.unregister(tensor);
}

/**
 * Runs `body` and frees every tensor made inside but those that it returns (alone, or in arrays and plain objects) and those
 * marked by `keep`. Memory therefore does not wait for the garbage collector, which cannot see it.
 *
 * @throws AutodidactError `ENGINE` when `body` is asynchronous: a scope cannot span an `await`.
 */
export function scope<Result>(body: () => Result): Result {
  const mine: Tensor[] = [];
  scopes.push(mine);
  let result: Result | undefined;
  let isDone = false;
  try {
    result = body();
    isDone = true;
  } finally {
    scopes.pop();
    const returned = new Set<unknown>();
    if (isDone && !isPromise(result)) collect(result, returned);
    close(mine, returned);
  }
  if (isPromise(result))
    throw new AutodidactError('ENGINE', 'Expected a synchronous function for `scope`, received an asynchronous one');
  return result;
}

function close(mine: readonly Tensor[], returned: ReadonlySet<unknown>): void {
  const ids: TensorId[] = [];
  for (const tensor of mine) {
    if (tensor.isKept) collected.register(tensor, tensor.id, tensor);
    else if (returned.has(tensor)) track(tensor);
    else if (tensor.id > 0) {
      ids.push(tensor.id);
      tensor.id = -1;
    }
  }
  if (ids.length > 0) native().free(ids);
}

function collect(value: unknown, into: Set<unknown>): void {
  if (typeof value !== 'object' || value === null || into.has(value)) return;
  into.add(value);
  if ('id' in value && 'isKept' in value) return;
  if (Array.isArray(value)) for (const item of value) collect(item, into);
  else if (value instanceof Map) for (const item of value.values()) collect(item, into);
  else if (Object.getPrototypeOf(value) === Object.prototype)
    for (const item of Object.values(value)) collect(item, into);
}

function isPromise(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value;
}

/** Lets a tensor outlive every scope: parameters, buffers, and results that a caller stores. Returns it. */
export function keep<Kept extends Tensor>(tensor: Kept): Kept {
  tensor.isKept = true;
  return tensor;
}

/** Whether a scope is open; tests use it. */
export function isInScope(): boolean {
  return scopes.length > 0;
}
