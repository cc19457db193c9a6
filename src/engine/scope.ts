import { AutodidactError } from '../errors.js';
import { native, type TensorId } from './bridge.js';

/** What a scope needs of a tensor. */
interface Owned {
  id: TensorId;
  isKept: boolean;
}

/** Tensors made since each open scope began; the innermost scope is last. */
const scopes: Owned[][] = [];

/** The net for tensors made outside every scope: their memory goes when the object does. */
const collected = new FinalizationRegistry<TensorId>((id) => native().free(id));

/** Hands a new tensor to the innermost scope or, outside every scope, to the garbage collector. */
export function track(tensor: Owned): void {
  const innermost = scopes[scopes.length - 1];
  if (innermost !== undefined) innermost.push(tensor);
  else leaveToCollector(tensor);
}

/** Lets the garbage collector free a tensor, whatever scope is open. */
export function leaveToCollector(tensor: Owned): void {
  collected.register(tensor, tensor.id, tensor);
}

/** Takes a tensor out of the collector's hands, when it is freed by name; tells whether it was in them. */
export function untrack(tensor: Owned): boolean {
  return collected.unregister(tensor);
}

/**
 * Runs `body` and frees every tensor made inside but those that it returns (alone, or in arrays, maps, sets and plain objects) and those
 * marked by `keep`. Memory therefore does not wait for the garbage collector, which cannot see it.
 *
 * @throws AutodidactError `ENGINE` when `body` is asynchronous: a scope cannot span an `await`.
 */
export function scope<Result>(body: () => Result): Result {
  const mine: Owned[] = [];
  scopes.push(mine);
  let result: Result | undefined;
  let isDone = false;
  try {
    result = synchronous('scope', body);
    isDone = true;
  } finally {
    scopes.pop();
    close(mine, isDone ? reachable(result) : new Set());
  }
  return result;
}

/**
 * Runs `body`, which must not be asynchronous: what is set around it would not hold behind its first `await`.
 * @throws AutodidactError `ENGINE` when it returns a promise
 */
export function synchronous<Result>(name: string, body: () => Result): Result {
  const result = body();
  if (typeof result !== 'object' || result === null || !('then' in result)) return result;
  // The error below says what is wrong; the promise fails by its own because its tensors are gone.
  Promise.resolve(result).catch(() => {});
  throw new AutodidactError('ENGINE', `Expected a synchronous function for \`${name}\`, received an asynchronous one`);
}

function close(mine: readonly Owned[], returned: ReadonlySet<unknown>): void {
  const ids: TensorId[] = [];
  for (const tensor of mine) {
    if (tensor.isKept) leaveToCollector(tensor);
    else if (returned.has(tensor)) track(tensor);
    else if (tensor.id > 0) {
      ids.push(tensor.id);
      tensor.id = -1;
    }
  }
  if (ids.length > 0) native().free(ids);
}

/** The value and everything in its arrays, maps, sets and plain objects, however deep. */
function reachable(value: unknown): Set<unknown> {
  const found = new Set<unknown>([value]);
  // The outer loop also visits what is added while it runs.
  for (const item of found) for (const part of partsOf(item)) if (typeof part === 'object') found.add(part);
  return found;
}

function partsOf(value: unknown): Iterable<unknown> {
  if (typeof value !== 'object' || value === null || ('id' in value && 'isKept' in value)) return [];
  if (Array.isArray(value) || value instanceof Set) return value;
  if (value instanceof Map) return value.values();
  return Object.getPrototypeOf(value) === Object.prototype ? Object.values(value) : [];
}

/** Lets a tensor outlive every scope: parameters, buffers, and results that a caller stores. Returns it. */
export function keep<Kept extends Owned>(tensor: Kept): Kept {
  tensor.isKept = true;
  return tensor;
}
